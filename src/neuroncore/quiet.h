// NaNs as one code. Which NaN an addition returns depends on the order in which a compiler puts its
// operands; results of arithmetic go through `quiet` so that they do not.
#pragma once

#include <bit>
#include <cstdint>

namespace switchyard::neuroncore {

inline constexpr std::uint32_t kQuietNan = 0x7fc00000;

// `condition ? a : b` by bit masks: compilers turn some of those operators into branches, and then
// do not vectorise the loop.
[[gnu::always_inline]] inline float choose(bool condition, float a, float b) {
  const std::uint32_t mask = -static_cast<std::uint32_t>(condition);
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(a) & mask) |
                              (std::bit_cast<std::uint32_t>(b) & ~mask));
}

[[gnu::always_inline]] inline float quiet(float x) {
  return choose(x == x, x, std::bit_cast<float>(kQuietNan));
}

}  // namespace switchyard::neuroncore
