// HuggingFace config.json to Model.
//
// Supported families (model_type): llama, mistral, mixtral, qwen2, qwen2_moe, qwen3, qwen3_moe,
// deepseek_v2, deepseek_v3, kimi_k2 (and kimi_k25's text part), gpt_oss, gemma2, gemma3(_text),
// glm4_moe, glm_moe_dsa (GLM-5), minimax_m2. Defaults of omitted keys are those of the HuggingFace
// configuration class of the family. Anything else is refused by name: a near guess would give
// plausible wrong numbers.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/document.h"
#include "model/model.h"

namespace switchyard::model {

// `where` names the origin in error texts; `id` becomes Model::id.
Result<Model> import_config(const Json& config, const std::string& where, const std::string& id);

// A published figure that the tests hold our counts against.
struct Published {
  double total = 0;  // parameters; 0: not published
  double active = 0;
  std::string source;
};

// Known models stand in catalog/models/ID.toml: [config] in HuggingFace keys, `aliases`, and
// [published].
struct KnownModel {
  Model model;
  std::vector<std::string> aliases;
  Published published;
};
Result<std::vector<KnownModel>> load_known_models(const std::filesystem::path& models_directory);

// What the user typed: a known short name or alias (case-insensitive), a path to a config.json (or
// a directory that holds one). Unknown names get a suggestion.
Result<Model> find_model(const std::string& name_or_path,
                         const std::filesystem::path& models_directory);

}  // namespace switchyard::model
