// Parameter counts and stored bytes of a model.
//
// Counts follow the published checkpoints: projections, biases, norms, routers with their bias per
// expert, attention sinks, the indexer of sparse attention. Rotary tables are computed, not stored.
#pragma once

#include <array>
#include <cstdint>

#include "base/units.h"
#include "model/model.h"

namespace switchyard::model {

struct LayerParameters {
  std::int64_t attention = 0;  // projections with their biases, the indexer's included
  std::int64_t dense = 0;      // dense MLP, shared experts
  std::int64_t experts = 0;    // all routed experts
  std::int64_t small = 0;      // norms, router, sinks, gates

  std::int64_t total() const { return attention + dense + experts + small; }
};
// Of one layer of this kind. Contract: the model came from import_config, which bounds its sizes so
// that no count overflows.
LayerParameters parameters(const Model& model, const LayerKind& layer);

struct Parameters {
  std::array<std::int64_t, kWeightClasses> by_class = {};
  std::int64_t total = 0;
  // Used for one token: everything but the routed experts not chosen and the input embedding table,
  // whose one row is a lookup (it counts when it also serves as the output projection).
  std::int64_t active = 0;
};
Parameters parameters(const Model& model);

// Parameters in floating point: safe whatever the sizes. Import refuses models over the limit.
double approximate_parameters(const Model& model);
inline constexpr double kParametersMax = 1e15;

// Weights as the checkpoint stores them.
Bytes stored_bytes(const Model& model);
// Weights with every class but kSmall and kEmbedding at `bits` a weight, those two at 16.
Bytes bytes_at(const Model& model, double bits);

// KV cache bytes one token adds over all layers at `bits` per element; sliding-window layers
// included (they stop growing at their window; see kv_bytes). MLA keeps the compressed vector and
// the rotary key; sparse attention keeps the indexer's key too, at the same bits.
Bytes kv_bytes_per_token(const Model& model, double bits);
// KV cache of one sequence of `context` tokens, windows applied.
Bytes kv_bytes(const Model& model, double context, double bits);

}  // namespace switchyard::model
