// A case ready to be run in many worlds.
#pragma once

#include <functional>

#include "catalog/catalog.h"
#include "costing/cost_model.h"
#include "validation/case.h"

namespace switchyard::validation {

// What predictions are made with.
struct Predictor {
  const catalog::Catalog* catalog = nullptr;
  const costing::CostModel* costs = nullptr;
  serving::Engine engine;
  int samples = 128;   // worlds the 80 % intervals come from
  bool errors = true;  // the catalog's calibrated errors; false: all 1
};

// ttft, tpot, rate of the whole deployment and chip power in a world.
using RunCase = std::function<serving::SteadyState(const catalog::PlatformNumbers&)>;

// Batches, and the deployment of a benchmark, as `world` settles them. Empty: no deployment of ours
// meets the latency measured. `subject` and `with` must outlive what is returned.
RunCase prepare_case(const Case& subject, const Predictor& with,
                     const catalog::PlatformNumbers& world);

}  // namespace switchyard::validation
