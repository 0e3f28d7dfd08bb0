#include "catalog/readers.h"

namespace switchyard::catalog {

namespace {

constexpr Range kChips = {1, 1e6};

}  // namespace

Platform read_platform(Table& table, const std::string& id) {
  Platform platform{.id = id};
  ObjectReader& fields = table.fields();
  check_id(table, id);
  platform.name = table.text("name");
  platform.chip = fields.string("chip");
  platform.available = table.text_or_empty("available");
  platform.aliases = fields.strings_or_empty("aliases");
  platform.domain_chips = static_cast<int>(fields.integer("domain_chips", kChips));
  platform.host_chips = static_cast<int>(fields.integer("host_chips", kChips));
  platform.fabric.id = fields.string("fabric");
  table.section("power", [&](Table& t) {
    platform.all_in_power = t.positive("all_in", Dimension::kPower);
    platform.host_power_fraction = t.estimate("host_fraction", Dimension::kFraction);
  });
  table.section("serving", [&](Table& t) {
    platform.step_overhead = t.estimate("step_overhead", Dimension::kTime);
    platform.sequence_overhead = t.estimate("sequence_overhead", Dimension::kTime);
    platform.model_error = t.positive("model_error", Dimension::kFraction);
  });
  fields.reject_unknown();
  return platform;
}

void read_prices(Table& table, Platform& platform) {
  check_id(table, platform.id);
  platform.cloud_on_demand = table.estimate("cloud_on_demand", Dimension::kDollarsPerHour);
  platform.cloud_committed = table.estimate("cloud_committed", Dimension::kDollarsPerHour);
  platform.owner_capex = table.estimate("owner_capex", Dimension::kDollars);
  platform.owner_hourly = table.estimate("owner_hourly", Dimension::kDollarsPerHour);
  table.fields().reject_unknown();
}

}  // namespace switchyard::catalog
