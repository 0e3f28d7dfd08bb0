// Simulates an inference service, request by request.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "base/sim_time.h"
#include "serving/options.h"
#include "serving/step_model.h"
#include "workload/source.h"

namespace switchyard::serving {

// State of one replica at a moment.
struct TimelineSample {
  SimTime time;
  int replica = 0;
  bool up = true;
  std::int64_t waiting = 0, running = 0;  // requests
  std::int64_t blocks_used = 0;           // by running requests
  std::int64_t blocks_cached = 0;         // kept for reuse only
  std::int64_t blocks = 0;
};

// Equal steps in a row of one replica.
struct BatchSpan {
  int replica = 0;
  SimTime start, end;
  std::int64_t steps = 1;
  std::int64_t decode_sequences = 0, prefill_tokens = 0;
};

// Receives results as they come; nothing is kept by the simulator.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual void finished(const workload::RequestRecord& record) = 0;
  virtual void sample(const TimelineSample&) {}
  virtual void batch(const BatchSpan&) {}
  // Now and then; `done` requests have ended by simulated time `now`.
  virtual void progress(std::int64_t /*done*/, SimTime /*now*/) {}
};

struct SimulationResult {
  std::int64_t requests = 0, completed = 0, shed = 0, failed = 0;
  std::int64_t input_tokens = 0, output_tokens = 0;  // of completed requests
  std::int64_t cached_tokens = 0;                    // of their input
  std::int64_t preemptions = 0, retries = 0;
  std::int64_t steps = 0, events = 0;
  SimTime end;                 // of the last request
  double busy_seconds = 0;     // summed over replicas
  double prefill_seconds = 0;  // of those, what steps took longer for the prompts in them
  // While replicas were paid for: up, starting, failed or emptying.
  double replica_seconds = 0, prefill_replica_seconds = 0;
  double joules = 0;  // of all chips, idle time included
};

// Errors: options that contradict each other, a source that lets no time pass. A request
// that would not fit an empty replica ends as failed.
Result<SimulationResult> simulate(const StepModel& steps, workload::RequestSource& source,
                                  const ServiceOptions& options, RecordSink& sink);

}  // namespace switchyard::serving
