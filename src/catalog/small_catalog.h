// A catalog of one platform for the tests and the fuzzer; its numbers are invented.
#pragma once

#include <string>

#include "base/check.h"
#include "catalog/documents.h"

namespace switchyard::catalog::small {

inline constexpr const char* kChip = R"(
id = "small"
name = "Small chip"
vendor = "Nobody"
note = "invented"
[peak]
bf16 = { base = 100, low = 80, high = 120, unit = "TFLOP/s", mark = "vendor", source = "s" }
fp8 = { base = 0.2, unit = "PFLOP/s", mark = "vendor", source = "s" }
[[formats]]
name = "bf16"
bits = 16
compute = "bf16"
[[formats]]
name = "mxfp4"
bits = 4.25
compute = "fp8"
[memory]
capacity = { base = 16, unit = "GiB", mark = "vendor", source = "s" }
bandwidth = { base = 2, low = 1.5, high = 2, unit = "TB/s", mark = "measured", source = "s" }
[power]
tdp = { base = 500, low = 300, high = 600, unit = "W", mark = "analyst", source = "s" }
idle = { base = 100, low = 0, high = 400, unit = "W", mark = "fitted", source = "s" }
active = { base = 300, low = 200, high = 550, unit = "W", mark = "inferred", source = "s" }
[energy]
memory = { base = 50, unit = "pJ/B", mark = "assumption", source = "s" }
bf16 = { base = 0.5, low = 0.4, high = 1, unit = "pJ/FLOP", mark = "assumption", source = "s" }
fp8 = { base = 0.3, unit = "pJ/FLOP", mark = "assumption", source = "s" }
[efficiency]
bf16 = { base = 0.8, low = 0.5, high = 1, unit = "fraction", mark = "fitted", source = "s" }
fp8 = { base = 0.5, unit = "fraction", mark = "fitted", source = "s" }
attention = { base = 0.4, unit = "fraction", mark = "fitted", source = "s" }
grouped_compute = { base = 0.6, unit = "fraction", mark = "fitted", source = "s" }
grouped_memory = { base = 0.7, unit = "fraction", mark = "fitted", source = "s" }
memory = { base = 0.9, low = 0.7, high = 0.95, unit = "fraction", mark = "fitted", source = "s" }
operator_overhead = { base = 3, low = 1, high = 10, unit = "us", mark = "fitted", source = "s" }
)";

inline constexpr const char* kPlatform = R"(
id = "small-8"
name = "Eight small chips"
chip = "small"
fabric = "small-net"
available = "2025-12"
aliases = ["Little"]
domain_chips = 8
host_chips = 4
[power]
all_in = { base = 1.2, low = 1, high = 1.5, unit = "kW", mark = "assumption", source = "s" }
host_fraction = { base = 0.3, unit = "fraction", mark = "assumption", source = "s" }
[serving]
step_overhead = { base = 2, low = 1, high = 4, unit = "ms", mark = "fitted", source = "s" }
model_error = { base = 1.1, unit = "fraction", mark = "fitted", source = "s" }
sequence_overhead = { base = 20, unit = "us", mark = "assumption", source = "s" }
)";

inline constexpr const char* kFabric = R"(
id = "small-net"
name = "A board of two by two, two boards"
ranks_per_chip = 2
local_latency = { base = 1, unit = "us", mark = "assumption", source = "s" }
[[tiers]]
name = "board"
chips = 4
topology = "torus"
sides = [2, 2]
bandwidth = { base = 400, unit = "GB/s", mark = "vendor", source = "s" }
latency = { base = 1, low = 0.5, high = 2, unit = "us", mark = "assumption", source = "s" }
oversubscription = { base = 1, unit = "count", mark = "assumption", source = "s" }
[[tiers]]
name = "rack"
chips = 8
topology = "full-mesh"
bandwidth = { base = 200, low = 100, high = 200, unit = "GB/s", mark = "vendor", source = "s" }
latency = { base = 2, unit = "us", mark = "assumption", source = "s" }
oversubscription = { base = 1, unit = "count", mark = "assumption", source = "s" }
[[tiers]]
name = "scale-out"
chips = 1000
topology = "switch"
bandwidth = { base = 200, unit = "Gb/s", mark = "vendor", source = "s" }
latency = { base = 15, unit = "us", mark = "vendor", source = "s" }
oversubscription = { base = 1, unit = "count", mark = "assumption", source = "s" }
[algorithms.direct]
launch = { base = 5, unit = "us", mark = "assumption", source = "s" }
efficiency = { base = 0.75, unit = "fraction", mark = "fitted", source = "s" }
chunk = { base = 1, unit = "us", mark = "assumption", source = "s" }
[algorithms.hierarchical]
launch = { base = 6, unit = "us", mark = "assumption", source = "s" }
chunk = { base = 1, unit = "us", mark = "assumption", source = "s" }
[algorithms.hierarchical.efficiency]
base = 0.75
low = 0.5
high = 0.9
unit = "fraction"
mark = "fitted"
source = "s"
)";

inline constexpr const char* kPrices = R"(
id = "small-8"
cloud_on_demand = { base = 4, low = 3, high = 5, unit = "$/h", mark = "vendor", source = "s" }
cloud_committed = { base = 2, low = 1, high = 3, unit = "$/h", mark = "vendor", source = "s" }
owner_capex = { base = 20000, unit = "$", mark = "analyst", source = "s" }
owner_hourly = { base = 1.5, low = 1, high = 2, unit = "$/h", mark = "analyst", source = "s" }
)";

inline constexpr const char* kEconomy = R"(
electricity = { base = 72, low = 36, high = 108, unit = "$/MWh", mark = "analyst", source = "s" }
pue = { base = 1.2, low = 1.1, high = 1.4, unit = "fraction", mark = "analyst", source = "s" }
carbon_intensity = { base = 0.36, unit = "kg/kWh", mark = "analyst", source = "s" }
discount_rate = { base = 0.1, low = 0, unit = "fraction", mark = "analyst", source = "s" }
it_life = { base = 4, low = 3, high = 6, unit = "years", mark = "analyst", source = "s" }
facility_life = { base = 15, unit = "years", mark = "analyst", source = "s" }
facility_capex = { base = 11000, unit = "$/kW", mark = "analyst", source = "s" }
maintenance_fraction = { base = 0.04, unit = "fraction", mark = "analyst", source = "s" }
utilisation = { base = 0.6, unit = "fraction", mark = "analyst", source = "s" }
availability = { base = 0.97, unit = "fraction", mark = "analyst", source = "s" }
)";

struct File {
  const char* key;
  const char* text;
};
inline constexpr File kFiles[] = {{"chips/small", kChip},
                                  {"fabrics/small-net", kFabric},
                                  {"platforms/small-8", kPlatform},
                                  {"prices/small-8", kPrices},
                                  {"economy", kEconomy}};

// Lays all files but the one of key `without` into an empty tree.
inline void lay(Json& tree, FileNames& files, std::string_view without = "") {
  for (const File& file : kFiles) {
    if (file.key == without) continue;
    const Status status =
        lay_over_text(file.text, file.key, std::string(file.key) + ".toml", tree, files);
    SWITCHYARD_CHECK(status.has_value(), "{}", file.key);
  }
}

}  // namespace switchyard::catalog::small
