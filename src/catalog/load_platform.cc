#include "base/text.h"
#include "catalog/readers.h"

namespace switchyard::catalog {

namespace {

constexpr Range kChips = {1, 1e6};

}  // namespace

void read_serving(Table& t, bool required, ServingNumbers& n) {
  const auto read = [&](const char* key, Estimate& into, auto how) {
    if (t.fields().has(key)) into = how(key);
  };
  const auto time = [&](const char* key) { return t.estimate(key, Dimension::kTime); };
  const auto factor = [&](const char* key) { return t.positive(key, Dimension::kFraction); };
  const auto count = [&](const char* key) { return t.estimate(key, Dimension::kCount); };
  if (required) {
    n.step_overhead = time("step_overhead");
    n.sequence_overhead = time("sequence_overhead");
    n.model_error = factor("model_error");
  } else {
    read("step_overhead", n.step_overhead, time);
    read("sequence_overhead", n.sequence_overhead, time);
    read("model_error", n.model_error, factor);
  }
  read("request_overhead", n.request_overhead, time);
  read("poll_steps", n.poll_steps, count);
  read("wave_share", n.wave_share, count);
  read("launch_share", n.launch_share, factor);
  read("step_factor", n.step_factor, factor);
  read("prefill_factor", n.prefill_factor, factor);
  read("ttft_error", n.ttft_error, factor);
  read("power_error", n.power_error, factor);
}

Platform read_platform(Table& table, const std::string& id, const FindServing& find_serving) {
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
    if (t.fields().has("engine")) platform.engine = t.fields().string("engine");
    const auto numbers = find_serving(platform.engine);
    if (!platform.engine.empty() && !numbers) {
      t.fields().fault("engine", "is " + quote(platform.engine), "an engine of engines/");
    }
    if (numbers) platform.serving = *numbers;
    read_serving(t, platform.engine.empty(), platform.serving);
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
