// One replica: ranks that step together, and the clock of its steps.
//
// The ranks of data-parallel attention meet in every layer, so the slowest sets the pace: a step
// takes what it would if all ranks held what that one holds. [vLLM pads every rank to the largest
// batch] A step is taken as far ahead as nothing but contexts changes; whatever comes in between
// shortens it to the end of the step it falls into.
#pragma once

#include <vector>

#include "serving/rank.h"
#include "serving/stretch.h"

namespace switchyard::serving {

struct ReplicaOptions {
  RankOptions rank;
  int ranks = 1;
  const StepModel* steps = nullptr;
  bool step_by_step = false;
  bool check = false;
};

class Replica {
 public:
  Replica(RequestSlots& slots, const ReplicaOptions& options);

  bool can_hold(const LiveRequest& request) const { return ranks_[0].can_hold(request); }
  // Takes the request into the queue of its least loaded rank. True: the stretch was shortened.
  bool enqueue(Slot slot, SimTime now);
  // Takes a waiting or loading request out; the content of a loading one is here; the blocks of one
  // handed over may go. True: the stretch was shortened.
  bool withdraw(Slot slot, SimTime now);
  bool loaded(Slot slot, SimTime now);
  void release_sent(LiveRequest& request);
  // Begins a stretch if there is work. Contract: not busy.
  bool start(SimTime now);
  // Contract: busy. Ends the stretch; ended requests go to `ended`.
  void complete(std::vector<Slot>& ended);

  // Loads that start() began.
  std::vector<Load>& loads() { return loads_; }
  // All is lost: steps under way, caches, requests, which the caller has taken note of.
  void crash(SimTime now);

  bool busy() const { return busy_; }
  SimTime end() const { return end_; }
  std::int64_t steps() const { return steps_; }  // of the stretch
  SimTime started() const { return stretch_.start(); }
  StepShape shape() const { return shape_; }  // summed over ranks
  std::int64_t waiting() const;
  std::int64_t running() const;
  std::int64_t in_flight() const { return in_flight_; }
  std::int64_t blocks_used(SimTime now) const;
  std::int64_t blocks_cached() const;
  std::int64_t blocks() const;
  SimTime busy_time() const { return busy_time_; }
  double joules() const;  // while busy
  double idle_watts() const { return o_.steps->idle_watts(); }
  // What steps took longer for the prompts in them.
  double prefill_seconds() const { return prefill_seconds_; }
  std::int64_t step_count() const { return step_count_; }

 private:
  bool shorten(SimTime now);
  void pad(StepShape& shape) const;
  void plan(SimTime now);
  void make_ranks();
  std::int64_t time_without_prompts() const;
  void account(std::int64_t steps);

  // No stretch is longer, so that sums stay far from the ends of the integers.
  static constexpr std::int64_t kStepsMax = std::int64_t{1} << 20;

  ReplicaOptions o_;
  RequestSlots& slots_;
  std::vector<Rank> ranks_;
  std::vector<Load> loads_;
  struct Work {
    StepShape shape;
    StepLine line;
    std::int64_t growth = 0;  // of the context, a step, as if all ranks grew so
    std::int64_t room = 0;    // steps until the line ends
    bool any = false;

    Wide energy(std::int64_t steps) const {
      return progression(line.energy, line.energy_slope * growth, steps);
    }
  };
  std::vector<Work> works_;
  std::size_t pace_ = 0;  // the slowest rank
  Stretch stretch_;
  StepShape shape_;
  std::int64_t steps_ = 0, carry_ = 0;
  SimTime end_;
  bool busy_ = false;
  std::int64_t in_flight_ = 0;
  SimTime busy_time_;
  Wide energy_ = 0;  // pJ of all ranks, each as if the others were like it
  std::int64_t step_count_ = 0;
  std::int64_t step_prefill_ = 0;  // of the stretch, 2^-16 ps a step
  double prefill_seconds_ = 0;
};

}  // namespace switchyard::serving
