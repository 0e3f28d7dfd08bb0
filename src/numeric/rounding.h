// How a value that does not fit its destination is made to fit.
#pragma once

#include <cstdint>

namespace switchyard::numeric {

enum class RoundingMode : std::uint8_t {
  kNearestEven,
  // Up or down with a probability in proportion to the distance; see stochastic.h.
  kStochastic,
};

// What a value that rounds beyond the largest finite one becomes. Integers always saturate.
enum class OverflowRule : std::uint8_t {
  // As documented for Neuron devices; where that is silent, as kFormat. It differs in float8_e4m3
  // alone: a finite value beyond 240 becomes NaN, not infinity.
  kNeuron,
  kFormat,    // infinity if the format has one, else NaN, else the largest finite value
  kSaturate,  // the largest finite value, for infinities too
};

// Addresses the random word of one value: the value at `position + i` always meets the same word,
// whatever the order or the vector width. `stream` keeps uses apart (say, one per instruction).
struct RandomKey {
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;
  std::uint64_t position = 0;  // of the first value
};

struct Rounding {
  RoundingMode mode = RoundingMode::kNearestEven;
  OverflowRule overflow = OverflowRule::kNeuron;
  RandomKey random = {};  // read by kStochastic only
};

}  // namespace switchyard::numeric
