#include "serving/engines.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/document.h"
#include "base/text.h"

namespace switchyard::serving {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> presets_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code code;
  for (fs::directory_iterator entry(directory, code), end; !code && entry != end;
       entry.increment(code)) {
    if (entry->path().extension() == ".toml") names.push_back(entry->path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// The place of the text under `key` among `names`, or `fallback` where it is absent.
int choice(ObjectReader& reader, const char* key, int fallback,
           const std::vector<std::string>& names) {
  const std::string text = reader.string_or(key, names[static_cast<std::size_t>(fallback)]);
  const auto at = std::find(names.begin(), names.end(), text);
  if (at == names.end()) {
    reader.fault(key, "is " + quote(text), join(names, ", "), did_you_mean(text, names));
    return fallback;
  }
  return static_cast<int>(at - names.begin());
}

EngineOptions read_scheduler(const Json& table, const std::string& where, FaultList& faults) {
  ObjectReader reader(table, where, faults);
  const Range tokens = {16, 1e6};
  const Range counts = {1, 1e6};
  EngineOptions o;
  reader.string("source");
  o.policy = static_cast<BatchPolicy>(choice(reader, "policy", static_cast<int>(o.policy),
                                             {"mixed", "prefill-first", "decode-first"}));
  o.preemption = static_cast<Preemption>(
      choice(reader, "preemption", static_cast<int>(o.preemption), {"recompute", "swap"}));
  o.step_tokens_max = reader.integer_or("step_tokens_max", o.step_tokens_max, tokens);
  o.sequences_max = reader.integer_or("sequences_max", o.sequences_max, counts);
  o.chunked_prefill = reader.boolean_or("chunked_prefill", o.chunked_prefill);
  o.prompt_chunk_max = reader.integer_or("prompt_chunk_max", o.prompt_chunk_max, {0, 1e6});
  o.prefill_sequences_max =
      reader.integer_or("prefill_sequences_max", o.prefill_sequences_max, {0, 1e6});
  o.block_tokens = static_cast<int>(reader.integer_or("block_tokens", o.block_tokens, {1, 4096}));
  o.reserve_output = reader.boolean_or("reserve_output", o.reserve_output);
  o.prefix_cache = reader.boolean_or("prefix_cache", o.prefix_cache);
  o.memory_share = reader.number_or("memory_share", o.memory_share, {0.1, 1});
  o.free_blocks_first = reader.boolean_or("free_blocks_first", o.free_blocks_first);
  reader.reject_unknown();
  return o;
}

}  // namespace

Result<EngineOptions> load_engine_options(const std::string& name, const fs::path& directory) {
  const std::vector<std::string> known = presets_in(directory);
  // Only names that were listed become paths: "../x" is an unknown name.
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    return fail({.kind = ErrorKind::kUnknown,
                 .where = directory.string(),
                 .found = "has no engine " + quote(name),
                 .wanted = known.empty() ? "a directory of engines" : join(known, ", "),
                 .hint = did_you_mean(name, known)});
  }
  const std::string path = (directory / (name + ".toml")).string();
  SWITCHYARD_TRY(document, read_document(path));
  FaultList faults;
  ObjectReader reader(document, path, faults);
  EngineOptions options;
  if (const Json* table = reader.object("scheduler")) {
    options = read_scheduler(*table, path + ": scheduler", faults);
  }
  SWITCHYARD_TRY_STATUS(faults.status());
  return options;
}

}  // namespace switchyard::serving
