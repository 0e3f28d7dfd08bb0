// Races between the two cores of an LNC: HBM bytes that one writes and the other uses with no
// core_barrier between them. Internal to schedule.
#pragma once

#include <array>
#include <span>
#include <utility>

#include "neuroncore/prepared.h"
#include "neuroncore/timeline.h"

namespace switchyard::neuroncore {

// Appends a fault for each pair of instructions found to the faults of both, at most a hundred.
// `shared`: tensors that are the same bytes, core 0's and core 1's. Where cores meet by sendrecv,
// too, what is ordered depends on data: stretches between barriers that hold one are left out.
void add_pair_races(const std::array<const Prepared*, 2>& prepared,
                    std::span<const std::pair<isa::TensorId, isa::TensorId>> shared,
                    std::array<Timeline*, 2> timelines);

}  // namespace switchyard::neuroncore
