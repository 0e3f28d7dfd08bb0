// How much of a platform a traffic needs: by simulation, after the steady state has pruned.
//
// A service holds the SLO when at least `attainment` of all requests meet both targets, each on its
// own; requests that are shed or fail do not. The finalists of a platform are the best few
// deployments at steady state, whose targets are taken a little wider, since means there stand for
// quantiles here.
//
//   largest_rate  the highest rate of the traffic that a small fleet holds, by bisection: what a
//   chip
//                 is worth on this traffic, whatever its own rate. Ranks platforms.
//   size_fleet    the fewest replicas that hold the traffic at its own rate, aggregated or with
//                 prefill and decode on replicas of their own, whose ratio starts at the steady
//                 state's share of prefill and is tried on both sides.
//
// More replicas or a lower rate are taken to serve no worse; simulated attainment is not exactly
// monotone, so an answer is one that was simulated and held, next to one that was and did not.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "planner/simulation.h"

namespace switchyard::planner {

struct SizingOptions {
  workload::TrafficPlan traffic;  // an open loop
  serving::EngineOptions engine;
  std::string engine_name;
  double attainment = 0.9;
  int finalists = 3;
  int fleet_replicas = 4;    // of largest_rate
  int replicas_max = 20000;  // of size_fleet
  bool disaggregate = true;  // size_fleet tries it, too
};

// A service that held the SLO when it was simulated.
struct SizedService {
  ServiceRun run;
  double rate = 0;  // requests a second of the traffic
  int replicas = 0, prefill_replicas = 0;
  double chips = 0;
  double dollars_per_hour = 0;       // of the whole fleet in the question's view
  double provisioned_megawatts = 0;  // at the utility
  double score = 0;                  // by the objective, lower is better
};

struct Sizing {
  std::string platform;
  std::vector<SizedService> held;  // best first, at most one a deployment and kind
  std::string why_not;             // when none held
  int simulations = 0;
};

// `progress` is told of every simulation; it may be called from any thread, one at a time.
Result<Sizing> largest_rate(const Question& question, const SizingOptions& options,
                            const catalog::Catalog& catalog, const std::string& platform,
                            const costing::CostModel& costs,
                            const std::function<void()>& progress = {});
Result<Sizing> size_fleet(const Question& question, const SizingOptions& options,
                          const catalog::Catalog& catalog, const std::string& platform,
                          const costing::CostModel& costs,
                          const std::function<void()>& progress = {});

}  // namespace switchyard::planner
