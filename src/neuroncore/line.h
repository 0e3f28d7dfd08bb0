// One straight line of a program run through the pipelines under a policy. Internal to schedule.
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "neuroncore/graph.h"
#include "neuroncore/pipelines.h"
#include "neuroncore/semaphores.h"
#include "neuroncore/timeline.h"

namespace switchyard::neuroncore {

// Where a run writes down what happened; without one only times are kept.
class Recorder {
 public:
  Recorder(Timeline& timeline, std::size_t records_max)
      : timeline_(timeline), records_max_(records_max) {}

  bool full() const { return timeline_.instructions.size() >= records_max_; }
  // The place of the record, or kNone when the timeline is full.
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  // `stalled_on`: a record, or kNone.
  std::uint32_t add(isa::InstructionId id, isa::Engine engine, const Cost& cost, const Issue& issue,
                    StallReason stall, std::uint32_t stalled_on);
  // Why `waited` ps were spent on the end of record `on`: what delayed its transfer, if that was
  // more than a third of them; else `reason`.
  StallReason cause(std::uint32_t on, std::int64_t waited, StallReason reason) const;
  void set_iteration(std::uint32_t iteration) { iteration_ = iteration; }
  std::uint32_t iteration() const { return iteration_; }
  Timeline& timeline() { return timeline_; }
  std::size_t records_max() const { return records_max_; }

 private:
  Timeline& timeline_;
  std::size_t records_max_;
  std::uint32_t iteration_ = 0;
};

// What has happened to the instructions of a line, and what that means for the others.
class Line {
 public:
  // `partner`: the other core of an LNC, if there is one.
  Line(const Graph& graph, Pipelines& pipelines, Recorder* recorder, Partner* partner = nullptr);

  struct Ready {
    std::int64_t time = 0;
    std::int64_t in_pipeline = 0;  // the same, did results reach their own engine at once
    StallReason reason = StallReason::kNone;
    std::uint32_t on = 0;                  // of the line
    std::optional<std::uint32_t> missing;  // not issued yet; the rest says nothing then
  };
  // When what `at` waits for lets it start. `ideal` leaves out what more buffers would avoid.
  Ready ready(std::uint32_t at, bool ideal) const;
  void issue(std::uint32_t at, const Ready& ready);

  bool issued(std::uint32_t at) const { return done_[at] >= 0; }
  std::int64_t done(std::uint32_t at) const { return done_[at]; }
  isa::Engine engine(std::uint32_t at) const { return prepared_.engine(graph_.first() + at); }
  const Cost& cost(std::uint32_t at) const { return prepared_.cost(graph_.first() + at); }
  const Graph& graph() const { return graph_; }
  const Pipelines& pipelines() const { return pipelines_; }
  // Told from time to time how many are issued.
  void watch(std::function<void(std::uint32_t)> watcher) { watcher_ = std::move(watcher); }
  // The other core will never come: nothing more can be issued.
  bool stuck() const { return partner_ && partner_->fault(); }

 private:
  std::uint64_t stationary_of(std::uint32_t at) const;

  const Graph& graph_;
  const Prepared& prepared_;
  Pipelines& pipelines_;
  Recorder* recorder_;
  Partner* partner_;
  std::function<void(std::uint32_t)> watcher_;
  std::uint32_t issued_ = 0;
  std::int64_t semaphore_;
  std::vector<std::int64_t> done_;    // ps; -1: not issued
  std::vector<std::uint32_t> timed_;  // place in the timeline, when recording
};

// Whether an edge stands for a dependence that no number of buffers avoids.
inline bool is_true_dependence(EdgeKind kind) {
  switch (kind) {
    case EdgeKind::kOrder:
    case EdgeKind::kWar:
    case EdgeKind::kPsumWar:
    case EdgeKind::kWaw:
    case EdgeKind::kPsumWaw:
      return false;
    default:
      return true;
  }
}

// Each engine in program order. A fault is a deadlock; what was issued until then stays.
std::optional<Fault> run_in_order(Line& line, Semaphores& semaphores);
// Each engine takes, of the instructions in the window whose inputs are there, the first of the
// program.
void run_list(Line& line, std::uint32_t window, bool ideal);

}  // namespace switchyard::neuroncore
