// The service as a whole: the event loop over arrivals, replicas and timers.
//
// At one moment, in this order: timers, ends of steps by number of replica, arrivals, and last the
// steps that begin. So whoever arrives as a step ends is seen by the next.
#pragma once

#include <memory>
#include <vector>

#include "serving/due_queue.h"
#include "serving/replica.h"
#include "serving/router.h"
#include "serving/simulate.h"

namespace switchyard::serving {

class Cluster {
 public:
  Cluster(const StepModel& steps, workload::RequestSource& source, const ServiceOptions& options,
          RecordSink& sink);
  Result<SimulationResult> run();

 private:
  SimTime next_time() const;
  void end_steps(SimTime now);
  Status take_arrivals(SimTime now);
  void start_steps(SimTime now);
  void route(Slot slot, SimTime now);
  void wake(int replica);
  void complete(Slot slot, workload::RequestOutcome outcome, SimTime now);
  void take_samples(SimTime now);

  Replica& replica(int number) { return replicas_[static_cast<std::size_t>(number)]; }

  const ServiceOptions& o_;
  workload::RequestSource& source_;
  RecordSink& sink_;
  RequestSlots slots_;
  std::vector<Replica> replicas_;
  Router router_;
  DueQueue due_;            // ends of stretches
  std::vector<int> awake_;  // replicas that may begin a step
  std::vector<Slot> ended_;
  std::optional<SimTime> arrival_;
  SimTime next_sample_;
  SimulationResult result_;
};

}  // namespace switchyard::serving
