// The files of the catalog by kind; load.cc brings them together.
#pragma once

#include <functional>
#include <optional>

#include "catalog/catalog.h"
#include "catalog/table.h"

namespace switchyard::catalog {

// The file's `id` must be its name.
void check_id(Table& table, const std::string& id);

Chip read_chip(Table& table, const std::string& id);
// Without prices; whether the chip exists is for the caller to check. `find_serving` gives the
// numbers of an engine on a platform, or nothing if there is no such engine.
using FindServing = std::function<std::optional<ServingNumbers>(const std::string& engine)>;
Platform read_platform(Table& table, const std::string& id, const FindServing& find_serving);
// The keys of `numbers` that stand in the table; `required`: those without a usual value must.
void read_serving(Table& table, bool required, ServingNumbers& numbers);
void read_prices(Table& table, Platform& platform);
Economy read_economy(Table& table);

}  // namespace switchyard::catalog
