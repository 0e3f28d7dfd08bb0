// What the tables call things, as the catalog calls them.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "catalog/catalog.h"
#include "model/model.h"

namespace switchyard::validation {

// Platforms by the words of a name: "H100-SXM-80GB", "Trainium2 (trn2.48xlarge)", "TPU v6e
// (Trillium)". A chip's other form factors (NVL, PCIe), capped ones and mixtures are other
// platforms: nullptr, with the reason in `why_not`.
const catalog::Platform* find_platform(const catalog::Catalog& catalog, const std::string& name,
                                       std::string& why_not);

// Known models by a name's words; those that say format, tuning or release do not count:
// "nvidia/Qwen3-32B-NVFP4", "llama2-70b-99.9", "Meta-Llama-3.1-8B-Instruct".
class ModelNames {
 public:
  // Errors: the folder does not load.
  static Result<ModelNames> load(const std::filesystem::path& models);
  const model::Model* find(const std::string& name) const;  // nullptr: not known

 private:
  std::map<std::string, model::Model> by_key_;
};

// Sets how `model` stores its weights from a row's precision and name: "fp8", "fp4", "bf16 weights;
// ...". Text that says nothing leaves it as published. False for a text we do not know.
bool store_as(model::Model& model, const std::string& precision, const std::string& name);

// "vllm", "vllm-2023", "sglang", "trtllm", "neuronx", "optimum-neuron" or "vllm-tpu" of an engine's
// name; empty for others.
std::string engine_id(const std::string& engine);

}  // namespace switchyard::validation
