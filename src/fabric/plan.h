// A schedule reduced to what its time depends on: the closed form of a collective.
//
//   time = launch + sum over steps of (cores' steps + s) + 2 sqrt(chunk x W)
//   s    = max over tiers and flows k on the tier's busiest link of
//          latency(k) + (bytes of flows no nearer than k) / (bandwidth x efficiency)
//   W    = sum over steps of (bytes on the busiest link) / (bandwidth x efficiency)
//
// s is the end of a link that is never idle while it has work: far flows start late, but near ones
// have filled the link meanwhile. Three flows are kept a link: nearest, farthest, and one between.
// The square root is what a pipeline of chunks loses when the number of
// chunks is chosen best: (chunks + depth) x (chunk + W / chunks) at its minimum [assumption; it
// carries NCCL's slow rise with size]. The loads and hops are counted from the schedule on the
// topology, so the form agrees with the simulation up to what max-min sharing of uneven flows costs
// (collective_test.cc holds it to that). Evaluation is some tens of multiplications in any world of
// the same shape.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "fabric/schedule.h"

namespace switchyard::fabric {

struct Plan {
  static constexpr int kTiersMax = 6;
  struct Term {
    double repeat = 1;
    double local_steps = 0;
    double hops[kTiersMax] = {};  // by tier, of the flow that passes most links
    // Bytes on the busiest link of the tier over the payload, in units of a chip's bandwidth there.
    double load[kTiersMax] = {};
    // On that link: the share of its bytes that comes from flows of at least these hops.
    struct Wait {
      double tail = 0;
      double hops[kTiersMax] = {};
    };
    static constexpr int kWaits = 3;
    Wait waits[kTiersMax][kWaits];
  };
  Way way;
  std::vector<Term> terms;
};

// Contract: no transfer is cut off.
Plan compile(const Topology& topology, const std::vector<Step>& steps, const RankSet& ranks,
             Way way);

struct PlanTime {
  Seconds latency;   // all but the transfer
  Seconds transfer;  // W
  Seconds total;
};
PlanTime closed_form(const Plan& plan, const catalog::FabricNumbers& world, Bytes payload);

// The 2 sqrt(chunk x W) of a transfer that takes W.
Seconds chunk_loss(Seconds chunk, Seconds transfer);

// All ways of a collective over a set of ranks on fabrics of one shape.
class Plans {
 public:
  Plans(const catalog::FabricNumbers& fabric, Collective collective, const RankSet& ranks);

  const std::vector<Plan>& plans() const { return plans_; }

  struct Choice {
    const Plan* plan = nullptr;
    PlanTime time;
  };
  // The cheapest of the ways meant for the size; of all, where none is.
  Choice choose(const catalog::FabricNumbers& world, Bytes payload) const;

 private:
  std::vector<Plan> plans_;
};

// Made once for each shape of fabric, collective and rank set; threads may ask at once.
const Plans& plans_of(const catalog::FabricNumbers& fabric, Collective collective,
                      const RankSet& ranks);

// Hash of what plans depend on: tiers' reach, form and oversubscription, but no rates.
std::uint64_t shape_of(const catalog::FabricNumbers& fabric);

}  // namespace switchyard::fabric
