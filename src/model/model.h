// The architecture of a decoder-only language model, as far as its cost depends on it.
//
// A Model is plain data, made from a HuggingFace config.json (import.h). Layers of one kind are
// kept once with their count, so that costing works on kinds, not on layers. Vision towers and
// multi-token-prediction layers are left out; `note` says so where a config has them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace switchyard::model {

enum class AttentionKind {
  kGrouped,  // multi-head, grouped-query or multi-query: keys and values are stored per KV head
  kLatent,   // MLA: one compressed vector and one rotary key are stored per token
};

struct Attention {
  AttentionKind kind = AttentionKind::kGrouped;
  int heads = 0;
  int kv_heads = 0;       // kGrouped
  int head_dim = 0;       // of queries and keys; kLatent: nope + rope
  int v_head_dim = 0;     // of values
  int q_lora_rank = 0;    // kLatent; 0: queries are projected directly
  int kv_lora_rank = 0;   // kLatent
  int rope_head_dim = 0;  // kLatent: the rotary part of head_dim
  int window = 0;         // sliding window in tokens; 0: full attention
  int index_heads =
      0;  // sparse attention with an indexer (DSA): its heads, width and how many tokens it picks
  int index_head_dim = 0;
  int index_top_k = 0;  // 0: dense
  bool qkv_bias = false;
  bool output_bias = false;
  bool qk_norm = false;       // per head dimension
  bool qk_norm_full = false;  // over all heads' width (MiniMax-M2)
  bool sinks = false;         // one learned logit per head (gpt-oss)

  bool operator==(const Attention&) const = default;
};

// Gated MLP (gate, up, down). Dense layers have `width` > 0 and no routed experts.
struct FeedForward {
  std::int64_t width = 0;    // of the dense MLP; 0 in MoE layers
  std::int64_t experts = 0;  // routed experts
  std::int64_t experts_per_token = 0;
  std::int64_t expert_width = 0;
  std::int64_t shared_width = 0;  // all shared experts together; 0: none
  bool shared_gate = false;       // a learned scalar gate on the shared expert (Qwen2-MoE)
  bool router_bias = false;       // a bias per expert, learned or for balancing
  bool bias = false;              // biases on the (expert) projections

  bool is_moe() const { return experts > 0; }
  bool operator==(const FeedForward&) const = default;
};

struct LayerKind {
  int count = 0;
  Attention attention;
  FeedForward feed_forward;
  int norms = 2;  // RMSNorms of the hidden width in the layer (Gemma 2/3: 4)
};

// Which weights share a storage format.
enum class WeightClass { kEmbedding, kAttention, kDense, kExpert, kSmall };
inline constexpr int kWeightClasses = 5;
std::string to_text(WeightClass weights);

// How a checkpoint stores one class of weights.
struct StoredFormat {
  std::string name = "bf16";  // bf16, fp16, fp32, fp8, int8, mxfp4, nvfp4, int4
  double bits = 16;           // with scales
  int width() const;          // nominal bits: 32, 16, 8 or 4
};

struct Model {
  std::string id;      // short name or file name
  std::string name;    // for people
  std::string family;  // HuggingFace model_type
  std::string note;    // what was left out or assumed
  std::int64_t hidden = 0;
  std::int64_t vocabulary = 0;
  bool tied_embeddings = false;
  std::int64_t context_max = 0;
  std::vector<LayerKind> layers;
  std::array<StoredFormat, kWeightClasses> stored;  // as published, by WeightClass

  int layer_count() const;
  const StoredFormat& stored_as(WeightClass weights) const {
    return stored[static_cast<std::size_t>(weights)];
  }
};

}  // namespace switchyard::model
