// What one chip must hold.
#pragma once

#include <array>

#include "base/units.h"
#include "model/model.h"
#include "model/operators.h"

namespace switchyard::model {

// Stored bits per weight by class, and per element of the KV cache.
struct StorageBits {
  std::array<double, kWeightClasses> weights = {16, 16, 16, 16, 16};
  double cache = 16;

  bool operator==(const StorageBits&) const = default;
  double of(WeightClass weights_class) const {
    return weights[static_cast<std::size_t>(weights_class)];
  }
};

struct MemoryFootprint {
  Bytes weights;             // of the fullest rank
  Bytes cache_per_sequence;  // KV cache of one sequence of the replica on one of the ranks that
                             // hold it, times its share
  Bytes activations;         // workspace for the largest step and the logits

  Bytes total(double sequences) const {
    return weights + cache_per_sequence * sequences + activations;
  }
};

// `sequence_tokens`: tokens a running sequence holds on average; the planner
// takes the mean decode context, as an engine that preempts rather than reserves does.
// `step_tokens`: most tokens of one step. cache_per_sequence is the mean load on a rank per
// sequence of the replica (dp and pp spread sequences and layers; KV heads are replicated when tp
// exceeds them).
MemoryFootprint memory_footprint(const Model& model, const Sharding& sharding,
                                 const StorageBits& bits, double sequence_tokens,
                                 double step_tokens);

}  // namespace switchyard::model
