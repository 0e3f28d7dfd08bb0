// Traces as Chrome's JSON, which chrome://tracing, Perfetto and many scripts read. Times are exact:
// microseconds with six decimals.
#pragma once

#include <unordered_map>

#include "report/trace_encoder.h"

namespace switchyard::report {

class ChromeTraceEncoder : public TraceEncoder {
 public:
  ChromeTraceEncoder(TraceSink sink, std::string_view process);

  void track(TrackId id, std::string_view name) override;
  void counter_track(TrackId id, std::string_view name, std::string_view unit) override;
  void slice(const TraceSlice& slice) override;
  void count(TrackId track, SimTime time, std::int64_t value) override;

 protected:
  void close() override;

 private:
  void open_event();
  void arrow(char phase, TrackId track, SimTime time, std::uint64_t number);

  std::unordered_map<TrackId, std::string> counters_;  // names, quoted
  bool first_ = true;
  int next_rank_ = 0;
};

}  // namespace switchyard::report
