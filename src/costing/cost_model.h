// What an engine step costs on a platform, by the best evidence there is.
//
// A CostModel prepares a list of operators once (what does not depend on the world) and then costs
// it in many worlds. Its first implementation is the roofline; measured and simulated costs plug
// into the same interface.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/units.h"
#include "catalog/sample.h"
#include "costing/precision.h"
#include "model/operators.h"

namespace switchyard::costing {

enum class Evidence { kSimulated, kFitted, kRoofline };
std::string to_text(Evidence evidence);

enum class Bound { kCompute, kMemory, kLink, kOverhead };
std::string to_text(Bound bound);

struct OperatorCost {
  Seconds seconds;  // one execution
  Seconds launch;   // of `seconds`: starting the kernel and quantising its inputs
  Bound bound = Bound::kOverhead;
};

struct StepCost {
  Seconds seconds;  // of all operators, one turn of one stage; host overhead not included
  Joules dynamic;   // of one chip: bytes moved and products formed, above its active power
  Seconds launch;   // of `seconds`: starting kernels and quantising their inputs
  Seconds compute, memory, link, overhead;  // seconds by what bounds them; they sum to `seconds`
};

class PreparedStep {
 public:
  virtual ~PreparedStep() = default;
  virtual StepCost cost(const catalog::PlatformNumbers& world) const = 0;
};

class CostModel {
 public:
  virtual ~CostModel() = default;
  virtual Evidence evidence() const = 0;
  // For one chip: a model of measurements falls back where there are none.
  virtual Evidence evidence(const catalog::Chip&) const { return evidence(); }
  virtual std::unique_ptr<PreparedStep> prepare(const std::vector<model::Operator>& operators,
                                                const Precision& precision) const = 0;
  virtual OperatorCost cost(const model::Operator& op, const Precision& precision,
                            const catalog::PlatformNumbers& world) const = 0;
};

// Bytes an operator moves between memory and compute, each execution.
Bytes memory_traffic(const model::Operator& op, const Precision& precision);

}  // namespace switchyard::costing
