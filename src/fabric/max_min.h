// Max-min fair rates of classes of flows, filled from the tightest link up.
#pragma once

#include <vector>

#include "fabric/flow_classes.h"

namespace switchyard::fabric {

class MaxMin {
 public:
  MaxMin(const FlowClasses& classes, const FlowSet& set);

  // Only active classes share. `begin` and `end` each cost no more than a note.
  void begin(std::int32_t flow_class);
  void end(std::int32_t flow_class);
  // Takes `rate` of each of its flows out of the links for the next solve; it need not be active.
  void reserve(std::int32_t flow_class, double rate);
  // B/s of every active class, after changes.
  void solve();
  double rate(std::int32_t flow_class) const { return rate_[static_cast<std::size_t>(flow_class)]; }

 private:
  enum State : std::int8_t { kOut, kFixed, kFree };

  void fill(int priority);
  void fix(std::int32_t flow_class, double rate);

  struct Entry {
    double share;
    std::int32_t link;
    bool operator>(const Entry& o) const {
      return share != o.share ? share > o.share : link > o.link;
    }
  };

  const FlowClasses& classes_;
  std::vector<std::int8_t> priority_, state_;
  std::vector<double> rate_;
  struct Link {
    double left = 0, uses = 0;  // capacity left, passes not fixed yet
  };
  std::vector<Link> links_;
  std::vector<double> reserved_;
  // Active flow classes of each link, where classes_.flows has room for them; ended ones are
  // dropped when next seen.
  std::vector<std::int32_t> flows_, flows_end_;
  std::vector<double> active_uses_[kPriorities];
  int active_of_[kPriorities] = {};
  std::vector<Entry> heap_;
};

}  // namespace switchyard::fabric
