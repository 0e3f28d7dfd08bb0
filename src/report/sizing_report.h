// What a traffic needs on each platform, for the terminal and as JSON.
#pragma once

#include <string>
#include <vector>

#include "base/document.h"
#include "planner/sizing.h"

namespace switchyard::report {

// The best fleet of each platform, best platform first; those without one below with the reason.
// `title` opens it.
std::string sizing_text(const std::vector<planner::Sizing>& sizings, const std::string& title,
                        bool colour);
Json sizing_json(const planner::Sizing& sizing);

}  // namespace switchyard::report
