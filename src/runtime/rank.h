// One rank of a model on one simulated NeuronCore: HBM that lasts from step to step, and the
// programs of a step executed and timed on it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "neuroncore/core.h"
#include "neuroncore/execute.h"
#include "neuroncore/memory.h"
#include "neuroncore/timeline.h"

namespace switchyard::runtime {

class Rank {
 public:
  explicit Rank(const neuroncore::Core& core) : core_(core) {}

  // An HBM tensor of this name: `bytes` of it.
  void put(const std::string& name, std::span<const std::uint8_t> bytes);
  // Contract: put, or written by a program.
  std::span<std::uint8_t> bytes(const std::string& name);

  // Values: the program's HBM tensors are those of their names; ones that nobody put are made.
  // A fault of the machine is an error here: kernels are ours.
  Status execute(const isa::Program& program);
  // Time under the list policy.
  Result<neuroncore::Timeline> time(const isa::Program& program) const;

  std::int64_t hbm_bytes() const;

 private:
  neuroncore::Storage& storage(const std::string& name, std::int64_t bytes);

  const neuroncore::Core& core_;
  std::map<std::string, std::unique_ptr<neuroncore::Storage>> hbm_;
};

}  // namespace switchyard::runtime
