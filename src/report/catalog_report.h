// The catalog for people and as JSON: every number with its range, mark and source.
#pragma once

#include <string>

#include "base/document.h"
#include "catalog/catalog.h"

namespace switchyard::report {

// All platforms, a line each, at most 100 columns.
std::string catalog_text(const catalog::Catalog& catalog);
// One platform with its chip and prices, a line and a source for every estimate.
std::string platform_text(const catalog::Catalog& catalog, const catalog::Platform& platform);

Json catalog_json(const catalog::Catalog& catalog);
Json platform_json(const catalog::Catalog& catalog, const catalog::Platform& platform);

}  // namespace switchyard::report
