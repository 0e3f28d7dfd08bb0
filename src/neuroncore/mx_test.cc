// nc_matmul_mx and quantize_mx against their definitions, element by element.
#include "numeric/mx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "neuroncore/operand_reference.h"

namespace switchyard::neuroncore {
namespace {

using isa::Buffer;
using isa::Generation;
using isa::Opcode;
using isa::OperandName;
using numeric::ElementType;
using enum ElementType;

// The scales of `partitions` x `words` of data, in a tile of [partitions, words] at a pack offset.
isa::Access make_scales(TestCore& core, Random& random, int partitions, std::int64_t words,
                        int offset, ElementType type = kFloat8E8m0fnu) {
  const isa::TensorId id = core.sbuf(type, {partitions, words + 3});
  const isa::Tensor& tensor = core.program.tensor(id);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(partitions * tensor.partition_bytes()));
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(107 + random.below(40));
  core.memory.write(id, tensor, bytes);
  return {.tensor = id,
          .type = type,
          .rank = 1,
          .start_partition = static_cast<std::int16_t>(offset),
          .partitions = static_cast<std::int16_t>(partitions - offset),
          .offset = 2,
          .dims = {{{1, words}}}};
}

// Value of lane `lane` of word (p, c) times its scale, from bytes.
float scaled(TestCore& core, const isa::Access& data, const isa::Access& scales, int p,
             std::int64_t c, int lane) {
  const std::uint8_t* word = element_address(core, data, p, c);
  const ElementType type = numeric::traits(data.type).lane_type;
  const std::uint32_t code = type == kFloat4E2m1fn
                                 ? static_cast<std::uint32_t>(word[lane / 2] >> (lane % 2 * 4)) & 15
                                 : word[lane];
  const int group = p / 8;
  const std::uint8_t scale = *element_address(core, scales, group / 4 * 32 + group % 4, c);
  return numeric::decode(type, code) * numeric::decode(kFloat8E8m0fnu, scale);
}

struct MxRow {
  ElementType stationary, moving, dst;
  int partitions;
  int stationary_offset, moving_offset;
  ElementType scale = kFloat8E8m0fnu;
};

class MatmulMx : public testing::TestWithParam<MxRow> {};

TEST_P(MatmulMx, EqualsThePlainLoop) {
  const MxRow row = GetParam();
  TestCore core(Generation::kV4);
  Random random(21);
  constexpr int kM = 20;
  constexpr std::int64_t kN = 150;
  const isa::Access stationary =
      make_access(core, Buffer::kSbuf, row.stationary, row.partitions, {kM}, false);
  const isa::Access moving =
      make_access(core, Buffer::kSbuf, row.moving, row.partitions, {kN}, true);
  fill(core, stationary.tensor, random, true);
  fill(core, moving.tensor, random, true);
  const isa::Access stationary_scale =
      make_scales(core, random, row.partitions, kM, row.stationary_offset, row.scale);
  const isa::Access moving_scale =
      make_scales(core, random, row.partitions, kN, row.moving_offset, row.scale);
  const isa::Access dst = make_access(core, Buffer::kPsum, row.dst, kM, {kN}, false);
  const isa::Instruction matmul = {
      .opcode = Opcode::kNcMatmulMx,
      .engine = isa::Engine::kTensor,
      .operands = {operand(OperandName::kDst, dst), operand(OperandName::kStationary, stationary),
                   operand(OperandName::kMoving, moving),
                   operand(OperandName::kStationaryScale, stationary_scale),
                   operand(OperandName::kMovingScale, moving_scale)}};
  std::vector<float> sums;
  for (int m = 0; m < kM; ++m) {
    for (std::int64_t n = 0; n < kN; ++n) {
      float sum = 0;
      for (int p = 0; p < row.partitions; ++p) {
        for (int lane = 0; lane < 4; ++lane) {
          sum = std::fma(scaled(core, stationary, stationary_scale, p, m, lane),
                         scaled(core, moving, moving_scale, p, n, lane), sum);
        }
      }
      sums.push_back(sum);
    }
  }
  for (const bool again : {false, true}) {
    std::vector<std::uint32_t> wanted;
    for (int m = 0; m < kM; ++m) {
      for (std::int64_t n = 0; n < kN; ++n) {
        float sum = sums[wanted.size()];
        if (again) sum = element_value(core, dst, m, n) + sum;
        wanted.push_back(numeric::encode(row.dst, sum));
      }
    }
    ASSERT_TRUE(core.execute(matmul)) << to_text(*core.machine.fault());
    std::size_t at = 0;
    for (int m = 0; m < kM; ++m) {
      for (std::int64_t n = 0; n < kN; ++n) {
        ASSERT_EQ(element_code(core, dst, m, n), wanted[at++]) << m << ", " << n;
      }
    }
  }
  EXPECT_TRUE(core.machine.reports().empty());
}

INSTANTIATE_TEST_SUITE_P(
    All, MatmulMx,
    testing::Values(MxRow{kFloat8E4m3fnX4, kFloat8E4m3fnX4, kFloat32, 128, 0, 0},
                    MxRow{kFloat8E5m2X4, kFloat8E4m3fnX4, kFloat32, 96, 4, 12},
                    MxRow{kFloat4E2m1fnX4, kFloat8E5m2X4, kBfloat16, 64, 8, 0},
                    MxRow{kFloat8E4m3fnX4, kFloat4E2m1fnX4, kFloat32, 32, 0, 4, kUint8},
                    MxRow{kFloat4E2m1fnX4, kFloat4E2m1fnX4, kBfloat16, 128, 12, 8}),
    [](const auto& row) {
      return std::string(name(row.param.stationary)) + "_" + std::string(name(row.param.moving)) +
             "_" + std::to_string(row.param.partitions);
    });

isa::Instruction small_mx(TestCore& core, Random& random, std::uint8_t scale_byte) {
  const isa::Access data = make_access(core, Buffer::kSbuf, kFloat8E4m3fnX4, 32, {2}, false);
  fill(core, data.tensor, random, true);
  const isa::TensorId scale = core.sbuf(kFloat8E8m0fnu, {4, 2});
  core.memory.write(scale, core.program.tensor(scale),
                    std::vector<std::uint8_t>{127, 127, 127, scale_byte, 127, 127, 127, 127});
  const isa::Access dst = make_access(core, Buffer::kPsum, kFloat32, 2, {2}, false);
  return {.opcode = Opcode::kNcMatmulMx,
          .engine = isa::Engine::kTensor,
          .operands = {operand(OperandName::kDst, dst), operand(OperandName::kStationary, data),
                       operand(OperandName::kMoving, data),
                       core.whole(OperandName::kStationaryScale, scale),
                       core.whole(OperandName::kMovingScale, scale)}};
}

TEST(MatmulMx, TheNanScaleSpreadsOverItsColumnOnly) {
  TestCore core(Generation::kV4);
  Random random(22);
  const isa::Instruction matmul = small_mx(core, random, 0xff);  // of column 1
  ASSERT_TRUE(core.execute(matmul));
  const isa::Access& dst = matmul.access(OperandName::kDst);
  EXPECT_FALSE(std::isnan(element_value(core, dst, 0, 0)));
  EXPECT_EQ(element_code(core, dst, 0, 1), 0x7fc00000u);
  EXPECT_EQ(element_code(core, dst, 1, 0), 0x7fc00000u);
}

TEST(MatmulMx, ScalesBeyondTheTileAreOutOfBounds) {
  TestCore core(Generation::kV4);
  Random random(23);
  isa::Instruction matmul = small_mx(core, random, 127);
  matmul.operands[3].access.partitions = 3;
  EXPECT_FALSE(core.execute(matmul));
  EXPECT_EQ(core.machine.fault()->kind, FaultKind::kOutOfBounds);
  EXPECT_THAT(core.machine.fault()->where, testing::HasSubstr("stationary_scale"));
}

struct QuantizeRow {
  ElementType source, packed;
  int partitions, offset;
  numeric::MxScaleRule rule = numeric::MxScaleRule::kNeuron;
};

class QuantizeMx : public testing::TestWithParam<QuantizeRow> {};

TEST_P(QuantizeMx, PlacesDataAndScalesAndLeavesTheRestAlone) {
  const QuantizeRow row = GetParam();
  TestCore core(Generation::kV4, {.mx_scale_rule = row.rule});
  Random random(24);
  const isa::Access src =
      make_access(core, Buffer::kSbuf, row.source, row.partitions, {5, 4, 3}, true);
  fill(core, src.tensor, random, true);
  const isa::Access dst = make_access(core, Buffer::kSbuf, row.packed, row.partitions, {15}, false);
  const isa::Access scales = make_scales(core, random, 128, 15, row.offset);
  std::vector<std::uint8_t> before =
      core.memory.read(scales.tensor, core.program.tensor(scales.tensor));

  std::vector<std::uint8_t> plain;
  for (int p = 0; p < row.partitions; ++p) {
    for (int i = 0; i < 60; ++i) {
      const std::uint8_t* element = element_address(core, src, p, i);
      plain.insert(plain.end(), element, element + 2);
    }
  }
  const auto wanted =
      numeric::quantize_mx(row.source, plain, {row.partitions, 60}, row.packed, {.rule = row.rule});
  ASSERT_TRUE(wanted);
  ASSERT_TRUE(
      core.execute({.opcode = Opcode::kQuantizeMx,
                    .engine = isa::Engine::kVector,
                    .operands = {operand(OperandName::kDst, dst), operand(OperandName::kSrc, src),
                                 operand(OperandName::kDstScale, scales)}}));
  std::vector<std::uint8_t> data;
  for (int p = 0; p < row.partitions; ++p) {
    const std::uint8_t* word = element_address(core, dst, p, 0);
    data.insert(data.end(), word, word + 60);
  }
  EXPECT_EQ(data, wanted->data);
  for (int group = 0; group < row.partitions / 8; ++group) {
    for (int c = 0; c < 15; ++c) {
      const int partition = group / 4 * 32 + group % 4 + row.offset;
      before[static_cast<std::size_t>(partition * 18 + 2 + c)] =
          wanted->scales[static_cast<std::size_t>(group * 15 + c)];
    }
  }
  EXPECT_EQ(core.memory.read(scales.tensor, core.program.tensor(scales.tensor)), before);
}

INSTANTIATE_TEST_SUITE_P(All, QuantizeMx,
                         testing::Values(QuantizeRow{kBfloat16, kFloat8E4m3fnX4, 128, 0},
                                         QuantizeRow{kFloat16, kFloat8E5m2X4, 96, 4},
                                         QuantizeRow{kBfloat16, kFloat8E5m2X4, 32, 12,
                                                     numeric::MxScaleRule::kOcp}));

TEST(QuantizeMx, OnlyTheScalesBecomeWritten) {
  TestCore core(Generation::kV4);
  Random random(25);
  const isa::Access src = make_access(core, Buffer::kSbuf, kBfloat16, 64, {4}, false);
  fill(core, src.tensor, random, true);
  const isa::Access dst = make_access(core, Buffer::kSbuf, kFloat8E4m3fnX4, 64, {1}, false);
  const isa::TensorId scale = core.sbuf(kUint8, {64, 1});
  ASSERT_TRUE(
      core.execute({.opcode = Opcode::kQuantizeMx,
                    .engine = isa::Engine::kVector,
                    .operands = {operand(OperandName::kDst, dst), operand(OperandName::kSrc, src),
                                 core.whole(OperandName::kDstScale, scale)}}));
  for (int p = 0; p < 64; ++p) {
    const bool written = core.memory.place(scale).storage->any_written(p, 0, 1);
    EXPECT_EQ(written, p % 32 < 4) << p;
  }
}

}  // namespace
}  // namespace switchyard::neuroncore
