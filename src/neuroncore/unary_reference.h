// For tests only: the functions of one operand in long double, each as its definition reads.
#pragma once

#include <cmath>
#include <numbers>

#include "isa/tokens.h"

namespace switchyard::neuroncore::reference {

using Real = long double;
inline constexpr Real kPi = std::numbers::pi_v<Real>;

inline Real sigmoid(Real x) { return 1 / (1 + std::exp(-x)); }
inline Real softplus(Real x) { return x > 50 ? x : std::log1p(std::exp(x)); }
inline Real below(Real x) { return std::erfc(-x / std::sqrt(Real{2})) / 2; }
inline Real density(Real x) { return std::exp(-x * x / 2) / std::sqrt(2 * kPi); }

// The hardware's sine: outside [-pi, pi] the cubic Taylor polynomial at the nearer end.
inline Real sine(Real x) {
  if (std::fabs(x) <= kPi) return std::sin(x);
  const Real d = x > 0 ? x - kPi : x + kPi;
  return -d + d * d * d / 6;
}

// Limits of products at the ends, where plain arithmetic says infinity times zero.
inline Real at_ends(Real x, Real product) {
  if (std::isinf(x)) return x > 0 ? x : -Real{0};
  return product;
}

inline Real unary(isa::Op op, Real x) {
  using enum isa::Op;
  if (std::isnan(x)) return op == kLogicalNot ? 0 : x;
  switch (op) {
    case kAbs:
      return std::fabs(x);
    case kSquare:
      return x * x;
    case kRelu:
      return x > 0 ? x : Real{0};
    case kReciprocal:
      return 1 / x;
    case kSign:
      return x > 0 ? 1 : x < 0 ? -1 : 0;
    case kLogicalNot:
      return x == 0 ? 1 : 0;
    case kRsqrt:
      return 1 / std::sqrt(x);
    case kSqrt:
      return std::sqrt(x);
    case kExp:
      return std::exp(x);
    case kLog:
      return std::log(x);
    case kSigmoid:
      return sigmoid(x);
    case kTanh:
      return std::tanh(x);
    case kErf:
      return std::erf(x);
    case kErfDx:
      return 2 / std::sqrt(kPi) * std::exp(-x * x);
    case kGelu:
      return at_ends(x, x * below(x));
    case kGeluDx:
      return std::isinf(x) ? at_ends(x, 0) > 0 : below(x) + x * density(x);
    case kGeluApprxTanh:
      return at_ends(x, x * sigmoid(2 * std::sqrt(2 / kPi) * (x + Real{0.044715} * x * x * x)));
    case kGeluApprxSigmoid:
      return at_ends(x, x * sigmoid(Real{1.702} * x));
    case kGeluApprxSigmoidDx: {
      const Real s = sigmoid(Real{1.702} * x);
      return std::isinf(x) ? x > 0 : s + Real{1.702} * x * s * (1 - s);
    }
    case kSilu:
      return at_ends(x, x * sigmoid(x));
    case kSiluDx: {
      const Real s = sigmoid(x);
      return std::isinf(x) ? x > 0 : s + x * s * (1 - s);
    }
    case kSoftplus:
      return softplus(x);
    case kMish:
      return at_ends(x, x * std::tanh(softplus(x)));
    case kSin:
      return std::isinf(x) ? x : sine(x);
    case kArctan:
      return std::atan(x);
    default:
      return x;
  }
}

}  // namespace switchyard::neuroncore::reference
