// The time of a collective, simulated flow by flow.
#pragma once

#include <cstdint>
#include <vector>

#include "fabric/flows.h"
#include "fabric/plan.h"

namespace switchyard::fabric {

struct Timing {
  Seconds seconds;
  double bytes_moved = 0;  // over all first links of all transfers
  std::int64_t flows = 0;
};

// Runs the schedule of `way`: each step's flows share the links fairly, its slowest ends it, equal
// steps are simulated once. Efficiency, launch and chunk loss are those of the way's algorithm.
// `topology` may have failed links; a rank cut off is an Error.
Result<Timing> simulate(const Topology& topology, Collective collective, Way way,
                        const RankSet& ranks, Bytes payload, const FlowOptions& options = {});

// An all-to-all whose pairs exchange payload / ranks times a factor drawn evenly from
// [1 - spread, 1 + spread]; the closed form's bound for the same bytes comes with it.
struct UnequalTiming {
  Timing simulated;
  Seconds closed_form;
};
Result<UnequalTiming> simulate_unequal(const Topology& topology, const RankSet& ranks,
                                       Bytes payload, double spread, std::uint64_t seed,
                                       const FlowOptions& options = {});

// Bytes a rank's links must at least carry a second to match `seconds`, by the convention of
// nccl-tests: all-reduce 2 (n - 1) / n, gathers, scatters and exchanges (n - 1) / n, else 1.
double bus_bytes_per_second(Collective collective, int ranks, Bytes payload, Seconds seconds);

}  // namespace switchyard::fabric
