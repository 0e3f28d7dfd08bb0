// Costs by fits of measured kernels, where the chip has them; else by the roofline.
//
// An operator's time is that of its measured kernel at its shape, as inside a captured graph. Chips
// without measurements take the fits of the chip they are like at their own nominal rates
// (catalog/fits/chips.toml). What is never measured alone (norms, rotation, sampling), collectives
// beyond the scale-up domain and chips like none stay with the roofline. Choices:
//   Experts: one fused layer stands for both products, routed as the operator list assumes.
//   fp8 experts use block-scaled kernels: per-tensor ones of Hopper run at a seventh of them.
//   Formats never measured use the next: dense mxfp4 as bf16 products of narrow weights.
//   All-reduce takes the faster of NCCL and vLLM's own (up to 8 ranks and 8 MiB, as vLLM does).
//   Energy is that of the roofline: bytes and products times the catalog's figures.
#pragma once

#include "costing/cost_model.h"
#include "costing/fits.h"

namespace switchyard::costing {

// Measured over predicted that hold 80 % of measurements of this kind and size.
struct CostInterval {
  double low = 1, high = 1;
};

class FittedCosts : public CostModel {
 public:
  // `fits` must outlive this and the steps it prepares.
  explicit FittedCosts(const FitSet& fits) : fits_(fits) {}

  Evidence evidence() const override { return Evidence::kFitted; }
  Evidence evidence(const catalog::Chip& chip) const override;
  std::unique_ptr<PreparedStep> prepare(const std::vector<model::Operator>& operators,
                                        const Precision& precision) const override;
  OperatorCost cost(const model::Operator& op, const Precision& precision,
                    const catalog::PlatformNumbers& world) const override;

  // "fitted", "fitted on b200", "roofline".
  std::string source(const model::Operator& op, const Precision& precision) const;
  // {1, 1} where the roofline answers: its range is the catalog's.
  CostInterval interval(const model::Operator& op, const Precision& precision) const;

 private:
  const FitSet& fits_;
};

}  // namespace switchyard::costing
