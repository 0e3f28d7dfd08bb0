// The arithmetic operators of two operands for one pair of float32, without branches where a loop
// over them should vectorise.
//
// What nki.language documents decides; where that is silent, numpy (docs/numerics.md lists each).
// Comparisons and logical operators give 1.0 or 0.0. Callers put results through `quiet`.
#pragma once

#include <cmath>

#include "isa/tokens.h"
#include "neuroncore/activation_math.h"
#include "neuroncore/quiet.h"

namespace switchyard::neuroncore {

[[gnu::always_inline]] inline float float_of(bool condition) {
  return choose(condition, 1.0f, 0.0f);
}

template <isa::Op kOp>
[[gnu::always_inline]] inline float binary(float a, float b) {
  using enum isa::Op;
  if constexpr (kOp == kAdd) return a + b;
  if constexpr (kOp == kSubtract) return a - b;
  if constexpr (kOp == kMultiply) return a * b;
  if constexpr (kOp == kDivide) return a / b;
  // The first of two equal ones; NaN if either is.
  if constexpr (kOp == kMaximum) return choose((a >= b) | (a != a), a, b);
  if constexpr (kOp == kMinimum) return choose((a <= b) | (a != a), a, b);
  if constexpr (kOp == kEqual) return float_of(a == b);
  if constexpr (kOp == kNotEqual) return float_of(a != b);
  if constexpr (kOp == kGreaterEqual) return float_of(a >= b);
  if constexpr (kOp == kGreater) return float_of(a > b);
  if constexpr (kOp == kLessEqual) return float_of(a <= b);
  if constexpr (kOp == kLess) return float_of(a < b);
  if constexpr (kOp == kLogicalAnd) return float_of((a != 0) & (b != 0));
  if constexpr (kOp == kLogicalOr) return float_of((a != 0) | (b != 0));
  if constexpr (kOp == kLogicalXor) return float_of((a != 0) != (b != 0));
  if constexpr (kOp == kPower)
    return static_cast<float>(math::power(static_cast<double>(a), static_cast<double>(b)));
  if constexpr (kOp == kAbsMax) return choose(std::fabs(a) > std::fabs(b), a, b);
  if constexpr (kOp == kAbsMin) return choose(std::fabs(a) < std::fabs(b), a, b);
}

}  // namespace switchyard::neuroncore
