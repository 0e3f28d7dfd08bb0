// Costs by fits of measured kernels, where the chip has them; else by the roofline.
//
// An operator's time is that of its measured kernel at its shape, as inside a captured graph. Chips
// without measurements take the fits of the chip they are like (catalog/fits/chips.toml) at their
// own nominal rates, those of the catalog. What is never measured alone (norms, rotation,
// sampling), collectives (they are the fabric's) and chips like none stay with the roofline.
// Choices:
//   Experts: one fused layer stands for both products, routed as the operator list assumes.
//   fp8 experts use block-scaled kernels: per-tensor ones of Hopper run at a seventh of them.
//   Formats never measured use the next: dense mxfp4, and fp8 of a TPU, as bf16 products of narrow
//   weights.
//   Energy is that of the roofline: bytes and products times the catalog's figures.
#pragma once

#include <map>

#include "costing/cost_model.h"
#include "costing/fits.h"

namespace switchyard::costing {

// Measured over predicted that hold 80 % of measurements of this kind and size.
struct CostInterval {
  double low = 1, high = 1;
};

class ChipKernels;  // the fits that answer for one chip, by what is asked

class FittedCosts : public CostModel {
 public:
  // For the catalog's chips; a precision of another chip gets the roofline.
  FittedCosts(FitSet fits, const catalog::Catalog& catalog);
  ~FittedCosts() override;

  Evidence evidence() const override { return Evidence::kFitted; }
  Evidence evidence(const catalog::Chip& chip) const override;
  // The step refers to this cost model.
  std::unique_ptr<PreparedStep> prepare(const std::vector<model::Operator>& operators,
                                        const Precision& precision) const override;
  OperatorCost cost(const model::Operator& op, const Precision& precision,
                    const catalog::PlatformNumbers& world) const override;

  // "fitted", "fitted on b200", "roofline".
  std::string source(const model::Operator& op, const Precision& precision) const;
  // {1, 1} where the roofline answers: its range is the catalog's.
  CostInterval interval(const model::Operator& op, const Precision& precision) const;

 private:
  const ChipKernels& kernels(const Precision& precision) const;

  FitSet fits_;
  std::map<std::string, std::unique_ptr<ChipKernels>> chips_;
};

}  // namespace switchyard::costing
