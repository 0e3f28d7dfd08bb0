// A simulated service for the terminal and as JSON (docs/schema/simulate.schema.json).
#pragma once

#include <string>

#include "base/document.h"
#include "planner/simulation.h"

namespace switchyard::report {

std::string service_text(const planner::ServiceRun& run, bool colour);
// With the timeline and the distributions of latencies, which the page draws, or without.
Json service_json(const planner::ServiceRun& run, bool with_curves);

// "8x tp8 fp8": chips, what is cut how, weights.
std::string deployment_text(const model::Sharding& sharding, const std::string& precision);

}  // namespace switchyard::report
