// What the model says of a measured row's own deployment.
#pragma once

#include "catalog/catalog.h"
#include "costing/cost_model.h"
#include "planner/search.h"
#include "validation/case.h"

namespace switchyard::validation {

struct Prediction {
  double base = 0, p10 = 0, p90 = 0;
};

struct Point {
  const Case* subject = nullptr;
  Prediction tpot_s, ttft_s, output_tokens_per_second, chip_watts;
};

// What predictions are made with.
struct Predictor {
  const catalog::Catalog* catalog = nullptr;
  const costing::CostModel* costs = nullptr;
  serving::Engine engine;
  int samples = 128;  // worlds the 80 % intervals come from
};

// False: the deployment has no steady state (a case the reader could not exclude), `why_not` says.
bool predict(const Case& subject, const Predictor& with, Point& out, std::string& why_not);

}  // namespace switchyard::validation
