// Places 0, 1, 2, ... that lie ever further apart: 2^Bits to an octave, found by shifts alone.
//
// From each to the next lies a power of two, so linear interpolation between whole numbers needs no
// division.
#pragma once

#include <bit>
#include <cstdint>

namespace switchyard::serving {

template <int Bits>
struct Knots {
  static constexpr std::int64_t kPerOctave = std::int64_t{1} << Bits;

  // The gap after knot `index` is 2^gap_bits(index).
  static constexpr int gap_bits(std::size_t index) {
    const auto octave = static_cast<int>(static_cast<std::int64_t>(index) / kPerOctave);
    return octave > 1 ? octave - 1 : 0;
  }
  static constexpr std::int64_t at(std::size_t index) {
    const int bits = gap_bits(index);
    return (static_cast<std::int64_t>(index) - bits * kPerOctave) << bits;
  }
  // The last knot at or below x >= 0.
  static constexpr std::size_t below(std::int64_t x) {
    const int bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(x))) - Bits - 1;
    if (bits <= 0) return static_cast<std::size_t>(x);
    return static_cast<std::size_t>((x >> bits) + bits * kPerOctave);
  }
};

}  // namespace switchyard::serving
