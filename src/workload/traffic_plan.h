// One traffic, to be made as often as wanted: the search for a fleet plays it again and again.
//
//   rows       the requests of a trace, in order
//   synthetic  as many as asked, from what was fitted to the trace, or from a named workload
// in a closed loop if `concurrency` is set (of sessions, where the workload has them), else in an
// open one: at the trace's own times where there are any, scaled to `rate`, else at random.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "workload/arrivals.h"
#include "workload/source.h"
#include "workload/trace.h"

namespace switchyard::workload {

struct TrafficPlan {
  Workload workload;             // lengths, spread and sessions where there is no trace
  const Trace* trace = nullptr;  // must outlive the sources made
  bool synthetic = false;        // else the trace's rows; always without a trace
  std::int64_t requests = 0;     // made, or of the trace's rows; 0: all rows
  double rate = 0;               // requests a second; 0: the trace's own
  std::int64_t concurrency = 0;  // closed loop; 0: open
  // Synthetic, open: the rate over a day instead of `rate`, and when arrivals end.
  std::optional<RateProfile> day;
  double end_s = std::numeric_limits<double>::infinity();
  double burstiness = -1;               // of random times; below 0: the trace's or the workload's
  std::int64_t context_tokens_max = 0;  // synthetic requests are cut to it; 0: no limit
  std::uint64_t seed = 1;

  // Times are the trace's own, scaled or not.
  bool replays_times() const;
  // Without it an open loop cannot be made.
  bool knows_rate() const;
  // Requests a second the source will ask for; 0 in a closed loop.
  double mean_rate() const;
  std::int64_t request_count() const;
};

// Contract: request_count() > 0, and concurrency > 0 or knows_rate().
std::unique_ptr<RequestSource> make_source(const TrafficPlan& plan);

// For people: "19,366 requests of azure.csv at 5.53 a second, times of the trace".
std::string describe(const TrafficPlan& plan);

}  // namespace switchyard::workload
