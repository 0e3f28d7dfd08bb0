#include "catalog/documents.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace switchyard::catalog {

namespace {

namespace fs = std::filesystem;

Result<std::vector<fs::path>> toml_files(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code code;
  for (fs::directory_iterator it(directory, code), end; !code && it != end; it.increment(code)) {
    if (it->path().extension() == ".toml") files.push_back(it->path());
  }
  if (code) {
    return fail({.kind = ErrorKind::kIo,
                 .where = directory.string(),
                 .found = "cannot be listed: " + code.message(),
                 .wanted = "a directory of .toml files"});
  }
  std::sort(files.begin(), files.end());
  return files;
}

Status add_folder(const fs::path& directory, std::map<std::string, Document>& into) {
  std::error_code code;
  if (!fs::exists(directory, code)) return {};
  SWITCHYARD_TRY(files, toml_files(directory));
  for (const fs::path& file : files) {
    SWITCHYARD_TRY(json, read_document(file.string()));
    const auto [place, added] = into.try_emplace(file.stem().string());
    if (added) {
      place->second = {std::move(json), file.string()};
    } else {
      merge(place->second.json, json);
      place->second.where = file.string();
    }
  }
  return {};
}

Status add_all(const fs::path& directory, Documents& documents) {
  std::error_code code;
  if (!fs::is_directory(directory, code)) {
    return fail({.kind = ErrorKind::kIo,
                 .where = directory.string(),
                 .found = "is not a directory",
                 .wanted = "a catalog directory (chips/, platforms/, prices/, economy.toml)"});
  }
  SWITCHYARD_TRY_STATUS(add_folder(directory / "chips", documents.chips));
  SWITCHYARD_TRY_STATUS(add_folder(directory / "platforms", documents.platforms));
  SWITCHYARD_TRY_STATUS(add_folder(directory / "prices", documents.prices));
  const fs::path economy = directory / "economy.toml";
  if (!fs::exists(economy, code)) return {};
  SWITCHYARD_TRY(json, read_document(economy.string()));
  merge(documents.economy.json, json);
  documents.economy.where = economy.string();
  return {};
}

}  // namespace

void merge(Json& target, const Json& patch) {
  if (!target.is_object() || !patch.is_object()) {
    target = patch;
    return;
  }
  if (patch.contains("base") && target.contains("base")) {
    target.erase("low");
    target.erase("high");
  }
  for (const auto& [key, value] : patch.items()) merge(target[key], value);
}

Result<Documents> read_documents(const fs::path& directory) {
  Documents documents;
  documents.economy = {Json::object(), (directory / "economy.toml").string()};
  SWITCHYARD_TRY_STATUS(add_all(directory, documents));
  return documents;
}

Status lay_over(Documents& documents, const fs::path& overlay) {
  const auto count = [&] {
    return documents.chips.size() + documents.platforms.size() + documents.prices.size();
  };
  const std::size_t before = count();
  const Document economy = documents.economy;
  SWITCHYARD_TRY_STATUS(add_all(overlay, documents));
  bool any = count() != before || documents.economy.where != economy.where;
  const auto touched = [&](const auto& folder) {
    return std::any_of(folder.begin(), folder.end(), [&](const auto& entry) {
      return entry.second.where.starts_with(overlay.string());
    });
  };
  any =
      any || touched(documents.chips) || touched(documents.platforms) || touched(documents.prices);
  if (any) return {};
  return fail({.where = overlay.string(),
               .found = "holds no catalog file",
               .wanted = "chips/ID.toml, platforms/ID.toml, prices/ID.toml or economy.toml",
               .hint = "catalog/README.md has the layout"});
}

}  // namespace switchyard::catalog
