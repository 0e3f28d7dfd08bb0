// Which deployments a platform is searched over.
#pragma once

#include <vector>

#include "catalog/catalog.h"
#include "model/operators.h"

namespace switchyard::planner {

// Shardings of up to `chips_max` chips that the model allows, in a fixed order. Tensor parallelism
// stays within the scale-up domain and is a power of two; data-parallel attention groups only where
// experts are spread over them. Context parallelism only where it can pay: mean contexts of
// `context` tokens that are long, and a cache that tensor parallelism no longer cuts.
std::vector<model::Sharding> shardings(const model::Model& model, const catalog::Platform& platform,
                                       int chips_max, double context);

// Batches from 1 to `batch_max` in steps of about a factor sqrt(2).
std::vector<int> batches(int batch_max);

}  // namespace switchyard::planner
