// Results as a table one can read at 100 columns.
#pragma once

#include <string>

#include "planner/comparison.h"

namespace switchyard::report {

inline constexpr std::size_t kTerminalColumns = 100;

// `colour`: ANSI codes for the best platform and for warnings. Widths do not depend on it.
std::string comparison_table(const planner::Comparison& comparison, bool colour);

}  // namespace switchyard::report
