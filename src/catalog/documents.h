// The catalog's files before they are read: JSON by folder and id, with the user's laid over.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "catalog/catalog.h"

namespace switchyard::catalog {

struct Document {
  Json json;
  std::string where;  // file name
};

struct Documents {
  std::map<std::string, Document> chips, platforms, prices;
  Document economy;
};

// All TOML files of a complete catalog directory.
Result<Documents> read_documents(const std::filesystem::path& directory);

// Merges a user's directory of the same layout into `documents`: new ids are added; in known ones
// tables merge key by key, arrays and plain values are replaced, and an estimate given a new base
// loses its old range unless given one.
Status lay_over(Documents& documents, const std::filesystem::path& overlay);

// `patch` over `target`, by the rules above.
void merge(Json& target, const Json& patch);

// Documents to Catalog; every fault is reported. Entry point of the fuzzer.
Result<Catalog> build(const Documents& documents);

}  // namespace switchyard::catalog
