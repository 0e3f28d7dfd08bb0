// a * b + c rounded once, for processors without such an instruction too.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace switchyard::neuroncore {

// The product of two float32 is exact in float64. Their sum with c, when it is not, is rounded to
// odd: away from an even last bit towards the error. Then rounding to float32 is as if from the
// exact sum, for float64 has more than twice the bits and two more (Boldo, Melquiond, "Emulation of
// FMA and correctly rounded sums", 2008).
inline float fused_by_doubles(float a, float b, float c) {
  const double product = static_cast<double>(a) * static_cast<double>(b);
  const double addend = c;
  const double sum = product + addend;
  const double back = sum - product;
  const double error = (product - (sum - back)) + (addend - back);
  const bool inexact = error > 0 || error < 0;  // false for NaN, as infinities leave
  const auto bits = std::bit_cast<std::int64_t>(sum);
  const std::int64_t away = ((error > 0) == (sum > 0)) ? 1 : -1;
  const std::int64_t step = inexact && (bits & 1) == 0 ? away : 0;
  return static_cast<float>(std::bit_cast<double>(bits + step));
}

inline float fused_multiply_add(float a, float b, float c) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  return std::fma(a, b, c);
#else
  return fused_by_doubles(a, b, c);
#endif
}

}  // namespace switchyard::neuroncore
