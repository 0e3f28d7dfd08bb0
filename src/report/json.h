// Results as JSON: the contract of `compare --json` (docs/schema/compare.schema.json).
//
// Numbers that are not finite become null. Nothing in it depends on the clock, so the same question
// and seed give the same bytes.
#pragma once

#include "base/document.h"
#include "planner/comparison.h"

namespace switchyard::report {

Json to_json(const planner::Comparison& comparison);

// {"p10","p50","p90","base"}
Json spread_json(const planner::Spread& spread);

// Two spaces of indent and a closing newline.
std::string to_text(const Json& json);

}  // namespace switchyard::report
