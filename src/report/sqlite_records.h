// Per-request records as a SQLite database: table `requests`, table `run` of one row with the
// summary, view `request_costs` with each request's dollars and joules at the utility.
#pragma once

#include <memory>
#include <string>

#include "base/atomic_file.h"
#include "planner/simulation.h"
#include "serving/simulate.h"

struct sqlite3;
struct sqlite3_stmt;

namespace switchyard::report {

class SqliteRecords : public serving::RecordSink {
 public:
  static Result<std::unique_ptr<SqliteRecords>> create(const std::string& path, workload::Slo slo);
  ~SqliteRecords() override;
  SqliteRecords(const SqliteRecords&) = delete;
  SqliteRecords& operator=(const SqliteRecords&) = delete;

  void finished(const workload::RequestRecord& record) override;
  // Adds the summary. Without it nothing appears at the path.
  Status commit(const planner::ServiceRun& run);

 private:
  SqliteRecords(AtomicFile file, std::string path, workload::Slo slo)
      : file_(std::move(file)), path_(std::move(path)), slo_(slo) {}
  Status execute(const std::string& sql);
  Status open();
  tl::unexpected<Error> failure() const;

  AtomicFile file_;
  std::string path_;
  workload::Slo slo_;
  sqlite3* database_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  Status written_;
};

}  // namespace switchyard::report
