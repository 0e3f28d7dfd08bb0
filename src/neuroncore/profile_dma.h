// Bytes and transfers of a profile. Internal to profiling.
#pragma once

#include <vector>

#include "neuroncore/intervals.h"
#include "neuroncore/profile.h"
#include "neuroncore/profile_form.h"

namespace switchyard::neuroncore {

// Transfers by queue and by kind; their time is added to `active`.
DmaProfile profile_dma(const isa::Program& program, const Timeline& timeline,
                       const std::vector<FormFacts>& facts, std::vector<Interval>& active);

Traffic profile_traffic(const isa::Program& program, const Timeline& timeline,
                        const std::vector<FormFacts>& facts);

}  // namespace switchyard::neuroncore
