// The errors of the functions of one operand over a dense sweep of float32.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <bit>

#include "neuroncore/unary_error.h"

namespace switchyard::neuroncore {
namespace {

TEST(UnaryFunctionsSlow, AreWithinTheirBoundsOverAllOfFloat32) {
  constexpr std::uint64_t kStep = 1021;  // prime: every pattern of low bits occurs
  std::vector<float> inputs;
  for (std::uint64_t word = 0; word < (1ull << 32); word += kStep)
    inputs.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(word)));
  for (const UnaryBound& bound : kUnaryBounds) {
    const WorstError worst = worst_error(bound, inputs);
    fmt::print("{}: {:.4f} ulp at {}\n", isa::name(bound.op), worst.ulp, worst.at);
    EXPECT_LE(worst.ulp, bound.ulp) << isa::name(bound.op) << "(" << worst.at << ")";
  }
}

// Both binades whose square roots differ in more than the exponent.
TEST(UnaryFunctionsSlow, RoundEverySquareRootCorrectly) {
  std::vector<float> inputs, values;
  for (std::uint32_t word = 0x3f800000; word < 0x40800000; ++word) {
    inputs.push_back(std::bit_cast<float>(word));
  }
  values = inputs;
  apply_unary(isa::Op::kSqrt, values.data(), values.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) ASSERT_EQ(values[i], std::sqrt(inputs[i]));
}

}  // namespace
}  // namespace switchyard::neuroncore
