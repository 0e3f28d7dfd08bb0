// The service as a whole: the event loop over arrivals, replicas and timers.
//
// At one moment, in this order: timers, ends of steps by number of replica, arrivals, and last the
// steps that begin. So whoever arrives as a step ends is seen by the next.
//
// Replicas that decode have the numbers from 0, those that only compute prompts follow. A request
// that a failed replica held begins anew elsewhere, and waits when no replica is open.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "base/random.h"
#include "serving/autoscaler.h"
#include "serving/due_queue.h"
#include "serving/kv_link.h"
#include "serving/replica.h"
#include "serving/router.h"
#include "serving/simulate.h"
#include "serving/timers.h"

namespace switchyard::serving {

class Cluster {
 public:
  Cluster(const StepModel& steps, workload::RequestSource& source, const ServiceOptions& options,
          RecordSink& sink);
  Result<SimulationResult> run();

 private:
  enum class State : std::uint8_t { kUp, kDraining, kFailed, kStarting, kOff };
  struct Standing {
    State state = State::kOff;
    SimTime paid_since;
    SimTime paid;                 // before that
    std::int64_t generation = 0;  // counts changes: a timer set for an earlier one is void
    Random random{0};             // of its failures
  };

  // When a request is shed unless it was scheduled by then.
  struct Wait {
    SimTime time;
    Slot slot = kNoSlot;
    std::int64_t id = 0;
  };

  // cluster.cc: the loop and the way of a request.
  SimTime next_time() const;
  void fire_timers(SimTime now);
  void end_steps(SimTime now);
  Status take_arrivals(SimTime now);
  void start_steps(SimTime now);
  void begin_loads(int number, SimTime now);
  void route(Slot slot, SimTime now);
  void place(Slot slot, int number, SimTime now);
  void load_done(const Timer& timer, SimTime now);
  void wait_over(const Wait& wait, SimTime now);
  void touched(int number, bool shortened);
  void complete(Slot slot, workload::RequestOutcome outcome, SimTime now);
  void take_samples(SimTime now);
  void finish_result();

  // cluster_life.cc: replicas that start, stop and fail.
  void set_up(int number, SimTime now);
  void start_replica(int number, SimTime now);
  void drain(int number, SimTime now);
  void stop(int number, SimTime now);
  void set_next_failure(int number, SimTime now);
  void fail_replica(const Timer& timer, SimTime now);
  void begin_anew(Slot slot, int failed, SimTime now);
  void scale(SimTime now);
  void stop_if_drained(int number, SimTime now);
  void route_parked(SimTime now);

  Replica& replica(int number) { return replicas_[static_cast<std::size_t>(number)]; }
  Standing& standing(int number) { return standings_[static_cast<std::size_t>(number)]; }
  bool decodes(int number) const { return number < decode_count_; }
  Router& router_of(int number) { return decodes(number) ? router_ : prompt_router_; }

  const ServiceOptions& o_;
  workload::RequestSource& source_;
  RecordSink& sink_;
  RequestSlots slots_;
  int decode_count_;
  std::vector<Replica> replicas_;
  std::vector<Standing> standings_;
  Router router_, prompt_router_;
  std::vector<KvLink> host_links_, out_links_;  // of each replica
  Autoscaler autoscaler_;
  DueQueue due_;  // ends of stretches
  Timers timers_;
  std::deque<Wait> waits_;  // by time
  std::vector<int> awake_;  // replicas that may begin a step
  std::vector<Slot> ended_;
  std::vector<Slot> parked_;  // wait for any replica
  std::optional<SimTime> arrival_;
  SimTime next_sample_;
  SimulationResult result_;
};

}  // namespace switchyard::serving
