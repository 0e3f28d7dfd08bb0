// The models of the catalog, and finding the one a user means.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "model/architecture.h"
#include "model/import.h"

namespace switchyard::model {

namespace {

constexpr double kCountMax = 1e15;

Published read_published(const Json* value, const std::string& where, FaultList& faults) {
  Published out;
  if (!value) return out;
  ObjectReader reader(*value, where + ": published", faults);
  out.total = reader.number_or("total", 0, {1, kCountMax});
  out.active = reader.number_or("active", 0, {1, kCountMax});
  out.active_rounding = reader.number_or("active_rounding", 0, {0, kCountMax});
  out.source = reader.string("source");
  reader.reject_unknown();
  return out;
}

void read_known_model(const std::filesystem::path& path, FaultList& faults,
                      std::vector<KnownModel>& out) {
  const std::string where = path.string();
  auto document = read_document(where);
  if (!document) return faults.add(std::move(document).error());
  ObjectReader reader(*document, where, faults);
  const std::string id = reader.string("id");
  if (!id.empty() && id != path.stem().string())
    reader.fault("id", "is " + quote(id), "the file's name, " + quote(path.stem().string()));
  KnownModel known;
  const std::string name = reader.string("name");
  known.aliases = reader.strings_or_empty("aliases");
  known.published = read_published(reader.object("published"), where, faults);
  const Json* config = reader.object("config");
  if (!reader.has("config")) reader.fault("config", "is missing", "a table of HuggingFace keys");
  reader.reject_unknown();
  if (!config) return;
  auto model = import_with(*config, where + ": config", id, true);
  if (!model) return faults.add(std::move(model).error());
  known.model = *std::move(model);
  known.model.name = name;
  out.push_back(std::move(known));
}

// Every name a model goes by, in lower case, to its place in the list.
using Names = std::map<std::string, std::size_t, std::less<>>;

Names names_of(const std::vector<KnownModel>& known, FaultList& faults) {
  Names names;
  for (std::size_t i = 0; i < known.size(); ++i) {
    std::vector<std::string> own = known[i].aliases;
    own.push_back(known[i].model.id);
    for (const std::string& name : own) {
      const auto [at, fresh] = names.emplace(to_lower(name), i);
      if (fresh || at->second == i) continue;
      faults.add({.where = known[i].model.id + ": aliases",
                  .found = quote(name) + " also names " + known[at->second].model.id,
                  .wanted = "a name of one model only"});
    }
  }
  return names;
}

Result<Model> import_file(const std::filesystem::path& path) {
  SWITCHYARD_TRY(config, read_document(path.string()));
  const bool generic = path.filename() == "config.json" && path.has_parent_path();
  const auto named =
      generic ? std::filesystem::absolute(path).parent_path().filename() : path.stem();
  return import_config(config, path.string(), named.string());
}

}  // namespace

Result<std::vector<KnownModel>> load_known_models(const std::filesystem::path& models_directory) {
  std::error_code code;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator it(models_directory, code), end; !code && it != end;
       it.increment(code))
    if (it->path().extension() == ".toml") files.push_back(it->path());
  if (code)
    return fail({.kind = ErrorKind::kIo,
                 .where = models_directory.string(),
                 .found = "cannot be read: " + code.message(),
                 .wanted = "the directory of known models"});
  std::sort(files.begin(), files.end());
  FaultList faults;
  std::vector<KnownModel> out;
  for (const auto& path : files) read_known_model(path, faults, out);
  names_of(out, faults);
  if (!faults.empty()) return fail(faults.error());
  std::sort(out.begin(), out.end(),
            [](const KnownModel& a, const KnownModel& b) { return a.model.id < b.model.id; });
  return out;
}

Result<Model> find_model(const std::string& name_or_path,
                         const std::filesystem::path& models_directory) {
  SWITCHYARD_TRY(known, load_known_models(models_directory));
  FaultList none;
  const Names names = names_of(known, none);
  if (const auto at = names.find(to_lower(name_or_path)); at != names.end())
    return known[at->second].model;

  std::error_code code;
  const std::filesystem::path path(name_or_path);
  if (std::filesystem::is_directory(path, code)) return import_file(path / "config.json");
  if (std::filesystem::exists(path, code)) return import_file(path);
  const bool looks_like_path = name_or_path.ends_with(".json") || name_or_path.starts_with(".") ||
                               name_or_path.starts_with("/");
  std::vector<std::string> candidates;
  for (const KnownModel& model : known) candidates.push_back(model.model.id);
  if (!looks_like_path && name_or_path.find('/') != std::string::npos)
    for (const auto& [name, at] : names) candidates.push_back(name);
  return fail({.kind = looks_like_path ? ErrorKind::kIo : ErrorKind::kUnknown,
               .where = "model",
               .found = looks_like_path ? "there is no file " + quote(name_or_path)
                                        : quote(name_or_path) + " is not known",
               .wanted = "a known model, a config.json or a directory that holds one",
               .hint = looks_like_path ? "" : did_you_mean(name_or_path, candidates)});
}

}  // namespace switchyard::model
