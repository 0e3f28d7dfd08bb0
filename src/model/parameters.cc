#include "model/parameters.h"

#include <algorithm>

namespace switchyard::model {

namespace {

// One set of formulas for exact counts (int64) and for the overflow-proof estimate (double).
template <class T>
struct Counts {
  T attention{}, dense{}, experts{}, small{};
};

template <class T>
T of(auto value) {
  return static_cast<T>(value);
}

template <class T>
void count_grouped(const Attention& a, T hidden, Counts<T>& counts) {
  const T query = of<T>(a.heads) * of<T>(a.head_dim);
  const T key = of<T>(a.kv_heads) * of<T>(a.head_dim);
  const T value = of<T>(a.kv_heads) * of<T>(a.v_head_dim);
  const T context = of<T>(a.heads) * of<T>(a.v_head_dim);
  counts.attention += hidden * (query + key + value) + context * hidden;
  if (a.qkv_bias) counts.attention += query + key + value;
  if (a.qk_norm) counts.small += of<T>(2) * of<T>(a.head_dim);
  if (a.qk_norm_full) counts.small += query + key;
}

template <class T>
void count_latent(const Attention& a, T hidden, Counts<T>& counts) {
  const T query = of<T>(a.heads) * of<T>(a.head_dim);
  const T compressed = of<T>(a.kv_lora_rank) + of<T>(a.rope_head_dim);
  const T nope = of<T>(a.head_dim) - of<T>(a.rope_head_dim);
  const T expanded = of<T>(a.heads) * (nope + of<T>(a.v_head_dim));
  const T rank = of<T>(a.q_lora_rank);
  counts.attention += a.q_lora_rank > 0 ? hidden * rank + rank * query : hidden * query;
  counts.attention += hidden * compressed + of<T>(a.kv_lora_rank) * expanded;
  counts.attention += of<T>(a.heads) * of<T>(a.v_head_dim) * hidden;
  if (a.qkv_bias) counts.attention += rank + compressed;  // on the two down-projections
  counts.small += rank + of<T>(a.kv_lora_rank);           // norms of the compressed vectors
}

template <class T>
void count_indexer(const Attention& a, T hidden, Counts<T>& counts) {
  if (a.index_top_k == 0) return;
  const T source = a.q_lora_rank > 0 ? of<T>(a.q_lora_rank) : hidden;
  const T width = of<T>(a.index_head_dim);
  counts.attention += source * of<T>(a.index_heads) * width;    // queries
  counts.attention += hidden * (width + of<T>(a.index_heads));  // key, and a weight per head
  counts.small += of<T>(2) * width;                             // LayerNorm of the key
}

template <class T>
T gated_mlp(T hidden, T width, bool bias) {
  return of<T>(3) * hidden * width + (bias ? of<T>(2) * width + hidden : T{});
}

template <class T>
Counts<T> count(const Model& model, const LayerKind& layer) {
  Counts<T> counts;
  const T hidden = of<T>(model.hidden);
  const Attention& a = layer.attention;
  a.kind == AttentionKind::kGrouped ? count_grouped(a, hidden, counts)
                                    : count_latent(a, hidden, counts);
  count_indexer(a, hidden, counts);
  if (a.output_bias) counts.attention += hidden;
  if (a.sinks) counts.small += of<T>(a.heads);
  counts.small += of<T>(layer.norms) * hidden;

  const FeedForward& f = layer.feed_forward;
  if (f.width > 0) counts.dense += gated_mlp(hidden, of<T>(f.width), f.bias);
  if (f.shared_width > 0) counts.dense += gated_mlp(hidden, of<T>(f.shared_width), false);
  if (f.is_moe()) {
    counts.experts += of<T>(f.experts) * gated_mlp(hidden, of<T>(f.expert_width), f.bias);
    counts.small += of<T>(f.experts) * (hidden + of<T>(f.router_bias ? 1 : 0));
  }
  if (f.shared_gate) counts.small += hidden;
  return counts;
}

double cache_elements(const Attention& a) {
  if (a.kind == AttentionKind::kGrouped)
    return static_cast<double>(a.kv_heads) * (static_cast<double>(a.head_dim) + a.v_head_dim);
  const double compressed = static_cast<double>(a.kv_lora_rank) + a.rope_head_dim;
  return compressed + (a.index_top_k > 0 ? a.index_head_dim : 0);
}

}  // namespace

LayerParameters parameters(const Model& model, const LayerKind& layer) {
  const auto counts = count<std::int64_t>(model, layer);
  return {counts.attention, counts.dense, counts.experts, counts.small};
}

Parameters parameters(const Model& model) {
  Parameters out;
  const auto add = [&](WeightClass weights, std::int64_t n) {
    out.by_class[static_cast<std::size_t>(weights)] += n;
    out.total += n;
  };
  const std::int64_t table = model.vocabulary * model.hidden;
  add(WeightClass::kEmbedding, model.tied_embeddings ? table : 2 * table);
  add(WeightClass::kSmall, model.hidden);  // the norm before the output projection
  std::int64_t idle = model.tied_embeddings ? 0 : table;
  for (const LayerKind& layer : model.layers) {
    const LayerParameters one = parameters(model, layer);
    add(WeightClass::kAttention, layer.count * one.attention);
    add(WeightClass::kDense, layer.count * one.dense);
    add(WeightClass::kExpert, layer.count * one.experts);
    add(WeightClass::kSmall, layer.count * one.small);
    const FeedForward& f = layer.feed_forward;
    if (f.is_moe())
      idle += layer.count * (one.experts / f.experts) * (f.experts - f.experts_per_token);
  }
  out.active = out.total - idle;
  return out;
}

double approximate_parameters(const Model& model) {
  const double hidden = static_cast<double>(model.hidden);
  double total = 2 * static_cast<double>(model.vocabulary) * hidden + hidden;
  for (const LayerKind& layer : model.layers) {
    const auto counts = count<double>(model, layer);
    total += layer.count * (counts.attention + counts.dense + counts.experts + counts.small);
  }
  return total;
}

Bytes stored_bytes(const Model& model) {
  const Parameters counts = parameters(model);
  double bits = 0;
  for (std::size_t i = 0; i < counts.by_class.size(); ++i)
    bits += static_cast<double>(counts.by_class[i]) * model.stored[i].bits;
  return Bytes(bits / 8);
}

Bytes bytes_at(const Model& model, double bits) {
  const Parameters counts = parameters(model);
  const auto of_class = [&](WeightClass weights) {
    return static_cast<double>(counts.by_class[static_cast<std::size_t>(weights)]);
  };
  const double wide = of_class(WeightClass::kEmbedding) + of_class(WeightClass::kSmall);
  return Bytes((wide * 16 + (static_cast<double>(counts.total) - wide) * bits) / 8);
}

Bytes kv_bytes_per_token(const Model& model, double bits) {
  double elements = 0;
  for (const LayerKind& layer : model.layers)
    elements += layer.count * cache_elements(layer.attention);
  return Bytes(elements * bits / 8);
}

Bytes kv_bytes(const Model& model, double context, double bits) {
  double elements = 0;
  for (const LayerKind& layer : model.layers) {
    const int window = layer.attention.window;
    const double kept = window > 0 ? std::min<double>(context, window) : context;
    elements += layer.count * kept * cache_elements(layer.attention);
  }
  return Bytes(elements * bits / 8);
}

}  // namespace switchyard::model
