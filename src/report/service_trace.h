// The schedule of a simulated service as a trace for ui.perfetto.dev or Chrome: a row a replica
// with its runs of equal steps, and curves of requests waiting and running and of the KV cache in
// use.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "report/trace_encoder.h"
#include "serving/simulate.h"

namespace switchyard::report {

class ServiceTrace : public serving::RecordSink {
 public:
  // Slices beyond are left out, so that the trace stays one a viewer can open.
  static constexpr std::int64_t kSlicesMax = 2'000'000;

  // A name ending in .json is written as Chrome's JSON.
  static Result<std::unique_ptr<ServiceTrace>> create(const std::string& path,
                                                      const std::string& title);
  void finished(const workload::RequestRecord&) override {}
  void sample(const serving::TimelineSample& sample) override;
  void batch(const serving::BatchSpan& span) override;
  std::int64_t left_out() const { return left_out_; }
  Status commit();

 private:
  struct Row {
    TrackId slices = 0;  // 0: not declared yet; curves follow
    SimTime end;         // of the last slice
  };
  explicit ServiceTrace(AtomicFile file) : file_(std::move(file)) {}
  Row& row(int replica);

  AtomicFile file_;
  std::unique_ptr<TraceEncoder> encoder_;
  std::vector<Row> rows_;
  TrackId next_ = 1;
  std::int64_t slices_ = 0, left_out_ = 0;
};

}  // namespace switchyard::report
