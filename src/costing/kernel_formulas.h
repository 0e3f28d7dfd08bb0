// The formulas behind kernel_seconds, one a family, and arithmetic they share.
#pragma once

#include <cmath>
#include <cstdint>

#include "base/portable_math.h"
#include "costing/kernels.h"

namespace switchyard::costing {

double gemm_seconds(const GemmShape& s, const KernelRates& r, int policy, const Coefficients& c,
                    bool captured);
double context_attention_seconds(const AttentionShape& s, const KernelRates& r, int policy,
                                 const Coefficients& c);
double generation_attention_seconds(const AttentionShape& s, const KernelRates& r, int policy,
                                    const Coefficients& c);
double latent_context_seconds(const LatentShape& s, const KernelRates& r, const Coefficients& c,
                              bool captured);
double latent_generation_seconds(const LatentShape& s, const KernelRates& r, const Coefficients& c,
                                 bool captured);
double experts_seconds(const ExpertsShape& s, const KernelRates& r, const Coefficients& c);
double collective_kernel_seconds(const CollectiveShape& s, const KernelRates& r,
                                 const Coefficients& c);

std::span<const CoefficientSpec> gemm_coefficients();
std::span<const CoefficientSpec> context_attention_coefficients();
std::span<const CoefficientSpec> generation_attention_coefficients();
std::span<const CoefficientSpec> latent_coefficients();
std::span<const CoefficientSpec> experts_coefficients();
std::span<const CoefficientSpec> collective_coefficients();

// std::ceil without a call, for 0 <= x < 2^62.
inline double ceil_of(double x) {
  const auto whole = static_cast<std::int64_t>(x);
  return static_cast<double>(whole + (static_cast<double>(whole) < x ? 1 : 0));
}

// A maximum with a round corner: two limits that both bind cost more than either.
inline double root_sum(double a, double b) { return std::sqrt(a * a + b * b); }

// A nearly sharp maximum, smooth for the fit.
inline double sharp_max(double a, double b) {
  const double ratio = a < b ? a / b : b / a;
  const double r2 = ratio * ratio;
  const double r8 = r2 * r2 * r2 * r2;
  // (1 + r^8)^(1/8) by three square roots.
  return (a < b ? b : a) * std::sqrt(std::sqrt(std::sqrt(1 + r8)));
}

// Long kernels run at lower clocks: power and heat. 1 + share a natural log over 0.1 ms.
inline double throttled(double seconds, double share) {
  constexpr double kUnhurt = 1e-4;
  return seconds * (1 + share * portable_log1p(seconds / kUnhurt));
}

}  // namespace switchyard::costing
