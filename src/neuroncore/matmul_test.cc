// nc_matmul against the plain loop over its definition.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "neuroncore/operand_reference.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::Buffer;
using isa::Generation;
using isa::Opcode;
using isa::OperandName;
using numeric::ElementType;

struct Matmul {
  isa::Access dst, stationary, moving;
  std::vector<isa::Attribute> attributes = {};

  isa::Instruction instruction() const {
    return {
        .opcode = Opcode::kNcMatmul,
        .engine = isa::Engine::kTensor,
        .operands = {operand(OperandName::kDst, dst), operand(OperandName::kStationary, stationary),
                     operand(OperandName::kMoving, moving)},
        .attributes = attributes};
  }
};

isa::Attribute accumulate(bool value) { return {AttributeName::kAccumulate, value}; }

// The sum of one result. `pairs` is 2 in double_row mode.
float product_at(TestCore& core, const Matmul& matmul, int m, std::int64_t n, int pairs = 1) {
  const std::int64_t rows = matmul.stationary.elements_per_partition() / pairs;
  const std::int64_t columns = matmul.moving.elements_per_partition() / pairs;
  float sum = 0;
  for (int p = 0; p < matmul.stationary.partitions; ++p) {
    for (int j = 0; j < pairs; ++j) {
      sum = std::fma(element_value(core, matmul.stationary, p, j * rows + m),
                     element_value(core, matmul.moving, p, j * columns + n), sum);
    }
  }
  return sum;
}

std::uint32_t code_of(ElementType type, float value) {
  if (std::isnan(value)) value = std::bit_cast<float>(0x7fc00000u);
  return numeric::encode(type, value);
}

// All of them.
std::vector<float> products(TestCore& core, const Matmul& matmul, int pairs = 1) {
  std::vector<float> sums;
  for (int m = 0; m < matmul.dst.partitions; ++m) {
    for (std::int64_t n = 0; n < matmul.dst.elements_per_partition(); ++n) {
      sums.push_back(product_at(core, matmul, m, n, pairs));
    }
  }
  return sums;
}

// Executes and compares dst with existing + product (or the product alone).
void expect_product(TestCore& core, const Matmul& matmul, const std::vector<float>& products,
                    bool accumulates) {
  std::vector<std::uint32_t> wanted;
  const std::int64_t columns = matmul.dst.elements_per_partition();
  for (int m = 0; m < matmul.dst.partitions; ++m) {
    for (std::int64_t n = 0; n < columns; ++n) {
      float sum = products[wanted.size()];
      if (accumulates) sum = element_value(core, matmul.dst, m, n) + sum;
      wanted.push_back(code_of(matmul.dst.type, sum));
    }
  }
  ASSERT_TRUE(core.execute(matmul.instruction())) << to_text(*core.machine.fault());
  std::size_t at = 0;
  for (int m = 0; m < matmul.dst.partitions; ++m) {
    for (std::int64_t n = 0; n < columns; ++n) {
      ASSERT_EQ(element_code(core, matmul.dst, m, n), wanted[at++])
          << "[" << m << ", " << n << "] of [" << matmul.dst.partitions << ", " << columns << "]";
    }
  }
}

struct TypeRow {
  Generation generation;
  ElementType stationary, moving, dst;
};

class MatmulTypes : public testing::TestWithParam<TypeRow> {};

TEST_P(MatmulTypes, EqualThePlainLoopOverShapesAndStrides) {
  const TypeRow types = GetParam();
  Random random(11);
  for (int round = 0; round < 16; ++round) {
    TestCore core(types.generation);
    const int k = round == 0 ? 128 : static_cast<int>(1 + random.below(96));
    const int m = round == 1 ? 128 : static_cast<int>(1 + random.below(40));
    const int n = static_cast<int>(1 + random.below(40));
    const bool strided = round % 2 == 1, tame = round % 4 < 2;
    Matmul matmul;
    matmul.stationary =
        make_access(core, Buffer::kSbuf, types.stationary, k, {m}, strided && k <= 96);
    matmul.moving = round % 3 == 0
                        ? make_access(core, Buffer::kSbuf, types.moving, k, {2, n}, strided)
                        : make_access(core, Buffer::kSbuf, types.moving, k, {2 * n}, strided);
    matmul.dst = make_access(core, Buffer::kPsum, types.dst, m, {n, 2}, strided && round % 4 == 3);
    fill(core, matmul.stationary.tensor, random, tame);
    fill(core, matmul.moving.tensor, random, tame);
    const std::vector<float> sums = products(core, matmul);
    expect_product(core, matmul, sums, false);
    expect_product(core, matmul, sums, true);  // accumulate=None goes on
    matmul.attributes = {accumulate(true)};
    expect_product(core, matmul, sums, true);
    matmul.attributes = {accumulate(false)};
    expect_product(core, matmul, sums, false);
    if (testing::Test::HasFatalFailure()) return;
    EXPECT_TRUE(core.machine.reports().empty());
  }
}

constexpr Generation kV2 = Generation::kV2, kV3 = Generation::kV3, kV4 = Generation::kV4;
using enum ElementType;
INSTANTIATE_TEST_SUITE_P(All, MatmulTypes,
                         testing::Values(TypeRow{kV2, kBfloat16, kBfloat16, kFloat32},
                                         TypeRow{kV3, kFloat16, kFloat16, kFloat32},
                                         TypeRow{kV3, kFloat32, kFloat32, kFloat32},
                                         TypeRow{kV3, kTfloat32, kTfloat32, kFloat32},
                                         TypeRow{kV3, kFloat32, kTfloat32, kFloat32},
                                         TypeRow{kV3, kFloat8E4m3, kFloat8E5m2, kFloat32},
                                         TypeRow{kV3, kFloat8E3m4, kBfloat16, kFloat32},
                                         TypeRow{kV4, kFloat8E4m3fn, kFloat8E5m2, kFloat32},
                                         TypeRow{kV4, kFloat16, kBfloat16, kBfloat16},
                                         TypeRow{kV4, kFloat32, kFloat32, kBfloat16}),
                         [](const auto& row) {
                           return std::string(name(row.param.stationary)) + "_" +
                                  std::string(name(row.param.moving)) + "_to_" +
                                  std::string(name(row.param.dst)) + "_" +
                                  std::string(isa::name(row.param.generation));
                         });

// [k, m] by [k, n] of bfloat16 near 1.
Matmul small_matmul(TestCore& core, int k, int m, int n, ElementType dst = kFloat32) {
  Random random(12);
  Matmul matmul;
  matmul.stationary = make_access(core, Buffer::kSbuf, kBfloat16, k, {m}, false);
  matmul.moving = make_access(core, Buffer::kSbuf, kBfloat16, k, {n}, false);
  matmul.dst = make_access(core, Buffer::kPsum, dst, m, {n}, false);
  fill(core, matmul.stationary.tensor, random, true);
  fill(core, matmul.moving.tensor, random, true);
  return matmul;
}

TEST(Matmul, DoubleRowSumsBothRowsOfAPartitionBeforeTheNext) {
  Random random(13);
  for (const Generation generation : {kV3, kV4}) {
    for (const int k : {1, 37, 128}) {
      TestCore core(generation);
      Matmul matmul;
      matmul.stationary = make_access(core, Buffer::kSbuf, kFloat8E5m2, k, {2, 20}, k == 37);
      matmul.moving = make_access(core, Buffer::kSbuf, kFloat8E4m3, k, {2, 50}, false);
      matmul.dst = make_access(core, Buffer::kPsum, kFloat32, 20, {50}, false);
      matmul.attributes = {{AttributeName::kPerfMode, isa::PerfMode::kDoubleRow}};
      fill(core, matmul.stationary.tensor, random, true);
      fill(core, matmul.moving.tensor, random, true);
      expect_product(core, matmul, products(core, matmul, 2), false);
    }
  }
}

TEST(Matmul, WidestMovingOfNeuronCoreV4) {
  TestCore core(kV4);
  Matmul matmul = small_matmul(core, 3, 2, 4096);
  expect_product(core, matmul, products(core, matmul), false);
  Matmul half = small_matmul(core, 128, 2, 8192, kBfloat16);
  const std::vector<float> sums = products(core, half);
  expect_product(core, half, sums, false);
  expect_product(core, half, sums, true);
}

TEST(Matmul, PositionsInTheArrayAndHintsDoNotChangeValues) {
  TestCore core;
  Matmul matmul = small_matmul(core, 32, 32, 8);
  matmul.attributes = {{AttributeName::kTilePosition, std::vector<std::int64_t>{32, 64}},
                       {AttributeName::kTileSize, std::vector<std::int64_t>{32, 32}},
                       {AttributeName::kIsMovingOnezero, true}};
  expect_product(core, matmul, products(core, matmul), false);
}

TEST(Matmul, Float32ProductsAreNotRoundedBeforeTheSum) {
  TestCore core;
  Matmul matmul;
  matmul.stationary = make_access(core, Buffer::kSbuf, kFloat32, 2, {1}, false);
  matmul.moving = make_access(core, Buffer::kSbuf, kFloat32, 2, {1}, false);
  matmul.dst = make_access(core, Buffer::kPsum, kFloat32, 1, {1}, false);
  const float x = 1 + std::ldexp(1.0f, -23);
  const float a[2] = {-1, x}, b[2] = {1 + std::ldexp(1.0f, -22), x};
  const auto bytes = [](const float(&v)[2]) {
    return std::span(reinterpret_cast<const std::uint8_t*>(v), sizeof v);
  };
  core.memory.write(matmul.stationary.tensor, core.program.tensor(matmul.stationary.tensor),
                    bytes(a));
  core.memory.write(matmul.moving.tensor, core.program.tensor(matmul.moving.tensor), bytes(b));
  ASSERT_TRUE(core.execute(matmul.instruction()));
  EXPECT_EQ(element_value(core, matmul.dst, 0, 0), std::ldexp(1.0f, -46));
}

TEST(Matmul, Bfloat16SumsAreRoundedOnceAndAfterTheAddition) {
  // 1 + 2^-8 is half way between two bfloat16; 2^-20 more is above it. Rounding the product first
  // would lose the 2^-20.
  const auto sum_of = [](float existing, float product) {
    TestCore core(kV4);
    Matmul matmul = {.dst = make_access(core, Buffer::kPsum, kBfloat16, 1, {1}, false),
                     .stationary = make_access(core, Buffer::kSbuf, kFloat32, 1, {1}, false),
                     .moving = make_access(core, Buffer::kSbuf, kFloat32, 1, {1}, false)};
    const auto put = [&](isa::TensorId id, float value) {
      core.memory.write(id, core.program.tensor(id),
                        std::span(reinterpret_cast<const std::uint8_t*>(&value), 4));
    };
    put(matmul.stationary.tensor, 1);
    put(matmul.moving.tensor, existing);
    core.execute(matmul.instruction());
    put(matmul.moving.tensor, product);
    core.execute(matmul.instruction());
    return element_value(core, matmul.dst, 0, 0);
  };
  const float half = std::ldexp(1.0f, -8), more = std::ldexp(1.0f, -20);
  EXPECT_EQ(sum_of(1, half), 1);
  EXPECT_EQ(sum_of(1, half + more), 1 + 2 * half);
  EXPECT_EQ(sum_of(1, half - more), 1);
  EXPECT_EQ(sum_of(1 + 2 * half, half), 1 + 4 * half);
}

TEST(Matmul, StochasticRoundingOfBfloat16FollowsTheRoundingOfTheMachine) {
  TestCore core(kV4, {.seed = 5, .rounding = numeric::RoundingMode::kStochastic});
  Matmul matmul = small_matmul(core, 100, 9, 40, kBfloat16);
  ASSERT_TRUE(core.execute(matmul.instruction()));
  int up = 0, down = 0;
  for (int m = 0; m < 9; ++m) {
    for (std::int64_t n = 0; n < 40; ++n) {
      const float exact = product_at(core, matmul, m, n);
      const auto rounding = core.machine.rounding(static_cast<std::uint64_t>(m * 40 + n));
      const std::uint32_t got = element_code(core, matmul.dst, m, n);
      EXPECT_EQ(got, numeric::encode(kBfloat16, exact, rounding));
      const float value = numeric::decode(kBfloat16, got);
      up += value > exact;
      down += value < exact;
    }
  }
  EXPECT_GT(up, 100);
  EXPECT_GT(down, 100);
}

}  // namespace
}  // namespace switchyard::neuroncore
