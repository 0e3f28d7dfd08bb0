#include "validation/names.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "base/text.h"
#include "model/import.h"

namespace switchyard::validation {

namespace {

bool is_word_character(char c, bool dots) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || (dots && c == '.');
}

// Runs of letters and digits (and dots, where they count), in lower case.
std::vector<std::string> words(std::string_view text, bool dots) {
  std::vector<std::string> out;
  bool inside = false;
  for (const char c : to_lower(text)) {
    const bool part = is_word_character(c, dots);
    if (part && !inside) out.emplace_back();
    if (part) out.back() += c;
    inside = part;
  }
  return out;
}

bool holds(const std::vector<std::string>& all, const std::string& word) {
  return std::find(all.begin(), all.end(), word) != all.end();
}

bool has_experts(const model::Model& model) {
  return std::any_of(model.layers.begin(), model.layers.end(),
                     [](const auto& layer) { return layer.feed_forward.is_moe(); });
}

std::string model_key(const std::string& name) {
  static const std::set<std::string> kSaysNothing = {
      "instruct", "chat", "hf",   "it",   "thinking", "base", "fp8",  "fp4",  "nvfp4",
      "mxfp4",    "bf16", "fp16", "int4", "int8",     "awq",  "gptq", "99",   "99.9",
      "0528",     "0324", "2507", "2512", "v0.1",     "v0.2", "v0.3", "meta", "nvidia",
  };
  const auto slash = name.rfind('/');
  std::string key;
  for (const std::string& word :
       words(name.substr(slash == std::string::npos ? 0 : slash + 1), true)) {
    if (!kSaysNothing.contains(word)) key += word;
  }
  // The coder of this size has the same architecture.
  return key == "qwen3coder30ba3b" ? "qwen330ba3b" : key;
}

const catalog::Platform* platform_of_chip(const catalog::Catalog& catalog,
                                          const std::string& chip) {
  const catalog::Platform* found = nullptr;
  for (const catalog::Platform& platform : catalog.platforms) {
    if (platform.chip == chip && (!found || platform.id == chip)) found = &platform;
  }
  return found;
}

}  // namespace

const catalog::Platform* find_platform(const catalog::Catalog& catalog, const std::string& name,
                                       std::string& why_not) {
  if (const auto exact = catalog.platform(name)) return *exact;
  const auto said = words(name, false);
  for (const char* other : {"nvl", "pcie", "capped", "cap", "dual", "maxq"}) {
    if (!holds(said, other)) continue;
    why_not = "platform of another form or power limit";
    return nullptr;
  }
  const catalog::Platform* found = nullptr;
  for (const auto& [id, chip] : catalog.chips) {
    const auto wanted = words(id, false);
    const bool all = std::all_of(wanted.begin(), wanted.end(),
                                 [&](const std::string& word) { return holds(said, word); });
    const catalog::Platform* platform = all ? platform_of_chip(catalog, id) : nullptr;
    if (!platform) continue;
    if (found) {
      why_not = "platform of mixed chips";
      return nullptr;
    }
    found = platform;
  }
  if (!found) why_not = "platform not in the catalog";
  return found;
}

Result<ModelNames> ModelNames::load(const std::filesystem::path& models) {
  SWITCHYARD_TRY(known, model::load_known_models(models));
  ModelNames out;
  for (const auto& one : known) {
    out.by_key_.emplace(model_key(one.model.id), one.model);
    for (const std::string& alias : one.aliases) out.by_key_.emplace(model_key(alias), one.model);
  }
  return out;
}

const model::Model* ModelNames::find(const std::string& name) const {
  const auto found = by_key_.find(model_key(name));
  return found == by_key_.end() ? nullptr : &found->second;
}

bool store_as(model::Model& model, const std::string& precision, const std::string& name) {
  const auto set = [&](std::initializer_list<model::WeightClass> classes, const char* format,
                       double bits) {
    for (const auto c : classes) model.stored[static_cast<std::size_t>(c)] = {format, bits};
  };
  using enum model::WeightClass;
  const auto said = words(precision, false);
  const auto named = words(name, false);
  const auto says = [&](const char* word) { return holds(said, word); };
  const bool moe = has_experts(model);
  if (model.id.starts_with("gpt-oss")) return true;  // one checkpoint, MXFP4 experts
  if (says("fp4") || says("mxfp4") || says("nvfp4") || holds(named, "nvfp4")) {
    if (moe) set({kAttention}, "fp8", 8);  // these checkpoints keep attention wider
    if (moe) set({kDense, kExpert}, "nvfp4", 4.5);
    if (!moe) set({kAttention, kDense}, "nvfp4", 4.5);
  } else if (says("int4") || says("uint4")) {
    if (moe) set({kExpert}, "int4", 4.5);
    if (!moe) set({kAttention, kDense}, "int4", 4.5);
  } else if (says("fp8") || says("int8") || holds(named, "fp8")) {
    set({kAttention, kDense, kExpert}, "fp8", 8);
  } else if (says("bf16") || says("bfloat16") || says("fp16") || says("fp32")) {
    set({kAttention, kDense, kExpert}, "bf16", 16);
  } else {
    return said.empty() || says("unset");
  }
  return true;
}

std::string engine_id(const std::string& engine) {
  const std::string name = to_lower(engine);
  const auto has = [&](const char* part) { return name.find(part) != std::string::npos; };
  if (has("2023")) return "vllm-2023";  // Splitwise's fork: half the speed of today's
  if (has("optimum") || has("nxd") || has("vllm-neuron")) return "optimum-neuron";
  if (has("neuronx")) return "neuronx";
  if (has("vllm") && has("tpu")) return "vllm-tpu";
  if (has("tensorrt") || has("trtllm") || has("trt-llm")) return "trtllm";
  if (has("sglang")) return "sglang";
  return has("vllm") ? "vllm" : "";
}

}  // namespace switchyard::validation
