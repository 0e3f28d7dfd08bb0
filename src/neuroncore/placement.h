// Addresses that keep buffers apart in time: tensors take turns through the whole memory. Internal
// to schedule.
//
// An allocator that packs tensors low (allocate.h) makes each wait for the one whose bytes it gets.
// Going round the memory instead leaves as much time between two users of a byte as there is room:
// the double and multiple buffering that the compiler does for loop-local tiles.
#pragma once

#include <optional>
#include <vector>

#include "isa/limits.h"
#include "isa/program.h"

namespace switchyard::neuroncore {

// By TensorId; nothing where a tensor finds no room this way.
std::optional<std::vector<std::optional<isa::FixedAddress>>> place_in_turn(
    const isa::Program& program, const isa::Limits& limits);

}  // namespace switchyard::neuroncore
