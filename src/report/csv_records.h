// Per-request records as CSV, in the order in which requests ended.
#pragma once

#include <memory>
#include <string>

#include "base/atomic_file.h"
#include "serving/simulate.h"
#include "workload/workload.h"

namespace switchyard::report {

class CsvRecords : public serving::RecordSink {
 public:
  static Result<std::unique_ptr<CsvRecords>> create(const std::string& path, workload::Slo slo);
  void finished(const workload::RequestRecord& record) override;
  // Without it nothing appears at the path. The first failure of a write is told here.
  Status commit();

 private:
  CsvRecords(AtomicFile file, workload::Slo slo) : file_(std::move(file)), slo_(slo) {}
  void flush();

  AtomicFile file_;
  workload::Slo slo_;
  std::string buffer_;
  Status written_;
};

}  // namespace switchyard::report
