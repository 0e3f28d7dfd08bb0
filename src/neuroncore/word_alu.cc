#include "neuroncore/word_alu.h"

#include <cstdlib>

#include "base/check.h"

namespace switchyard::neuroncore {
namespace {

using isa::Op;

template <Op kOp>
std::uint32_t bits(std::uint32_t a, std::uint32_t b) {
  if constexpr (kOp == Op::kInvert) return ~a;
  if constexpr (kOp == Op::kBitwiseAnd) return a & b;
  if constexpr (kOp == Op::kBitwiseOr) return a | b;
  if constexpr (kOp == Op::kBitwiseXor) return a ^ b;
  if constexpr (kOp == Op::kLeftShift) return b < 32 ? a << b : 0;
  if constexpr (kOp == Op::kRightShift) return b < 32 ? a >> b : 0;
}

// Modulo 2^32 in the end; powers of negative exponents are 0, 1 or -1.
std::int64_t integer_power(std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) {
    if (base == 1) return 1;
    if (base == -1) return exponent % 2 == 0 ? 1 : -1;
    return 0;
  }
  std::uint32_t result = 1, square = static_cast<std::uint32_t>(base);
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result *= square;
    square *= square;
  }
  return result;
}

template <Op kOp>
std::int64_t exact(std::int64_t a, std::int64_t b) {
  using enum Op;
  if constexpr (kOp == kAdd) return a + b;
  if constexpr (kOp == kSubtract) return a - b;
  if constexpr (kOp == kMultiply)
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  if constexpr (kOp == kMaximum) return a >= b ? a : b;
  if constexpr (kOp == kMinimum) return a <= b ? a : b;
  if constexpr (kOp == kEqual) return a == b;
  if constexpr (kOp == kNotEqual) return a != b;
  if constexpr (kOp == kGreaterEqual) return a >= b;
  if constexpr (kOp == kGreater) return a > b;
  if constexpr (kOp == kLessEqual) return a <= b;
  if constexpr (kOp == kLess) return a < b;
  if constexpr (kOp == kLogicalAnd) return a != 0 && b != 0;
  if constexpr (kOp == kLogicalOr) return a != 0 || b != 0;
  if constexpr (kOp == kLogicalXor) return (a != 0) != (b != 0);
  if constexpr (kOp == kPower) return integer_power(a, b);
  if constexpr (kOp == kAbsMax) return std::abs(a) > std::abs(b) ? a : b;
  if constexpr (kOp == kAbsMin) return std::abs(a) < std::abs(b) ? a : b;
}

std::int64_t widen(std::uint32_t word, bool is_signed) {
  return is_signed ? std::int64_t{static_cast<std::int32_t>(word)} : std::int64_t{word};
}

template <Op kOp>
bool run_bits(bool reverse, std::uint32_t* values, const std::uint32_t* other, int step,
              std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t b = other[step == 0 ? 0 : i];
    values[i] = reverse ? bits<kOp>(b, values[i]) : bits<kOp>(values[i], b);
  }
  return true;
}

template <Op kOp>
bool run_integers(IntegerOperand a, IntegerOperand b, std::uint32_t* results, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    results[i] = static_cast<std::uint32_t>(
        exact<kOp>(widen(a.words[i], a.is_signed), widen(b.words[i], b.is_signed)));
  return true;
}

template <Op... kOps>
bool any_integers(Op op, IntegerOperand a, IntegerOperand b, std::uint32_t* results,
                  std::size_t count) {
  return ((op == kOps && run_integers<kOps>(a, b, results, count)) || ...);
}

}  // namespace

void apply_bits(Op op, bool reverse, std::uint32_t* values, const std::uint32_t* other, int step,
                std::size_t count) {
  switch (op) {
    case Op::kInvert:
      run_bits<Op::kInvert>(false, values, other, step, count);
      return;
    case Op::kBitwiseAnd:
      run_bits<Op::kBitwiseAnd>(reverse, values, other, step, count);
      return;
    case Op::kBitwiseOr:
      run_bits<Op::kBitwiseOr>(reverse, values, other, step, count);
      return;
    case Op::kBitwiseXor:
      run_bits<Op::kBitwiseXor>(reverse, values, other, step, count);
      return;
    case Op::kLeftShift:
      run_bits<Op::kLeftShift>(reverse, values, other, step, count);
      return;
    case Op::kRightShift:
      run_bits<Op::kRightShift>(reverse, values, other, step, count);
      return;
    default:
      SWITCHYARD_CHECK(false, "{} is no operator on bit patterns", isa::name(op));
  }
}

void apply_integers(Op op, IntegerOperand a, IntegerOperand b, std::uint32_t* results,
                    std::size_t count) {
  using enum Op;
  const bool found =
      any_integers<kAdd, kSubtract, kMultiply, kMaximum, kMinimum, kEqual, kNotEqual, kGreaterEqual,
                   kGreater, kLessEqual, kLess, kLogicalAnd, kLogicalOr, kLogicalXor, kPower,
                   kAbsMax, kAbsMin>(op, a, b, results, count);
  SWITCHYARD_CHECK(found, "{} is no operator on integers", isa::name(op));
}

}  // namespace switchyard::neuroncore
