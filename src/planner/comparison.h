// Platforms side by side for one model and one traffic, with how sure we are.
//
// Each sample of the catalog is one possible world. In every world each platform is given its best
// deployment there, as an operator would tune it, and the quantiles are over worlds. `deployment`
// is the best one of the base world.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "costing/cost_model.h"
#include "economics/economics.h"
#include "model/model.h"
#include "serving/steady_state.h"
#include "workload/workload.h"

namespace switchyard::planner {

enum class Objective { kDollars, kMegawatt, kChip };
std::string to_text(Objective objective);
Result<Objective> parse_objective(const std::string& text);

struct Question {
  model::Model model;
  workload::Workload workload;  // with its SLO
  serving::Engine engine;
  serving::Speculation speculation;
  std::vector<std::string> platforms;  // ids; empty: all of the catalog
  Objective objective = Objective::kDollars;
  economics::CostView view = economics::CostView::kOwner;
  costing::PrecisionChoice precision = costing::PrecisionChoice::kAuto;
  double cache_bits = 16;
  double concurrency = 0;  // requests in flight in a replica, waiting ones included; 0: searched
  int chips_max = 0;       // of a replica; 0: the scale-up domain, at least 32
  int samples = 256;
  std::uint64_t seed = 1;
};

// Over the worlds in which the platform meets the SLO; base is the catalog's base world.
struct Spread {
  double p10 = 0, p50 = 0, p90 = 0, base = 0;
};

struct Deployment {
  model::Sharding sharding;
  int batch = 0;  // sequences decoding in one replica
  std::string precision;
};

// One point of throughput against interactivity.
struct FrontierPoint {
  Deployment deployment;
  Spread tokens_per_second_per_user;  // 1 / TPOT
  Spread output_tokens_per_second_per_chip;
  Spread output_tokens_per_second_per_megawatt;
  Spread dollars_per_million_output;
  double ttft_ms = 0;  // base world
  bool meets_slo = false;
};

struct MemoryUse {
  double weights_bytes = 0, cache_bytes = 0, activation_bytes = 0, reserved_bytes = 0,
         capacity_bytes = 0;
};

struct ViewCost {
  economics::CostView view;
  Spread dollars_per_million_output, dollars_per_million_input, dollars_per_chip_hour;
};

struct PlatformResult {
  std::string id, name;
  costing::Evidence evidence = costing::Evidence::kRoofline;
  bool feasible = false;  // in the base world
  std::string why_not;    // when not feasible: what stands in the way, and what would come nearest
  Deployment deployment;
  Spread ttft_ms, tpot_ms, output_tokens_per_second_per_chip;
  Spread output_tokens_per_second_per_megawatt, output_tokens_per_second_per_megawatt_drawn;
  Spread dollars_per_million_output, dollars_per_million_input, joules_per_output_token;
  Spread carbon_grams_per_million_output, chip_watts;
  std::vector<ViewCost> views;      // every cost view, at the same deployments
  economics::OwnerCost owner_cost;  // base world
  MemoryUse memory;                 // of one chip, base world
  costing::StepCost decode_step;    // base world: what bounds it
  double prefill_time_share = 0;
  Spread score;  // by the objective, lower is better: what ranks platforms and wins worlds
  double probability_feasible = 0;  // share of worlds in which some deployment meets the SLO
  double probability_cheapest = 0;  // share of worlds in which it wins by the objective
  std::vector<FrontierPoint> frontier;
};

// How much of the spread of the answer an uncertain number explains: squared rank correlation over
// the worlds.
struct Driver {
  std::string platform;  // whose answer
  std::string estimate;  // id in the catalog
  std::string mark;
  double share = 0;        // [0, 1]
  double correlation = 0;  // sign: does more of it raise the objective's cost
};

struct Comparison {
  Question question;
  std::vector<PlatformResult>
      results;                   // best first by the objective's P50; infeasible ones last, by id
  std::vector<Driver> drivers;   // strongest first, at most a handful a platform
  std::int64_t deployments = 0;  // evaluated in the base world
  double wall_seconds = 0;       // not part of any deterministic output
};

// `progress` is called from one thread at a time with the share done, [0, 1].
Result<Comparison> compare(const Question& question, const catalog::Catalog& catalog,
                           const costing::CostModel& costs,
                           const std::function<void(double)>& progress = {});

}  // namespace switchyard::planner
