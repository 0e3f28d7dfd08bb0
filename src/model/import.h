// HuggingFace config.json to Model.
//
// Supported families (model_type): llama, mistral, mixtral, qwen2, qwen2_moe, qwen3, qwen3_moe,
// deepseek_v2, deepseek_v3, deepseek_v32, kimi_k2, gpt_oss, gemma2, gemma3_text, glm4_moe,
// glm_moe_dsa (GLM-5), minimax_m2; and multimodal configs (gemma3, mistral3, kimi_k25, ...) whose
// text_config is of one of these. Anything else is refused by name: a near guess would give
// plausible wrong numbers.
//
// Keys a config omits take the default of the family's HuggingFace configuration class, as in
// transformers. The sizes every complete config states (hidden_size, num_hidden_layers,
// num_attention_heads, vocab_size, intermediate_size where used) may be omitted only inside a
// text_config, which by custom lists just what differs from the class.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/document.h"
#include "model/model.h"

namespace switchyard::model {

// `where` names the origin in error texts; `id` becomes Model::id. Errors: kUnknown for a family we
// do not model, kInput with all faults for anything else.
Result<Model> import_config(const Json& config, const std::string& where, const std::string& id);

// A published figure that the tests hold our counts against.
struct Published {
  double total = 0;  // parameters without draft layers and towers; 0: not published
  double active = 0;
  double active_rounding = 0;  // half a unit of the last digit stated
  std::string source;
};

// Known models stand in catalog/models/ID.toml: [config] in HuggingFace keys, `aliases`, and
// [published].
struct KnownModel {
  Model model;
  std::vector<std::string> aliases;
  Published published;
};
// Sorted by id. Faults of all files are reported together.
Result<std::vector<KnownModel>> load_known_models(const std::filesystem::path& models_directory);

// What the user typed: a known short name or alias (case-insensitive), a path to a config.json (or
// a directory that holds one). Unknown names get a suggestion.
Result<Model> find_model(const std::string& name_or_path,
                         const std::filesystem::path& models_directory);

}  // namespace switchyard::model
