// The text of a row's parallelism column as shardings.
#pragma once

#include <string>

#include "model/model.h"
#include "model/operators.h"

namespace switchyard::validation {

struct Parallelism {
  model::Sharding sharding, prefill;
  int replicas = 1;         // of `sharding`; in disaggregated rows the decode workers
  int prefill_workers = 0;  // 0: not disaggregated
};

// "TP4 PP1 DP1 moeTP1 EP4", "TP8+EP8", "TP1 EP8 DP8", "DP4" (replicas), "P 1x(TP1 DP4 EP4) + D
// 4x(TP8 DP1 EP8)". `chips` (0: not stated) settles what the text leaves open. Fills `fault` if the
// text contradicts itself or the chips, or the model cannot be cut so.
Parallelism read_parallelism(const std::string& text, int chips, const model::Model& model,
                             std::string& fault);

}  // namespace switchyard::validation
