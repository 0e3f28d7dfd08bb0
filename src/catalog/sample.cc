#include "catalog/sample.h"

#include <algorithm>

#include "base/check.h"
#include "base/random.h"

namespace switchyard::catalog {

namespace {

class Draw {
 public:
  explicit Draw(const World& world) : world_(world) {}
  double operator()(const Estimate& e) const {
    return world_.base || e.certain() ? e.si() : e.at(quantile_in(e, world_));
  }

 private:
  const World& world_;
};

}  // namespace

double quantile_in(const Estimate& estimate, const World& world) {
  const std::string& name = estimate.cause.empty() ? estimate.id : estimate.cause;
  return stratified_uniform(world.seed, name, world.index, world.count);
}

PlatformNumbers sample(const Chip& chip, const Platform& platform, const World& world) {
  const Draw draw(world);
  PlatformNumbers n;
  for (const Format& format : chip.formats) {
    n.formats.push_back({.rate = FlopsPerSecond(draw(chip.peak.at(format.compute)) *
                                                draw(chip.compute_efficiency.at(format.compute))),
                         .energy = JoulesPerFlop(draw(chip.compute_energy.at(format.compute)))});
  }
  n.attention_rate = FlopsPerSecond(draw(chip.peak.at("bf16")) * draw(chip.attention_efficiency));
  n.grouped_compute = draw(chip.grouped_compute);
  n.grouped_memory = draw(chip.grouped_memory);
  n.memory_capacity = Bytes(draw(chip.memory_capacity));
  n.memory_bandwidth = BytesPerSecond(draw(chip.memory_bandwidth) * draw(chip.memory_efficiency));
  n.operator_overhead = Seconds(draw(chip.operator_overhead));
  n.step_overhead = Seconds(draw(platform.serving.step_overhead));
  n.sequence_overhead = Seconds(draw(platform.serving.sequence_overhead));
  const ServingNumbers& serving = platform.serving;
  n.request_overhead = Seconds(draw(serving.request_overhead));
  n.poll_steps = draw(serving.poll_steps);
  n.wave_share = draw(serving.wave_share);
  n.launch_share = draw(serving.launch_share);
  n.step_factor = draw(serving.step_factor);
  n.prefill_factor = draw(serving.prefill_factor);
  n.model_error = draw(serving.model_error);
  n.ttft_error = draw(serving.ttft_error);
  n.power_error = draw(serving.power_error);
  n.fabric = sample(platform.fabric, world);
  // Drawn apart, idle <= active <= TDP may fail by chance: the inner ones give way. A fifth of
  // the limit is always left for work.
  n.tdp = Watts(draw(chip.tdp));
  n.active_power = std::min(Watts(draw(chip.active_power)), n.tdp * 0.8);
  n.idle_power = std::min(Watts(draw(chip.idle_power)), n.active_power);
  n.memory_energy = JoulesPerByte(draw(chip.memory_energy));
  n.all_in_power = Watts(draw(platform.all_in_power));
  n.host_power_fraction = draw(platform.host_power_fraction);
  n.cloud_on_demand = DollarsPerHour(draw(platform.cloud_on_demand));
  n.cloud_committed = DollarsPerHour(draw(platform.cloud_committed));
  n.owner_hourly = DollarsPerHour(draw(platform.owner_hourly));
  n.owner_capex = Dollars(draw(platform.owner_capex));
  return n;
}

EconomyNumbers sample(const Economy& e, const World& world) {
  const Draw draw(world);
  return {.electricity_dollars_per_joule = draw(e.electricity),
          .pue = draw(e.pue),
          .carbon_kg_per_joule = draw(e.carbon_intensity),
          .discount_rate = draw(e.discount_rate),
          .it_life_years = draw(e.it_life),
          .facility_life_years = draw(e.facility_life),
          .facility_dollars_per_watt = draw(e.facility_capex),
          .maintenance_fraction = draw(e.maintenance_fraction),
          .utilisation = draw(e.utilisation),
          .availability = draw(e.availability)};
}

std::vector<const Estimate*> uncertain_estimates(const Chip& c, const Platform& p,
                                                 const Economy& e) {
  std::vector<const Estimate*> all = {&c.memory_capacity,
                                      &c.memory_bandwidth,
                                      &c.tdp,
                                      &c.idle_power,
                                      &c.active_power,
                                      &c.memory_energy,
                                      &c.attention_efficiency,
                                      &c.grouped_compute,
                                      &c.grouped_memory,
                                      &c.memory_efficiency,
                                      &c.operator_overhead,
                                      &p.all_in_power,
                                      &p.host_power_fraction,
                                      &p.serving.step_overhead,
                                      &p.serving.sequence_overhead,
                                      &p.serving.request_overhead,
                                      &p.serving.poll_steps,
                                      &p.serving.wave_share,
                                      &p.serving.launch_share,
                                      &p.serving.step_factor,
                                      &p.serving.prefill_factor,
                                      &p.serving.model_error,
                                      &p.serving.ttft_error,
                                      &p.serving.power_error,
                                      &p.cloud_on_demand,
                                      &p.cloud_committed,
                                      &p.owner_capex,
                                      &p.owner_hourly,
                                      &e.electricity,
                                      &e.pue,
                                      &e.carbon_intensity,
                                      &e.discount_rate,
                                      &e.it_life,
                                      &e.facility_life,
                                      &e.facility_capex,
                                      &e.maintenance_fraction,
                                      &e.utilisation,
                                      &e.availability};
  for (const auto& [type, peak] : c.peak) all.push_back(&peak);
  for (const auto& [type, energy] : c.compute_energy) all.push_back(&energy);
  for (const auto& [type, share] : c.compute_efficiency) all.push_back(&share);
  for (const auto& [name, estimate] : estimates_of(p.fabric)) all.push_back(estimate);
  std::erase_if(all, [](const Estimate* estimate) { return estimate->certain(); });
  return all;
}

}  // namespace switchyard::catalog
