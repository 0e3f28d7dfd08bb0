// One deployment of one platform as a service that can be simulated, and the bill of a simulation.
//
// All in the base world of the catalog: a simulation answers for the numbers as they stand; ranges
// are the business of comparison.h.
#pragma once

#include <memory>
#include <string>

#include "planner/search.h"
#include "serving/simulate.h"

namespace switchyard::planner {

// What the user fixed of a deployment; 0 and empty: any.
struct DeploymentWish {
  int tp = 0, pp = 0, dp = 0, cp = 0, ep = 0;
  bool any() const { return tp == 0 && pp == 0 && dp == 0 && cp == 0 && ep == 0; }
};

struct ServiceDeployment {
  const catalog::Platform* platform = nullptr;
  catalog::PlatformNumbers numbers;
  catalog::EconomyNumbers economy;  // utilisation 1: idle time is in the simulation
  Deployment deployment;            // batch: the one of the steady state
  costing::Precision precision;
  serving::SteadyState steady;  // of one replica at that batch
  bool meets_slo = false;       // at steady state
  costing::Evidence evidence = costing::Evidence::kRoofline;
  std::string why;  // how it was chosen, for people
};

// The best deployment of a platform by the question's objective among those that meet the wish, as
// the steady state ranks them; where none meets the SLO, the one that comes nearest. The question's
// platforms are not looked at.
Result<ServiceDeployment> choose_deployment(const Question& question,
                                            const catalog::Catalog& catalog,
                                            const std::string& platform,
                                            const costing::CostModel& costs,
                                            const DeploymentWish& wish);

// The first `count` candidates by the objective at steady state, best first: those that meet the
// SLO within a factor `slack` on each target, one for each sharding and precision.
std::vector<ServiceDeployment> leading_deployments(const Question& question,
                                                   const catalog::Catalog& catalog,
                                                   const catalog::Platform& platform,
                                                   const costing::CostModel& costs, double slack,
                                                   std::size_t count);

// Requests a second that one replica serves at steady state.
double steady_rate(const ServiceDeployment& service, const workload::Workload& workload);

// KV cache room of one replica. A token's bytes are those at the mean context of the workload:
// layers with a window keep less of longer ones. [assumption: blocks are all alike]
struct CacheRoom {
  std::int64_t blocks_per_rank = 0;
  double bytes_per_token = 0;  // over all chips that hold a sequence
};
CacheRoom cache_room(const Question& question, const ServiceDeployment& service, int block_tokens,
                     double memory_share);

// Options whose ranks and KV cache are those of the deployment; the engine's are taken as given.
serving::ServiceOptions service_options(const Question& question, const ServiceDeployment& service,
                                        const serving::EngineOptions& engine, int replicas);

// The tier over which a replica hands KV caches to another: the innermost that reaches both.
serving::TransferLink handover_link(const ServiceDeployment& service);

// What a simulation drew and cost.
struct ServiceBill {
  double chip_hours = 0;
  double chip_watts_mean = 0;
  double joules_per_output_token = 0;  // at the utility: chips, host and PUE, idle time included
  double dollars = 0;                  // of all chip-hours in the view
  double dollars_per_million_output_tokens = 0;  // split between input and output as in compare
  double dollars_per_million_input_tokens = 0;
  double dollars_per_million_tokens = 0;
  double dollars_per_request = 0;
  // A request's own bill: the energy of its share of the steps it was in, as a share of all.
  double dollars_per_chip_joule = 0, utility_joules_per_chip_joule = 0;
};
ServiceBill bill(const ServiceDeployment& service, economics::CostView view,
                 const serving::SimulationResult& result);

}  // namespace switchyard::planner
