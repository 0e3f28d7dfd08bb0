// Results as one self-contained HTML page: the JSON of `compare` or `simulate` inside a ready
// page.
//
// The page is built from web/ and knows how to draw the JSON; nothing is computed here.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "planner/comparison.h"
#include "planner/simulation.h"

namespace switchyard::report {

// Puts the comparison in place of the marker "SWITCHYARD_DATA" (quotes included). Error kIo when
// the template does not have it. No text of the comparison can end the script element it stands in.
Result<std::string> comparison_page(const planner::Comparison& comparison,
                                    std::string_view template_html);

// The same with a simulated service.
Result<std::string> service_page(const planner::ServiceRun& run, std::string_view template_html);

// SWITCHYARD_REPORT_TEMPLATE of the environment when set and not empty, else the page of the build.
std::filesystem::path default_template();

}  // namespace switchyard::report
