#include "serving/engines.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/document.h"
#include "base/text.h"

namespace switchyard::serving {

namespace {

constexpr Range kAny{0, 1e9};

// Reads settings that stand as { value = ..., source = "..." }.
class Settings {
 public:
  explicit Settings(ObjectReader& table) : table_(table) {}

  std::int64_t integer(const char* key, Range range) {
    return with(key, [&](ObjectReader& r) { return r.integer("value", range); });
  }
  double number(const char* key, Range range) {
    return with(key, [&](ObjectReader& r) { return r.number("value", range); });
  }
  bool boolean(const char* key) {
    return with(key, [&](ObjectReader& r) {
      if (!r.has("value")) r.fault("value", "is missing", "true or false");
      return r.boolean_or("value", false);
    });
  }
  template <class Enum, std::size_t kCount>
  Enum choice(const char* key, const std::array<std::pair<const char*, Enum>, kCount>& all) {
    return with(key, [&](ObjectReader& r) {
      const std::string text = r.string("value");
      std::vector<std::string> names;
      for (const auto& [name, value] : all) {
        if (text == name) return value;
        names.emplace_back(name);
      }
      r.fault("value", "is " + quote(text), "one of " + join(names, ", "),
              did_you_mean(text, names));
      return all[0].second;
    });
  }

 private:
  template <class Read>
  auto with(const char* key, const Read& read) -> decltype(read(std::declval<ObjectReader&>())) {
    const Json* member = table_.object(key);
    if (!member) return {};
    ObjectReader reader = table_.inside(key, *member);
    const auto value = read(reader);
    reader.string("source");
    reader.reject_unknown();
    return value;
  }

  ObjectReader& table_;
};

EngineOptions read_scheduler(Settings& s) {
  EngineOptions e;
  e.policy = s.choice<BatchPolicy, 3>("policy", {{{"mixed", BatchPolicy::kMixed},
                                                  {"prefill-first", BatchPolicy::kPrefillFirst},
                                                  {"decode-first", BatchPolicy::kDecodeFirst}}});
  e.step_tokens_max = s.integer("step_tokens_max", {1, 1e9});
  e.sequences_max = s.integer("sequences_max", {1, 1e6});
  e.chunked_prefill = s.boolean("chunked_prefill");
  e.prompt_chunk_max = s.integer("prompt_chunk_max", kAny);
  e.prefill_sequences_max = s.integer("prefill_sequences_max", kAny);
  e.block_tokens = static_cast<int>(s.integer("block_tokens", {1, 65536}));
  e.reserve_output = s.boolean("reserve_output");
  e.preemption = s.choice<Preemption, 2>(
      "preemption", {{{"recompute", Preemption::kRecompute}, {"swap", Preemption::kSwap}}});
  e.prefix_cache = s.boolean("prefix_cache");
  e.free_blocks_first = s.boolean("free_blocks_first");
  e.pad_tokens_min = s.integer("pad_tokens_min", kAny);
  e.memory_share = s.number("memory_share", {0.1, 1});
  return e;
}

}  // namespace

Result<EngineOptions> load_engine_options(const std::string& name, const std::string& directory) {
  const std::string path = directory + "/" + name + ".toml";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    std::vector<std::string> known;
    for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
      if (entry.path().extension() == ".toml") known.push_back(entry.path().stem().string());
    }
    std::sort(known.begin(), known.end());
    return fail({.kind = ErrorKind::kUnknown,
                 .where = "engine",
                 .found = quote(name),
                 .wanted = "one of " + join(known, ", "),
                 .hint = did_you_mean(name, known)});
  }
  SWITCHYARD_TRY(document, read_document(path));
  FaultList faults;
  ObjectReader file(document, path, faults);
  const Json* table = file.object("scheduler");
  if (!table) file.fault("scheduler", "is missing", "the scheduler's settings, as in vllm.toml");
  SWITCHYARD_TRY_STATUS(faults.status());
  ObjectReader reader = file.inside("scheduler", *table);
  Settings settings(reader);
  const EngineOptions engine = read_scheduler(settings);
  reader.reject_unknown();
  SWITCHYARD_TRY_STATUS(faults.status());
  return engine;
}

}  // namespace switchyard::serving
