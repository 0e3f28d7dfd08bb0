// The files of the catalog by kind; load.cc brings them together.
#pragma once

#include "catalog/catalog.h"
#include "catalog/table.h"

namespace switchyard::catalog {

// The file's `id` must be its name.
void check_id(Table& table, const std::string& id);

Chip read_chip(Table& table, const std::string& id);
// Without prices; whether the chip exists is for the caller to check.
Platform read_platform(Table& table, const std::string& id);
void read_prices(Table& table, Platform& platform);
Economy read_economy(Table& table);

}  // namespace switchyard::catalog
