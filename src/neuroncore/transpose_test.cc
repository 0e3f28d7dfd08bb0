// nc_transpose and nc_matmul in transpose mode.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "neuroncore/operand_reference.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::Buffer;
using isa::Engine;
using isa::Generation;
using isa::Opcode;
using isa::OperandName;
using numeric::ElementType;
using enum ElementType;

isa::Instruction nc_transpose(const isa::Access& dst, const isa::Access& data, Engine engine) {
  return {.opcode = Opcode::kNcTranspose,
          .engine = engine,
          .operands = {operand(OperandName::kDst, dst), operand(OperandName::kData, data)}};
}

struct TransposeRow {
  Generation generation;
  Engine engine;
  Buffer from, to;
  int partitions_max;
};

class NcTranspose : public testing::TestWithParam<TransposeRow> {};

TEST_P(NcTranspose, MovesEveryBit) {
  const TransposeRow row = GetParam();
  Random random(31);
  for (const ElementType type : {kFloat32, kBfloat16, kFloat16, kFloat8E5m2, kInt32, kUint16, kInt8,
                                 kFloat8E4m3fnX4, kFloat4E2m1fnX4}) {
    for (int round = 0; round < 6; ++round) {
      TestCore core(row.generation);
      const auto size = [&] {
        return static_cast<int>(1 + random.below(static_cast<std::uint64_t>(row.partitions_max)));
      };
      const int partitions = round == 0 ? row.partitions_max : size();
      const int elements = round == 0 ? row.partitions_max : size();
      const isa::Access data =
          make_access(core, row.from, type, partitions, {elements}, round % 2 == 1);
      const isa::Access dst =
          make_access(core, row.to, type, elements, {partitions}, round % 3 == 1);
      fill(core, data.tensor, random, false);
      ASSERT_TRUE(core.execute(nc_transpose(dst, data, row.engine)));
      for (int p = 0; p < partitions; ++p) {
        for (int i = 0; i < elements; ++i) {
          ASSERT_EQ(element_code(core, dst, i, p), element_code(core, data, p, i))
              << name(type) << " " << p << ", " << i;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, NcTranspose,
    testing::Values(
        TransposeRow{Generation::kV3, Engine::kTensor, Buffer::kSbuf, Buffer::kPsum, 128},
        TransposeRow{Generation::kV4, Engine::kUnknown, Buffer::kSbuf, Buffer::kPsum, 128},
        TransposeRow{Generation::kV2, Engine::kVector, Buffer::kSbuf, Buffer::kPsum, 32},
        TransposeRow{Generation::kV2, Engine::kUnknown, Buffer::kPsum, Buffer::kSbuf, 32}));

TEST(NcTranspose, InPlace) {
  TestCore core;
  Random random(32);
  const isa::Access data = make_access(core, Buffer::kSbuf, kInt16, 32, {32}, false);
  fill(core, data.tensor, random, false);
  std::vector<std::uint32_t> before;
  for (int i = 0; i < 1024; ++i) before.push_back(element_code(core, data, i / 32, i % 32));
  ASSERT_TRUE(core.execute(nc_transpose(data, data, Engine::kVector)));
  for (int i = 0; i < 1024; ++i) {
    EXPECT_EQ(element_code(core, data, i % 32, i / 32), before[static_cast<std::size_t>(i)]);
  }
}

// [3, 4] with a NaN at (1, 2) and infinity at (0, 0).
isa::Access special_values(TestCore& core) {
  const isa::Access data = make_access(core, Buffer::kSbuf, kFloat32, 3, {4}, false);
  std::vector<float> values(12, 1.5f);
  values[0] = std::numeric_limits<float>::infinity();
  values[6] = std::bit_cast<float>(0xffc00123u);
  values[11] = -0.0f;
  core.memory.write(data.tensor, core.program.tensor(data.tensor),
                    std::span(reinterpret_cast<const std::uint8_t*>(values.data()), 48));
  return data;
}

TEST(NcTranspose, TensorEngineOfV2SpreadsWhatIsNotFinite) {
  TestCore core(Generation::kV2);
  const isa::Access data = special_values(core);
  const isa::Access dst = make_access(core, Buffer::kPsum, kFloat32, 4, {3}, false);
  ASSERT_TRUE(core.execute(nc_transpose(dst, data, Engine::kTensor)));
  // Row m of dst is a sum over column m of data: 0 x infinity and 0 x NaN are NaN.
  EXPECT_EQ(element_value(core, dst, 0, 0), std::numeric_limits<float>::infinity());
  EXPECT_EQ(element_code(core, dst, 0, 1), 0x7fc00000u);
  for (int n = 0; n < 3; ++n) EXPECT_EQ(element_code(core, dst, 2, n), 0x7fc00000u);
  EXPECT_EQ(element_value(core, dst, 1, 2), 1.5f);
  EXPECT_EQ(element_code(core, dst, 3, 2), 0u);  // +0
  // A second one overwrites.
  ASSERT_TRUE(core.execute(nc_transpose(dst, data, Engine::kTensor)));
  EXPECT_EQ(element_value(core, dst, 1, 2), 1.5f);
}

// An identity of the type, or with `shift` its columns rotated.
isa::Access identity(TestCore& core, ElementType type, int size, int shift = 0) {
  const isa::Access access = make_access(core, Buffer::kSbuf, type, size, {size}, false);
  std::vector<float> values(static_cast<std::size_t>(size * size));
  for (int i = 0; i < size; ++i) {
    values[static_cast<std::size_t>(i * size + (i + shift) % size)] = 1;
  }
  std::vector<std::uint8_t> bytes(numeric::bytes_of(type, values.size()));
  numeric::convert(kFloat32, values.data(), type, bytes.data(), values.size());
  core.memory.write(access.tensor, core.program.tensor(access.tensor), bytes);
  return access;
}

isa::Instruction transpose_mode(const isa::Access& dst, const isa::Access& data,
                                const isa::Access& moving) {
  return {.opcode = Opcode::kNcMatmul,
          .engine = Engine::kTensor,
          .operands = {operand(OperandName::kDst, dst), operand(OperandName::kStationary, data),
                       operand(OperandName::kMoving, moving)},
          .attributes = {{AttributeName::kIsTranspose, true}}};
}

TEST(TransposeMode, KeepsBitsOfNanAndInfinity) {
  TestCore core;
  const isa::Access data = special_values(core);
  const isa::Access dst = make_access(core, Buffer::kPsum, kFloat32, 4, {3}, false);
  ASSERT_TRUE(core.execute(transpose_mode(dst, data, identity(core, kFloat32, 3))));
  for (int p = 0; p < 3; ++p) {
    for (int i = 0; i < 4; ++i) {
      EXPECT_EQ(element_code(core, dst, i, p), element_code(core, data, p, i));
    }
  }
}

TEST(TransposeMode, OnV2IsAMultiplication) {
  TestCore core(Generation::kV2);
  const isa::Access data = special_values(core);
  const isa::Access dst = make_access(core, Buffer::kPsum, kFloat32, 4, {3}, false);
  ASSERT_TRUE(core.execute(transpose_mode(dst, data, identity(core, kFloat32, 3))));
  EXPECT_EQ(element_code(core, dst, 0, 1), 0x7fc00000u);
  EXPECT_EQ(element_value(core, dst, 1, 2), 1.5f);
}

TEST(TransposeMode, Fp8GoesToTheLowByteOf16Bits) {
  TestCore core;
  Random random(33);
  const isa::Access data = make_access(core, Buffer::kSbuf, kFloat8E4m3, 20, {30}, false);
  fill(core, data.tensor, random, false);
  const isa::Access dst = make_access(core, Buffer::kPsum, kBfloat16, 30, {20}, true);
  ASSERT_TRUE(core.execute(transpose_mode(dst, data, identity(core, kFloat8E4m3, 20))));
  for (int p = 0; p < 20; ++p) {
    for (int i = 0; i < 30; ++i) {
      ASSERT_EQ(element_code(core, dst, i, p), element_code(core, data, p, i));
    }
  }
}

TEST(TransposeMode, APermutationMovesColumns) {
  TestCore core;
  Random random(34);
  const isa::Access data = make_access(core, Buffer::kSbuf, kBfloat16, 5, {7}, false);
  fill(core, data.tensor, random, false);
  const isa::Access dst = make_access(core, Buffer::kPsum, kBfloat16, 7, {5}, false);
  ASSERT_TRUE(core.execute(transpose_mode(dst, data, identity(core, kBfloat16, 5, 2))));
  for (int p = 0; p < 5; ++p) {
    for (int i = 0; i < 7; ++i) {
      ASSERT_EQ(element_code(core, dst, i, (p + 2) % 5), element_code(core, data, p, i));
    }
  }
}

TEST(TransposeMode, AnythingButOnesIsUndefined) {
  TestCore core;
  Random random(35);
  const isa::Access data = make_access(core, Buffer::kSbuf, kBfloat16, 5, {5}, false);
  fill(core, data.tensor, random, true);
  const isa::Access dst = make_access(core, Buffer::kPsum, kBfloat16, 5, {5}, false);
  EXPECT_FALSE(core.execute(transpose_mode(dst, data, data)));
  EXPECT_EQ(core.machine.fault()->kind, FaultKind::kUndefined);
  EXPECT_THAT(core.machine.fault()->what, testing::HasSubstr("wanted an identity"));
}

TEST(TransposeMode, CannotAdd) {
  TestCore core;
  const isa::Access data = special_values(core);
  const isa::Access dst = make_access(core, Buffer::kPsum, kFloat32, 4, {3}, false);
  isa::Instruction instruction = transpose_mode(dst, data, identity(core, kFloat32, 3));
  instruction.attributes.push_back({AttributeName::kAccumulate, true});
  EXPECT_FALSE(core.execute(instruction));
  EXPECT_EQ(core.machine.fault()->kind, FaultKind::kUndefined);
}

}  // namespace
}  // namespace switchyard::neuroncore
