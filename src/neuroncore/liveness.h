// From which instruction to which a tensor's bytes are in use.
#pragma once

#include <vector>

#include "isa/program.h"

namespace switchyard::neuroncore {

struct LiveRange {
  isa::InstructionId first = 0, last = 0;  // both included
  bool used = false;

  bool overlaps(const LiveRange& other) const { return first <= other.last && other.first <= last; }
};

// By TensorId. A tensor touched in a hardware loop is live for the whole loop unless it is used
// nowhere else and each iteration begins by writing all of it.
std::vector<LiveRange> live_ranges(const isa::Program& program);

}  // namespace switchyard::neuroncore
