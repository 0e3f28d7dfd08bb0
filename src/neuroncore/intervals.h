// Sets of time as merged intervals: how long at least one of many things was going on.
#pragma once

#include <algorithm>
#include <vector>

#include "base/sim_time.h"

namespace switchyard::neuroncore {

struct Interval {
  SimTime start, end;
};

// The union of intervals added in the order of their start, kept merged.
class IntervalUnion {
 public:
  void add(SimTime start, SimTime end) {
    if (end <= start) return;
    if (!intervals_.empty() && start <= intervals_.back().end) {
      if (end <= intervals_.back().end) return;
      total_ += end - intervals_.back().end;
      intervals_.back().end = end;
      return;
    }
    total_ += end - start;
    intervals_.push_back({start, end});
  }

  SimTime total() const { return total_; }
  const std::vector<Interval>& intervals() const { return intervals_; }

 private:
  std::vector<Interval> intervals_;
  SimTime total_;
};

// Of intervals in any order.
inline IntervalUnion union_of(std::vector<Interval> intervals) {
  std::sort(intervals.begin(), intervals.end(),
            [](const Interval& a, const Interval& b) { return a.start < b.start; });
  IntervalUnion merged;
  for (const Interval& interval : intervals) merged.add(interval.start, interval.end);
  return merged;
}

}  // namespace switchyard::neuroncore
