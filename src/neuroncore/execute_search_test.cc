#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "neuroncore/test_image.h"

namespace switchyard::neuroncore {
namespace {

using isa::OperandName;
using numeric::ElementType;
using testing::ElementsAre;

constexpr std::uint32_t kMissing = 0xffffffff;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr ElementType kTypes[] = {
    ElementType::kFloat32, ElementType::kBfloat16, ElementType::kFloat16, ElementType::kFloat8E5m2,
    ElementType::kInt32,   ElementType::kInt16,    ElementType::kUint8};

ElementType any_type(Random& random) { return kTypes[random.below(std::size(kTypes))]; }

struct Shape {
  int partitions;
  std::int64_t count;
};
constexpr Shape kShapes[] = {{1, 8},   {128, 9}, {5, 16},    {96, 30},
                             {7, 120}, {33, 61}, {2, 16383}, {1, 16384}};

// From the largest down, NaN first; ties in the order of the row.
bool larger(float a, float b) {
  if (std::isnan(a) != std::isnan(b)) return std::isnan(a);
  return a > b;
}

TEST(Max8, IsTheHeadOfTheRowInDescendingOrder) {
  Random random(1);
  for (int repeat = 0; repeat < 6; ++repeat) {
    for (const Shape& shape : kShapes) {
      TestCore core;
      const auto src =
          strided(core, random, OperandName::kSrc, any_type(random), shape.partitions, shape.count);
      const auto dst =
          strided(core, random, OperandName::kDst, any_type(random), shape.partitions, 8);
      Image from = image(core, src);
      Image expected = image(core, dst);
      for (int p = 0; p < shape.partitions; ++p) {
        std::vector<float> row;
        for (std::int64_t i = 0; i < shape.count; ++i) row.push_back(from.value(src.access, p, i));
        std::stable_sort(row.begin(), row.end(), larger);
        for (std::size_t i = 0; i < 8; ++i)
          expected.set_value(dst.access, p, static_cast<std::int64_t>(i), row[i]);
      }
      ASSERT_TRUE(core.execute({.opcode = isa::Opcode::kMax8, .operands = {dst, src}}));
      ASSERT_EQ(image(core, dst).bytes, expected.bytes);
    }
  }
}

// Half of the wanted values are in the row, some more than once.
void take_values(Random& random, Image& vals, const isa::Access& to, Image& data,
                 const isa::Access& from, int partitions, std::int64_t count) {
  for (int p = 0; p < partitions; ++p) {
    for (std::int64_t i = 0; i < 8; ++i) {
      if (random.below(2) == 0) continue;
      const auto place = static_cast<std::int64_t>(
          random.below(static_cast<std::uint64_t>(std::min<std::int64_t>(count, 40))));
      vals.set_value(to, p, i, data.value(from, p, place));
    }
  }
}

// All positions of `value`, in order.
std::vector<std::uint32_t> occurrences(Image& data, const isa::Access& access, int partition,
                                       std::int64_t count, float value) {
  std::vector<std::uint32_t> found;
  for (std::int64_t i = 0; i < count; ++i) {
    if (data.value(access, partition, i) == value) found.push_back(static_cast<std::uint32_t>(i));
  }
  return found;
}

TEST(NcFindIndex8, PairsTheKthDuplicateWithTheKthOccurrence) {
  Random random(2);
  for (int repeat = 0; repeat < 6; ++repeat) {
    for (const Shape& shape : kShapes) {
      TestCore core;
      const ElementType type = any_type(random);
      const ElementType index_type =
          random.below(2) == 0 ? ElementType::kUint16 : ElementType::kUint32;
      const int partitions = shape.partitions;
      const auto data = strided(core, random, OperandName::kData, type, partitions, shape.count);
      const auto vals = strided(core, random, OperandName::kVals, type, partitions, 8);
      const auto dst = strided(core, random, OperandName::kDst, index_type, partitions, 8);
      Image row = image(core, data), wanted = image(core, vals), expected = image(core, dst);
      take_values(random, wanted, vals.access, row, data.access, partitions, shape.count);
      store(core, vals, wanted);
      for (int p = 0; p < partitions; ++p) {
        for (std::int64_t slot = 0; slot < 8; ++slot) {
          const float value = wanted.value(vals.access, p, slot);
          std::size_t earlier = 0;
          for (std::int64_t other = 0; other < slot; ++other)
            earlier += wanted.value(vals.access, p, other) == value ? 1 : 0;
          const auto found = occurrences(row, data.access, p, shape.count, value);
          expected.set_code(dst.access, p, slot,
                            earlier < found.size() ? found[earlier] : kMissing);
        }
      }
      ASSERT_TRUE(
          core.execute({.opcode = isa::Opcode::kNcFindIndex8, .operands = {dst, data, vals}}));
      ASSERT_EQ(image(core, dst).bytes, expected.bytes);
    }
  }
}

TEST(NcMatchReplace8, TakesSlotsInReverseAndEachPositionOnce) {
  Random random(3);
  for (int repeat = 0; repeat < 8; ++repeat) {
    for (const Shape& shape : kShapes) {
      TestCore core;
      const ElementType type = any_type(random);
      const int partitions = shape.partitions;
      const auto data = strided(core, random, OperandName::kData, type, partitions, shape.count);
      const auto vals = strided(core, random, OperandName::kVals, type, partitions, 8);
      const bool in_place = random.below(3) == 0;
      auto dst = in_place ? data
                          : strided(core, random, OperandName::kDst,
                                    random.below(2) == 0 ? type : any_type(random), partitions,
                                    shape.count);
      dst.name = OperandName::kDst;
      const auto dst_idx =
          strided(core, random, OperandName::kDstIdx, ElementType::kUint32, partitions, 8);
      Image row = image(core, data), wanted = image(core, vals);
      Image expected = image(core, dst), expected_idx = image(core, dst_idx);
      take_values(random, wanted, vals.access, row, data.access, partitions, shape.count);
      store(core, vals, wanted);
      const float imm = wanted.value(vals.access, 0, 3);  // replaced values match no more
      for (int p = 0; p < partitions; ++p) {
        for (std::int64_t i = 0; i < shape.count; ++i) {
          if (type == dst.access.type)
            expected.set_code(dst.access, p, i, row.code(data.access, p, i));
          else
            expected.set_value(dst.access, p, i, row.value(data.access, p, i));
        }
        for (std::int64_t slot = 0; slot < 8; ++slot) {
          const float value = wanted.value(vals.access, p, slot);
          std::size_t later = 0;
          for (std::int64_t other = slot + 1; other < 8; ++other)
            later += wanted.value(vals.access, p, other) == value ? 1 : 0;
          const auto found = occurrences(row, data.access, p, shape.count, value);
          const bool hit = later < found.size();
          expected_idx.set_code(dst_idx.access, p, slot, hit ? found[later] : kMissing);
          if (hit) expected.set_value(dst.access, p, found[later], imm);
        }
      }
      std::vector<isa::Operand> operands = {dst, data, vals};
      const bool indexed = random.below(2) == 0;
      if (indexed) operands.push_back(dst_idx);
      ASSERT_TRUE(
          core.execute({.opcode = isa::Opcode::kNcMatchReplace8,
                        .operands = operands,
                        .attributes = {{isa::AttributeName::kImm, static_cast<double>(imm)}}}));
      ASSERT_EQ(image(core, dst).bytes, expected.bytes);
      if (!indexed) continue;
      ASSERT_EQ(image(core, dst_idx).bytes, expected_idx.bytes);
    }
  }
}

// A row in partition 0 of a contiguous tensor.
isa::Operand row_of(TestCore& core, OperandName name, ElementType type,
                    const std::vector<float>& values) {
  const auto id = core.sbuf(type, {1, static_cast<std::int64_t>(values.size())});
  const isa::Operand operand = core.whole(name, id);
  Image all = image(core, operand);
  for (std::size_t i = 0; i < values.size(); ++i)
    all.set_value(operand.access, 0, static_cast<std::int64_t>(i), values[i]);
  store(core, operand, all);
  return operand;
}

std::vector<float> values_of(const TestCore& core, const isa::Operand& operand) {
  std::vector<float> values;
  Image all = image(core, operand);
  for (std::int64_t i = 0; i < operand.access.elements_per_partition(); ++i)
    values.push_back(all.value(operand.access, 0, i));
  return values;
}

TEST(NcMatchReplace8, GivesTheIndicesOfItsPage) {
  TestCore core;
  const auto data =
      row_of(core, OperandName::kData, ElementType::kFloat32, {1, 2, 3, 4, 8, 8, 8, 8, 8, 8, 8});
  const auto vals =
      row_of(core, OperandName::kVals, ElementType::kFloat32, {3, 8, 8, 8, 8, 8, 8, 8});
  const auto dst = core.whole(OperandName::kDst, core.sbuf(ElementType::kFloat32, {1, 11}));
  const auto idx = core.whole(OperandName::kDstIdx, core.sbuf(ElementType::kUint32, {1, 8}));
  ASSERT_TRUE(core.execute({.opcode = isa::Opcode::kNcMatchReplace8,
                            .operands = {dst, data, vals, idx},
                            .attributes = {{isa::AttributeName::kImm, -7.0}}}));
  EXPECT_THAT(values_of(core, idx), ElementsAre(2, 10, 9, 8, 7, 6, 5, 4));
  EXPECT_THAT(values_of(core, dst), ElementsAre(1, 2, -7, 4, -7, -7, -7, -7, -7, -7, -7));
}

TEST(NcFindIndex8, NothingEqualsNanAndZeroEqualsMinusZero) {
  TestCore core;
  const auto data = row_of(core, OperandName::kData, ElementType::kFloat32,
                           {kNan, -0.0f, 5, 0.0f, 5, kNan, 6, 7});
  const auto vals =
      row_of(core, OperandName::kVals, ElementType::kFloat32, {kNan, 0.0f, -0.0f, 5, 5, 5, 7, 8});
  const auto dst = core.whole(OperandName::kDst, core.sbuf(ElementType::kUint32, {1, 8}));
  ASSERT_TRUE(core.execute({.opcode = isa::Opcode::kNcFindIndex8, .operands = {dst, data, vals}}));
  Image found = image(core, dst);
  std::vector<std::uint32_t> codes;
  for (std::int64_t i = 0; i < 8; ++i) codes.push_back(found.code(dst.access, 0, i));
  EXPECT_THAT(codes, ElementsAre(kMissing, 1, 3, 2, 4, kMissing, 7, kMissing));
}

TEST(NonzeroWithCount, ListsIndicesThenPaddingThenTheCount) {
  Random random(5);
  for (int repeat = 0; repeat < 40; ++repeat) {
    TestCore core;
    const ElementType type = random.below(2) == 0 ? ElementType::kFloat32 : ElementType::kInt32;
    const int partitions = static_cast<int>(1 + random.below(96));
    const auto count = static_cast<std::int64_t>(1 + random.below(40));
    const auto src = strided(core, random, OperandName::kSrc, type, partitions, count);
    const auto dst =
        strided(core, random, OperandName::kDst, ElementType::kInt32, partitions, count + 1);
    const auto offset = static_cast<std::int64_t>(random.below(1000)) - 500;
    const auto padding = static_cast<std::int64_t>(random.below(1000)) - 500;
    Image from = image(core, src), expected = image(core, dst);
    for (int p = 0; p < partitions; p += 16) {  // the other partitions keep their bytes
      std::vector<std::int64_t> list;
      for (std::int64_t i = 0; i < count; ++i) {
        const float value = from.value(src.access, p, i);
        if (value != 0) list.push_back(i + offset);
      }
      const auto found = static_cast<std::int64_t>(list.size());
      while (static_cast<std::int64_t>(list.size()) < count) list.push_back(padding);
      list.push_back(found);
      for (std::size_t i = 0; i < list.size(); ++i)
        expected.set_code(dst.access, p, static_cast<std::int64_t>(i),
                          static_cast<std::uint32_t>(list[i]));
    }
    ASSERT_TRUE(core.execute({.opcode = isa::Opcode::kNonzeroWithCount,
                              .operands = {dst, src},
                              .attributes = {{isa::AttributeName::kIndexOffset, offset},
                                             {isa::AttributeName::kPaddingVal, padding}}}));
    ASSERT_EQ(image(core, dst).bytes, expected.bytes);
  }
}

TEST(NonzeroWithCount, GivesTheExampleOfItsPage) {
  TestCore core;
  const auto src =
      row_of(core, OperandName::kSrc, ElementType::kFloat32, {0, 1, 1, 0, 0, kNan, -0.0f, 0});
  const auto dst = core.whole(OperandName::kDst, core.sbuf(ElementType::kInt32, {1, 9}));
  ASSERT_TRUE(core.execute({.opcode = isa::Opcode::kNonzeroWithCount,
                            .operands = {dst, src},
                            .attributes = {{isa::AttributeName::kIndexOffset, std::int64_t{16}}}}));
  EXPECT_THAT(values_of(core, dst), ElementsAre(17, 18, 21, -1, -1, -1, -1, -1, 3));
}

TEST(NonzeroWithCount, ReadsAndWritesOnlyTheFirstPartitionOfEachCore) {
  TestCore core;
  const auto src = core.whole(OperandName::kSrc, core.sbuf(ElementType::kFloat32, {32, 4}));
  const auto dst = core.whole(OperandName::kDst, core.sbuf(ElementType::kInt32, {32, 5}));
  const Place& from = core.memory.place(src.access.tensor);
  for (const int p : {0, 16})
    from.storage->mark_written(from.first_row + p, from.first_byte, 4 * sizeof(float));
  const isa::Instruction nonzero = {.opcode = isa::Opcode::kNonzeroWithCount,
                                    .operands = {dst, src}};
  ASSERT_TRUE(core.execute(nonzero));
  EXPECT_TRUE(core.machine.reports().empty());
  const Place& place = core.memory.place(dst.access.tensor);
  for (int p = 0; p < 32; ++p) {
    EXPECT_EQ(place.storage->first_unwritten(place.first_row + p, place.first_byte,
                                             5 * sizeof(float)) < 0,
              p % 16 == 0)
        << p;
  }
}

TEST(Topk, FindsTheLargestOfEachSnakeInAscendingOrder) {
  Random random(6);
  struct Case {
    int partitions;
    std::int64_t n, k;
  };
  for (const Case& c : {Case{16, 8, 8}, Case{32, 42, 8}, Case{128, 100, 1}, Case{48, 333, 333},
                        Case{16, 16, 3}, Case{16, 65535, 32767}}) {
    TestCore core;
    const std::int64_t columns = (c.n + 15) / 16;
    const auto src = strided(core, random, OperandName::kSrc, ElementType::kBfloat16, c.partitions,
                             columns + static_cast<std::int64_t>(random.below(2)));
    const auto values =
        strided(core, random, OperandName::kValDst, ElementType::kBfloat16, c.partitions, c.k);
    const auto indices =
        strided(core, random, OperandName::kIdxDst, ElementType::kUint32, c.partitions, c.k);
    Image from = image(core, src);
    Image expected_values = image(core, values), expected_indices = image(core, indices);
    for (int p = 0; p < c.partitions; ++p) {
      std::vector<std::pair<float, std::uint32_t>> snake;
      for (std::int64_t i = 0; i < c.n; ++i)
        snake.emplace_back(from.value(src.access, p / 16 * 16 + static_cast<int>(i % 16), i / 16),
                           static_cast<std::uint32_t>(i));
      std::stable_sort(snake.begin(), snake.end(),
                       [](const auto& a, const auto& b) { return larger(a.first, b.first); });
      for (std::int64_t i = 0; i < c.k; ++i) {
        const auto& [value, index] = snake[static_cast<std::size_t>(c.k - 1 - i)];
        expected_values.set_value(values.access, p, i, value);
        expected_indices.set_code(indices.access, p, i, index);
      }
    }
    ASSERT_TRUE(core.execute({.opcode = isa::Opcode::kTopk,
                              .operands = {values, indices, src},
                              .attributes = {{isa::AttributeName::kN, c.n}}}));
    ASSERT_EQ(image(core, values).bytes, expected_values.bytes);
    ASSERT_EQ(image(core, indices).bytes, expected_indices.bytes);
  }
}

TEST(SequenceBounds, GivesEachElementTheBoundsOfItsSegment) {
  Random random(7);
  for (int repeat = 0; repeat < 60; ++repeat) {
    TestCore core;
    const ElementType type = random.below(2) == 0 ? ElementType::kFloat32 : ElementType::kInt32;
    const ElementType to = random.below(2) == 0 ? ElementType::kFloat32 : ElementType::kInt32;
    const auto n = static_cast<std::int64_t>(1 + random.below(60));
    const auto ids = strided(core, random, OperandName::kSegmentIds, type, 1, n);
    const auto dst = strided(core, random, OperandName::kDst, to, 1, 2 * n);
    Image from = image(core, ids), expected = image(core, dst);
    for (std::int64_t i = 0; i < n; ++i)
      from.set_value(ids.access, 0, i, static_cast<float>(random.below(3)));
    store(core, ids, from);
    std::vector<float> id, low(static_cast<std::size_t>(n)), high(static_cast<std::size_t>(n));
    for (std::int64_t i = 0; i < n; ++i) id.push_back(from.value(ids.access, 0, i));
    for (std::size_t i = 0; i < id.size(); ++i) {
      low[i] = i > 0 && id[i] == id[i - 1] ? low[i - 1] : static_cast<float>(i);
      if (id[i] == 0) low[i] = static_cast<float>(n);
    }
    for (std::size_t i = id.size(); i-- > 0;) {
      high[i] = i + 1 < id.size() && id[i] == id[i + 1] ? high[i + 1] : static_cast<float>(i + 1);
      if (id[i] == 0) high[i] = -1;
    }
    for (std::int64_t i = 0; i < n; ++i) {
      expected.set_value(dst.access, 0, i, low[static_cast<std::size_t>(i)]);
      expected.set_value(dst.access, 0, n + i, high[static_cast<std::size_t>(i)]);
    }
    ASSERT_TRUE(core.execute({.opcode = isa::Opcode::kSequenceBounds, .operands = {dst, ids}}));
    ASSERT_EQ(image(core, dst).bytes, expected.bytes);
  }
}

TEST(SequenceBounds, MinusZeroIsPaddingToo) {
  TestCore core;
  const auto ids =
      row_of(core, OperandName::kSegmentIds, ElementType::kFloat32, {1, 1, -0.0f, 0, 2});
  const auto dst = core.whole(OperandName::kDst, core.sbuf(ElementType::kFloat32, {1, 2, 5}));
  ASSERT_TRUE(core.execute({.opcode = isa::Opcode::kSequenceBounds, .operands = {dst, ids}}));
  EXPECT_THAT(values_of(core, dst), ElementsAre(0, 0, 5, 5, 4, 2, 2, -1, -1, 5));
}

}  // namespace
}  // namespace switchyard::neuroncore
