#include "runtime/huggingface.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/document.h"
#include "base/text.h"
#include "runtime/safetensors.h"

namespace switchyard::runtime {

namespace {

constexpr double kSizeMax = 1 << 24;
constexpr double kContextMax = 1 << 24;

// What config.json says of the families that decoder programs exist for.
struct Family {
  std::string_view model_type;
  bool qkv_bias, qk_norm;
};
constexpr Family kFamilies[] = {{"llama", false, false},
                                {"mistral", false, false},
                                {"qwen2", true, false},
                                {"qwen3", false, true}};

void read_scaling(ObjectReader& config, CheckpointShape& shape) {
  const Json* member = config.object("rope_scaling");
  if (!member) return;
  ObjectReader scaling = config.inside("rope_scaling", *member);
  const std::string type = scaling.string_or("rope_type", scaling.string_or("type", "default"));
  if (type == "default") return;
  if (type != "llama3") {
    scaling.fault("rope_type", quote(type), "llama3 or default");
    return;
  }
  shape.rope_scaling = {
      .factor = scaling.number("factor", {1, 1e6}),
      .low_frequency = scaling.number("low_freq_factor", {1e-3, 1e6}),
      .high_frequency = scaling.number("high_freq_factor", {1e-3, 1e6}),
      .original_context = scaling.number("original_max_position_embeddings", {1, kContextMax})};
}

std::string tensor_name(Part part, std::int64_t layer) {
  const auto in_layer = [&](std::string_view name) {
    return fmt::format("model.layers.{}.{}", layer, name);
  };
  switch (part) {
    case Part::kEmbedding:
      return "model.embed_tokens.weight";
    case Part::kFinalNorm:
      return "model.norm.weight";
    case Part::kHead:
      return "lm_head.weight";
    case Part::kAttentionNorm:
      return in_layer("input_layernorm.weight");
    case Part::kMlpNorm:
      return in_layer("post_attention_layernorm.weight");
    case Part::kQuery:
      return in_layer("self_attn.q_proj.weight");
    case Part::kKey:
      return in_layer("self_attn.k_proj.weight");
    case Part::kValue:
      return in_layer("self_attn.v_proj.weight");
    case Part::kQueryBias:
      return in_layer("self_attn.q_proj.bias");
    case Part::kKeyBias:
      return in_layer("self_attn.k_proj.bias");
    case Part::kValueBias:
      return in_layer("self_attn.v_proj.bias");
    case Part::kQueryNorm:
      return in_layer("self_attn.q_norm.weight");
    case Part::kKeyNorm:
      return in_layer("self_attn.k_norm.weight");
    case Part::kOutput:
      return in_layer("self_attn.o_proj.weight");
    case Part::kGate:
      return in_layer("mlp.gate_proj.weight");
    case Part::kUp:
      return in_layer("mlp.up_proj.weight");
    case Part::kDown:
      return in_layer("mlp.down_proj.weight");
  }
  return "";
}

class HuggingFace : public Checkpoint {
 public:
  HuggingFace(const CheckpointShape& shape, std::filesystem::path directory,
              std::map<std::string, SafeTensor> tensors)
      : Checkpoint(shape), directory_(std::move(directory)), tensors_(std::move(tensors)) {}

  Result<std::vector<float>> read(Part part, std::int64_t layer) const override {
    if (part == Part::kHead && shape().tied_head) part = Part::kEmbedding;
    const std::string name = tensor_name(part, layer);
    const auto known = tensors_.find(name);
    if (known == tensors_.end()) {
      return fail({.where = directory_, .found = "no tensor " + quote(name)});
    }
    std::int64_t elements = 1;
    for (const std::int64_t dim : known->second.shape) elements *= dim;
    if (elements != part_elements(shape(), part)) {
      return fail({.where = known->second.file,
                   .found = fmt::format("{} values in {}", elements, quote(name)),
                   .wanted = fmt::format("{}, as config.json says", part_elements(shape(), part))});
    }
    return read_safetensor(name, known->second);
  }

 private:
  std::filesystem::path directory_;
  std::map<std::string, SafeTensor> tensors_;
};

}  // namespace

Result<CheckpointShape> read_huggingface_shape(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::path file =
      std::filesystem::is_directory(path, error) ? path / "config.json" : path;
  SWITCHYARD_TRY(json, read_document(file));
  FaultList faults;
  ObjectReader config(json, file, faults);
  const std::string type = config.string("model_type");
  const auto* family = std::find_if(std::begin(kFamilies), std::end(kFamilies),
                                    [&](const Family& f) { return f.model_type == type; });
  if (family == std::end(kFamilies)) {
    std::vector<std::string> names;
    for (const Family& f : kFamilies) names.emplace_back(f.model_type);
    return fail({.kind = ErrorKind::kUnknown,
                 .where = file.string() + ": model_type",
                 .found = quote(type),
                 .wanted = "a family that decoder programs are written for",
                 .hint = did_you_mean(type, names)});
  }
  const Range size{1, kSizeMax};
  CheckpointShape shape{.hidden = config.integer("hidden_size", size),
                        .width = config.integer("intermediate_size", size),
                        .layers = config.integer("num_hidden_layers", size),
                        .heads = config.integer("num_attention_heads", size)};
  shape.kv_heads = config.integer_or("num_key_value_heads", shape.heads, size);
  shape.head_dim =
      config.integer_or("head_dim", shape.heads > 0 ? shape.hidden / shape.heads : 0, size);
  shape.vocabulary = config.integer("vocab_size", size);
  shape.context_max = config.integer_or("max_position_embeddings", 4096, {1, kContextMax});
  shape.norm_epsilon = config.number_or("rms_norm_eps", 1e-6, {0, 1});
  shape.rope_theta = config.number_or("rope_theta", 10000, {1, 1e12});
  shape.tied_head = config.boolean_or("tie_word_embeddings", false);
  shape.qkv_bias = config.boolean_or("attention_bias", family->qkv_bias);
  shape.qk_norm = family->qk_norm;
  read_scaling(config, shape);
  if (config.boolean_or("use_sliding_window", type == "mistral") && config.has("sliding_window")) {
    shape.context_max =
        std::min(shape.context_max, config.integer("sliding_window", {1, kContextMax}));
  }
  SWITCHYARD_TRY_STATUS(faults.status());
  const bool even = shape.head_dim % 2 == 0 && shape.head_dim <= 128;
  if (shape.heads % shape.kv_heads != 0 || !even) {
    return fail({.where = file,
                 .found = fmt::format("{} heads of {}, {} KV heads", shape.heads, shape.head_dim,
                                      shape.kv_heads),
                 .wanted = "heads of an even width up to 128 that KV heads divide"});
  }
  return shape;
}

Result<std::unique_ptr<Checkpoint>> open_huggingface(const std::filesystem::path& directory) {
  SWITCHYARD_TRY(shape, read_huggingface_shape(directory));
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    return fail({.kind = ErrorKind::kIo,
                 .where = directory,
                 .found = "no .safetensors file",
                 .wanted = "the weights beside config.json",
                 .hint = "--random-weights runs a config without weights"});
  }
  std::map<std::string, SafeTensor> tensors;
  for (const auto& file : files) {
    SWITCHYARD_TRY(listed, list_safetensors(file));
    for (auto& [name, tensor] : listed) {
      if (!tensors.emplace(name, std::move(tensor)).second) {
        return fail({.where = file, .found = quote(name) + " a second time"});
      }
    }
  }
  return std::make_unique<HuggingFace>(shape, directory, std::move(tensors));
}

}  // namespace switchyard::runtime
