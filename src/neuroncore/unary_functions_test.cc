#include "neuroncore/unary_functions.h"

#include <gtest/gtest.h>

#include <bit>

#include "base/random.h"
#include "neuroncore/quiet.h"
#include "neuroncore/unary_error.h"
#include "numeric/convert.h"

namespace switchyard::neuroncore {
namespace {

using isa::Op;
using numeric::ElementType;

std::vector<float> all_codes(ElementType type) {
  std::vector<float> values;
  for (std::uint32_t code = 0; code < 0x10000; ++code)
    values.push_back(numeric::decode(type, code));
  return values;
}

float of(Op op, float x) {
  apply_unary(op, &x, 1);
  return x;
}

TEST(UnaryFunctions, AreWithinTheirBoundsForEveryBfloat16AndFloat16) {
  for (const ElementType type : {ElementType::kBfloat16, ElementType::kFloat16}) {
    const std::vector<float> inputs = all_codes(type);
    for (const UnaryBound& bound : kUnaryBounds) {
      const WorstError worst = worst_error(bound, inputs);
      EXPECT_LE(worst.ulp, bound.ulp) << isa::name(bound.op) << "(" << worst.at
                                      << ") = " << worst.found << ", " << numeric::name(type);
    }
  }
}

TEST(UnaryFunctions, CoverEveryFunctionOfTheScalarEngine) {
  for (int i = 0; i < isa::kOps; ++i) {
    const Op op = static_cast<Op>(i);
    if (!isa::is_activation(op) || op == Op::kPrelu) continue;
    const auto listed = [&](const UnaryBound& bound) { return bound.op == op; };
    EXPECT_TRUE(std::any_of(std::begin(kUnaryBounds), std::end(kUnaryBounds), listed))
        << isa::name(op);
  }
}

TEST(UnaryFunctions, ExtrapolateSineByTheDocumentedCubic) {
  EXPECT_NEAR(of(Op::kSin, 9.0f), 27.65f, 0.005f);
  EXPECT_EQ(of(Op::kSin, -9.0f), -of(Op::kSin, 9.0f));
  // Continuous where it takes over.
  const float pi = 3.14159274f;
  EXPECT_NEAR(of(Op::kSin, pi), -8.7422777e-8f, 1e-14f);
  EXPECT_NEAR(of(Op::kSin, std::nextafter(pi, 0.0f)), 1.5099580e-7f, 1e-14f);
}

TEST(UnaryFunctions, RoundSquareRootsCorrectly) {
  Random random(1);
  for (int i = 0; i < 200000; ++i) {
    const float x = std::bit_cast<float>(static_cast<std::uint32_t>(random.below(0x7f800000)));
    ASSERT_EQ(of(Op::kSqrt, x), std::sqrt(x)) << x;
  }
}

TEST(UnaryFunctions, GiveTheQuietNanAndLimitsAtTheEnds) {
  const float inf = std::numeric_limits<float>::infinity();
  const auto payload = std::bit_cast<float>(0xffa00001u);
  for (const UnaryBound& bound : kUnaryBounds) {
    const std::uint32_t found = std::bit_cast<std::uint32_t>(of(bound.op, payload));
    const std::uint32_t wanted = bound.op == Op::kCopy         ? 0xffa00001u
                                 : bound.op == Op::kLogicalNot ? 0u
                                                               : kQuietNan;
    EXPECT_EQ(found, wanted) << isa::name(bound.op);
  }
  for (const Op op : {Op::kSilu, Op::kGelu, Op::kGeluApprxTanh, Op::kGeluApprxSigmoid, Op::kMish}) {
    EXPECT_EQ(of(op, -inf), 0.0f) << isa::name(op);
    EXPECT_EQ(of(op, inf), inf) << isa::name(op);
  }
  for (const Op op : {Op::kLog, Op::kSqrt, Op::kRsqrt})
    EXPECT_EQ(std::bit_cast<std::uint32_t>(of(op, -1.0f)), kQuietNan) << isa::name(op);
  EXPECT_EQ(of(Op::kLog, 0.0f), -inf);
  EXPECT_EQ(of(Op::kRsqrt, -0.0f), -inf);
  EXPECT_TRUE(std::signbit(of(Op::kTanh, -0.0f)));
}

TEST(UnaryFunctions, ScaleNegativeValuesByThePreluSlope) {
  float values[] = {-2, -0.0f, 3, std::bit_cast<float>(0xffc00000u)};
  apply_prelu(0.25f, values, 4);
  EXPECT_EQ(values[0], -0.5f);
  EXPECT_TRUE(values[1] == 0 && std::signbit(values[1]));
  EXPECT_EQ(values[2], 3.0f);
  EXPECT_EQ(std::bit_cast<std::uint32_t>(values[3]), kQuietNan);
}

// Lengths that are no multiple of a vector's, values of every kind.
TEST(UnaryFunctions, DoNotDependOnTheVectorWidth) {
  Random random(2);
  std::vector<float> inputs(4099);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    inputs[i] = i % 2 == 0 ? std::bit_cast<float>(static_cast<std::uint32_t>(random.next()))
                           : static_cast<float>(random.normal() * 4);
  for (const UnaryBound& bound : kUnaryBounds) {
    std::vector<float> first;
    for (const numeric::VectorWidth width : numeric::vector_widths()) {
      std::vector<float> values = inputs;
      apply_unary(bound.op, values.data(), values.size(), width);
      if (first.empty()) first = values;
      ASSERT_EQ(std::memcmp(first.data(), values.data(), values.size() * sizeof(float)), 0)
          << isa::name(bound.op);
    }
  }
}

}  // namespace
}  // namespace switchyard::neuroncore
