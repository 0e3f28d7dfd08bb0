// What one engine step of a replica takes: the only thing the simulator knows of hardware.
//
// Between two scheduling events a replica repeats one step whose context alone grows, evenly. So a
// model answers with a line in the sum of contexts, in whole numbers: sums over a stretch of steps
// are then exact, and the same whether steps are taken one by one or summed.
#pragma once

#include <cstdint>

namespace switchyard::serving {

// Contexts are counted in parts of a token because speculative decoding gains fractions on average.
inline constexpr std::int64_t kContextUnits = 64;  // in a token
// Step times are kept finer than the clock; the rest is carried from step to step.
inline constexpr int kFineBits = 16;  // 2^-16 ps

// What a step computes. All counts are of the whole replica, spread evenly over its ranks.
struct StepShape {
  std::int64_t decode_sequences = 0;
  std::int64_t decode_context = 0;   // sum of tokens in their caches, in kContextUnits
  std::int64_t prefill_tokens = 0;   // prompt tokens computed in this step
  std::int64_t prefill_context = 0;  // sum over those of the tokens each attends to
  std::int64_t prefill_sequences = 0;
};

// value(decode_context) = value + slope x (decode_context - that of the shape asked for), as long
// as decode_context < context_end.
struct StepLine {
  std::int64_t time = 0, time_slope = 0;      // 2^-16 ps, and that per context unit
  std::int64_t energy = 0, energy_slope = 0;  // pJ of the replica above its active power
  std::int64_t context_end = 0;               // > that of the shape, at most 2^62
};

class StepModel {
 public:
  virtual ~StepModel() = default;
  // Contract: something is computed; counts >= 0. Gives time >= 1 ps, slopes >= 0, and the same
  // values whichever point of a line it is asked at.
  virtual StepLine line(const StepShape& shape) const = 0;
  // Draw of all chips of the replica while it computes, beside the energy of the steps, and while
  // it does not.
  virtual double active_watts() const = 0;
  virtual double idle_watts() const = 0;
};

}  // namespace switchyard::serving
