#include "fabric/flows.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "fabric/flow_classes.h"
#include "fabric/max_min.h"

namespace switchyard::fabric {

bool FlowSet::add(const Topology& topology, ChipIndex from, ChipIndex to, double bytes,
                  int priority, SimTime start) {
  const std::size_t before = links.size();
  if (!topology.route(from, to, links)) return false;
  Flow flow{.bytes = bytes,
            .start = start,
            .priority = priority,
            .first = static_cast<std::int32_t>(before),
            .count = static_cast<std::int32_t>(links.size() - before)};
  for (std::size_t i = before; i < links.size(); ++i) flow.latency += topology.latency(links[i]);
  flows.push_back(flow);
  return true;
}

namespace {

constexpr double kPicosecondsPerSecond = 1e12;

// The event loop: classes begin, share, end.
class Run {
 public:
  Run(const FlowClasses& classes, const FlowSet& set, const FlowOptions& options)
      : classes_(classes), set_(set), options_(options), solver_(classes, set) {}

  std::vector<SimTime> run() {
    finish_.resize(classes_.member.size());
    for (std::size_t c = 0; c < classes_.member.size(); ++c) {
      waiting_.push_back(static_cast<std::int32_t>(c));
    }
    std::stable_sort(waiting_.begin(), waiting_.end(),
                     [&](std::int32_t a, std::int32_t b) { return begin_of(a) < begin_of(b); });
    while (next_ < waiting_.size() || !active_.empty()) step();
    return finish_;
  }

 private:
  const Flow& flow(std::int32_t c) const {
    return set_.flows[static_cast<std::size_t>(classes_.member[static_cast<std::size_t>(c)])];
  }
  std::int64_t begin_of(std::int32_t c) const { return (flow(c).start + flow(c).latency).ps(); }

  void begin_due() {
    for (; next_ < waiting_.size() && begin_of(waiting_[next_]) <= now_; ++next_) {
      const std::int32_t c = waiting_[next_];
      if (flow(c).bytes <= 0 || flow(c).count == 0) {
        finish_[static_cast<std::size_t>(c)] = SimTime(begin_of(c));
        continue;
      }
      solver_.begin(c);
      active_.push_back(c);
      left_.push_back(flow(c).bytes);
      stale_ = true;
    }
  }

  void step() {
    if (active_.empty()) now_ = std::max(now_, begin_of(waiting_[next_]));
    begin_due();
    if (active_.empty()) return;
    if (stale_) solver_.solve();
    stale_ = false;
    const double soonest = predict_ends();
    double until = std::ceil(soonest);
    // The fewer flows are left, the more one end changes, and the less a solution costs.
    const double left_of_all =
        static_cast<double>(active_.size()) / static_cast<double>(waiting_.size());
    const double window = options_.window * static_cast<double>(now_) * std::sqrt(left_of_all);
    const bool windowed = window > until;
    if (windowed) until = std::floor(window);
    if (next_ < waiting_.size()) {
      until = std::min(until, static_cast<double>(begin_of(waiting_[next_]) - now_));
    }
    SWITCHYARD_CHECK(until < 9e18, "flows that never end");
    if (windowed) reserve_ends(until);
    advance(until);
    stale_ = !windowed;
    now_ += static_cast<std::int64_t>(until);
  }

  // Time to the end of each active flow at its present rate; infinite for one that higher
  // priorities starve. Returns the least.
  double predict_ends() {
    double soonest = std::numeric_limits<double>::infinity();
    end_in_.resize(active_.size());
    for (std::size_t i = 0; i < active_.size(); ++i) {
      const double rate = solver_.rate(active_[i]);
      // A rate of 0 makes this infinite.
      end_in_[i] = left_[i] / rate * kPicosecondsPerSecond;
      soonest = std::min(soonest, end_in_[i]);
    }
    return soonest;
  }

  // Ends what will end before `until` and shares out the rest of the links anew.
  void reserve_ends(double until) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < active_.size(); ++i) {
      if (end_in_[i] <= until) {
        solver_.reserve(active_[i], left_[i] / until * kPicosecondsPerSecond);
        end(active_[i], end_in_[i]);
        continue;
      }
      active_[kept] = active_[i];
      left_[kept] = left_[i];
      ++kept;
    }
    active_.resize(kept);
    left_.resize(kept);
    solver_.solve();
    predict_ends();
  }

  void end(std::int32_t c, double in) {
    finish_[static_cast<std::size_t>(c)] = SimTime(now_ + static_cast<std::int64_t>(std::ceil(in)));
    solver_.end(c);
  }

  void advance(double until) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < active_.size(); ++i) {
      const std::int32_t c = active_[i];
      if (end_in_[i] <= until) {
        end(c, end_in_[i]);
        continue;
      }
      active_[kept] = c;
      left_[kept] = left_[i] - solver_.rate(c) * until / kPicosecondsPerSecond;
      ++kept;
    }
    active_.resize(kept);
    left_.resize(kept);
  }

  const FlowClasses& classes_;
  const FlowSet& set_;
  const FlowOptions& options_;
  MaxMin solver_;
  std::int64_t now_ = 0;
  bool stale_ = true;  // rates are of other flows than those active
  std::vector<std::int32_t> waiting_, active_;
  std::size_t next_ = 0;
  std::vector<double> left_, end_in_;
  std::vector<SimTime> finish_;
};

}  // namespace

std::vector<SimTime> finish_times(std::span<const double> capacity, const FlowSet& set,
                                  const FlowOptions& options) {
  const FlowClasses classes = classify(capacity, set);
  const std::vector<SimTime> by_class = Run(classes, set, options).run();
  std::vector<SimTime> out;
  out.reserve(set.flows.size());
  for (const std::int32_t c : classes.class_of) {
    out.push_back(by_class[static_cast<std::size_t>(c)]);
  }
  return out;
}

std::vector<double> fair_rates(std::span<const double> capacity, const FlowSet& set) {
  const FlowClasses classes = classify(capacity, set);
  MaxMin solver(classes, set);
  for (std::size_t c = 0; c < classes.member.size(); ++c) {
    solver.begin(static_cast<std::int32_t>(c));
  }
  solver.solve();
  std::vector<double> out;
  out.reserve(set.flows.size());
  for (const std::int32_t c : classes.class_of) out.push_back(solver.rate(c));
  return out;
}

}  // namespace switchyard::fabric
