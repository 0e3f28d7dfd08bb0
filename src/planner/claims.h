// The Trainium3 announcement, figure by figure: claimed, computed, verdict.
//
// Static figures come from the catalog. The serving claims come from running gpt-oss-120b on both
// UltraServers at equal latency a user, each with its best deployment in every world; the ratio is
// taken world by world. Verdicts:
//   reproduced     the base value is within 2 % of the claim
//   within range   the claim lies between the 10th and 90th percentile of what we compute, or the
//   base within 5 % contradicted   it does not not testable   the claim names no metric or no power
//   we could hold it against
// Nothing is tuned to a claim: computed values use the same catalog as `compare`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "planner/comparison.h"

namespace switchyard::planner {

struct Claim {
  std::string id, claim;
  double claimed = 0;
  Spread computed;
  std::string unit;  // of both
  std::string verdict;
  std::string why;
};

// `question` holds model, workload and engine to test the serving claims with.
Result<std::vector<Claim>> check_claims(const Question& question, const catalog::Catalog& catalog,
                                        const costing::CostModel& costs,
                                        const std::string& claims_file);

}  // namespace switchyard::planner
