#include "neuroncore/memory.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "neuroncore/test_core.h"

namespace switchyard::neuroncore {
namespace {

using isa::Buffer;
using numeric::ElementType;

TEST(Storage, FindsTheFirstUnwrittenByteOnBothSidesOfAWord) {
  Storage storage(2, 200);
  EXPECT_EQ(storage.first_unwritten(1, 0, 200), 0);
  storage.mark_written(1, 0, 63);
  EXPECT_EQ(storage.first_unwritten(1, 0, 200), 63);
  EXPECT_EQ(storage.first_unwritten(1, 0, 63), -1);
  storage.mark_written(1, 63, 66);
  EXPECT_EQ(storage.first_unwritten(1, 10, 190), 129);
  EXPECT_EQ(storage.first_unwritten(0, 10, 1), 10);
  storage.mark_written(1, 130, 70);
  EXPECT_EQ(storage.first_unwritten(1, 0, 200), 129);
  EXPECT_EQ(storage.first_unwritten(1, 130, 70), -1);
  EXPECT_TRUE(storage.any_written(1, 129, 2));
  EXPECT_FALSE(storage.any_written(1, 129, 1));
}

TEST(Memory, HoldsNanAndFourWhereNothingWasWritten) {
  TestCore core;
  const auto floats = core.sbuf(ElementType::kFloat32, {2, 3});
  const auto integers = core.sbuf(ElementType::kInt16, {2, 3});
  const auto bytes = core.memory.read(floats, core.program.tensor(floats));
  float value;
  std::memcpy(&value, bytes.data() + 20, 4);
  EXPECT_TRUE(std::isnan(value));
  EXPECT_EQ(core.memory.read(integers, core.program.tensor(integers))[10], 4);
}

TEST(Memory, AliasesTensorsWhoseFixedAddressesOverlap) {
  TestCore core;
  const auto wide = core.tensor({.name = "wide",
                                 .buffer = Buffer::kSbuf,
                                 .type = ElementType::kUint32,
                                 .shape = {4, 2},
                                 .address = isa::FixedAddress{32, 1000}});
  core.memory.write(
      wide, core.program.tensor(wide),
      std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
                                1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
  const auto narrow = core.tensor({.name = "narrow",
                                   .buffer = Buffer::kSbuf,
                                   .type = ElementType::kUint8,
                                   .shape = {1, 3},
                                   .address = isa::FixedAddress{33, 1006}});
  EXPECT_EQ(core.memory.read(narrow, core.program.tensor(narrow)),
            (std::vector<std::uint8_t>{15, 16, 4}));
}

TEST(Memory, RefusesAnAddressBeyondTheImage) {
  Memory memory(test_limits(isa::Generation::kV2));
  const auto at = [](int partition, std::int64_t byte) {
    return isa::Tensor{.name = "t",
                       .buffer = Buffer::kPsum,
                       .type = ElementType::kFloat32,
                       .shape = {32, 512},
                       .address = isa::FixedAddress{partition, byte}};
  };
  EXPECT_TRUE(memory.bind(0, at(96, 14 << 10)));
  EXPECT_FALSE(memory.bind(1, at(97, 14 << 10)));
  EXPECT_FALSE(memory.bind(1, at(96, (14 << 10) + 1)));
  const auto error = memory.bind(1, at(-1, 0)).error();
  EXPECT_EQ(to_text(error),
            "tensor \"t\": partitions -1..30, bytes 0..2047 of psum; wanted inside 128 "
            "partitions of 16384 bytes");
}

}  // namespace
}  // namespace switchyard::neuroncore
