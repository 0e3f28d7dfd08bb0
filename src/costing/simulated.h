// Costs by simulation: an operator of a chip made of NeuronCores takes as long as its kernel's
// program on the busiest core.
//
// How a chip shares an operator over its cores [choices]:
//   Products: output features over the cores; with fewer than kFeaturesMin a core, rows.
//   Attention: KV heads of sequences over the cores; a core has at least one.
//   Experts: each expert's width over the cores, one expert after another.
//   The cores' parts meet in HBM: that traffic is in the operator's activation bytes already.
// Collectives, and what has no kernel yet (latent attention, MX formats, elementwise operators
// other than norms), are the fallback's, so that a step mixes evidence; `share` says how much.
// Ranges of a core's numbers are not sampled: the platform's model_error stands for them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "costing/core_times.h"
#include "costing/cost_model.h"

namespace switchyard::costing {

class SimulatedCosts : public CostModel {
 public:
  // `catalog` must outlive this. Times are remembered in `cache`; empty: not.
  SimulatedCosts(const catalog::Catalog& catalog, std::unique_ptr<CostModel> fallback,
                 const std::filesystem::path& cache);

  Evidence evidence() const override { return Evidence::kSimulated; }
  Evidence evidence(const catalog::Chip& chip) const override;
  std::unique_ptr<PreparedStep> prepare(const std::vector<model::Operator>& operators,
                                        const Precision& precision) const override;
  OperatorCost cost(const model::Operator& op, const Precision& precision,
                    const catalog::PlatformNumbers& world) const override;

  // Whether `op` has a kernel on this chip.
  bool simulates(const model::Operator& op, const Precision& precision) const;

 private:
  CoreTimes& times(const catalog::Chip& chip) const;
  Seconds simulated(const model::Operator& op, const Precision& precision) const;

  const catalog::Catalog& catalog_;
  std::unique_ptr<CostModel> fallback_;
  mutable TimeStore store_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::unique_ptr<CoreTimes>> cores_;
};

}  // namespace switchyard::costing
