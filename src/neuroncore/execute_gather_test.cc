#include <gmock/gmock.h>

#include "neuroncore/test_image.h"

namespace switchyard::neuroncore {
namespace {

using isa::OperandName;
using numeric::ElementType;
using testing::HasSubstr;

constexpr ElementType kTypes[] = {ElementType::kFloat32,    ElementType::kBfloat16,
                                  ElementType::kInt16,      ElementType::kUint8,
                                  ElementType::kFloat8E4m3, ElementType::kInt32};

// Indices below `bound` in every element.
isa::Operand indices(TestCore& core, Random& random, OperandName name, ElementType type,
                     int partitions, std::int64_t count, std::int64_t bound) {
  const auto operand = strided(core, random, name, type, partitions, count);
  Image all = image(core, operand);
  for (int p = 0; p < partitions; ++p) {
    for (std::int64_t i = 0; i < count; ++i) {
      all.set_code(operand.access, p, i,
                   static_cast<std::uint32_t>(random.below(static_cast<std::uint64_t>(bound))));
    }
  }
  store(core, operand, all);
  return operand;
}

TEST(LocalGather, GivesEachPartitionTheElementsOfItsCoresIndices) {
  Random random(1);
  for (int repeat = 0; repeat < 60; ++repeat) {
    TestCore core;
    const int partitions = static_cast<int>(16 * (1 + random.below(6)));
    const ElementType type = kTypes[random.below(std::size(kTypes))];
    const std::int64_t run = std::int64_t{1} << random.below(6);
    const std::int64_t elements = run + static_cast<std::int64_t>(random.below(100));
    const auto per_partition = static_cast<std::int64_t>(1 + random.below(5));
    const bool counted = random.below(2) == 0;
    const std::int64_t valid =
        per_partition * 16 - (counted ? static_cast<std::int64_t>(random.below(16)) : 0);
    const auto src = strided(core, random, OperandName::kSrcBuffer, type, partitions, elements);
    const auto index = indices(core, random, OperandName::kIndex, ElementType::kUint16, partitions,
                               per_partition, elements - run + 1);
    const auto dst = strided(core, random, OperandName::kDst, type, partitions, valid * run);
    Image from = image(core, src), table = image(core, index), expected = image(core, dst);
    for (int p = 0; p < partitions; ++p) {
      std::vector<std::uint32_t> flat;  // partition first
      for (std::int64_t column = 0; column < per_partition; ++column) {
        for (int q = p / 16 * 16; q < p / 16 * 16 + 16; ++q)
          flat.push_back(table.code(index.access, q, column));
      }
      for (std::int64_t i = 0; i < valid; ++i) {
        for (std::int64_t j = 0; j < run; ++j)
          expected.set_code(dst.access, p, i * run + j,
                            from.code(src.access, p, flat[static_cast<std::size_t>(i)] + j));
      }
    }
    isa::Instruction gather = {.opcode = isa::Opcode::kLocalGather,
                               .operands = {dst, src, index},
                               .attributes = {{isa::AttributeName::kNumElemPerIdx, run}}};
    if (counted) gather.attributes.push_back({isa::AttributeName::kNumValidIndices, valid});
    ASSERT_TRUE(core.execute(gather));
    ASSERT_EQ(image(core, dst).bytes, expected.bytes);
  }
}

TEST(NcNGather, GathersWithinEachPartition) {
  Random random(2);
  for (int repeat = 0; repeat < 60; ++repeat) {
    TestCore core;
    const int partitions = static_cast<int>(1 + random.below(96));
    const ElementType type = kTypes[random.below(std::size(kTypes))];
    const auto elements = static_cast<std::int64_t>(1 + random.below(700));
    const auto count = static_cast<std::int64_t>(1 + random.below(300));
    const auto data = strided(core, random, OperandName::kData, type, partitions, elements);
    const auto index = indices(core, random, OperandName::kIndices, ElementType::kUint32,
                               partitions, count, elements);
    const auto dst = strided(core, random, OperandName::kDst, type, partitions, count);
    Image from = image(core, data), table = image(core, index), expected = image(core, dst);
    for (int p = 0; p < partitions; ++p) {
      for (std::int64_t i = 0; i < count; ++i)
        expected.set_code(dst.access, p, i,
                          from.code(data.access, p, table.code(index.access, p, i)));
    }
    ASSERT_TRUE(core.execute({.opcode = isa::Opcode::kNcNGather, .operands = {dst, data, index}}));
    ASSERT_EQ(image(core, dst).bytes, expected.bytes);
  }
}

// The last index that fits, and one beyond.
TEST(NcNGather, FaultsBeyondTheLastElement) {
  for (const std::uint32_t beyond : {0u, 1u, 0xffffffffu - 9u}) {
    Random random(3);
    TestCore core;
    const auto data = strided(core, random, OperandName::kData, ElementType::kFloat32, 2, 10);
    const auto index = indices(core, random, OperandName::kIndices, ElementType::kUint32, 2, 4, 10);
    const auto dst = strided(core, random, OperandName::kDst, ElementType::kFloat32, 2, 4);
    Image table = image(core, index);
    table.set_code(index.access, 1, 3, 9 + beyond);
    store(core, index, table);
    const bool fine =
        core.execute({.opcode = isa::Opcode::kNcNGather, .operands = {dst, data, index}});
    EXPECT_EQ(fine, beyond == 0);
    if (fine) continue;
    EXPECT_EQ(core.machine.fault()->kind, FaultKind::kOutOfBounds);
    EXPECT_THAT(core.machine.fault()->where, HasSubstr("nc_n_gather indices="));
    EXPECT_THAT(core.machine.fault()->what, HasSubstr(std::to_string(9 + beyond)));
  }
}

TEST(LocalGather, FaultsWhereARunLeavesTheRow) {
  for (const std::uint32_t beyond : {0u, 1u}) {
    Random random(4);
    TestCore core;
    const auto src = strided(core, random, OperandName::kSrcBuffer, ElementType::kBfloat16, 16, 20);
    const auto index = indices(core, random, OperandName::kIndex, ElementType::kUint16, 16, 1, 17);
    const auto dst = strided(core, random, OperandName::kDst, ElementType::kBfloat16, 16, 64);
    Image table = image(core, index);
    table.set_code(index.access, 5, 0, 16 + beyond);
    store(core, index, table);
    const bool fine =
        core.execute({.opcode = isa::Opcode::kLocalGather,
                      .operands = {dst, src, index},
                      .attributes = {{isa::AttributeName::kNumElemPerIdx, std::int64_t{4}}}});
    EXPECT_EQ(fine, beyond == 0);
    if (fine) continue;
    EXPECT_EQ(core.machine.fault()->kind, FaultKind::kOutOfBounds);
  }
}

}  // namespace
}  // namespace switchyard::neuroncore
