// The claims with their verdicts, for people and as JSON.
#pragma once

#include <string>
#include <vector>

#include "base/document.h"
#include "planner/claims.h"

namespace switchyard::report {

std::string claims_text(const std::vector<planner::Claim>& claims);
// {"claims":[{"claim","claimed","computed","verdict","why"}]}
Json claims_json(const std::vector<planner::Claim>& claims);

}  // namespace switchyard::report
