// DMA instructions against plain loops over the elements of both sides.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "neuroncore/operand_reference.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::Buffer;
using isa::IndirectKind;
using isa::Opcode;
using isa::OperandName;
using numeric::ElementType;
using testing::HasSubstr;
using enum ElementType;

// [partitions, free] on chip; in HBM the same elements as one pattern of two dims.
isa::Access side(TestCore& core, Buffer buffer, ElementType type, int partitions, std::int64_t free,
                 bool strided) {
  if (buffer != Buffer::kHbm) return make_access(core, buffer, type, partitions, {free}, strided);
  return make_access(core, buffer, type, 1, {partitions, free}, strided);
}

// The code and value of element `i` of the whole access.
std::uint32_t code_at(TestCore& core, const isa::Access& access, std::int64_t i) {
  const std::int64_t row = access.elements_per_partition();
  return element_code(core, access, static_cast<int>(i / row), i % row);
}
std::vector<std::uint32_t> codes(TestCore& core, const isa::Access& access) {
  std::vector<std::uint32_t> all;
  for (std::int64_t i = 0; i < access.elements(); ++i) all.push_back(code_at(core, access, i));
  return all;
}

isa::Instruction dma(Opcode opcode, const isa::Access& dst, const isa::Access& src) {
  return {.opcode = opcode,
          .engine = isa::Engine::kSync,
          .operands = {operand(OperandName::kDst, dst), operand(OperandName::kSrc, src)}};
}

TEST(DmaCopy, EqualTypesKeepEveryBitAndOthersPassThroughFloat32) {
  Random random(41);
  const ElementType types[] = {kFloat32, kBfloat16, kFloat16, kFloat8E4m3,
                               kInt32,   kUint8,    kBool,    kInt16};
  const Buffer buffers[] = {Buffer::kHbm, Buffer::kSbuf};
  for (int round = 0; round < 200; ++round) {
    TestCore core;
    const ElementType from = types[random.below(8)];
    const ElementType to = round % 3 == 0 ? from : types[random.below(8)];
    const int partitions = static_cast<int>(1 + random.below(40));
    const auto free = static_cast<std::int64_t>(1 + random.below(round % 10 == 0 ? 3000 : 60));
    const isa::Access src =
        side(core, buffers[random.below(2)], from, partitions, free, random.below(2) == 0);
    const isa::Access dst =
        side(core, buffers[random.below(2)], to, partitions, free, random.below(2) == 0);
    fill(core, src.tensor, random, false);
    std::vector<std::uint32_t> wanted;
    for (const std::uint32_t code : codes(core, src)) {
      wanted.push_back(from == to ? code : numeric::encode(to, numeric::decode(from, code)));
    }
    ASSERT_TRUE(core.execute(dma(Opcode::kDmaCopy, dst, src))) << to_text(*core.machine.fault());
    ASSERT_EQ(codes(core, dst), wanted) << name(from) << " to " << name(to) << ", round " << round;
    EXPECT_TRUE(core.machine.reports().empty());
  }
}

TEST(DmaCopy, SidesMayHaveOtherShapesOfAsManyElements) {
  TestCore core;
  Random random(42);
  const isa::Access src = make_access(core, Buffer::kHbm, kUint16, 1, {3, 5, 16}, true);
  const isa::Access dst = make_access(core, Buffer::kSbuf, kUint16, 24, {2, 5}, true);
  fill(core, src.tensor, random, false);
  ASSERT_TRUE(core.execute(dma(Opcode::kDmaCopy, dst, src)));
  EXPECT_EQ(codes(core, dst), codes(core, src));
}

TEST(DmaCopy, PackedTypesAreCopied) {
  TestCore core(isa::Generation::kV4);
  Random random(43);
  const isa::Access src = make_access(core, Buffer::kHbm, kFloat4E2m1fnX4, 1, {32, 5}, false);
  const isa::Access dst = make_access(core, Buffer::kSbuf, kFloat4E2m1fnX4, 32, {5}, true);
  fill(core, src.tensor, random, false);
  ASSERT_TRUE(core.execute(dma(Opcode::kDmaCopy, dst, src)));
  EXPECT_EQ(codes(core, dst), codes(core, src));
}

TEST(DmaCopy, OverlappingSidesAreReadBeforeTheyAreWritten) {
  Random random(44);
  for (const std::int64_t shift : {1, 7, 300}) {
    TestCore core;
    isa::Access src = make_access(core, Buffer::kHbm, kInt32, 1, {5000}, false);
    fill(core, src.tensor, random, false);
    src.dims[0].count = 4000;
    isa::Access dst = src;
    dst.offset = shift;
    const auto wanted = codes(core, src);
    ASSERT_TRUE(core.execute(dma(Opcode::kDmaCopy, dst, src)));
    EXPECT_EQ(codes(core, dst), wanted) << shift;
  }
}

TEST(DmaCopy, ReportsWhatWasNeverWritten) {
  TestCore core;
  const isa::Access src = make_access(core, Buffer::kHbm, kFloat32, 1, {8}, false);
  const isa::Access dst = make_access(core, Buffer::kSbuf, kFloat32, 1, {8}, false);
  ASSERT_TRUE(core.execute(dma(Opcode::kDmaCopy, dst, src)));
  ASSERT_EQ(core.machine.reports().size(), 1u);
  EXPECT_EQ(core.machine.reports()[0].kind, FaultKind::kUninitialised);
}

TEST(DmaCopy, CastsRoundByTheMachine) {
  TestCore core(isa::Generation::kV3, {.seed = 9, .rounding = numeric::RoundingMode::kStochastic});
  Random random(45);
  const isa::Access src = make_access(core, Buffer::kHbm, kFloat32, 1, {4, 3000}, false);
  const isa::Access dst = make_access(core, Buffer::kSbuf, kBfloat16, 4, {3000}, false);
  fill(core, src.tensor, random, true);
  ASSERT_TRUE(core.execute(dma(Opcode::kDmaCopy, dst, src)));
  for (std::int64_t i = 0; i < 12000; ++i) {
    const float exact = numeric::decode(kFloat32, code_at(core, src, i));
    ASSERT_EQ(
        code_at(core, dst, i),
        numeric::encode(kBfloat16, exact, core.machine.rounding(static_cast<std::uint64_t>(i))));
  }
}

// A table of 10 rows of 6 in HBM and an access to one row a step, chosen by `indices`.
struct Gather {
  isa::Access rows;
  isa::Operand index;
};
Gather gather(TestCore& core, Random& random, const std::vector<std::int32_t>& indices,
              std::int64_t columns = 1) {
  isa::Access table = make_access(core, Buffer::kHbm, kInt32, 1, {10, 6}, false);
  fill(core, table.tensor, random, false);
  const auto partitions = static_cast<std::int64_t>(indices.size()) / columns;
  const isa::TensorId index = core.sbuf(kInt32, {partitions, columns});
  core.memory.write(
      index, core.program.tensor(index),
      std::span(reinterpret_cast<const std::uint8_t*>(indices.data()), indices.size() * 4));
  table.dims[0] = {999, static_cast<std::int64_t>(indices.size())};  // the stride does not count
  table.indirection = {
      .kind = IndirectKind::kVector, .operand = 2, .dim = 0, .step = 6, .limit = 10};
  return {table, core.whole(OperandName::kIndirectIndex, index)};
}

isa::Attribute skip() { return {AttributeName::kOobMode, isa::OobMode::kSkip}; }

std::uint32_t table_code(TestCore& core, const Gather& table, std::int64_t row, std::int64_t i) {
  isa::Access plain = table.rows;
  plain.indirection = {};
  plain.dims[0] = {6, 10};
  return element_code(core, plain, 0, row * 6 + i);
}

TEST(DmaCopy, GathersTheRowsOfAnIndex) {
  TestCore core;
  Random random(46);
  const std::vector<std::int32_t> indices = {3, 9, 0, 3, 7};
  const Gather table = gather(core, random, indices);
  const isa::Access dst = make_access(core, Buffer::kSbuf, kInt32, 5, {6}, true);
  isa::Instruction copy = dma(Opcode::kDmaCopy, dst, table.rows);
  copy.operands.push_back(table.index);
  ASSERT_TRUE(core.execute(copy)) << to_text(*core.machine.fault());
  for (int p = 0; p < 5; ++p) {
    for (std::int64_t i = 0; i < 6; ++i) {
      EXPECT_EQ(element_code(core, dst, p, i),
                table_code(core, table, indices[static_cast<std::size_t>(p)], i));
    }
  }
}

TEST(DmaCopy, ScattersInOrderSoThatTheLastOfEqualIndicesStays) {
  TestCore core;
  Random random(47);
  const std::vector<std::int32_t> indices = {4, 2, 4};
  const Gather table = gather(core, random, indices);
  const isa::Access src = make_access(core, Buffer::kSbuf, kInt32, 3, {6}, false);
  fill(core, src.tensor, random, false);
  isa::Instruction copy = dma(Opcode::kDmaCopy, table.rows, src);
  copy.operands.push_back(table.index);
  ASSERT_TRUE(core.execute(copy));
  for (std::int64_t i = 0; i < 6; ++i) {
    EXPECT_EQ(table_code(core, table, 2, i), element_code(core, src, 1, i));
    EXPECT_EQ(table_code(core, table, 4, i), element_code(core, src, 2, i));
  }
}

TEST(DmaCopy, AnIndexOutOfBoundsIsAFault) {
  for (const std::int32_t bad : {-1, 10}) {
    TestCore core;
    Random random(48);
    const Gather table = gather(core, random, {9, bad});
    isa::Instruction copy =
        dma(Opcode::kDmaCopy, make_access(core, Buffer::kSbuf, kInt32, 2, {6}, false), table.rows);
    copy.operands.push_back(table.index);
    EXPECT_FALSE(core.execute(copy));
    EXPECT_EQ(core.machine.fault()->kind, FaultKind::kOutOfBounds);
    EXPECT_THAT(core.machine.fault()->what, HasSubstr("index 1 is " + std::to_string(bad)));
  }
}

TEST(DmaCopy, SkipLeavesTheRowsOfBadIndicesAlone) {
  TestCore core;
  Random random(49);
  const std::vector<std::int32_t> indices = {3, -1, 10, 0};
  const Gather table = gather(core, random, indices);
  const isa::Access dst = make_access(core, Buffer::kSbuf, kInt32, 4, {6}, false);
  isa::Instruction copy = dma(Opcode::kDmaCopy, dst, table.rows);
  copy.operands.push_back(table.index);
  copy.attributes = {skip()};
  ASSERT_TRUE(core.execute(copy));
  const Storage& storage = *core.memory.place(dst.tensor).storage;
  for (int p = 0; p < 4; ++p) {
    const bool there = p == 0 || p == 3;
    EXPECT_EQ(element_code(core, dst, p, 5),
              there ? table_code(core, table, indices[static_cast<std::size_t>(p)], 5) : 4u);
    EXPECT_EQ(storage.any_written(p, 0, 24), there) << p;
  }
  // A scatter.
  const auto before = table_code(core, table, 5, 0);
  fill(core, dst.tensor, random, false);
  isa::Instruction scatter = dma(Opcode::kDmaCopy, table.rows, dst);
  scatter.operands.push_back(table.index);
  scatter.attributes = {skip()};
  ASSERT_TRUE(core.execute(scatter));
  EXPECT_EQ(table_code(core, table, 3, 5), element_code(core, dst, 0, 5));
  EXPECT_EQ(table_code(core, table, 5, 0), before);
}

TEST(DmaCopy, AStartFromARegisterOrTensorMayBeSkippedToo) {
  for (const std::int32_t start : {0, 3, 4, -1}) {
    for (const bool from_register : {true, false}) {
      TestCore core;
      Random random(50);
      isa::Access src = make_access(core, Buffer::kHbm, kInt32, 1, {20}, false);
      fill(core, src.tensor, random, false);
      const auto all = codes(core, src);
      src.dims[0].count = 5;
      src.indirection = {.kind = from_register ? IndirectKind::kRegister : IndirectKind::kScalar,
                         .operand = 2,
                         .step = 5,
                         .limit = 4};
      const isa::Access dst = make_access(core, Buffer::kSbuf, kInt32, 1, {5}, false);
      isa::Instruction copy = dma(Opcode::kDmaCopy, dst, src);
      if (from_register) {
        copy.operands[1].access.indirection.reg = core.program.add_register("r");
        core.machine.set_reg(copy.operands[1].access.indirection.reg, start);
      } else {
        const isa::TensorId index = core.sbuf(kInt32, {1, 1});
        core.memory.write(index, core.program.tensor(index),
                          std::span(reinterpret_cast<const std::uint8_t*>(&start), 4));
        copy.operands.push_back(core.whole(OperandName::kIndirectIndex, index));
      }
      copy.attributes = {skip()};
      ASSERT_TRUE(core.execute(copy));
      const bool there = start >= 0 && start < 4;
      EXPECT_EQ(code_at(core, dst, 0), there ? all[static_cast<std::size_t>(start * 5)] : 4u);
      copy.attributes = {};
      EXPECT_EQ(core.execute(copy), there);
      if (!there) {
        EXPECT_EQ(core.machine.fault()->kind, FaultKind::kOutOfBounds);
      }
    }
  }
}

// dst[i_0, ...] = src with index i_d at axis axes[d], from the definition.
void expect_transposed(TestCore& core, const isa::Access& dst, const isa::Access& src,
                       const std::vector<std::int64_t>& shape,
                       const std::vector<std::size_t>& axes) {
  std::vector<std::int64_t> index(shape.size());
  for (std::int64_t at = 0; at < dst.elements(); ++at) {
    std::int64_t rest = at;
    for (std::size_t d = axes.size(); d-- > 0;) {
      index[axes[d]] = rest % shape[axes[d]];
      rest /= shape[axes[d]];
    }
    std::int64_t from = 0;
    for (std::size_t d = 0; d < shape.size(); ++d) from = from * shape[d] + index[d];
    ASSERT_EQ(code_at(core, dst, at), code_at(core, src, from)) << at;
  }
}

TEST(DmaTranspose, SwapsTheFirstAndTheLastAxis) {
  struct Row {
    std::vector<std::int64_t> shape;
    std::vector<std::size_t> axes;
  };
  const Row rows[] = {{{16, 70}, {1, 0}}, {{33, 5, 64}, {2, 1, 0}}, {{16, 3, 2, 40}, {3, 1, 2, 0}}};
  Random random(51);
  for (const Row& row : rows) {
    for (const ElementType type : {kBfloat16, kFloat32, kInt8}) {
      for (const Buffer buffer : {Buffer::kHbm, Buffer::kSbuf}) {
        TestCore core;
        const auto& shape = row.shape;
        const bool on_chip = buffer == Buffer::kSbuf;
        const std::vector<std::int64_t> free(shape.begin() + (on_chip ? 1 : 0), shape.end());
        const isa::Access src = make_access(
            core, buffer, type, on_chip ? static_cast<int>(shape[0]) : 1, free, type == kInt8);
        std::vector<std::int64_t> turned(shape.begin() + 1, shape.end() - 1);
        turned.push_back(shape[0]);
        const isa::Access dst = make_access(core, Buffer::kSbuf, type,
                                            static_cast<int>(shape.back()), turned, type != kInt8);
        fill(core, src.tensor, random, false);
        ASSERT_TRUE(core.execute(dma(Opcode::kDmaTranspose, dst, src)));
        expect_transposed(core, dst, src, shape, row.axes);
      }
    }
  }
}

TEST(DmaTranspose, GathersRowsInTheColumnOrderOfTheIndices) {
  // [4, 2] indices: the order is index[0, 0], index[1, 0], ..., index[0, 1], ...
  const std::vector<std::int32_t> stored = {9, 1, 8, 2, 7, 3, 6, 4};
  const int order[] = {9, 8, 7, 6, 1, 2, 3, 4};
  TestCore core;
  Random random(52);
  const Gather table = gather(core, random, stored, 2);
  const isa::Access dst = make_access(core, Buffer::kSbuf, kInt32, 6, {8}, false);
  isa::Instruction transpose = dma(Opcode::kDmaTranspose, dst, table.rows);
  transpose.operands.push_back(table.index);
  ASSERT_TRUE(core.execute(transpose));
  for (int p = 0; p < 6; ++p) {
    for (int i = 0; i < 8; ++i) {
      EXPECT_EQ(element_code(core, dst, p, i), table_code(core, table, order[i], p));
    }
  }
}

TEST(DmaTranspose, SkipLeavesTheColumnsOfBadIndicesAlone) {
  TestCore core;
  Random random(53);
  const std::vector<std::int32_t> indices = {5, 12, 0};
  const Gather table = gather(core, random, indices);
  const isa::Access dst = make_access(core, Buffer::kSbuf, kInt32, 6, {3}, false);
  isa::Instruction transpose = dma(Opcode::kDmaTranspose, dst, table.rows);
  transpose.operands.push_back(table.index);
  transpose.attributes = {skip()};
  ASSERT_TRUE(core.execute(transpose));
  for (int p = 0; p < 6; ++p) {
    EXPECT_EQ(element_code(core, dst, p, 0), table_code(core, table, 5, p));
    EXPECT_EQ(element_code(core, dst, p, 1), 4u);
    EXPECT_EQ(element_code(core, dst, p, 2), table_code(core, table, 0, p));
    EXPECT_FALSE(core.memory.place(dst.tensor).storage->any_written(p, 4, 4));
  }
}

TEST(DmaCompute, AddsInFloat32InTheOrderOfTheSources) {
  Random random(54);
  const ElementType types[] = {kFloat32, kBfloat16, kInt16, kFloat8E5m2};
  for (int round = 0; round < 60; ++round) {
    TestCore core;
    const auto count = static_cast<int>(1 + random.below(16));
    const int partitions = static_cast<int>(1 + random.below(20));
    const ElementType to = types[random.below(4)];
    const isa::Access dst = side(core, round % 2 == 0 ? Buffer::kHbm : Buffer::kSbuf, to,
                                 partitions, 30, round % 3 == 0);
    isa::Instruction sum = {.opcode = Opcode::kDmaCompute,
                            .engine = isa::Engine::kGpSimd,
                            .operands = {operand(OperandName::kDst, dst)},
                            .attributes = {{AttributeName::kReduceOp, isa::Op::kAdd}}};
    std::vector<float> sums(static_cast<std::size_t>(partitions) * 30);
    for (int s = 0; s < count; ++s) {
      const ElementType from = types[random.below(4)];
      const isa::Access src = side(core, random.below(2) == 0 ? Buffer::kHbm : Buffer::kSbuf, from,
                                   partitions, 30, random.below(2) == 0);
      fill(core, src.tensor, random, round % 4 != 0);
      sum.operands.push_back(operand(OperandName::kSrcs, src));
      for (std::size_t i = 0; i < sums.size(); ++i) {
        const float value = numeric::decode(from, code_at(core, src, static_cast<std::int64_t>(i)));
        sums[i] = s == 0 ? value : sums[i] + value;
      }
    }
    ASSERT_TRUE(core.execute(sum));
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const float exact = std::isnan(sums[i]) ? std::bit_cast<float>(0x7fc00000u) : sums[i];
      ASSERT_EQ(code_at(core, dst, static_cast<std::int64_t>(i)), numeric::encode(to, exact));
    }
  }
}

isa::Instruction read_modify_write(const isa::Access& dst, const isa::Access& one,
                                   const isa::Access& two, const isa::Operand& index) {
  isa::Instruction sum = {
      .opcode = Opcode::kDmaCompute,
      .engine = isa::Engine::kGpSimd,
      .operands = {operand(OperandName::kDst, dst), operand(OperandName::kSrcs, one),
                   operand(OperandName::kSrcs, two), index},
      .attributes = {{AttributeName::kReduceOp, isa::Op::kAdd}, skip()}};
  for (isa::Operand& each : sum.operands) {
    if (each.access.indirection.kind == IndirectKind::kVector) each.access.indirection.operand = 3;
  }
  return sum;
}

TEST(DmaCompute, ScatterAndGatherReadModifyWrite) {
  TestCore core;
  Random random(55);
  const Gather table = gather(core, random, {7, 10, 2});
  const isa::Access tile = make_access(core, Buffer::kSbuf, kInt32, 3, {6}, false);
  const auto put = [&](isa::TensorId id, std::int32_t first) {
    const isa::Tensor& tensor = core.program.tensor(id);
    std::vector<std::int32_t> values(
        static_cast<std::size_t>(tensor.partitions() * tensor.partition_bytes() / 4));
    for (auto& value : values) value = first++;
    core.memory.write(
        id, tensor,
        std::span(reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * 4));
  };
  put(table.rows.tensor, 1000);
  put(tile.tensor, 0);
  ASSERT_TRUE(core.execute(read_modify_write(table.rows, table.rows, tile, table.index)));
  EXPECT_EQ(table_code(core, table, 7, 1), 1000u + 43 + 1);
  EXPECT_EQ(table_code(core, table, 2, 5), 1000u + 17 + 17);
  EXPECT_EQ(table_code(core, table, 3, 0), 1018u);
  ASSERT_TRUE(core.execute(read_modify_write(tile, tile, table.rows, table.index)));
  EXPECT_EQ(element_code(core, tile, 0, 1), 1u + 1044);
  EXPECT_EQ(element_code(core, tile, 1, 1), 7u);  // its index is out of bounds
}

TEST(DmaCompute, IndicesThatRepeatAreUndefined) {
  TestCore core;
  Random random(56);
  const Gather table = gather(core, random, {7, 2, 7});
  const isa::Access tile = make_access(core, Buffer::kSbuf, kInt32, 3, {6}, false);
  fill(core, tile.tensor, random, false);
  EXPECT_FALSE(core.execute(read_modify_write(table.rows, table.rows, tile, table.index)));
  EXPECT_EQ(core.machine.fault()->kind, FaultKind::kUndefined);
  EXPECT_THAT(core.machine.fault()->what, HasSubstr("index 7 comes twice"));
}

}  // namespace
}  // namespace switchyard::neuroncore
