#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "catalog/readers.h"

namespace switchyard::catalog {

namespace {

constexpr Range kChips = {1, 1e6};

void read_topology(ObjectReader& fields, Tier& tier) {
  const std::string text = fields.string("topology");
  std::vector<std::string> names;
  bool known = false;
  for (const Topology topology :
       {Topology::kSwitch, Topology::kFullMesh, Topology::kTorus, Topology::kRing}) {
    names.push_back(to_text(topology));
    if (text != names.back()) continue;
    tier.topology = topology;
    known = true;
  }
  if (!known && fields.has("topology")) {
    fields.fault("topology", "is " + quote(text), join(names, ", "), did_you_mean(text, names));
  }
  if (tier.topology == Topology::kTorus) {
    tier.dimensions = static_cast<int>(fields.integer("dimensions", {2, 3}));
  } else if (known && fields.has("dimensions")) {
    fields.find("dimensions");
    fields.fault("dimensions", "stands with topology " + quote(text), "only with torus");
  }
}

Tier read_tier(const ObjectReader& parent, const Json& item, const std::string& path) {
  ObjectReader fields = parent.inside("tiers", item);
  Tier tier{.name = fields.string("name")};
  check_text(fields, "name", tier.name);
  tier.chips = static_cast<int>(fields.integer("chips", kChips));
  read_topology(fields, tier);
  Table table(std::move(fields), path + "/tiers/" + tier.name);
  tier.bandwidth = table.positive("bandwidth", Dimension::kByteRate);
  tier.latency = table.estimate("latency", Dimension::kTime);
  table.fields().reject_unknown();
  return tier;
}

void check_tiers(ObjectReader& fields, const Platform& platform) {
  const std::vector<Tier>& tiers = platform.tiers;
  for (std::size_t i = 1; i < tiers.size(); ++i) {
    if (tiers[i].chips <= tiers[i - 1].chips) {
      fields.fault("tiers", fmt::format("reach {} after {}", tiers[i].chips, tiers[i - 1].chips),
                   "each tier to reach more chips than the one before");
    }
    // The name is part of the path of the tier's estimates.
    const bool twice = std::any_of(tiers.begin(), tiers.begin() + static_cast<std::ptrdiff_t>(i),
                                   [&](const Tier& t) { return t.name == tiers[i].name; });
    if (twice) fields.fault("tiers", quote(tiers[i].name) + " stands twice", "a name for each");
  }
  // Also finds a forgotten scale-out tier.
  const Tier& scale_up = tiers[tiers.size() - 2];
  if (platform.domain_chips > scale_up.chips) {
    fields.fault("domain_chips", fmt::format("is {}", platform.domain_chips),
                 fmt::format("at most {}, the reach of the last tier before scale-out, {}",
                             scale_up.chips, quote(scale_up.name)));
  }
}

void read_tiers(Table& table, Platform& platform) {
  ObjectReader& fields = table.fields();
  const Json* list = fields.array("tiers");
  if (!list || list->size() < 2) {
    if (list || !fields.has("tiers")) {
      fields.fault("tiers", list ? "has fewer than two entries" : "is missing",
                   "the scale-up tiers, then the scale-out tier");
    }
    return;
  }
  for (const Json& item : *list) {
    platform.tiers.push_back(read_tier(fields, item, table.path()));
  }
  check_tiers(fields, platform);
}

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
  read_tiers(table, platform);
  table.section("power", [&](Table& t) {
    platform.all_in_power = t.positive("all_in", Dimension::kPower);
    platform.host_power_fraction = t.estimate("host_fraction", Dimension::kFraction);
  });
  table.section("serving", [&](Table& t) {
    platform.link_efficiency = t.share("link_efficiency");
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
