// A day of a large fleet: tens of thousands of replicas under a load that follows the hours.
//
// Such a fleet is run as cells of some replicas behind a router of their own, and the load is
// spread evenly over cells: of millions of requests a second, a cell's share over a minute varies
// by less than the cell's own Poisson noise. So the fleet is a fluid between cells and simulated in
// full within them: a sample of cells lives through the whole day, request by request, each with
// its own seed, and counts for all. What that leaves out is a router that moves requests across
// cells; `aggregation_error` measures it where the whole fleet can be simulated as well.
//
// The spread between the sampled cells gives the standard error of the means.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "planner/simulation.h"

namespace switchyard::planner {

// Hours of a day, relative to the busiest: catalog/day.toml.
Result<std::vector<double>> load_day(const std::string& path);

struct FleetDayOptions {
  std::int64_t replicas = 0;
  int cell_replicas = 8;
  int cells = 8;                  // sampled
  double peak_rate = 0;           // requests a second of the whole fleet in the busiest hour
  std::vector<double> day;        // relative load of each hour
  workload::TrafficPlan traffic;  // synthetic, open; its rate and count are not looked at
  double hours = 24;              // of the day from midnight; fewer for tests
};

struct FleetHour {
  double requests_per_second = 0, output_tokens_per_second = 0;  // of the fleet
  double ttft_p50_ms = 0, ttft_p99_ms = 0, tpot_p50_ms = 0, tpot_p99_ms = 0;
  double attainment = 0;  // of the SLO, among requests that ended in the hour
  double busy_share = 0;
  double megawatts = 0;  // drawn at the utility
};

struct Estimated {
  double value = 0, standard_error = 0;  // between cells
};

struct FleetDay {
  std::int64_t replicas = 0, cells = 0;  // of the fleet; sampled
  double chips = 0;
  std::vector<FleetHour> hours;
  Histogram ttft_s, tpot_s, e2e_s;  // of the sample
  std::int64_t simulated_requests = 0;
  Estimated requests, output_tokens, attainment, megawatt_hours;  // of the fleet's day
  double provisioned_megawatts = 0;
  ServiceBill bill;    // of the sample: rates hold for the fleet, sums do not
  double dollars = 0;  // of the fleet's day
  double wall_seconds = 0;
};

// `progress` is called from one thread at a time with the share done.
Result<FleetDay> fleet_day(const Question& question, const SimulatedService& service,
                           const FleetDayOptions& options,
                           const std::function<void(double)>& progress = {});

// Sampled cells against the same fleet as one cell, routed as a whole, both at the busiest hour:
// how far the sample is off, relative.
struct AggregationError {
  std::int64_t replicas = 0;
  double seconds = 0;  // simulated
  double ttft_mean = 0, ttft_p99 = 0, tpot_mean = 0, tpot_p99 = 0, e2e_mean = 0;
  double output_tokens = 0, joules = 0;
};
Result<AggregationError> aggregation_error(const Question& question,
                                           const SimulatedService& service,
                                           const FleetDayOptions& options, int replicas,
                                           double seconds);

}  // namespace switchyard::planner
