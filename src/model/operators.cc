#include "model/operators.h"

#include <algorithm>
#include <cmath>

#include "base/portable_math.h"
#include "base/text.h"

namespace switchyard::model {

namespace {

constexpr double kActivationBytes = 2;  // activations travel as bf16

// Builds the list of one stage.
class StepBuilder {
 public:
  StepBuilder(const Model& model, const Sharding& sharding, const StepBatch& batch)
      : model_(model), s_(sharding), batch_(batch) {
    // A stage holds a pp-th of the layers and works on a pp-th of the batch at a time.
    stage_share_ = 1.0 / s_.pp;
    sequences_ = batch.sequences * stage_share_ / s_.dp;
    decode_tokens_ = sequences_ * batch.tokens_per_sequence;
    prefill_tokens_ = batch.prefill_tokens * stage_share_ / s_.dp;
    tokens_ = decode_tokens_ + prefill_tokens_;
  }

  std::vector<Operator> build() {
    if (tokens_ <= 0) return {};
    operators_.reserve(model_.layers.size() * 14 + 4);
    for (const LayerKind& layer : model_.layers) add_layer(layer);
    add_head();
    if (s_.pp > 1) {
      collective("pipeline_send", OperatorKind::kSendReceive, 1, tokens_ * hidden() * 2 / s_.tp, 2,
                 s_.stage_ranks());
    }
    return std::move(operators_);
  }

 private:
  double hidden() const { return static_cast<double>(model_.hidden); }

  Operator& matmul(const char* name, WeightClass weights, double count, double m, double n,
                   double k) {
    Operator& op = operators_.emplace_back();
    op.name = name;
    op.weights = weights;
    op.count = count;
    op.m = m;
    op.n = n;
    op.k = k;
    op.flops = Flops(2 * m * n * k);
    op.weight_elements = n * k;
    op.activation_bytes = Bytes(kActivationBytes * m * (n + k));
    return op;
  }

  Operator& elementwise(const char* name, double count, double elements) {
    Operator& op = operators_.emplace_back();
    op.name = name;
    op.kind = OperatorKind::kElementwise;
    op.count = count;
    op.activation_bytes = Bytes(kActivationBytes * elements);
    return op;
  }

  void collective(const char* name, OperatorKind kind, double count, double bytes, int ranks,
                  int stride) {
    if (ranks <= 1) return;
    Operator& op = operators_.emplace_back();
    op.name = name;
    op.kind = kind;
    op.count = count;
    op.payload = Bytes(bytes);
    op.ranks = ranks;
    op.stride = stride;
  }

  void add_layer(const LayerKind& layer) {
    const double count = layer.count * stage_share_;
    elementwise("norms", count, tokens_ * hidden() * (layer.norms + 2));
    if (layer.attention.kind == AttentionKind::kLatent) {
      add_latent_attention(layer.attention, count);
    } else {
      add_grouped_attention(layer.attention, count);
    }
    // One all-reduce closes the attention block over the ranks that share its sequences.
    collective("attention_all_reduce", OperatorKind::kAllReduce, count,
               tokens_ * hidden() * kActivationBytes, s_.dense_ranks(), 1);
    if (layer.feed_forward.is_moe()) {
      add_experts(layer.feed_forward, count);
    } else {
      add_dense(layer.feed_forward.width, "mlp", count);
      collective("mlp_all_reduce", OperatorKind::kAllReduce, count,
                 tokens_ * hidden() * kActivationBytes, s_.dense_ranks(), 1);
    }
  }

  double attended(double context, const Attention& a) const {
    double tokens = context;
    if (a.window > 0) tokens = std::min(tokens, static_cast<double>(a.window));
    if (a.index_top_k > 0) tokens = std::min(tokens, static_cast<double>(a.index_top_k));
    return tokens;
  }

  AttentionWork attention_work(const Attention& a, double heads) const {
    const bool latent = a.kind == AttentionKind::kLatent;
    const double kv_heads = latent ? 1 : std::max(1.0, static_cast<double>(a.kv_heads) / s_.tp);
    return {.heads = heads,
            .kv_heads = kv_heads,
            .head_dim = static_cast<double>(a.head_dim),
            // A sparse selection reads as many tokens as a window of its size.
            .window = static_cast<double>(a.index_top_k > 0 ? a.index_top_k : a.window),
            .latent = latent,
            .kv_rank = static_cast<double>(a.kv_lora_rank),
            .rope_dim = static_cast<double>(a.rope_head_dim),
            .v_dim = static_cast<double>(a.v_head_dim)};
  }

  // Scores and weighted values over the cache. `width` is q.k plus p.v multiply-adds per head and
  // token pair; `cached` the cache elements of one token on this rank.
  void add_attention_cores(const Attention& a, double count, double heads, double decode_width,
                           double prefill_width, double cached) {
    const double decode_span = attended(batch_.decode_context, a) / s_.cp;
    const double prefill_span = attended(batch_.prefill_context, a) / s_.cp;
    if (decode_tokens_ > 0) {
      Operator& op = operators_.emplace_back();
      op.name = "decode_attention";
      op.kind = OperatorKind::kDecodeAttention;
      op.count = count;
      op.m = decode_tokens_;
      op.k = decode_span;
      op.n = heads;
      op.flops = Flops(2 * decode_tokens_ * decode_span * heads * decode_width);
      op.cache_elements = sequences_ * decode_span * cached + decode_tokens_ * cached;
      op.activation_bytes = Bytes(kActivationBytes * decode_tokens_ * heads * decode_width);
      op.attention = attention_work(a, heads);
      op.attention.sequences = sequences_;
      op.attention.tokens = batch_.tokens_per_sequence;
      op.attention.cached = batch_.decode_context / s_.cp;
    }
    if (prefill_tokens_ > 0) {
      Operator& op = operators_.emplace_back();
      op.name = "prefill_attention";
      op.kind = OperatorKind::kPrefillAttention;
      op.count = count;
      op.m = prefill_tokens_;
      op.k = prefill_span;
      op.n = heads;
      op.flops = Flops(2 * prefill_tokens_ * prefill_span * heads * prefill_width);
      const double prompts = std::max(1.0, batch_.prefill_sequences) * stage_share_ / s_.dp;
      op.cache_elements = (prompts * 2 * prefill_span + prefill_tokens_) * cached;
      op.activation_bytes = Bytes(kActivationBytes * prefill_tokens_ * heads * prefill_width);
      op.attention = attention_work(a, heads);
      op.attention.sequences = prompts;
      op.attention.tokens = prefill_tokens_ / prompts;
      // The mean token attends to what was cached and half of the new ones.
      op.attention.cached = std::max(0.0, batch_.prefill_context - op.attention.tokens / 2) / s_.cp;
    }
    // Context parallel ranks merge their partial results, each for its share of the heads.
    collective("context_merge", OperatorKind::kReduceScatter, count,
               tokens_ * heads * a.v_head_dim * kActivationBytes, s_.cp, s_.tp);
  }

  void add_grouped_attention(const Attention& a, double count) {
    const double heads = static_cast<double>(a.heads) / s_.tp;
    const double kv_heads = std::max(1.0, static_cast<double>(a.kv_heads) / s_.tp);
    const double qkv_width = heads * a.head_dim + kv_heads * (a.head_dim + a.v_head_dim);
    matmul("qkv_projection", WeightClass::kAttention, count, tokens_, qkv_width, hidden());
    elementwise("rotary_embedding", count, 2 * tokens_ * qkv_width);
    const double width = a.head_dim + a.v_head_dim;
    add_attention_cores(a, count, heads, width, width, kv_heads * (a.head_dim + a.v_head_dim));
    matmul("output_projection", WeightClass::kAttention, count, tokens_, hidden(),
           heads / s_.cp * a.v_head_dim);
  }

  void add_latent_attention(const Attention& a, double count) {
    const double heads = static_cast<double>(a.heads) / s_.tp;
    const double latent = a.kv_lora_rank + a.rope_head_dim;
    const double q_width = heads * a.head_dim;
    if (a.q_lora_rank > 0) {
      matmul("q_down_projection", WeightClass::kAttention, count, tokens_, a.q_lora_rank, hidden());
      matmul("q_up_projection", WeightClass::kAttention, count, tokens_, q_width, a.q_lora_rank);
    } else {
      matmul("q_projection", WeightClass::kAttention, count, tokens_, q_width, hidden());
    }
    matmul("kv_down_projection", WeightClass::kAttention, count, tokens_, latent, hidden());
    // Absorbed in decode, expanded in prefill: the same weights and products per token.
    const double nope = a.head_dim - a.rope_head_dim;
    matmul("kv_up_projection", WeightClass::kAttention, count, tokens_,
           heads * (nope + a.v_head_dim), a.kv_lora_rank);
    if (a.index_heads > 0) add_indexer(a, count);
    add_attention_cores(a, count, heads, latent + a.kv_lora_rank, a.head_dim + a.v_head_dim,
                        latent);
    matmul("output_projection", WeightClass::kAttention, count, tokens_, hidden(),
           heads / s_.cp * a.v_head_dim);
  }

  // The indexer of sparse attention scores every cached token with its small heads.
  void add_indexer(const Attention& a, double count) {
    const double width = static_cast<double>(a.index_heads) * a.index_head_dim;
    matmul("index_projection", WeightClass::kAttention, count, tokens_, width + a.index_head_dim,
           a.q_lora_rank > 0 ? a.q_lora_rank : hidden());
    Operator& op = operators_.emplace_back();
    op.name = "index_scores";
    op.kind = OperatorKind::kDecodeAttention;
    op.count = count;
    const double pairs =
        (decode_tokens_ * batch_.decode_context + prefill_tokens_ * batch_.prefill_context) / s_.cp;
    op.flops = Flops(2 * pairs * width);
    op.cache_elements = sequences_ * batch_.decode_context / s_.cp * a.index_head_dim;
  }

  void add_dense(std::int64_t width, const char* name, double count) {
    if (width == 0) return;
    const double local = static_cast<double>(width) / s_.dense_ranks();
    matmul(name, WeightClass::kDense, count, tokens_, 2 * local, hidden());
    elementwise("activation", count, 3 * tokens_ * local);
    matmul(name, WeightClass::kDense, count, tokens_, hidden(), local);
  }

  void add_experts(const FeedForward& f, double count) {
    matmul("router", WeightClass::kSmall, count, tokens_, static_cast<double>(f.experts), hidden());
    add_dense(f.shared_width, "shared_expert", count);

    const double experts = static_cast<double>(f.experts);
    const double chosen = static_cast<double>(f.experts_per_token);
    const double all_tokens = tokens_ * s_.dp;  // of the replica's stage: experts span dp and tp
    const double held = experts / s_.ep;
    const double slices = static_cast<double>(s_.stage_ranks()) / s_.ep;
    const double width = static_cast<double>(f.expert_width) / slices;
    const double mean_load = all_tokens * chosen / s_.ep;
    const double busiest =
        s_.ep > 1 ? std::min(all_tokens * std::min(chosen, held),
                             mean_load + std::sqrt(2 * portable_log(s_.ep) * mean_load))
                  : mean_load;
    const double touched = held * (1 - portable_pow(1 - chosen / experts, all_tokens));
    grouped("expert_gate_up", count, busiest, 2 * width, hidden(), touched).experts = {
        .tokens = all_tokens,
        .hidden = hidden(),
        .width = static_cast<double>(f.expert_width),
        .top_k = chosen,
        .experts = experts,
        .tp = slices,
        .ep = static_cast<double>(s_.ep)};
    elementwise("expert_activation", count, 3 * busiest * width).inside_experts = true;
    grouped("expert_down", count, busiest, hidden(), width, touched).inside_experts = true;

    const double token_bytes = hidden() * kActivationBytes;
    if (s_.ep > 1) {
      // Each rank sends its tokens to the ranks that hold their experts, and gets results back.
      const double sent = all_tokens / s_.stage_ranks() * std::min<double>(chosen, s_.ep);
      collective("expert_dispatch", OperatorKind::kAllToAll, count, sent * token_bytes, s_.ep, 1);
      collective("expert_combine", OperatorKind::kAllToAll, count, sent * token_bytes, s_.ep, 1);
      collective("expert_gather", OperatorKind::kAllGather, count, tokens_ * token_bytes,
                 s_.dense_ranks(), 1);
    } else {
      collective("expert_all_reduce", OperatorKind::kAllReduce, count, all_tokens * token_bytes,
                 s_.stage_ranks(), 1);
    }
  }

  Operator& grouped(const char* name, double count, double m, double n, double k, double touched) {
    Operator& op = matmul(name, WeightClass::kExpert, count, m, n, k);
    op.kind = OperatorKind::kGroupedMatmul;
    op.groups = touched;
    op.weight_elements = touched * n * k;
    return op;
  }

  // Embedding rows in, logits out. Only tokens that are sampled need logits. The last stage has it.
  void add_head() {
    elementwise("embedding", 1, tokens_ * hidden());
    const double finished_prompts =
        batch_.prefill_tokens > 0 ? std::max(1.0, batch_.prefill_sequences) : 0.0;
    const double sampled = decode_tokens_ + finished_prompts * stage_share_ / s_.dp;
    matmul("lm_head", WeightClass::kEmbedding, 1, sampled,
           static_cast<double>(model_.vocabulary) / s_.dense_ranks(), hidden());
    elementwise("sampling", 1,
                4 * sampled * static_cast<double>(model_.vocabulary) / s_.dense_ranks());
  }

  const Model& model_;
  const Sharding& s_;
  const StepBatch& batch_;
  double decode_tokens_ = 0, prefill_tokens_ = 0, tokens_ = 0, sequences_ = 0, stage_share_ = 1;
  std::vector<Operator> operators_;
};

}  // namespace

bool is_collective(OperatorKind kind) { return kind >= OperatorKind::kAllReduce; }

std::vector<Operator> step_operators(const Model& model, const Sharding& sharding,
                                     const StepBatch& batch) {
  return StepBuilder(model, sharding, batch).build();
}

std::string shard_fault(const Model& model, const Sharding& s) {
  const bool positive = s.tp >= 1 && s.pp >= 1 && s.dp >= 1 && s.cp >= 1 && s.ep >= 1;
  if (!positive) return "every degree must be at least 1";
  if (s.pp > model.layer_count()) return fmt::format("pp {} exceeds the layers", s.pp);
  if (s.stage_ranks() % s.ep != 0) return fmt::format("ep {} does not divide tp*dp*cp", s.ep);
  bool moe = false;
  for (const LayerKind& layer : model.layers) {
    if (layer.attention.heads % s.dense_ranks() != 0) {
      return fmt::format("tp*cp {} does not divide the {} attention heads", s.dense_ranks(),
                         layer.attention.heads);
    }
    const FeedForward& f = layer.feed_forward;
    if (f.width % s.dense_ranks() != 0) {
      return fmt::format("tp*cp {} does not divide the MLP width", s.dense_ranks());
    }
    if (!f.is_moe()) continue;
    moe = true;
    if (f.experts % s.ep != 0) return fmt::format("ep {} does not divide the experts", s.ep);
    if (f.expert_width % (s.stage_ranks() / s.ep) != 0) {
      return "the ranks of one expert do not divide its width";
    }
  }
  if (s.ep > 1 && !moe) return "the model has no experts";
  return {};
}

}  // namespace switchyard::model
