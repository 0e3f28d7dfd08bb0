// The search on one platform: every deployment in every world.
#pragma once

#include <functional>
#include <vector>

#include "planner/comparison.h"

namespace switchyard::planner {

// A deployment with what it delivers in one world.
struct Outcome {
  serving::SteadyState state;
  economics::PowerUse power;
  economics::UnitCosts costs;  // in the question's view
  economics::EnergyUse energy;
  double score = 0;  // by the objective, lower is better
  bool meets_slo = false;
};

struct Candidate {
  Deployment deployment;
  costing::Precision precision;
  model::MemoryFootprint memory;
  serving::PreparedService service;
  Outcome base;
};

// Worlds of one platform, the base world first.
struct Worlds {
  std::vector<catalog::PlatformNumbers> platforms;
  std::vector<catalog::EconomyNumbers> economies;
};
Worlds make_worlds(const catalog::Chip& chip, const catalog::Platform& platform,
                   const catalog::Economy& economy, int samples, std::uint64_t seed);

Outcome evaluate(const Candidate& candidate, const Question& question,
                 const catalog::PlatformNumbers& platform, const catalog::EconomyNumbers& economy);

struct SearchResult {
  std::vector<Candidate> candidates;  // that fit in memory; outcomes in the base world
  std::vector<int> best;          // by world: index into candidates, -1 where none meets the SLO
  std::vector<Outcome> outcomes;  // by world, of the best
  std::string why_not;            // when nothing fits or nothing meets the SLO in the base world
};

// Candidates so far from the SLO or so dear in the base world that no sampled world could make them
// best are not tried in the sampled worlds; `exhaustive` tries all, for tests.
SearchResult search(const Question& question, const catalog::Catalog& catalog,
                    const catalog::Platform& platform, const costing::CostModel& costs,
                    const Worlds& worlds, bool exhaustive = false);

}  // namespace switchyard::planner
