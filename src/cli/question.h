// From the options of `compare` and its relatives to the planner's question.
#pragma once

#include <optional>

#include "cli/commands.h"
#include "planner/comparison.h"
#include "workload/trace.h"

namespace switchyard::cli {

struct Asked {
  planner::Question question;
  std::optional<workload::Trace> trace;  // of --trace
};
// `catalog`: the directory of the shipped catalog.
Result<Asked> make_question(const CompareOptions& options, const std::string& catalog);

}  // namespace switchyard::cli
