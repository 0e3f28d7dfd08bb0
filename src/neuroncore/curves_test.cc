#include "neuroncore/curves.h"

#include <gtest/gtest.h>

#include "neuroncore/hand_made.h"

namespace switchyard::neuroncore {
namespace {

TEST(Curves, BytesLiveFromFirstToLastUse) {
  const HandMade m = small_matmul();
  // c_tile lives from the copy to the end of its store; sum from the multiply to the copy.
  const Curve sbuf = {{ns(1000), 128 * 256},
                      {ns(1100), 128 * (256 + 1024)},
                      {ns(6200), 0},
                      {ns(6300), 128 * 1024},
                      {ns(9000), 0}};
  EXPECT_EQ(live_bytes(m.program, m.timeline, isa::Buffer::kSbuf), sbuf);
  const Curve psum = {{ns(4200), 128 * 2048}, {ns(6800), 0}};
  EXPECT_EQ(live_bytes(m.program, m.timeline, isa::Buffer::kPsum), psum);
  EXPECT_EQ(peak(sbuf), 128 * 1280);
  EXPECT_EQ(peak({}), 0);
}

TEST(Curves, RatesOfTransfersAdd) {
  const HandMade m = small_matmul();
  // 32,768 B in 1 us, 131,072 B in 2 us, later 131,072 B in 1 us.
  const Curve rate = {{ns(2000), 32768000000},  {ns(2100), 32768000000 + 65536000000},
                      {ns(3000), 65536000000},  {ns(4100), 0},
                      {ns(8000), 131072000000}, {ns(9000), 0}};
  EXPECT_EQ(dma_rate(m.timeline), rate);
}

}  // namespace
}  // namespace switchyard::neuroncore
