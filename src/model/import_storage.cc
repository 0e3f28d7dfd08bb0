#include "model/import_storage.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"
#include "model/module_pattern.h"

namespace switchyard::model {

namespace {

constexpr WeightClass kQuantised[] = {WeightClass::kAttention, WeightClass::kDense,
                                      WeightClass::kExpert};

constexpr std::size_t kPatternsMax = 20000;

using Patterns = std::vector<std::string>;

// Names under which the class's projections go in checkpoints, in the middle layer.
std::vector<std::string> module_names(const Model& model, WeightClass weights) {
  const std::string layer = fmt::format("model.layers.{}.", model.layer_count() / 2);
  bool shared = false;
  for (const LayerKind& kind : model.layers) shared |= kind.feed_forward.shared_width > 0;
  switch (weights) {
    case WeightClass::kAttention: {
      const bool latent =
          !model.layers.empty() && model.layers[0].attention.kind == AttentionKind::kLatent;
      return {layer + (latent ? "self_attn.kv_b_proj" : "self_attn.q_proj"),
              layer + "self_attn.o_proj"};
    }
    case WeightClass::kDense:
      if (shared)
        return {layer + "mlp.shared_experts.gate_proj", layer + "mlp.shared_expert.gate_proj"};
      return {layer + "mlp.gate_proj"};
    default:
      return {layer + "mlp.experts.0.gate_proj", layer + "block_sparse_moe.experts.0.w1"};
  }
}

class StorageReader {
 public:
  StorageReader(ObjectReader& config, const Model& model, std::vector<std::string>& notes)
      : config_(config), model_(model), notes_(notes) {}

  // Attention and its like may go under several names: one of them named is all named.
  bool named(const Patterns& patterns, WeightClass weights) {
    for (const std::string& name : module_names(model_, weights)) {
      for (const std::string& pattern : patterns) {
        const PatternMatch match = matches_module(pattern, name);
        if (match == PatternMatch::kYes) return true;
        if (match == PatternMatch::kNotUnderstood) note_unread(pattern);
      }
    }
    return false;
  }

  // The lists of modules left as they are, under every spelling in use.
  Patterns left_as_they_are() {
    Patterns out;
    for (const char* key :
         {"modules_to_not_convert", "ignored_layers", "ignore", "exclude_modules"})
      for (std::string& pattern : config_.strings_or_empty(key)) out.push_back(std::move(pattern));
    if (out.size() > kPatternsMax) {
      config_.fault("ignore", fmt::format("lists {} modules", out.size()),
                    fmt::format("at most {}", kPatternsMax));
      out.clear();
    }
    return out;
  }

  std::optional<StoredFormat> fp8() {
    double elements = 0;
    read_block("weight_block_size", config_, elements);
    return StoredFormat{"fp8", 8 + (elements > 0 ? kScaleBits / elements : 0)};
  }

  // awq and gptq: integers in groups, each with a 16-bit scale and a zero point.
  std::optional<StoredFormat> integers() {
    const auto bits = config_.integer_or(config_.has("w_bit") ? "w_bit" : "bits", 4, {2, 8});
    const auto group = config_.integer_or(
        config_.has("q_group_size") ? "q_group_size" : "group_size", 128, {-1, 1e6});
    if (bits != 4 && bits != 8) {
      config_.fault("bits", fmt::format("is {}", bits), "4 or 8");
      return std::nullopt;
    }
    const auto stored = static_cast<double>(bits);
    const double extra = group > 0 ? (16 + stored) / static_cast<double>(group) : 0;
    return StoredFormat{bits == 4 ? "int4" : "int8", stored + extra};
  }

  std::optional<StoredFormat> modelopt() {
    const std::string algorithm = config_.string_or("quant_algo", "");
    if (algorithm == "NVFP4") return StoredFormat{"nvfp4", 4.5};
    if (algorithm == "FP8") return StoredFormat{"fp8", 8};
    config_.fault("quant_algo", "is " + quote(algorithm), "NVFP4 or FP8");
    return std::nullopt;
  }

  struct Group {
    Patterns targets;
    StoredFormat format;
  };
  // compressed-tensors: formats with the modules they apply to.
  std::vector<Group> groups(FaultList& faults) {
    std::vector<Group> out;
    const Json* listed = config_.object("config_groups");
    if (!config_.has("config_groups"))
      config_.fault("config_groups", "is missing", "an object of groups");
    if (!listed) return out;
    for (const auto& [name, value] : listed->items()) {
      const std::string where = config_.where() + ": config_groups: " + quote(name);
      ObjectReader group(value, where, faults);
      const Json* weights = group.object("weights");
      if (!weights) continue;  // activations only
      ObjectReader reader(*weights, where + ": weights", faults);
      out.push_back({group.strings_or_empty("targets"), group_format(reader)});
    }
    return out;
  }

 private:
  static constexpr double kScaleBits = 32;  // of a block's scale in fp8 checkpoints

  void note_unread(const std::string& pattern) {
    const std::string note = "pattern " + quote(pattern) + " of quantization_config is not read";
    if (notes_.empty() || notes_.back() != note) notes_.push_back(note);
  }

  static void read_block(std::string_view key, ObjectReader& reader, double& elements) {
    const Json* block = reader.array(key);
    if (!block) return;
    const auto side = [](const Json& value) {
      const double number = value.is_number() ? value.get<double>() : 0;
      return number >= 1 && number <= 1e6 ? number : 0;
    };
    if (block->size() == 2) elements = side((*block)[0]) * side((*block)[1]);
    if (!(elements > 0))
      reader.fault(key, "is " + block->dump(-1, ' ', true).substr(0, 60),
                   "two sizes from 1 to 1000000");
  }

  static StoredFormat group_format(ObjectReader& weights) {
    const auto bits = weights.integer("num_bits", {2, 16});
    const std::string type = weights.string_or("type", "int");
    const auto size = weights.integer_or("group_size", -1, {-1, 1e6});
    const double group = size > 0 ? static_cast<double>(size) : 0;
    double block = 0;
    read_block("block_structure", weights, block);
    if (bits == 8 && type == "float") return {"fp8", 8 + (block > 0 ? kScaleBits / block : 0)};
    if (bits == 8 && type == "int") return {"int8", 8 + (group > 0 ? 16 / group : 0)};
    if (bits == 4 && type == "int") return {"int4", 4 + (group > 0 ? 16 / group : 0)};
    // One 8-bit scale: E4M3 for groups of 16 (NVFP4), a power of two for 32 (MXFP4).
    if (bits == 4 && type == "float" && group == 16) return {"nvfp4", 4.5};
    if (bits == 4 && type == "float" && group == 32) return {"mxfp4", 4.25};
    weights.fault("num_bits", fmt::format("is {} of type {}", bits, quote(type)),
                  "int 4 or 8, float 8, or float 4 in groups of 16 or 32");
    return {};
  }

  ObjectReader& config_;
  const Model& model_;
  std::vector<std::string>& notes_;
};

void set(Model& model, WeightClass weights, const StoredFormat& format) {
  model.stored[static_cast<std::size_t>(weights)] = format;
}

void apply(StorageReader& reader, const std::optional<StoredFormat>& format, Model& model) {
  if (!format) return;
  const Patterns kept = reader.left_as_they_are();
  for (const WeightClass weights : kQuantised)
    if (!reader.named(kept, weights)) set(model, weights, *format);
}

void apply_groups(StorageReader& reader, FaultList& faults, Model& model) {
  const Patterns kept = reader.left_as_they_are();
  const auto groups = reader.groups(faults);
  for (const WeightClass weights : kQuantised) {
    if (reader.named(kept, weights)) continue;
    for (const auto& group : groups) {
      const bool all =
          std::find(group.targets.begin(), group.targets.end(), "Linear") != group.targets.end();
      if (!all && !reader.named(group.targets, weights)) continue;
      set(model, weights, group.format);
      break;
    }
  }
}

}  // namespace

StoredFormat read_dtype(ObjectReader& config, std::string_view key) {
  const std::string dtype = config.string_or(key, "bfloat16");
  if (dtype == "bfloat16" || dtype == "auto") return {"bf16", 16};
  if (dtype == "float16") return {"fp16", 16};
  if (dtype == "float32") return {"fp32", 32};
  config.fault(key, "is " + quote(dtype), "bfloat16, float16 or float32");
  return {};
}

void read_storage(ObjectReader& config, const StoredFormat& plain, FaultList& faults, Model& model,
                  std::vector<std::string>& notes) {
  model.stored.fill(plain);
  const Json* quantisation = config.object("quantization_config");
  if (!quantisation) return;
  ObjectReader reader(*quantisation, config.where() + ": quantization_config", faults);
  StorageReader storage(reader, model, notes);
  const std::string method = reader.string("quant_method");
  if (method.empty()) return;
  if (method == "fp8") {
    apply(storage, storage.fp8(), model);
  } else if (method == "mxfp4") {
    // Only the experts' matrices are ever packed this way.
    if (!storage.named(storage.left_as_they_are(), WeightClass::kExpert))
      set(model, WeightClass::kExpert, {"mxfp4", 4.25});
  } else if (method == "compressed-tensors" || reader.has("config_groups")) {
    apply_groups(storage, faults, model);
  } else if (method == "modelopt" || method == "modelopt_fp4") {
    apply(storage, storage.modelopt(), model);
  } else if (method == "awq" || method == "gptq") {
    apply(storage, storage.integers(), model);
  } else {
    reader.fault("quant_method", "is " + quote(method),
                 "fp8, mxfp4, compressed-tensors, modelopt, awq or gptq");
  }
}

}  // namespace switchyard::model
