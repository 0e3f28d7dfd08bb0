// Families with multi-head latent attention: DeepSeek V2, V3, V3.2, Kimi K2, GLM-5.
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "model/architecture.h"

namespace switchyard::model {

namespace {

struct LatentDefaults {
  int q_lora_rank, kv_lora_rank, nope_head_dim, rope_head_dim, v_head_dim;
};

void read_latent(ConfigReader& config, const LatentDefaults& defaults, Architecture& out) {
  Attention& a = out.attention;
  const auto whole = [](std::int64_t value) { return static_cast<int>(value); };
  a.kind = AttentionKind::kLatent;
  a.q_lora_rank = whole(config.optional_size("q_lora_rank", defaults.q_lora_rank, kRankMax));
  a.kv_lora_rank = whole(config.size("kv_lora_rank", defaults.kv_lora_rank, kRankMax));
  a.rope_head_dim = whole(config.size("qk_rope_head_dim", defaults.rope_head_dim, kHeadDimMax));
  const auto nope = config.size("qk_nope_head_dim", defaults.nope_head_dim, kHeadDimMax);
  a.head_dim = whole(nope) + a.rope_head_dim;
  a.v_head_dim = whole(config.size("v_head_dim", defaults.v_head_dim, kHeadDimMax));
  a.qkv_bias = config.fields.boolean_or("attention_bias", false);
  a.output_bias = a.qkv_bias;
}

struct MoeDefaults {
  int dense_layers, experts, per_token, width, shared;
  bool balancing_bias;
};

void read_moe(ConfigReader& config, const MoeDefaults& defaults, Architecture& out) {
  out.dense_mlp.width = config.core("intermediate_size", config.defaults.width, kWidthMax);
  const auto key = config.spelling({"n_routed_experts", "num_local_experts", "num_experts"});
  if (config.is_null(key)) return;  // a dense model of the family
  FeedForward& moe = out.moe_mlp;
  read_dense_prefix(config, defaults.dense_layers, out);
  read_experts(config, key, defaults.experts, "num_experts_per_tok", defaults.per_token, moe);
  moe.expert_width = config.size("moe_intermediate_size", defaults.width, kWidthMax);
  moe.shared_width =
      config.optional_size("n_shared_experts", defaults.shared, kExpertsMax) * moe.expert_width;
  const std::string method =
      config.fields.string_or("topk_method", defaults.balancing_bias ? "noaux_tc" : "greedy");
  moe.router_bias = method == "noaux_tc";
}

// All layers alike: any other layer type would need another cost model.
void check_layer_types(ConfigReader& config, std::string_view only) {
  for (const std::string& type : config.fields.strings_or_empty("layer_types")) {
    if (type == only) continue;
    config.fields.fault("layer_types", "holds " + quote(type), std::string(only) + " throughout");
    return;
  }
}

void read_indexer(ConfigReader& config, int heads, Architecture& out) {
  Attention& a = out.attention;
  a.index_heads = static_cast<int>(config.size("index_n_heads", heads, kHeadsMax));
  a.index_head_dim = static_cast<int>(config.size("index_head_dim", 128, kHeadDimMax));
  a.index_top_k = static_cast<int>(config.size("index_topk", 2048, kContextMax));
  check_layer_types(config, "deepseek_sparse_attention");
  const bool every = config.size("index_topk_freq", 1, kLayersMax) == 1;
  bool full = !config.fields.has("index_topk_pattern");
  for (const std::string& type : config.fields.strings_or_empty("indexer_types"))
    full = full && type == "full";
  if (!every || !full)
    config.fields.fault("index_topk_freq", "lets layers share an indexer",
                        "an indexer in every layer");
}

constexpr LatentDefaults kDeepSeekLatent = {1536, 512, 128, 64, 128};

}  // namespace

void read_deepseek_v2(ConfigReader& config, Architecture& out) {
  read_latent(config, kDeepSeekLatent, out);
  check_layer_types(config, "full_attention");
  const bool dense = config.is_null("n_routed_experts");
  if (!dense && !config.fields.has("num_experts_per_tok"))
    config.fields.fault("num_experts_per_tok", "is missing", "a whole number");
  read_moe(config, {0, 64, 1, 1407, 2, false}, out);
}

void read_deepseek_v3(ConfigReader& config, Architecture& out) {
  read_latent(config, kDeepSeekLatent, out);
  check_layer_types(config, "full_attention");
  read_moe(config, {3, 256, 8, 2048, 1, true}, out);
}

void read_deepseek_v32(ConfigReader& config, Architecture& out) {
  read_latent(config, kDeepSeekLatent, out);
  read_moe(config, {3, 256, 8, 2048, 1, true}, out);
  read_indexer(config, 64, out);
}

void read_glm_moe_dsa(ConfigReader& config, Architecture& out) {
  read_latent(config, {2048, 512, 192, 64, 256}, out);
  read_moe(config, {3, 256, 8, 2048, 1, true}, out);
  read_indexer(config, 32, out);
  if (!config.fields.has("mlp_layer_types")) return;
  const auto types = config.fields.strings_or_empty("mlp_layer_types");
  if (types.size() != static_cast<std::size_t>(out.layers)) {
    config.fields.fault("mlp_layer_types", fmt::format("has {} entries", types.size()),
                        fmt::format("one for each of {} layers", out.layers));
    return;
  }
  for (int i = 0; i < out.layers; ++i) {
    if (types[i] != "dense" && types[i] != "sparse") {
      config.fields.fault("mlp_layer_types", "holds " + quote(types[i]), "dense or sparse");
      return;
    }
    out.moe[i] = out.moe_mlp.is_moe() && types[i] == "sparse";
  }
}

}  // namespace switchyard::model
