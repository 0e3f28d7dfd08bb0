// One float32 to one code of a narrower float and back, without branches, so that loops vectorise.
//
// All arithmetic is on integers, save one float addition for subnormals whose result no flush mode
// or vector width changes. Subnormals are kept on both sides.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "numeric/float_format.h"
#include "numeric/rounding.h"

namespace switchyard::numeric {

inline constexpr std::uint32_t kFloat32Infinity = 0x7f800000;
inline constexpr std::uint32_t kFloat32QuietNan = 0x7fc00000;
inline constexpr std::uint32_t kFloat32Sign = 0x80000000;

// Magnitudes that stand for values beyond the largest finite one.
struct OverflowCodes {
  std::uint32_t finite;    // a finite value rounded beyond it
  std::uint32_t infinite;  // infinity itself
};

constexpr OverflowCodes overflow_codes(const FloatFormat& f, OverflowRule rule) {
  if (rule == OverflowRule::kSaturate) return {f.max_finite, f.max_finite};
  return {rule == OverflowRule::kNeuron ? f.neuron_overflow : f.format_overflow,
          f.infinity != 0 ? f.infinity : f.format_overflow};
}

// Compares magnitudes as signed words: the unsigned comparison is slow on baseline vectors.
[[gnu::always_inline]] inline bool above(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a) > static_cast<std::int32_t>(b);
}

// The ends common to all roundings: overflow, infinity, NaN, sign.
template <FloatFormat F>
[[gnu::always_inline]] inline std::uint32_t finish_code(std::uint32_t word, std::uint32_t code,
                                                        OverflowCodes overflow) {
  const std::uint32_t magnitude = word & ~kFloat32Sign;
  if constexpr (F.neuron_overflow == F.infinity && F.format_overflow == F.infinity) {
    // Infinity overflows like any other, to the code after the largest finite one or to that.
    code = above(code, overflow.finite) ? overflow.finite : code;
  } else {
    code = above(code, F.max_finite) ? overflow.finite : code;
    code = magnitude == kFloat32Infinity ? overflow.infinite : code;
  }
  code = above(magnitude, kFloat32Infinity) ? F.nan : code;
  return (((word >> 31) << (F.bits() - 1)) ^ code) << F.storage_shift;
}

// Nearest, ties to the even code. `word` holds a float32; returns what stands in memory.
template <FloatFormat F>
[[gnu::always_inline]] inline std::uint32_t encode_nearest(std::uint32_t word,
                                                           OverflowCodes overflow) {
  constexpr int kDrop = 23 - F.mantissa_bits;
  const std::uint32_t magnitude = word & ~kFloat32Sign;
  const std::uint32_t bias = ((1u << (kDrop - 1)) - 1) + ((magnitude >> kDrop) & 1);
  std::uint32_t code =
      ((magnitude + bias) >> kDrop) - (static_cast<std::uint32_t>(127 - F.bias) << F.mantissa_bits);
  if constexpr (F.bias < 127) {
    // Adding a power of two whose last place is the smallest subnormal lets the adder round.
    constexpr std::uint32_t kShifter =
        static_cast<std::uint32_t>(127 + 24 - F.bias - F.mantissa_bits) << 23;
    constexpr std::uint32_t kMinNormal = static_cast<std::uint32_t>(128 - F.bias) << 23;
    const float sum = std::bit_cast<float>(magnitude) + std::bit_cast<float>(kShifter);
    const std::uint32_t subnormal = std::bit_cast<std::uint32_t>(sum) - kShifter;
    code = above(kMinNormal, magnitude) ? subnormal : code;
  }
  return finish_code<F>(word, code, overflow);
}

// floor(significand / 2^shift + random / 2^32) for 1 <= shift <= 56, significand < 2^24.
[[gnu::always_inline]] inline std::uint32_t shift_stochastic(std::uint32_t significand, int shift,
                                                             std::uint32_t random) {
  const std::uint32_t whole = significand >> std::min(shift, 31);
  const std::uint32_t fraction =
      (significand << std::max(32 - shift, 0)) >> std::max(shift - 32, 0);
  return whole + (fraction + random < fraction ? 1u : 0u);
}

// Down or up in magnitude: floor(|x| / ulp + random / 2^32) units of the last place. The chance of
// rounding up is the discarded fraction, exact to 2^-32.
template <FloatFormat F>
[[gnu::always_inline]] inline std::uint32_t encode_stochastic(std::uint32_t word,
                                                              std::uint32_t random,
                                                              OverflowCodes overflow) {
  constexpr int kMinNormalExponent = 128 - F.bias;
  const std::uint32_t magnitude = word & ~kFloat32Sign;
  const int field = static_cast<int>(magnitude >> 23);
  const int exponent = std::max(field, 1);
  const std::uint32_t significand = (magnitude & 0x7fffff) | (field > 0 ? 0x800000u : 0u);
  const int missing = std::max(kMinNormalExponent - exponent, 0);
  const int shift = std::min(23 - F.mantissa_bits + missing, 56);
  // The significand brings its leading one, hence one binade less from the exponent.
  const int binade = std::max(exponent - kMinNormalExponent, 0);
  const std::uint32_t code = (static_cast<std::uint32_t>(binade) << F.mantissa_bits) +
                             shift_stochastic(significand, shift, random);
  return finish_code<F>(word, code, overflow);
}

// What stands in memory to the word of a float32. Exact; a NaN keeps its sign and payload.
template <FloatFormat F>
[[gnu::always_inline]] inline std::uint32_t decode_float(std::uint32_t stored) {
  constexpr int kWiden = 23 - F.mantissa_bits;
  const std::uint32_t code = stored >> F.storage_shift;
  const std::uint32_t magnitude = code & F.magnitude_mask();
  const std::uint32_t sign = ((code >> (F.bits() - 1)) & 1) << 31;
  std::uint32_t word = (magnitude << kWiden) + (static_cast<std::uint32_t>(127 - F.bias) << 23);
  if constexpr (F.bias < 127) {
    // With the exponent of the smallest normal the fraction follows a one, which is taken away.
    constexpr std::uint32_t kMinNormal = static_cast<std::uint32_t>(128 - F.bias) << 23;
    const float with_one = std::bit_cast<float>((magnitude << kWiden) + kMinNormal);
    const float subnormal = with_one - std::bit_cast<float>(kMinNormal);
    word = above(1u << F.mantissa_bits, magnitude) ? std::bit_cast<std::uint32_t>(subnormal) : word;
    if constexpr (F.infinity != 0) {
      word = above(F.infinity, magnitude) ? word : (magnitude << kWiden) | kFloat32Infinity;
    }
  }
  if constexpr (F.infinity == 0 && F.nan == F.magnitude_mask()) {
    word = magnitude == F.nan ? kFloat32QuietNan : word;
  }
  return word | sign;
}

// float8_e8m0fnu: 2^(code - 127), 0xff is NaN. Nothing stands for zero, a negative value or a value
// that rounds beyond 2^127: NaN, or by saturation the nearer end.
[[gnu::always_inline]] inline std::uint32_t finish_scale(std::uint32_t word, std::uint32_t code,
                                                         bool saturate) {
  const std::uint32_t magnitude = word & ~kFloat32Sign;
  code = above(code, 0xfe) ? (saturate ? 0xfeu : 0xffu) : code;
  code = magnitude == 0 || magnitude != word ? (saturate ? 0u : 0xffu) : code;
  return above(magnitude, kFloat32Infinity) ? 0xffu : code;
}

// Nearest in value; the middle of two powers of two goes up, as in ml_dtypes.
[[gnu::always_inline]] inline std::uint32_t encode_scale(std::uint32_t word, bool saturate) {
  const std::uint32_t magnitude = word & ~kFloat32Sign;
  // 0x600000 is 1.5 * 2^-127: float32 counts linearly from there down to zero.
  const std::uint32_t code = above(0x600000, magnitude) ? 0 : (magnitude + 0x400000) >> 23;
  return finish_scale(word, code, saturate);
}

[[gnu::always_inline]] inline std::uint32_t encode_scale_stochastic(std::uint32_t word,
                                                                    std::uint32_t random,
                                                                    bool saturate) {
  const std::uint32_t magnitude = word & ~kFloat32Sign;
  const std::uint32_t fraction =
      above(0x800000, magnitude) ? (magnitude & 0x3fffff) << 10 : magnitude << 9;
  const std::uint32_t up = fraction + random < fraction ? 1 : 0;
  const std::uint32_t code = above(0x400000, magnitude) ? 0 : (magnitude >> 23) + up;
  return finish_scale(word, code, saturate);
}

[[gnu::always_inline]] inline std::uint32_t decode_scale(std::uint32_t code) {
  const std::uint32_t word = code == 0 ? 0x00400000u : code << 23;
  return code == 0xff ? kFloat32QuietNan : word;
}

}  // namespace switchyard::numeric
