// For tests only: how far the functions of one operand are from their definitions.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "neuroncore/unary_functions.h"
#include "neuroncore/unary_reference.h"

namespace switchyard::neuroncore {

// Every function with its bound in ulp of float32. The three derivatives cross zero, where an ulp
// means nothing: they are held to the ulp of 2^-10 there.
struct UnaryBound {
  isa::Op op;
  double ulp;
  bool crosses_zero = false;
};
inline constexpr UnaryBound kUnaryBounds[] = {
    {isa::Op::kAbs, 0},
    {isa::Op::kSquare, 0.5},
    {isa::Op::kRelu, 0},
    {isa::Op::kReciprocal, 0.5},
    {isa::Op::kSign, 0},
    {isa::Op::kLogicalNot, 0},
    {isa::Op::kCopy, 0},
    {isa::Op::kRsqrt, 0.501},
    {isa::Op::kSqrt, 0.5},
    {isa::Op::kExp, 1.1},
    {isa::Op::kLog, 0.501},
    {isa::Op::kSigmoid, 0.501},
    {isa::Op::kTanh, 0.501},
    {isa::Op::kErf, 0.501},
    {isa::Op::kErfDx, 0.501},
    {isa::Op::kGelu, 0.501},
    {isa::Op::kGeluDx, 0.51, true},
    {isa::Op::kGeluApprxTanh, 0.501},
    {isa::Op::kGeluApprxSigmoid, 0.501},
    {isa::Op::kGeluApprxSigmoidDx, 0.51, true},
    {isa::Op::kSilu, 0.501},
    {isa::Op::kSiluDx, 0.51, true},
    {isa::Op::kSoftplus, 0.501},
    {isa::Op::kMish, 0.501},
    {isa::Op::kSin, 0.501},
    {isa::Op::kArctan, 0.501},
};

// The distance in units of the last place of float32 at `wanted`; 0 when both are NaN, infinite
// the same way, or beyond the range; very large when only one is.
inline double error_in_ulp(float found, long double wanted, bool crosses_zero) {
  constexpr double kWrong = 1e30;
  if (std::isnan(wanted) || std::isnan(found))
    return std::isnan(wanted) && std::isnan(found) ? 0 : kWrong;
  constexpr long double kLargest = std::numeric_limits<float>::max();
  if (std::isinf(found)) {  // right from half an ulp beyond the largest on
    if (std::signbit(found) != std::signbit(wanted)) return kWrong;
    return std::fabs(wanted) >= kLargest * (1 + 0x1p-25L) ? 0 : kWrong;
  }
  if (std::isinf(wanted)) return kWrong;
  long double size = std::fabs(wanted);
  if (crosses_zero && size < 0x1p-10L) size = 0x1p-10L;
  const int exponent = size > 0 ? std::max(std::ilogb(size), -126) : -126;
  return static_cast<double>(std::fabs(static_cast<long double>(found) - wanted) /
                             std::ldexp(1.0L, exponent - 23));
}

struct WorstError {
  double ulp = 0;
  float at = 0, found = 0;
};
inline WorstError worst_error(const UnaryBound& bound, const std::vector<float>& inputs) {
  std::vector<float> values = inputs;
  apply_unary(bound.op, values.data(), values.size());
  WorstError worst;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const long double wanted = reference::unary(bound.op, static_cast<long double>(inputs[i]));
    const double error = error_in_ulp(values[i], wanted, bound.crosses_zero);
    if (error > worst.ulp) worst = {error, inputs[i], values[i]};
  }
  return worst;
}

}  // namespace switchyard::neuroncore
