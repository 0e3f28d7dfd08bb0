// Roofline costs: an operator takes as long as its slower of products and bytes, plus a fixed
// start.
//
// Products run at peak times the efficiency of their element type, bytes at bandwidth times the
// memory efficiency; attention and experts have their own, all from the catalog with ranges.
// Products and bytes overlap perfectly inside an operator, operators do not overlap each other,
// collectives are not hidden. Elementwise operators fuse with a neighbour: bytes, but no start of
// their own. Tile and wave quantisation are not modelled. [assumption; the ranges stand for it]
#pragma once

#include "costing/cost_model.h"

namespace switchyard::costing {

class RooflineCosts : public CostModel {
 public:
  Evidence evidence() const override { return Evidence::kRoofline; }
  std::unique_ptr<PreparedStep> prepare(const std::vector<model::Operator>& operators,
                                        const Precision& precision) const override;
  OperatorCost cost(const model::Operator& op, const Precision& precision,
                    const catalog::PlatformNumbers& world) const override;
};

}  // namespace switchyard::costing
