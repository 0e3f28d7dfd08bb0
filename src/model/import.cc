#include "model/import.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "model/architecture.h"
#include "model/import_storage.h"
#include "model/parameters.h"

namespace switchyard::model {

std::int64_t ConfigReader::core(std::string_view key, std::int64_t fallback, double max) {
  return nested ? size(key, fallback, max) : fields.integer(key, {1, max});
}

std::int64_t ConfigReader::size(std::string_view key, std::int64_t fallback, double max) {
  return fields.integer_or(key, fallback, {1, max});
}

std::int64_t ConfigReader::optional_size(std::string_view key, std::int64_t fallback, double max) {
  return fields.integer_or(key, is_null(key) ? 0 : fallback, {0, max});
}

bool ConfigReader::is_null(std::string_view key) const {
  if (!raw.is_object()) return false;
  const auto found = raw.find(std::string(key));
  return found != raw.end() && found->is_null();
}

std::string_view ConfigReader::spelling(std::initializer_list<std::string_view> keys) const {
  for (const std::string_view key : keys)
    if (fields.has(key)) return key;
  return *keys.begin();
}

void read_experts(ConfigReader& config, std::string_view experts_key, std::int64_t experts,
                  std::string_view per_token_key, std::int64_t per_token, FeedForward& out) {
  out.experts = config.size(experts_key, experts, kExpertsMax);
  out.experts_per_token = config.size(per_token_key, per_token, kExpertsMax);
  if (out.experts_per_token <= out.experts) return;
  config.fields.fault(per_token_key, fmt::format("is {}", out.experts_per_token),
                      fmt::format("at most the {} experts of {}", out.experts, experts_key));
}

void read_dense_prefix(ConfigReader& config, std::int64_t dense_layers, Architecture& out) {
  const auto first =
      config.fields.integer_or("first_k_dense_replace", dense_layers, {0, kLayersMax});
  const auto step = config.size("moe_layer_freq", 1, kLayersMax);
  for (int i = 0; i < out.layers; ++i) out.moe[i] = i >= first && i % step == 0;
}

namespace {

// The part of a config that describes the language model.
struct TextPart {
  const Json* text = nullptr;
  std::string where;
  const Family* family = nullptr;
  bool nested = false;
};

// What multimodal classes take their text_config for when it does not say.
std::string text_type_of(std::string_view wrapper) {
  if (wrapper == "gemma3") return "gemma3_text";
  if (wrapper == "mistral3") return "mistral";
  if (wrapper == "kimi_k25") return "kimi_k2";
  return {};
}

Error unsupported(const std::string& where, const std::string& type, const std::string& text_type) {
  const auto families = supported_families();
  std::string found = "is " + quote(type);
  if (!text_type.empty()) found += " with text part " + quote(text_type);
  return {.kind = ErrorKind::kUnknown,
          .where = where + ": model_type",
          .found = found,
          .wanted = "a supported family: " + join(families, ", "),
          .hint = "other families would need their own cost model"};
}

Result<TextPart> find_text_part(const Json& config, const std::string& where) {
  FaultList faults;
  ObjectReader outer(config, where, faults);
  const std::string type = outer.string("model_type");
  if (!faults.empty()) return fail(faults.error());
  if (const Family* family = find_family(type)) return TextPart{&config, where, family, false};

  const std::string fallback = text_type_of(type);
  const Json* text = outer.object("text_config");
  if (!text && !fallback.empty() && faults.empty())
    outer.fault("text_config", "is missing", "the language model's own config");
  if (!faults.empty()) return fail(faults.error());
  if (!text) return fail(unsupported(where, type, ""));
  const std::string text_where = where + ": text_config";
  ObjectReader inner(*text, text_where, faults);
  const std::string text_type = inner.string_or("model_type", fallback);
  if (!faults.empty()) return fail(faults.error());
  const Family* family = find_family(text_type);
  if (!family) return fail(unsupported(where, type, text_type));
  return TextPart{text, text_where, family, true};
}

// A multimodal config may keep this key inside text_config or beside it.
ObjectReader& holder(std::string_view key, ObjectReader& text, ObjectReader& outer) {
  return text.has(key) ? text : outer;
}

void note_left_out(ObjectReader& text, ObjectReader& outer, std::vector<std::string>& notes) {
  if (outer.has("vision_config") || outer.has("vision_tower"))
    notes.push_back("the vision tower is left out");
  if (outer.has("audio_config")) notes.push_back("the audio tower is left out");
  const auto drafted = text.integer_or("num_nextn_predict_layers", 0, {0, kLayersMax});
  const bool used = text.boolean_or("use_mtp", false);
  const auto modules = text.integer_or("num_mtp_modules", 0, {0, kLayersMax});
  if (drafted > 0 || (used && modules > 0))
    notes.push_back("multi-token-prediction layers are left out");
}

// Layers that cost alike, together, in order of first appearance.
std::vector<LayerKind> merge_layers(const Architecture& architecture) {
  std::vector<LayerKind> kinds;
  for (int i = 0; i < architecture.layers; ++i) {
    LayerKind kind{
        .count = 1,
        .attention = architecture.attention,
        .feed_forward = architecture.moe[i] ? architecture.moe_mlp : architecture.dense_mlp,
        .norms = architecture.norms};
    if (architecture.sliding[i]) kind.attention.window = architecture.window;
    const auto alike = std::find_if(kinds.begin(), kinds.end(), [&](const LayerKind& other) {
      return other.attention == kind.attention && other.feed_forward == kind.feed_forward;
    });
    alike == kinds.end() ? kinds.push_back(kind) : void(++alike->count);
  }
  return kinds;
}

}  // namespace

Result<Model> import_with(const Json& config, const std::string& where, const std::string& id,
                          bool refuse_unknown_keys) {
  SWITCHYARD_TRY(part, find_text_part(config, where));
  FaultList faults;
  ObjectReader text(*part.text, part.where, faults);
  ObjectReader outer(config, where, faults);
  const ClassDefaults& defaults = part.family->defaults;
  ConfigReader reader{text, *part.text, defaults, part.nested};

  Model model{.id = id, .name = id, .family = std::string(defaults.model_type)};
  model.hidden = reader.core("hidden_size", defaults.hidden, kHiddenMax);
  model.vocabulary = reader.core("vocab_size", defaults.vocabulary, kVocabularyMax);
  model.context_max = reader.size("max_position_embeddings", defaults.context_max, kContextMax);
  model.tied_embeddings = holder("tie_word_embeddings", text, outer)
                              .boolean_or("tie_word_embeddings", defaults.tied_embeddings);
  Architecture architecture;
  architecture.hidden = model.hidden;
  architecture.layers =
      static_cast<int>(reader.core("num_hidden_layers", defaults.layers, kLayersMax));
  architecture.attention.heads =
      static_cast<int>(reader.core("num_attention_heads", defaults.heads, kHeadsMax));
  architecture.sliding.assign(architecture.layers, false);
  architecture.moe.assign(architecture.layers, false);
  part.family->read(reader, architecture);
  note_left_out(text, outer, architecture.notes);
  model.layers = merge_layers(architecture);

  const std::string dtype_key = text.has("dtype") || outer.has("dtype") ? "dtype" : "torch_dtype";
  const StoredFormat plain = read_dtype(holder(dtype_key, text, outer), dtype_key);
  read_storage(holder("quantization_config", text, outer), plain, faults, model,
               architecture.notes);
  model.note = join(architecture.notes, "; ");
  if (refuse_unknown_keys) {
    text.find("model_type");
    text.reject_unknown();
  }
  if (!faults.empty()) return fail(faults.error());
  if (const double count = approximate_parameters(model); !(count <= kParametersMax))
    return fail({.where = part.where,
                 .found = fmt::format("describes {:.3g} parameters", count),
                 .wanted = fmt::format("at most {:.3g}", kParametersMax)});
  return model;
}

Result<Model> import_config(const Json& config, const std::string& where, const std::string& id) {
  return import_with(config, where, id, false);
}

}  // namespace switchyard::model
