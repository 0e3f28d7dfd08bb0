#include "neuroncore/allocate.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "neuroncore/liveness.h"
#include "neuroncore/test_core.h"

namespace switchyard::neuroncore {
namespace {

using isa::Buffer;
using isa::Opcode;
using isa::OperandName;
using numeric::ElementType;

class Builder {
 public:
  isa::TensorId tile(std::string name, std::int64_t bytes, Buffer buffer = Buffer::kSbuf) {
    return program.add_tensor({.name = std::move(name),
                               .buffer = buffer,
                               .type = ElementType::kUint8,
                               .shape = {128, bytes}});
  }
  isa::InstructionId set(isa::TensorId id) {
    return program.append({.opcode = Opcode::kMemset, .operands = {whole(OperandName::kDst, id)}});
  }
  isa::InstructionId copy(isa::TensorId to, isa::TensorId from) {
    return program.append(
        {.opcode = Opcode::kTensorCopy,
         .operands = {whole(OperandName::kDst, to), whole(OperandName::kSrc, from)}});
  }
  void loop() { program.append({.opcode = Opcode::kForBegin}); }
  void end() { program.append({.opcode = Opcode::kLoopEnd}); }

  isa::Operand whole(OperandName name, isa::TensorId id) const {
    return {.name = name, .access = program.tensor(id).all(id)};
  }
  Allocation allocate() const {
    return neuroncore::allocate(program, test_limits(program.generation()));
  }

  isa::Program program{isa::Generation::kV2};
};

TEST(Allocate, ReusesBytesOfTensorsThatAreDead) {
  Builder b;
  const auto first = b.tile("first", 1000), second = b.tile("second", 1000),
             third = b.tile("third", 1000);
  b.set(first);
  b.copy(second, first);
  b.copy(third, second);
  const Allocation a = b.allocate();
  ASSERT_FALSE(a.fault);
  EXPECT_EQ(a.addresses[first]->byte, 0);
  EXPECT_EQ(a.addresses[second]->byte, 1024);
  EXPECT_EQ(a.addresses[third]->byte, 0);
  EXPECT_EQ(a.sbuf_peak_bytes, 2024);
}

TEST(Allocate, FillsSbufToTheLastByteAndNotBeyond) {
  for (const std::int64_t bytes : {(192 << 10) - 1024, (192 << 10) - 1023}) {
    Builder b;
    const auto large = b.tile("large", bytes), small = b.tile("small", 1024);
    b.set(large);
    b.copy(small, large);
    const Allocation a = b.allocate();
    if (bytes % 32 == 0) {
      EXPECT_FALSE(a.fault);
      continue;
    }
    ASSERT_TRUE(a.fault);
    EXPECT_EQ(to_text(*a.fault),
              "out of memory at instruction 1 (tensor \"small\"): needs 1024 bytes of each sbuf "
              "partition; 1 tensors live here hold 195585 of 196608\n"
              "  \"large\": 195585 bytes, live in instructions 0 to 1\n"
              "  \"small\": 1024 bytes, live in instructions 1 to 1");
  }
}

TEST(Allocate, StartsPsumTensorsOnBanks) {
  Builder b;
  const auto one = b.tile("one", 4, Buffer::kPsum), two = b.tile("two", 4096, Buffer::kPsum),
             three = b.tile("three", 4, Buffer::kPsum);
  b.set(one);
  b.copy(two, one);
  b.copy(three, two);
  b.copy(one, three);
  const Allocation a = b.allocate();
  EXPECT_EQ(a.addresses[one]->byte, 0);
  EXPECT_EQ(a.addresses[two]->byte, 2048);
  EXPECT_EQ(a.addresses[three]->byte, 6144);
}

TEST(Allocate, LeavesLiveFixedAddressesAlone) {
  Builder b;
  const auto fixed = b.tile("fixed", 100), early = b.tile("early", 100), late = b.tile("late", 100);
  b.program.tensor(fixed).address = isa::FixedAddress{0, 0};
  b.set(early);
  b.copy(fixed, early);
  b.copy(late, fixed);
  const Allocation a = b.allocate();
  EXPECT_EQ(a.addresses[fixed]->byte, 0);
  EXPECT_EQ(a.addresses[early]->byte, 128);
  EXPECT_EQ(a.addresses[late]->byte, 128);
}

TEST(Liveness, KeepsALoopsTensorForTheWholeLoopUnlessEachIterationRewritesIt) {
  Builder b;
  const auto carried = b.tile("carried", 8), local = b.tile("local", 8),
             partial = b.tile("partial", 8);
  b.set(carried);          // 0
  b.loop();                // 1
  b.copy(local, carried);  // 2
  isa::Operand half = b.whole(OperandName::kDst, partial);
  half.access.dims[0].count = 4;
  b.program.append({.opcode = Opcode::kMemset, .operands = {half}});  // 3
  b.copy(carried, local);                                             // 4
  b.set(partial);                                                     // 5
  b.end();                                                            // 6
  const std::vector<LiveRange> ranges = live_ranges(b.program);
  EXPECT_EQ(ranges[carried].first, 0u);
  EXPECT_EQ(ranges[carried].last, 6u);
  EXPECT_EQ(ranges[local].first, 2u);
  EXPECT_EQ(ranges[local].last, 4u);
  EXPECT_EQ(ranges[partial].first, 1u);
  EXPECT_EQ(ranges[partial].last, 6u);
}

// Property: what lives together does not share bytes, and lies inside SBUF.
TEST(Allocate, NeverOverlapsLiveTensors) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    Builder b;
    for (int i = 0; i < 40; ++i) {
      b.tile("t", 1 + static_cast<std::int64_t>(random.below(16 << 10)));
    }
    for (int i = 0; i < 100; ++i) {
      if (random.below(20) == 0) {
        b.loop();
        for (int k = 0; k < 4; ++k) {
          b.copy(static_cast<isa::TensorId>(random.below(40)),
                 static_cast<isa::TensorId>(random.below(40)));
        }
        b.end();
      }
      const auto near = static_cast<std::uint64_t>(i) * 36 / 100;
      b.copy(static_cast<isa::TensorId>(near + random.below(4)),
             static_cast<isa::TensorId>(near + random.below(4)));
    }
    const Allocation a = b.allocate();
    if (a.fault) continue;
    const std::vector<LiveRange> ranges = live_ranges(b.program);
    for (isa::TensorId x = 0; x < 40; ++x) {
      if (!ranges[x].used) continue;
      const std::int64_t x_end = a.addresses[x]->byte + b.program.tensor(x).partition_bytes();
      ASSERT_LE(x_end, a.sbuf_peak_bytes);
      for (isa::TensorId y = 0; y < x; ++y) {
        if (!ranges[y].used || !ranges[x].overlaps(ranges[y])) continue;
        const std::int64_t y_end = a.addresses[y]->byte + b.program.tensor(y).partition_bytes();
        ASSERT_TRUE(x_end <= a.addresses[y]->byte || y_end <= a.addresses[x]->byte)
            << "seed " << seed << " tensors " << x << " and " << y;
      }
    }
  }
}

}  // namespace
}  // namespace switchyard::neuroncore
