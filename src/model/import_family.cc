// Families with grouped-query attention, and the table of all families.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "model/architecture.h"

namespace switchyard::model {

namespace {

// Heads, and their width from head_dim or hidden / heads.
void read_grouped(ConfigReader& config, Architecture& out) {
  Attention& a = out.attention;
  const int class_kv_heads = config.defaults.kv_heads;
  const bool as_heads = config.is_null("num_key_value_heads") || class_kv_heads == 0;
  a.kv_heads = static_cast<int>(
      config.size("num_key_value_heads", as_heads ? a.heads : class_kv_heads, kHeadsMax));
  if (a.heads % a.kv_heads != 0)
    config.fields.fault("num_key_value_heads", fmt::format("is {}", a.kv_heads),
                        fmt::format("a divisor of num_attention_heads, {}", a.heads));
  const bool derived = !config.fields.has("head_dim") && config.defaults.head_dim == 0;
  if (derived && out.hidden % a.heads != 0)
    config.fields.fault("head_dim", "is missing",
                        fmt::format("a number, as hidden_size {} is not a multiple of "
                                    "num_attention_heads {}",
                                    out.hidden, a.heads));
  const std::int64_t fallback =
      derived ? std::max<std::int64_t>(1, out.hidden / a.heads) : config.defaults.head_dim;
  a.head_dim = static_cast<int>(config.size("head_dim", fallback, kHeadDimMax));
  if (derived && static_cast<double>(fallback) > kHeadDimMax) {
    config.fields.fault("head_dim", fmt::format("comes to {}", fallback),
                        fmt::format("at most {:.0f}", kHeadDimMax));
    a.head_dim = 1;
  }
  a.v_head_dim = a.head_dim;
}

void read_dense(ConfigReader& config, Architecture& out) {
  out.dense_mlp.width = config.core("intermediate_size", config.defaults.width, kWidthMax);
}

void read_bias(ConfigReader& config, bool fallback, bool output_too, Architecture& out) {
  out.attention.qkv_bias = config.fields.boolean_or("attention_bias", fallback);
  out.attention.output_bias = output_too && out.attention.qkv_bias;
}

// Which layers have the window: layer_types where the config lists them, else the family's rule.
template <class Rule>
void read_windows(ConfigReader& config, std::int64_t class_window, Rule slides, Architecture& out) {
  out.window = static_cast<int>(config.optional_size("sliding_window", class_window, kContextMax));
  for (int i = 0; i < out.layers; ++i) out.sliding[i] = out.window > 0 && slides(i);
  if (!config.fields.has("layer_types")) return;
  const auto types = config.fields.strings_or_empty("layer_types");
  if (types.size() != static_cast<std::size_t>(out.layers)) {
    config.fields.fault("layer_types", fmt::format("has {} entries", types.size()),
                        fmt::format("one for each of {} layers", out.layers));
    return;
  }
  for (int i = 0; i < out.layers; ++i) {
    out.sliding[i] = types[i] == "sliding_attention";
    if (!out.sliding[i] && types[i] != "full_attention") {
      config.fields.fault("layer_types", "holds " + quote(types[i]),
                          "full_attention or sliding_attention");
      return;
    }
    if (out.sliding[i] && out.window == 0) {
      config.fields.fault("sliding_window", "is absent", "a size, as layer_types has such layers");
      return;
    }
  }
}

bool never(int) { return false; }
bool always(int) { return true; }
bool alternate(int layer) { return layer % 2 == 0; }

void read_llama(ConfigReader& config, Architecture& out) {
  read_grouped(config, out);
  read_dense(config, out);
  read_bias(config, false, true, out);
  out.dense_mlp.bias = config.fields.boolean_or("mlp_bias", false);
  read_windows(config, 0, never, out);
}

void read_mistral(ConfigReader& config, Architecture& out) {
  read_grouped(config, out);
  read_dense(config, out);
  read_windows(config, 4096, always, out);
}

void read_mixtral(ConfigReader& config, Architecture& out) {
  read_grouped(config, out);
  read_windows(config, 0, always, out);
  out.moe.assign(out.layers, true);
  read_experts(config, "num_local_experts", 8, "num_experts_per_tok", 2, out.moe_mlp);
  out.moe_mlp.expert_width = config.core("intermediate_size", config.defaults.width, kWidthMax);
}

// Qwen keeps a window size in the config whether or not it is used.
template <class Rule>
void read_qwen_windows(ConfigReader& config, Rule slides, Architecture& out) {
  const bool used = config.fields.boolean_or("use_sliding_window", false);
  const auto from = config.fields.integer_or("max_window_layers", 28, {0, kLayersMax});
  read_windows(config, 4096, [&](int i) { return used && slides(i, from); }, out);
}

bool from_layer(int layer, std::int64_t from) { return layer >= from; }

void read_qwen2(ConfigReader& config, Architecture& out) {
  read_grouped(config, out);
  read_dense(config, out);
  out.attention.qkv_bias = true;
  read_qwen_windows(config, from_layer, out);
}

void read_qwen3(ConfigReader& config, Architecture& out) {
  read_grouped(config, out);
  read_dense(config, out);
  read_bias(config, false, true, out);
  out.attention.qk_norm = true;
  read_qwen_windows(config, from_layer, out);
}

// Every decoder_sparse_step-th layer is MoE, but for those in mlp_only_layers.
void read_qwen_moe(ConfigReader& config, std::int64_t experts, std::int64_t per_token,
                   std::int64_t width, Architecture& out) {
  const auto key = config.spelling({"num_experts", "num_local_experts"});
  read_experts(config, key, experts, "num_experts_per_tok", per_token, out.moe_mlp);
  out.moe_mlp.expert_width = config.size("moe_intermediate_size", width, kWidthMax);
  const auto step = config.size("decoder_sparse_step", 1, kLayersMax);
  for (int i = 0; i < out.layers; ++i) out.moe[i] = (i + 1) % step == 0;
  const Json* dense = config.fields.array("mlp_only_layers");
  if (!dense) return;
  for (const Json& item : *dense) {
    const double layer = item.is_number_integer() ? item.get<double>() : -1;
    if (!(layer >= 0 && layer < out.layers)) {
      config.fields.fault("mlp_only_layers", "holds " + describe(item),
                          fmt::format("layer numbers from 0 to {}", out.layers - 1));
      return;
    }
    out.moe[static_cast<std::size_t>(layer)] = false;
  }
}

void read_qwen2_moe(ConfigReader& config, Architecture& out) {
  read_grouped(config, out);
  read_dense(config, out);
  out.attention.qkv_bias = config.fields.boolean_or("qkv_bias", true);
  read_qwen_windows(config, [](int i, std::int64_t below) { return i % 2 == 0 && i < below; }, out);
  read_qwen_moe(config, 60, 4, 1408, out);
  out.moe_mlp.shared_width =
      config.optional_size("shared_expert_intermediate_size", 5632, kWidthMax);
  out.moe_mlp.shared_gate = out.moe_mlp.shared_width > 0;
}

void read_qwen3_moe(ConfigReader& config, Architecture& out) {
  read_grouped(config, out);
  read_dense(config, out);
  read_bias(config, false, true, out);
  out.attention.qk_norm = true;
  read_qwen_windows(config, [](int, std::int64_t) { return true; }, out);
  read_qwen_moe(config, 128, 8, 768, out);
}

void read_gpt_oss(ConfigReader& config, Architecture& out) {
  read_grouped(config, out);
  read_bias(config, true, true, out);
  out.attention.sinks = true;
  read_windows(config, 128, alternate, out);
  out.moe.assign(out.layers, true);
  read_experts(config, config.spelling({"num_local_experts", "num_experts"}), 128,
               config.spelling({"num_experts_per_tok", "experts_per_token"}), 4, out.moe_mlp);
  out.moe_mlp.expert_width = config.core("intermediate_size", config.defaults.width, kWidthMax);
  out.moe_mlp.router_bias = true;
  out.moe_mlp.bias = true;
}

void read_gemma2(ConfigReader& config, Architecture& out) {
  read_grouped(config, out);
  read_dense(config, out);
  read_bias(config, false, true, out);
  read_windows(config, 4096, alternate, out);
  out.norms = 4;
}

void read_gemma3(ConfigReader& config, Architecture& out) {
  read_grouped(config, out);
  read_dense(config, out);
  read_bias(config, false, true, out);
  const auto key = config.spelling({"sliding_window_pattern", "_sliding_window_pattern"});
  const auto pattern = config.size(key, 6, kLayersMax);
  read_windows(config, 4096, [&](int i) { return (i + 1) % pattern != 0; }, out);
  out.attention.qk_norm = true;
  out.norms = 4;
}

void read_glm4_moe(ConfigReader& config, Architecture& out) {
  read_grouped(config, out);
  read_dense(config, out);
  read_bias(config, false, false, out);
  out.attention.qk_norm = config.fields.boolean_or("use_qk_norm", false);
  read_windows(config, 0, never, out);
  read_dense_prefix(config, 1, out);
  const auto key = config.spelling({"n_routed_experts", "num_experts"});
  read_experts(config, key, 128, "num_experts_per_tok", 8, out.moe_mlp);
  out.moe_mlp.expert_width = config.size("moe_intermediate_size", 1408, kWidthMax);
  out.moe_mlp.shared_width =
      config.optional_size("n_shared_experts", 1, kExpertsMax) * out.moe_mlp.expert_width;
  out.moe_mlp.router_bias = true;
}

void read_minimax_m2(ConfigReader& config, Architecture& out) {
  read_grouped(config, out);
  read_windows(config, 0, never, out);
  if (config.fields.boolean_or("use_qk_norm", true)) {
    const bool whole = config.fields.string_or("qk_norm_type", "per_layer") == "per_layer";
    (whole ? out.attention.qk_norm_full : out.attention.qk_norm) = true;
  }
  if (const Json* types = config.fields.array("attn_type_list")) {
    const bool softmax = std::all_of(types->begin(), types->end(), [](const Json& type) {
      return type.is_number() && type == 1;
    });
    if (!softmax)
      config.fields.fault("attn_type_list", "has other layers", "1 (softmax attention) throughout");
  }
  out.moe.assign(out.layers, true);
  const auto key = config.spelling({"num_local_experts", "num_experts"});
  read_experts(config, key, 256, "num_experts_per_tok", 8, out.moe_mlp);
  out.moe_mlp.expert_width = config.core("intermediate_size", config.defaults.width, kWidthMax);
  out.moe_mlp.shared_width = config.optional_size("shared_intermediate_size", 0, kWidthMax);
  out.moe_mlp.router_bias = config.fields.boolean_or("use_routing_bias", true);
}

// Columns: model_type, vocabulary, hidden, width, layers, heads, KV heads, head_dim, context, tied.
constexpr Family kFamilies[] = {
    {{"llama", 32000, 4096, 11008, 32, 32, 0, 0, 2048, false}, read_llama},
    {{"mistral", 32000, 4096, 14336, 32, 32, 8, 0, 131072, false}, read_mistral},
    {{"mixtral", 32000, 4096, 14336, 32, 32, 8, 0, 131072, false}, read_mixtral},
    {{"qwen2", 151936, 4096, 22016, 32, 32, 32, 0, 32768, false}, read_qwen2},
    {{"qwen2_moe", 151936, 2048, 5632, 24, 16, 16, 0, 32768, false}, read_qwen2_moe},
    {{"qwen3", 151936, 4096, 22016, 32, 32, 32, 128, 32768, false}, read_qwen3},
    {{"qwen3_moe", 151936, 2048, 6144, 24, 32, 4, 0, 32768, false}, read_qwen3_moe},
    {{"deepseek_v2", 32000, 4096, 11008, 32, 32, 0, 0, 2048, false}, read_deepseek_v2},
    {{"deepseek_v3", 129280, 7168, 18432, 61, 128, 0, 0, 4096, false}, read_deepseek_v3},
    {{"deepseek_v32", 129280, 7168, 18432, 61, 128, 0, 0, 4096, false}, read_deepseek_v32},
    {{"kimi_k2", 129280, 7168, 18432, 61, 128, 0, 0, 4096, false}, read_deepseek_v3},
    {{"gpt_oss", 201088, 2880, 2880, 36, 64, 8, 64, 131072, false}, read_gpt_oss},
    {{"gemma2", 256000, 2304, 9216, 26, 8, 4, 256, 8192, true}, read_gemma2},
    {{"gemma3_text", 262208, 2304, 9216, 26, 8, 4, 256, 131072, true}, read_gemma3},
    {{"glm4_moe", 151552, 4096, 10944, 46, 96, 8, 0, 131072, false}, read_glm4_moe},
    {{"glm_moe_dsa", 154880, 6144, 12288, 78, 64, 0, 0, 202752, false}, read_glm_moe_dsa},
    {{"minimax_m2", 200064, 3072, 1536, 62, 48, 8, 128, 196608, false}, read_minimax_m2},
};

}  // namespace

const Family* find_family(std::string_view model_type) {
  for (const Family& family : kFamilies)
    if (family.defaults.model_type == model_type) return &family;
  return nullptr;
}

std::vector<std::string> supported_families() {
  std::vector<std::string> out;
  for (const Family& family : kFamilies) out.emplace_back(family.defaults.model_type);
  return out;
}

}  // namespace switchyard::model
