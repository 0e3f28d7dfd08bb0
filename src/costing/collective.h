// Time of a collective by latency and bandwidth over the tiers of a platform.
//
// A group of n ranks fills the inner tiers first. Reductions and gathers work tier by tier, so
// outer tiers carry only the share that inner ones could not; an all-to-all sends each byte over
// the tier it must cross. Per topology:
//   switch     every chip injects at the tier's bandwidth; one step of latency per phase
//   full mesh  a chip has one link to each peer, so a group of g uses g-1 of them
//   torus      a group of g uses log2(g) of the 2*dims link directions; an all-to-all pays the mean
//   hop count ring       as a torus of one dimension
// No flows are simulated, so no contention; expected error on real fabrics +-40 % for large
// messages. [assumption]
#pragma once

#include "catalog/sample.h"
#include "model/operators.h"

namespace switchyard::costing {

// Contract: kind is a collective; payload as in model::Operator: the whole tensor for all-reduce,
// all-gather and reduce-scatter; what one rank sends for all-to-all and send-receive.
Seconds collective_time(model::OperatorKind kind, Bytes payload, int ranks, int stride,
                        const std::vector<catalog::PlainTier>& tiers);

}  // namespace switchyard::costing
