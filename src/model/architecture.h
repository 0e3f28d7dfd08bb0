// What one config.json says, before it becomes a Model. Private to the import*.cc files.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/document.h"
#include "model/model.h"

namespace switchyard::model {

// What a family's HuggingFace configuration class assumes for keys a config leaves out; part of the
// file format, not a claim about any model.
struct ClassDefaults {
  std::string_view model_type;
  std::int64_t vocabulary, hidden, width;
  int layers, heads;
  int kv_heads;  // 0: as many as heads
  int head_dim;  // 0: hidden / heads
  std::int64_t context_max;
  bool tied_embeddings;
};

struct Architecture {
  std::int64_t hidden = 1;
  int layers = 1;
  int norms = 2;
  Attention attention;        // of a layer without a window
  int window = 0;             // of layers with one
  std::vector<bool> sliding;  // by layer
  std::vector<bool> moe;      // by layer
  FeedForward dense_mlp;
  FeedForward moe_mlp;
  std::vector<std::string> notes;
};

// Bounds of single sizes; the product of all is bounded apart (kParametersMax).
inline constexpr double kHiddenMax = 1e6;
inline constexpr double kWidthMax = 1e7;
inline constexpr double kLayersMax = 10000;
inline constexpr double kHeadsMax = 10000;
inline constexpr double kHeadDimMax = 10000;
inline constexpr double kExpertsMax = 1e5;
inline constexpr double kVocabularyMax = 1e8;
inline constexpr double kContextMax = 1e9;
inline constexpr double kRankMax = 1e6;

// A config with the rules for what it leaves out.
struct ConfigReader {
  ObjectReader& fields;
  const Json& raw;
  const ClassDefaults& defaults;
  bool nested = false;  // text_config of a multimodal config: these list only what differs from the
                        // class, so every default applies

  // Sizes no complete config omits: required unless nested.
  std::int64_t core(std::string_view key, std::int64_t fallback, double max);
  // In [1, max].
  std::int64_t size(std::string_view key, std::int64_t fallback, double max);
  // In [0, max]; an explicit null, or 0 where a format has no null, means none.
  std::int64_t optional_size(std::string_view key, std::int64_t fallback, double max);
  bool is_null(std::string_view key) const;  // present, as null
  // The first of these spellings that is present, else the first.
  std::string_view spelling(std::initializer_list<std::string_view> keys) const;
};

// A family reads what is its own into `out`, whose hidden, layers and attention.heads are set.
struct Family {
  ClassDefaults defaults;
  void (*read)(ConfigReader&, Architecture& out);
};
const Family* find_family(std::string_view model_type);
std::vector<std::string> supported_families();

// Readers of import_latent.cc: families with multi-head latent attention.
void read_deepseek_v2(ConfigReader& config, Architecture& out);
void read_deepseek_v3(ConfigReader& config, Architecture& out);
void read_deepseek_v32(ConfigReader& config, Architecture& out);
void read_glm_moe_dsa(ConfigReader& config, Architecture& out);

// Routed experts under the given keys, with the bound on experts per token.
void read_experts(ConfigReader& config, std::string_view experts_key, std::int64_t experts,
                  std::string_view per_token_key, std::int64_t per_token, FeedForward& out);
// first_k_dense_replace leading layers are dense, and from there on every moe_layer_freq-th is MoE.
void read_dense_prefix(ConfigReader& config, std::int64_t dense_layers, Architecture& out);

// Import with the choice to refuse keys that mean nothing here, for configs of our own catalog.
Result<Model> import_with(const Json& config, const std::string& where, const std::string& id,
                          bool refuse_unknown_keys);

}  // namespace switchyard::model
