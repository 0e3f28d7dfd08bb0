#include "neuroncore/alu.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "base/random.h"
#include "isa/rules.h"
#include "neuroncore/alu_reference.h"
#include "neuroncore/word_alu.h"

namespace switchyard::neuroncore {
namespace {

using isa::Op;

std::uint32_t bits(float x) { return std::bit_cast<std::uint32_t>(x); }

// Every pair of the special values, then random ones.
struct Pairs {
  std::vector<float> a, b;
};
Pairs make_pairs() {
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<float> special = {0.0f,
                                      -0.0f,
                                      1.0f,
                                      -1.0f,
                                      2.0f,
                                      -2.0f,
                                      3.0f,
                                      -3.0f,
                                      0.5f,
                                      -2.5f,
                                      1e-45f,
                                      -1e-40f,
                                      1.17549435e-38f,
                                      3.4028235e38f,
                                      -3.4028235e38f,
                                      1e9f,
                                      16777216.0f,
                                      16777217.0f,
                                      inf,
                                      -inf,
                                      std::bit_cast<float>(0x7f800001u),
                                      std::bit_cast<float>(0xffc12345u)};
  Pairs pairs;
  for (const float a : special) {
    for (const float b : special) {
      pairs.a.push_back(a);
      pairs.b.push_back(b);
    }
  }
  Random random(1);
  for (int i = 0; i < 3001; ++i) {
    const bool any = i % 3 == 0;
    pairs.a.push_back(any ? std::bit_cast<float>(static_cast<std::uint32_t>(random.next()))
                          : static_cast<float>(random.normal() * 10));
    pairs.b.push_back(any ? std::bit_cast<float>(static_cast<std::uint32_t>(random.next()))
                          : static_cast<float>(random.normal()));
  }
  return pairs;
}

// power goes through a polynomial, right to 0.501 ulp: where the exact value lies that near to the
// middle of two floats it may be the other one.
bool equal(Op op, float found, float wanted) {
  if (bits(found) == bits(wanted)) return true;
  return op == Op::kPower && std::fabs(found - wanted) <= std::fabs(wanted) * 0x1p-23f;
}

TEST(Alu, AppliesEveryOperatorAsItsDefinitionReads) {
  const Pairs pairs = make_pairs();
  for (const Op op : reference::kBinaryOps) {
    for (const bool reverse : {false, true}) {
      std::vector<float> values = pairs.a;
      apply_tensor(op, reverse, values.data(), pairs.b.data(), values.size());
      for (std::size_t i = 0; i < values.size(); ++i) {
        const float wanted = reference::arithmetic(op, reverse, pairs.a[i], pairs.b[i]);
        ASSERT_TRUE(equal(op, values[i], wanted))
            << isa::name(op) << (reverse ? " reversed " : " ") << pairs.a[i] << ", " << pairs.b[i]
            << " gave " << values[i] << ", wanted " << wanted;
      }
    }
  }
}

// What validation lets through has a loop: anything else aborts.
TEST(Alu, ExecutesEveryOperatorThatValidationAllows) {
  int executed = 0;
  for (int i = 0; i < isa::kOps; ++i) {
    const isa::OpSet op = isa::OpSet{1} << i;
    float value = 1;
    std::uint32_t word = 1, one = 1;
    if ((op & (isa::kArithmeticOps | isa::kArithmeticUnaryOps)) != 0) {
      apply_scalar(static_cast<Op>(i), false, &value, 1, 1);
      ++executed;
    }
    if ((op & isa::kArithmeticOps) != 0)
      apply_integers(static_cast<Op>(i), {&one, false}, {&one, false}, &word, 1);
    if ((op & isa::kBitOps) != 0) apply_bits(static_cast<Op>(i), false, &word, &one, 0, 1);
  }
  EXPECT_EQ(executed, 23);
}

TEST(Alu, GivesTheSameForTensorsScalarsPairsAndEveryWidth) {
  const Pairs pairs = make_pairs();
  const std::size_t count = pairs.a.size();
  for (const Op op : reference::kBinaryOps) {
    const BinaryFunction pair = binary_function(op);
    for (const float scalar : {2.5f, -0.0f, std::bit_cast<float>(0xffc12345u)}) {
      for (const bool reverse : {false, true}) {
        const std::vector<float> other(count, scalar);
        std::vector<float> wanted = pairs.a;
        for (float& v : wanted) v = reverse ? pair(scalar, v) : pair(v, scalar);
        for (const numeric::VectorWidth width : numeric::vector_widths()) {
          std::vector<float> by_tensor = pairs.a, by_scalar = pairs.a;
          apply_tensor(op, reverse, by_tensor.data(), other.data(), count, width);
          apply_scalar(op, reverse, by_scalar.data(), scalar, count, width);
          ASSERT_EQ(std::memcmp(by_tensor.data(), wanted.data(), count * 4), 0) << isa::name(op);
          ASSERT_EQ(std::memcmp(by_scalar.data(), wanted.data(), count * 4), 0) << isa::name(op);
        }
      }
    }
  }
}

TEST(Alu, MultipliesAndAddsInOnePassAsInTwo) {
  const Pairs pairs = make_pairs();
  for (const float factor : {0.3f, -1.0f, std::numeric_limits<float>::infinity()}) {
    std::vector<float> wanted = pairs.a;
    apply_scalar(Op::kMultiply, false, wanted.data(), factor, wanted.size());
    apply_scalar(Op::kAdd, false, wanted.data(), 0.7f, wanted.size());
    for (const numeric::VectorWidth width : numeric::vector_widths()) {
      std::vector<float> found = pairs.a;
      multiply_add(found.data(), factor, 0.7f, found.size(), width);
      ASSERT_EQ(std::memcmp(found.data(), wanted.data(), found.size() * 4), 0);
    }
  }
}

TEST(Alu, ReducesEachLaneInOrder) {
  Random random(3);
  constexpr int kLanes = 13, kPitch = 40, kCount = 37;
  std::vector<float> values(kLanes * kPitch);
  for (float& v : values) v = static_cast<float>(random.normal() * 100);
  values[5 * kPitch + 3] = std::bit_cast<float>(0xffc00001u);
  for (const Op op : {Op::kAdd, Op::kSubtract, Op::kMultiply, Op::kMaximum, Op::kMinimum,
                      Op::kLogicalAnd, Op::kLogicalOr, Op::kLogicalXor, Op::kAbsMax, Op::kAbsMin}) {
    std::vector<float> sums(kLanes, reduction_identity(op));
    reduce_lanes(op, values.data(), kPitch, kCount, kLanes, sums.data());
    for (int lane = 0; lane < kLanes; ++lane) {
      float wanted = reduction_identity(op);
      for (int i = 0; i < kCount; ++i)
        wanted = reference::arithmetic(op, false, wanted,
                                       values[static_cast<std::size_t>(lane * kPitch + i)]);
      EXPECT_EQ(bits(sums[static_cast<std::size_t>(lane)]), bits(wanted))
          << isa::name(op) << ", lane " << lane;
    }
  }
}

TEST(Alu, ReducesFromTheDocumentedIdentities) {
  const float inf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(reduction_identity(Op::kAdd), 0.0f);
  EXPECT_EQ(reduction_identity(Op::kSubtract), 0.0f);
  EXPECT_EQ(reduction_identity(Op::kMultiply), 1.0f);
  EXPECT_EQ(reduction_identity(Op::kMaximum), -inf);
  EXPECT_EQ(reduction_identity(Op::kMinimum), inf);
  // Neutral, whatever comes first.
  for (const float x : {0.0f, -3.5f, 1e-45f}) {
    for (const Op op : {Op::kAbsMax, Op::kAbsMin, Op::kLogicalOr, Op::kLogicalXor})
      EXPECT_EQ(
          std::fabs(binary_function(op)(reduction_identity(op), x)),
          isa::Op::kAbsMax == op || isa::Op::kAbsMin == op ? std::fabs(x) : (x != 0 ? 1.0f : 0.0f));
  }
}

TEST(WordAlu, WorksOnBitPatterns) {
  struct Case {
    Op op;
    std::uint32_t a, b, wanted, reversed;
  };
  const Case cases[] = {
      {Op::kBitwiseAnd, 0xff00ff00, 0x0ff00ff0, 0x0f000f00, 0x0f000f00},
      {Op::kBitwiseOr, 0xff00ff00, 0x0ff00ff0, 0xfff0fff0, 0xfff0fff0},
      {Op::kBitwiseXor, 0xff00ff00, 0x0ff00ff0, 0xf0f0f0f0, 0xf0f0f0f0},
      {Op::kInvert, 0x12345678, 7, 0xedcba987, 0xedcba987},
      {Op::kLeftShift, 3, 4, 48, 32},
      {Op::kRightShift, 0x80000000, 31, 1, 0},  // logical: no copies of the sign
      {Op::kLeftShift, 1, 32, 0, 64},
      {Op::kRightShift, 0xffffffff, 0xffffffff, 0, 0},
  };
  for (const Case& c : cases) {
    std::uint32_t forward = c.a, backward = c.a;
    apply_bits(c.op, false, &forward, &c.b, 0, 1);
    apply_bits(c.op, true, &backward, &c.b, 1, 1);
    EXPECT_EQ(forward, c.wanted) << isa::name(c.op);
    EXPECT_EQ(backward, c.reversed) << isa::name(c.op);
  }
}

// Every sign of each side; the exact value modulo 2^32, by 128-bit integers.
TEST(WordAlu, ComputesIntegersExactly) {
  __extension__ typedef __int128 Wide;
  const std::vector<std::uint32_t> words = {0,          1,          2,          3,
                                            7,          16777217,   0x7fffffff, 0x80000000,
                                            0x80000001, 0xfffffffe, 0xffffffff, 123456789};
  const auto wanted = [](Op op, Wide a, Wide b) -> Wide {
    using enum Op;
    switch (op) {
      case kAdd:
        return a + b;
      case kSubtract:
        return a - b;
      case kMultiply:
        return a * b;
      case kMaximum:
        return std::max(a, b);
      case kMinimum:
        return std::min(a, b);
      case kLess:
        return a < b;
      case kGreaterEqual:
        return a >= b;
      case kEqual:
        return a == b;
      case kLogicalXor:
        return (a != 0) != (b != 0);
      default:
        return (a < 0 ? -a : a) > (b < 0 ? -b : b) ? a : b;  // abs_max
    }
  };
  for (const Op op : {Op::kAdd, Op::kSubtract, Op::kMultiply, Op::kMaximum, Op::kMinimum, Op::kLess,
                      Op::kGreaterEqual, Op::kEqual, Op::kLogicalXor, Op::kAbsMax}) {
    for (int signs = 0; signs < 4; ++signs) {
      for (const std::uint32_t a : words) {
        for (const std::uint32_t b : words) {
          const Wide wide_a = signs & 1 ? Wide{static_cast<std::int32_t>(a)} : Wide{a};
          const Wide wide_b = signs & 2 ? Wide{static_cast<std::int32_t>(b)} : Wide{b};
          std::uint32_t found = 0;
          apply_integers(op, {&a, (signs & 1) != 0}, {&b, (signs & 2) != 0}, &found, 1);
          ASSERT_EQ(found, static_cast<std::uint32_t>(wanted(op, wide_a, wide_b)))
              << isa::name(op) << " " << a << ", " << b << ", signs " << signs;
        }
      }
    }
  }
}

TEST(WordAlu, RaisesIntegersToPowers) {
  const auto power = [](std::int32_t a, std::int32_t b) {
    const auto x = static_cast<std::uint32_t>(a), y = static_cast<std::uint32_t>(b);
    std::uint32_t found = 0;
    apply_integers(Op::kPower, {&x, true}, {&y, true}, &found, 1);
    return static_cast<std::int32_t>(found);
  };
  EXPECT_EQ(power(3, 4), 81);
  EXPECT_EQ(power(-3, 3), -27);
  EXPECT_EQ(power(0, 0), 1);
  EXPECT_EQ(power(2, 32), 0);
  EXPECT_EQ(power(7, -1), 0);
  EXPECT_EQ(power(1, -5), 1);
  EXPECT_EQ(power(-1, -5), -1);
  EXPECT_EQ(power(-1, -4), 1);
}

}  // namespace
}  // namespace switchyard::neuroncore
