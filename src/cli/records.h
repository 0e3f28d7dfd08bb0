// The files of `simulate` that are written while it runs: records and the trace of the schedule.
#pragma once

#include <memory>
#include <vector>

#include "cli/commands.h"
#include "planner/simulation.h"
#include "report/csv_records.h"
#include "report/service_trace.h"
#include "report/sqlite_records.h"

namespace switchyard::cli {

class RecordFiles {
 public:
  static Result<RecordFiles> create(const SimulateOptions& options,
                                    const planner::Question& question,
                                    const planner::ServiceDeployment& service);
  std::vector<serving::RecordSink*> sinks() const;
  // Adds to the run's notes what was left out.
  Status commit(planner::ServiceRun& run);

 private:
  std::unique_ptr<report::CsvRecords> csv_;
  std::unique_ptr<report::SqliteRecords> sqlite_;
  std::unique_ptr<report::ServiceTrace> trace_;
};

}  // namespace switchyard::cli
