// One float32 to one integer: rounded, then held inside the range; NaN becomes 0.
//
// Round to nearest even and saturation are documented (release notes of NKI 0.6.0, aws-neuron-sdk);
// NaN to 0 is an assumption.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "numeric/float_codec.h"

namespace switchyard::numeric {

// Adding and taking away 1.5 * 2^23 rounds a value below 2^22 to the nearest even integer.
inline constexpr float kRoundingShifter = 12582912.0f;

// 8 and 16 bits: the clamped value fits the shifter's last bits.
template <class Integer>
  requires(sizeof(Integer) <= 2)
[[gnu::always_inline]] inline Integer integer_nearest(std::uint32_t word) {
  constexpr auto kLow = static_cast<float>(std::numeric_limits<Integer>::min());
  constexpr auto kHigh = static_cast<float>(std::numeric_limits<Integer>::max());
  const bool nan = above(word & ~kFloat32Sign, kFloat32Infinity);
  const float value = std::bit_cast<float>(nan ? 0u : word);
  const float floored = value < kLow ? kLow : value;
  const float clamped = floored > kHigh ? kHigh : floored;
  return static_cast<Integer>(std::bit_cast<std::uint32_t>(clamped + kRoundingShifter) -
                              std::bit_cast<std::uint32_t>(kRoundingShifter));
}

// 32 bits: the sign apart, adding 2^23 rounds any magnitude below that; from there on all are
// integers, and the significand only needs shifting.
template <class Integer>
  requires(sizeof(Integer) == 4)
[[gnu::always_inline]] inline Integer integer_nearest(std::uint32_t word) {
  constexpr std::uint32_t kShifter = 0x4b000000;  // 2^23
  const std::uint32_t magnitude = word & ~kFloat32Sign;
  const bool negative = static_cast<std::int32_t>(word) < 0;
  const int field = static_cast<int>(magnitude >> 23);
  const std::uint32_t small = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) +
                                                           std::bit_cast<float>(kShifter)) -
                              kShifter;
  const std::uint32_t large = ((magnitude & 0x7fffff) | 0x800000)
                              << std::min(std::max(field - 150, 0), 8);
  const std::uint32_t whole = above(kShifter, magnitude) ? small : large;
  std::uint32_t result;
  if constexpr (std::is_signed_v<Integer>) {
    const std::uint32_t limit = negative ? 0x80000000u : 0x7fffffffu;
    const std::uint32_t signed_whole = negative ? 0u - whole : whole;
    result = field >= 127 + 31 ? limit : signed_whole;
  } else {
    const std::uint32_t held = field >= 127 + 32 ? 0xffffffffu : whole;
    result = negative ? 0u : held;
  }
  return static_cast<Integer>(above(magnitude, kFloat32Infinity) ? 0u : result);
}

// floor(|x| + random / 2^32) with the sign of x, then the limits.
template <class Integer>
[[gnu::always_inline]] inline Integer integer_stochastic(std::uint32_t word, std::uint32_t random) {
  const std::uint32_t magnitude = word & ~kFloat32Sign;
  const int field = static_cast<int>(magnitude >> 23);
  const std::uint32_t significand = (magnitude & 0x7fffff) | (field > 0 ? 0x800000u : 0u);
  const int shift = std::min(150 - std::max(field, 1), 56);
  if (shift <= 0) return integer_nearest<Integer>(word);  // an integer already, or not a number
  const auto whole = static_cast<std::int64_t>(shift_stochastic(significand, shift, random));
  const std::int64_t value = word >> 31 != 0 ? -whole : whole;
  constexpr std::int64_t kHigh = (std::int64_t{1} << std::numeric_limits<Integer>::digits) - 1;
  constexpr std::int64_t kLow = std::is_signed_v<Integer> ? -kHigh - 1 : 0;
  return static_cast<Integer>(std::min(std::max(value, kLow), kHigh));
}

}  // namespace switchyard::numeric
