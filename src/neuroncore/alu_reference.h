// For tests only: the operators on one pair, in the most obvious way.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "isa/tokens.h"
#include "neuroncore/unary_reference.h"

namespace switchyard::neuroncore::reference {

inline float as_quiet(float x) { return std::isnan(x) ? std::bit_cast<float>(0x7fc00000u) : x; }

inline float plain_binary(isa::Op op, float a, float b) {
  using enum isa::Op;
  const bool nan = std::isnan(a) || std::isnan(b);
  switch (op) {
    case kAdd:
      return a + b;
    case kSubtract:
      return a - b;
    case kMultiply:
      return a * b;
    case kDivide:
      return a / b;
    case kMaximum:
      return nan ? a + b : a < b ? b : a;
    case kMinimum:
      return nan ? a + b : a > b ? b : a;
    case kEqual:
      return a == b ? 1 : 0;
    case kNotEqual:
      return a == b ? 0 : 1;
    case kGreaterEqual:
      return a >= b ? 1 : 0;
    case kGreater:
      return a > b ? 1 : 0;
    case kLessEqual:
      return a <= b ? 1 : 0;
    case kLess:
      return a < b ? 1 : 0;
    case kLogicalAnd:
      return a != 0 && b != 0 ? 1 : 0;
    case kLogicalOr:
      return a != 0 || b != 0 ? 1 : 0;
    case kLogicalXor:
      return (a != 0) != (b != 0) ? 1 : 0;
    case kPower:
      return static_cast<float>(std::pow(static_cast<Real>(a), static_cast<Real>(b)));
    case kAbsMax:
      return std::fabs(a) > std::fabs(b) ? a : b;
    case kAbsMin:
      return std::fabs(a) < std::fabs(b) ? a : b;
    default:
      return std::numeric_limits<float>::quiet_NaN();
  }
}

// With NaNs as the engines write them; unary operators look at `a` alone.
inline float arithmetic(isa::Op op, bool reverse, float a, float b) {
  if (op == isa::Op::kBypass || op == isa::Op::kCopy) return a;
  if (isa::is_unary(op))
    return as_quiet(static_cast<float>(unary(op, static_cast<long double>(a))));
  return as_quiet(reverse ? plain_binary(op, b, a) : plain_binary(op, a, b));
}

// All operators of two operands.
inline constexpr isa::Op kBinaryOps[] = {
    isa::Op::kAdd,          isa::Op::kSubtract,  isa::Op::kMultiply,   isa::Op::kDivide,
    isa::Op::kMaximum,      isa::Op::kMinimum,   isa::Op::kEqual,      isa::Op::kNotEqual,
    isa::Op::kGreaterEqual, isa::Op::kGreater,   isa::Op::kLessEqual,  isa::Op::kLess,
    isa::Op::kLogicalAnd,   isa::Op::kLogicalOr, isa::Op::kLogicalXor, isa::Op::kAbsMax,
    isa::Op::kAbsMin,       isa::Op::kPower};

}  // namespace switchyard::neuroncore::reference
