#include "model/memory.h"

#include <algorithm>

#include "model/parameters.h"

namespace switchyard::model {

namespace {

// Weight bytes of one layer on one rank: attention cut over tp (its output projection could be cut
// over cp too), dense parts over tp * cp, experts over the whole stage, small tensors replicated.
double layer_bytes(const Model& model, const LayerKind& layer, const Sharding& s,
                   const StorageBits& bits) {
  const LayerParameters p = parameters(model, layer);
  const double attention = static_cast<double>(p.attention) * bits.of(WeightClass::kAttention);
  const double dense = static_cast<double>(p.dense) * bits.of(WeightClass::kDense);
  const double experts = static_cast<double>(p.experts) * bits.of(WeightClass::kExpert);
  const double small = static_cast<double>(p.small) * bits.of(WeightClass::kSmall);
  return (attention / s.tp + dense / s.dense_ranks() + experts / s.stage_ranks() + small) / 8;
}

double cached_elements(const Attention& a, int tp) {
  if (a.kind == AttentionKind::kLatent) {  // replicated over tp
    return a.kv_lora_rank + a.rope_head_dim + (a.index_top_k > 0 ? a.index_head_dim : 0);
  }
  const double kv_heads = std::max(1.0, static_cast<double>(a.kv_heads) / tp);
  return kv_heads * (a.head_dim + a.v_head_dim);
}

}  // namespace

MemoryFootprint memory_footprint(const Model& model, const Sharding& s, const StorageBits& bits,
                                 double sequence_tokens, double step_tokens) {
  double weights = 0;
  double cache = 0;
  double widest = 0;
  for (const LayerKind& layer : model.layers) {
    weights += layer.count * layer_bytes(model, layer, s, bits) / s.pp;
    const Attention& a = layer.attention;
    const double kept =
        a.window > 0 ? std::min(sequence_tokens, static_cast<double>(a.window)) : sequence_tokens;
    cache += layer.count * kept * cached_elements(a, s.tp) * bits.cache / 8 / s.pp / s.cp / s.dp;
    const FeedForward& f = layer.feed_forward;
    const double inner =
        f.is_moe() ? static_cast<double>(f.experts_per_token * f.expert_width + f.shared_width)
                   : static_cast<double>(f.width);
    widest = std::max(widest, inner / s.dense_ranks());
  }
  const double hidden = static_cast<double>(model.hidden);
  const double vocabulary = static_cast<double>(model.vocabulary);
  const double tables = model.tied_embeddings || s.pp > 1 ? 1 : 2;
  weights += tables * hidden * vocabulary * bits.of(WeightClass::kEmbedding) / 8 / s.dense_ranks();
  // Residual stream, its normed copy, two gated inner tensors in bf16, and float32 logits of up to
  // 1024 sampled rows.
  const double tokens = step_tokens / s.dp;
  const double activations = tokens * (4 * hidden + 3 * widest) * 2 +
                             std::min(tokens, 1024.0) * vocabulary / s.dense_ranks() * 4;
  return {.weights = Bytes(weights),
          .cache_per_sequence = Bytes(cache),
          .activations = Bytes(activations)};
}

}  // namespace switchyard::model
