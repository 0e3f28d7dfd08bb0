#include "cli/records.h"

#include "base/text.h"
#include "report/service_report.h"

namespace switchyard::cli {

Result<RecordFiles> RecordFiles::create(const SimulateOptions& o, const planner::Question& question,
                                        const planner::ServiceDeployment& service) {
  RecordFiles files;
  const workload::Slo& slo = question.workload.slo;
  if (!o.csv_file.empty()) {
    SWITCHYARD_TRY(csv, report::CsvRecords::create(o.csv_file, slo));
    files.csv_ = std::move(csv);
  }
  if (!o.sqlite_file.empty()) {
    SWITCHYARD_TRY(sqlite, report::SqliteRecords::create(o.sqlite_file, slo));
    files.sqlite_ = std::move(sqlite);
  }
  if (!o.perfetto_file.empty()) {
    const std::string title =
        fmt::format("{} on {}, {}", question.model.name, service.platform->id,
                    report::deployment_text(service.deployment.sharding, service.precision.name));
    SWITCHYARD_TRY(trace, report::ServiceTrace::create(o.perfetto_file, title));
    files.trace_ = std::move(trace);
  }
  return files;
}

std::vector<serving::RecordSink*> RecordFiles::sinks() const {
  std::vector<serving::RecordSink*> out;
  if (csv_) out.push_back(csv_.get());
  if (sqlite_) out.push_back(sqlite_.get());
  if (trace_) out.push_back(trace_.get());
  return out;
}

Status RecordFiles::commit(planner::ServiceRun& run) {
  if (trace_ && trace_->left_out() > 0) {
    run.notes.push_back(fmt::format("the trace holds the first {} runs of steps and leaves out {}",
                                    format_integer(report::ServiceTrace::kSlicesMax),
                                    format_integer(trace_->left_out())));
  }
  if (csv_) SWITCHYARD_TRY_STATUS(csv_->commit());
  if (sqlite_) SWITCHYARD_TRY_STATUS(sqlite_->commit(run));
  if (trace_) SWITCHYARD_TRY_STATUS(trace_->commit());
  return {};
}

}  // namespace switchyard::cli
