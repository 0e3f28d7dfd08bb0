// From estimates to plain numbers: one possible world.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/units.h"
#include "catalog/catalog.h"

namespace switchyard::catalog {

struct PlainFormat {
  FlopsPerSecond rate;  // of large dense products: efficiency applied
  JoulesPerFlop energy;
};

// A platform in one world. Efficiencies are already multiplied in.
struct PlatformNumbers {
  std::vector<PlainFormat> formats;  // parallel to Chip::formats
  FlopsPerSecond attention_rate;
  double grouped_compute = 1, grouped_memory = 1;  // of what dense products reach
  Bytes memory_capacity;
  BytesPerSecond memory_bandwidth;
  Seconds operator_overhead, step_overhead, sequence_overhead, request_overhead;
  double poll_steps = 0.5;  // steps until a new request is seen
  double wave_share = 0;    // of prompts that stop decodes
  double launch_share = 1;  // of kernels' launches that the engine does not hide
  double step_factor = 1, prefill_factor = 1;
  double model_error = 1;                  // factor on the time of a step
  double ttft_error = 1, power_error = 1;  // on what is predicted of them
  FabricNumbers fabric;
  Watts tdp, idle_power, active_power;
  JoulesPerByte memory_energy;
  Watts all_in_power;
  double host_power_fraction = 0;
  DollarsPerHour cloud_on_demand, cloud_committed, owner_hourly;
  Dollars owner_capex;
};

struct EconomyNumbers {
  double electricity_dollars_per_joule = 0, pue = 1, carbon_kg_per_joule = 0;
  double discount_rate = 0, it_life_years = 4, facility_life_years = 15;
  double facility_dollars_per_watt = 0, maintenance_fraction = 0;
  double utilisation = 1, availability = 1;
};

// Which world: the base values, or sample `index` of `count` under `seed`. The draw of each
// estimate depends on its id (or cause) and the world only, so platforms that share a chip share
// its draws, those of one vendor the luck of its software, and order does not matter.
struct World {
  bool base = true;
  std::uint64_t seed = 0;
  int index = 0;
  int count = 1;
};

// Chip power keeps its order: where the draws, made apart, break idle <= active <= TDP, active is
// lowered to 0.8 TDP and idle to active.
PlatformNumbers sample(const Chip& chip, const Platform& platform, const World& world);
EconomyNumbers sample(const Economy& economy, const World& world);

// Every uncertain estimate a platform's answers depend on (the economy's included), for driver
// analysis. Pointers into the arguments.
std::vector<const Estimate*> uncertain_estimates(const Chip& chip, const Platform& platform,
                                                 const Economy& economy);
// The quantile that `estimate` took in a (not base) world.
double quantile_in(const Estimate& estimate, const World& world);

}  // namespace switchyard::catalog
