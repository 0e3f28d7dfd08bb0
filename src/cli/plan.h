// Sizing of fleets over several platforms, on all cores.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "planner/sizing.h"

namespace switchyard::cli {

using SizeOne = std::function<Result<planner::Sizing>(const std::string& platform,
                                                      const std::function<void()>& progress)>;

// Best platform first. `what` names the work while one waits.
Result<std::vector<planner::Sizing>> size_platforms(const std::vector<std::string>& platforms,
                                                    const std::string& what, const SizeOne& one);

}  // namespace switchyard::cli
