#include "catalog/documents.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/files.h"
#include "base/text.h"

namespace switchyard::catalog {

namespace {

namespace fs = std::filesystem;

constexpr std::array kFolders = {"chips", "cores", "engines", "fabrics", "platforms", "prices"};
// Ours are some 3 KB. Json looks keys up one by one: the bound keeps hostile files fast.
constexpr std::uint64_t kFileBytesMax = 16 << 10;
// What may stand in a catalog directory; the rest is a misspelling that would go unnoticed.
const std::vector<std::string> kEntries = {
    "chips",  "cores", "fabrics", "platforms",    "prices",      "models",  "workloads",
    "claims", "fits",  "engines", "economy.toml", "engine.toml", "day.toml"};

class Reader {
 public:
  Reader(Json& tree, FileNames& files) : tree_(tree), files_(files) {}

  Status read(const fs::path& directory) {
    for (const fs::path& entry : list(directory)) check_entry(entry);
    for (const char* folder : kFolders) {
      if (std::error_code code; !fs::exists(directory / folder, code)) continue;
      for (const fs::path& file : list(directory / folder)) {
        if (file.extension() != ".toml") continue;
        add(file, std::string(folder) + "/" + file.stem().string());
      }
    }
    const fs::path economy = directory / "economy.toml";
    if (std::error_code code; fs::exists(economy, code)) {
      add(economy, "economy");
    }
    // Read by costing, but reason enough for a directory of one's own.
    if (std::error_code code; fs::is_directory(directory / "fits", code)) ++added_;
    if (faults_.empty() && added_ == 0) {
      faults_.add({.where = directory.string(),
                   .found = "holds no catalog file",
                   .wanted = "chips/ID.toml, cores/ID.toml, fabrics/ID.toml, platforms/ID.toml, "
                             "prices/ID.toml or "
                             "economy.toml",
                   .hint = "catalog/README.md has the layout"});
    }
    return faults_.status();
  }

 private:
  // Sorted: the order of a directory differs between machines.
  std::vector<fs::path> list(const fs::path& directory) {
    std::vector<fs::path> entries;
    std::error_code code;
    for (fs::directory_iterator it(directory, code), end; !code && it != end; it.increment(code)) {
      entries.push_back(it->path());
    }
    if (code) {
      faults_.add({.kind = ErrorKind::kIo,
                   .where = directory.string(),
                   .found = "cannot be listed: " + code.message(),
                   .wanted = "a directory"});
    }
    std::sort(entries.begin(), entries.end());
    return entries;
  }

  void check_entry(const fs::path& entry) {
    const std::string name = entry.filename().string();
    std::error_code code;
    const bool ours = fs::is_directory(entry, code) || entry.extension() == ".toml";
    const bool known = std::find(kEntries.begin(), kEntries.end(), name) != kEntries.end();
    if (!ours || known || name.starts_with('.')) return;
    faults_.add({.where = entry.string(),
                 .found = "is not part of a catalog",
                 .wanted = join(kEntries, ", "),
                 .hint = did_you_mean(name, kEntries)});
  }

  void add(const fs::path& file, const std::string& key) {
    const auto text = read_file(file, kFileBytesMax);
    if (!text) return faults_.add(text.error());
    const Status status = lay_over_text(*text, key, file.string(), tree_, files_);
    if (!status) return faults_.add(status.error());
    ++added_;
  }

  Json& tree_;
  FileNames& files_;
  FaultList faults_;
  int added_ = 0;
};

}  // namespace

void merge(Json& target, const Json& patch) {
  if (!target.is_object() || !patch.is_object()) {
    target = patch;
    return;
  }
  if (patch.contains("base") && target.contains("base")) {
    target.erase("low");
    target.erase("high");
    // The shipped source does not vouch for the new number.
    target["mark"] = "assumption";
    target["source"] = "set by the user, no source given";
  }
  for (const auto& [key, value] : patch.items()) merge(target[key], value);
}

Status lay_over_text(std::string_view text, const std::string& key, const std::string& where,
                     Json& tree, FileNames& files) {
  SWITCHYARD_TRY(json, parse_toml(text, where));
  Json* place = &tree;
  for (const std::string_view part : split(key, '/')) place = &(*place)[std::string(part)];
  merge(*place, json);
  files[key] = where;
  return {};
}

Status lay_over(const fs::path& directory, Json& tree, FileNames& files) {
  return Reader(tree, files).read(directory);
}

}  // namespace switchyard::catalog
