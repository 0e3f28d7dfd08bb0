// The files of a catalog directory, parsed and laid over each other, before they are read.
//
// All stand in one tree of the directory's shape: {"chips": {"trn3": {...}}, "cores": {...},
// "platforms": {...}, "prices": {...}, "economy": {...}}. models/, workloads/ and the like belong
// to other libraries.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/document.h"
#include "catalog/catalog.h"

namespace switchyard::catalog {

// "chips/trn3" to the file last read for it, for error texts.
using FileNames = std::map<std::string, std::string>;

// Merges every file of `directory` into `tree`. All unreadable files and misnamed folders are
// reported at once; `tree` must not be used then.
Status lay_over(const std::filesystem::path& directory, Json& tree, FileNames& files);

// The same for one file in memory: `key` is "chips/trn3" or "economy", `where` its name in error
// texts. Entry point of tests and of the fuzzer.
Status lay_over_text(std::string_view text, const std::string& key, const std::string& where,
                     Json& tree, FileNames& files);

// `patch` over `target`: tables merge key by key, arrays and plain values are replaced. An estimate
// given a new base loses its old range unless the patch has one: the user's number is certain. Its
// old mark and source go too; without new ones it is an assumption of the user.
void merge(Json& target, const Json& patch);

// The tree read into a Catalog; every fault is reported.
Result<Catalog> build(const Json& tree, const FileNames& files);

}  // namespace switchyard::catalog
