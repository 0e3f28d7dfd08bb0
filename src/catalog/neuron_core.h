// A NeuronCore generation: its limits, clocks, widths, latencies and cost coefficients as
// estimates.
//
// Every number stands under "section/key", as in "dma/packet". One table (neuron_core.cc) lists the
// keys that a file of cores/ must have, with their dimensions; what they mean in the machine is for
// neuroncore/core.h.
#pragma once

#include <map>
#include <string>

#include "catalog/estimate.h"

namespace switchyard::catalog {

class Table;

struct NeuronCore {
  std::string id, name;
  std::string generation;  // "v2", "v3", "v4"
  std::map<std::string, Estimate, std::less<>> numbers;

  // The base value in SI units: seconds, bytes, hertz; cycles, counts and fractions as they are.
  // Contract: a key of the table.
  double base(std::string_view key) const;
};

NeuronCore read_neuron_core(Table& table, const std::string& id);

}  // namespace switchyard::catalog
