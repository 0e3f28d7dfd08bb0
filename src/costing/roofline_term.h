// An operator with everything worked out that does not depend on the world; what the roofline makes
// of it, and how it counts towards a step. Shared by the cost models.
#pragma once

#include "costing/cost_model.h"

namespace switchyard::costing {

struct RooflineTerm {
  double count = 1;
  bool collective = false;
  bool fused = false;
  int format = 0;
  Flops flops;
  Bytes bytes;
  model::OperatorKind kind = model::OperatorKind::kMatmul;
  Bytes payload;
  int ranks = 1, stride = 1;
};

RooflineTerm to_term(const model::Operator& op, const Precision& precision);
OperatorCost term_cost(const RooflineTerm& term, const catalog::PlatformNumbers& world);
// Adds the term's executions at `one` each: seconds, what bounds them, energy.
void add_term(StepCost& step, const RooflineTerm& term, const OperatorCost& one,
              const catalog::PlatformNumbers& world);

}  // namespace switchyard::costing
