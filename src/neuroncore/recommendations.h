// What would make a kernel faster, as rules over its profile. Internal to the verdict.
#pragma once

#include <vector>

#include "neuroncore/profile.h"

namespace switchyard::neuroncore {

// All rules that apply, the largest gain first.
std::vector<Recommendation> recommend(const Profile& profile, const isa::Program& program);

}  // namespace switchyard::neuroncore
