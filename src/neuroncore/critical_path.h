// The chain of work and waits that made the schedule as long as it is.
//
// Found by walking back from what ended last: whatever released a thing last comes before it. The
// segments tile the whole duration. Internal to profiling.
#pragma once

#include <vector>

#include "neuroncore/profile.h"

namespace switchyard::neuroncore {

// `sites` gives the site of each timed instruction. Contract: what something waited for started no
// later than it.
CriticalPath find_critical_path(const Timeline& timeline, const std::vector<SiteId>& sites);

}  // namespace switchyard::neuroncore
