// Time of a collective operator on a platform: the closed form of fabric/, the algorithm chosen as
// the fabric's software does.
#pragma once

#include "catalog/sample.h"
#include "model/operators.h"

namespace switchyard::costing {

// Contract: kind is a collective; payload as in model::Operator: the whole tensor for all-reduce,
// all-gather and reduce-scatter; what one rank sends for all-to-all and send-receive.
Seconds collective_time(model::OperatorKind kind, Bytes payload, int ranks, int stride,
                        const catalog::FabricNumbers& fabric);

}  // namespace switchyard::costing
