#include "fabric/max_min.h"

#include <algorithm>
#include <functional>

namespace switchyard::fabric {

MaxMin::MaxMin(const FlowClasses& classes, const FlowSet& set) : classes_(classes) {
  const std::size_t flows = classes.member.size();
  const std::size_t links = classes.capacity.size();
  for (const std::int32_t f : classes.member) {
    priority_.push_back(static_cast<std::int8_t>(set.flows[static_cast<std::size_t>(f)].priority));
  }
  state_.assign(flows, kOut);
  rate_.assign(flows, 0);
  links_.resize(links);
  reserved_.assign(links, 0);
  flows_.resize(classes.flows.size());
  flows_end_.assign(classes.flow_begin.begin(), classes.flow_begin.end() - 1);
  for (std::vector<double>& uses : active_uses_) uses.assign(links, 0);
}

void MaxMin::begin(std::int32_t flow_class) {
  const auto c = static_cast<std::size_t>(flow_class);
  state_[c] = kFixed;
  ++active_of_[priority_[c]];
  for (std::int32_t i = classes_.link_begin[c]; i < classes_.link_begin[c + 1]; ++i) {
    const auto link = static_cast<std::size_t>(classes_.links[static_cast<std::size_t>(i)]);
    flows_[static_cast<std::size_t>(flows_end_[link]++)] = flow_class;
    active_uses_[priority_[c]][link] += classes_.uses[static_cast<std::size_t>(i)];
  }
}

void MaxMin::end(std::int32_t flow_class) {
  const auto c = static_cast<std::size_t>(flow_class);
  state_[c] = kOut;
  --active_of_[priority_[c]];
  for (std::int32_t i = classes_.link_begin[c]; i < classes_.link_begin[c + 1]; ++i) {
    const auto link = static_cast<std::size_t>(classes_.links[static_cast<std::size_t>(i)]);
    active_uses_[priority_[c]][link] -= classes_.uses[static_cast<std::size_t>(i)];
  }
}

void MaxMin::reserve(std::int32_t flow_class, double rate) {
  const auto c = static_cast<std::size_t>(flow_class);
  for (std::int32_t i = classes_.link_begin[c]; i < classes_.link_begin[c + 1]; ++i) {
    const auto link = static_cast<std::size_t>(classes_.links[static_cast<std::size_t>(i)]);
    reserved_[link] += classes_.uses[static_cast<std::size_t>(i)] * rate;
  }
}

void MaxMin::fix(std::int32_t flow_class, double rate) {
  const auto c = static_cast<std::size_t>(flow_class);
  state_[c] = kFixed;
  rate_[c] = rate;
  if (classes_.single) {
    for (std::int32_t i = classes_.link_begin[c]; i < classes_.link_begin[c + 1]; ++i) {
      Link& link = links_[static_cast<std::size_t>(classes_.links[static_cast<std::size_t>(i)])];
      link.left -= rate;
      link.uses -= 1;
    }
    return;
  }
  for (std::int32_t i = classes_.link_begin[c]; i < classes_.link_begin[c + 1]; ++i) {
    Link& link = links_[static_cast<std::size_t>(classes_.links[static_cast<std::size_t>(i)])];
    const double uses = classes_.uses[static_cast<std::size_t>(i)];
    link.left -= uses * rate;
    link.uses -= uses;
  }
}

// As links only lose flows at shares below their own, a link's share only grows: an entry of the
// heap that is too low is put back with the share of now.
void MaxMin::fill(int priority) {
  heap_.clear();
  constexpr double kNone = 1e-9;  // passes are counted in floating point
  const auto share_of = [](const Link& link) { return std::max(0.0, link.left) / link.uses; };
  for (std::size_t l = 0; l < links_.size(); ++l) {
    links_[l].uses = active_uses_[priority][l];
    if (links_[l].uses > kNone) {
      heap_.push_back({share_of(links_[l]), static_cast<std::int32_t>(l)});
    }
  }
  std::make_heap(heap_.begin(), heap_.end(), std::greater<>());
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    const Entry entry = heap_.back();
    heap_.pop_back();
    const auto l = static_cast<std::size_t>(entry.link);
    if (links_[l].uses <= kNone) continue;
    const double share = share_of(links_[l]);
    if (share > entry.share && !heap_.empty() && share > heap_.front().share) {
      heap_.push_back({share, entry.link});
      std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
      continue;
    }
    std::int32_t kept = classes_.flow_begin[l];
    for (std::int32_t i = kept; i < flows_end_[l]; ++i) {
      const std::int32_t flow = flows_[static_cast<std::size_t>(i)];
      const std::int8_t state = state_[static_cast<std::size_t>(flow)];
      if (state == kOut) continue;
      flows_[static_cast<std::size_t>(kept++)] = flow;
      if (state == kFree) fix(flow, share);
    }
    flows_end_[l] = kept;
    links_[l].uses = 0;
  }
}

void MaxMin::solve() {
  for (std::size_t l = 0; l < links_.size(); ++l) {
    links_[l].left = classes_.capacity[l] - reserved_[l];
    reserved_[l] = 0;
  }
  for (int priority = 0; priority < kPriorities; ++priority) {
    if (active_of_[priority] == 0) continue;
    for (std::size_t c = 0; c < state_.size(); ++c) {
      if (state_[c] != kOut) state_[c] = priority_[c] == priority ? kFree : kFixed;
    }
    fill(priority);
  }
}

}  // namespace switchyard::fabric
