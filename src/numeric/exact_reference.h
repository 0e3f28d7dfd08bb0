// For tests only: the conversions again, from the definitions alone and with nothing clever.
//
// A format is the list of its values in order of magnitude; rounding looks for the neighbours and
// compares distances in double, which is exact here. Shares no constant with the library.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "numeric/element_type.h"
#include "numeric/rounding.h"

namespace switchyard::numeric::reference {

enum class Specials { kIeee, kNanAllOnes, kNone };

struct Format {
  ElementType type;
  int exponent_bits;
  int mantissa_bits;
  int bias;
  Specials specials;
  int low_zeros = 0;  // bits below the code in memory

  std::uint32_t sign_bit() const { return 1u << (exponent_bits + mantissa_bits); }
};

inline const std::vector<Format>& formats() {
  static const std::vector<Format> kFormats = {
      {ElementType::kTfloat32, 8, 10, 127, Specials::kIeee, 13},
      {ElementType::kBfloat16, 8, 7, 127, Specials::kIeee},
      {ElementType::kFloat16, 5, 10, 15, Specials::kIeee},
      {ElementType::kFloat8E3m4, 3, 4, 3, Specials::kIeee},
      {ElementType::kFloat8E4m3, 4, 3, 7, Specials::kIeee},
      {ElementType::kFloat8E4m3fn, 4, 3, 7, Specials::kNanAllOnes},
      {ElementType::kFloat8E5m2, 5, 2, 15, Specials::kIeee},
      {ElementType::kFloat4E2m1fn, 2, 1, 1, Specials::kNone},
  };
  return kFormats;
}

inline double magnitude_value(const Format& f, std::uint32_t magnitude) {
  const auto exponent = static_cast<int>(magnitude >> f.mantissa_bits);
  const double fraction = magnitude % (1u << f.mantissa_bits);
  const double one = std::ldexp(1.0, f.mantissa_bits);
  return exponent == 0 ? std::ldexp(fraction / one, 1 - f.bias)
                       : std::ldexp(1 + fraction / one, exponent - f.bias);
}

// The values of magnitudes 0, 1, ... up to the largest finite one, and one more: where the next
// would be. Something nearer to that one than to the largest finite value overflows.
struct ValueTable {
  explicit ValueTable(const Format& format) : f(format) {
    const std::uint32_t exponents = 1u << f.exponent_bits;
    std::uint32_t count = exponents << f.mantissa_bits;
    if (f.specials == Specials::kIeee) count = (exponents - 1) << f.mantissa_bits;
    if (f.specials == Specials::kNanAllOnes) count -= 1;
    for (std::uint32_t m = 0; m <= count; ++m) values.push_back(magnitude_value(f, m));
  }
  std::uint32_t max_finite() const { return static_cast<std::uint32_t>(values.size()) - 2; }

  Format f;
  std::vector<double> values;
};

inline std::uint32_t nan_code(const Format& f, bool negative) {
  if (f.specials == Specials::kNone) return negative ? 0 : f.sign_bit();  // as ml_dtypes has it
  const std::uint32_t ones = f.sign_bit() - 1;
  const std::uint32_t mantissa = (1u << f.mantissa_bits) - 1;
  const std::uint32_t quiet =
      f.specials == Specials::kIeee ? (ones & ~mantissa) | (mantissa + 1) / 2 : ones;
  return quiet | (negative ? f.sign_bit() : 0);
}

inline std::uint32_t overflow_code(const ValueTable& t, bool negative, bool was_infinite,
                                   OverflowRule rule) {
  const std::uint32_t sign = negative ? t.f.sign_bit() : 0;
  if (rule == OverflowRule::kSaturate || t.f.specials == Specials::kNone)
    return t.max_finite() | sign;
  if (t.f.specials == Specials::kNanAllOnes) return nan_code(t.f, negative);
  if (t.f.type == ElementType::kFloat8E4m3 && rule == OverflowRule::kNeuron && !was_infinite)
    return nan_code(t.f, negative);
  return (t.max_finite() + 1) | sign;
}

// Of the neighbours lower and lower + 1 in `t`, the nearer to `magnitude`; on a tie the even one.
inline std::uint32_t nearer(const ValueTable& t, std::uint32_t lower, double magnitude) {
  const double below = magnitude - t.values[lower];
  const double beyond = t.values[lower + 1] - magnitude;
  if (below != beyond) return below < beyond ? lower : lower + 1;
  return lower % 2 == 0 ? lower : lower + 1;
}

// The code in memory. `lower` is the greatest magnitude whose value is not above |x|, among the
// finite ones; callers that go through x in order carry it along.
inline std::uint32_t encode_from(const ValueTable& t, float x, std::uint32_t lower,
                                 OverflowRule rule) {
  const bool negative = std::signbit(x);
  if (std::isnan(x)) return nan_code(t.f, negative) << t.f.low_zeros;
  const double magnitude = std::fabs(static_cast<double>(x));
  std::uint32_t code = t.max_finite() + 1;
  if (magnitude < t.values.back()) code = nearer(t, lower, magnitude);
  if (code > t.max_finite())
    code = overflow_code(t, negative, std::isinf(x), rule);
  else if (negative)
    code |= t.f.sign_bit();
  return code << t.f.low_zeros;
}

inline std::uint32_t lower_neighbour(const ValueTable& t, float x) {
  const double magnitude = std::fabs(static_cast<double>(x));
  std::uint32_t low = 0;
  std::uint32_t high = t.max_finite() + 1;  // values[low] <= magnitude < values[high], or overflow
  while (high - low > 1) {
    const std::uint32_t middle = (low + high) / 2;
    (t.values[middle] <= magnitude ? low : high) = middle;
  }
  return low;
}

inline std::uint32_t encode(const ValueTable& t, float x, OverflowRule rule) {
  return encode_from(t, x, lower_neighbour(t, x), rule);
}

inline double decode(const ValueTable& t, std::uint32_t stored) {
  const std::uint32_t code = stored >> t.f.low_zeros;
  const std::uint32_t magnitude = code % t.f.sign_bit();
  const double sign = code / t.f.sign_bit() % 2 == 1 ? -1 : 1;
  if (magnitude <= t.max_finite()) return sign * t.values[magnitude];
  if (t.f.specials == Specials::kIeee && magnitude == t.max_finite() + 1)
    return sign * std::numeric_limits<double>::infinity();
  return std::numeric_limits<double>::quiet_NaN();
}

// E8M0: the power of two nearest to x, the upper one from the middle on.
inline std::uint32_t encode_scale(float x, bool saturate) {
  if (std::isnan(x)) return 0xff;
  if (!(x > 0)) return saturate ? 0 : 0xff;
  if (std::isinf(x)) return saturate ? 0xfe : 0xff;
  int exponent = std::ilogb(x);
  if (x >= std::ldexp(1.5, exponent)) ++exponent;
  if (x < std::ldexp(1.5, -127)) exponent = -127;
  if (exponent > 127) return saturate ? 0xfe : 0xff;
  return static_cast<std::uint32_t>(exponent + 127);
}

// The nearest integer, on a tie the even one, then the nearest that `low`..`high` has.
inline std::int64_t encode_integer(float x, std::int64_t low, std::int64_t high) {
  if (std::isnan(x)) return 0;
  const double value = x;
  if (value <= static_cast<double>(low)) return low;
  if (value >= static_cast<double>(high)) return high;
  const auto floor = static_cast<std::int64_t>(std::floor(value));
  const double above = value - static_cast<double>(floor);
  if (above == 0.5) return floor % 2 == 0 ? floor : floor + 1;
  return above < 0.5 ? floor : floor + 1;
}

}  // namespace switchyard::numeric::reference
