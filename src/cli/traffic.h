// The traffic of `simulate` and `plan` from their options.
#pragma once

#include "cli/commands.h"
#include "cli/question.h"
#include "workload/traffic_plan.h"

namespace switchyard::cli {

// Options that contradict each other or say too little.
Status check_traffic(const SimulateOptions& options);
// `asked` must outlive it.
workload::TrafficPlan traffic_plan(const SimulateOptions& options, const Asked& asked);
// Whether the simulated clock reaches to its end. Contract: the plan knows its rate, or is closed.
Status check_span(const SimulateOptions& options, const workload::TrafficPlan& plan);
// What a reader must know of the trace's rows.
void add_trace_notes(const Asked& asked, std::vector<std::string>& notes);

}  // namespace switchyard::cli
