#include "serving/router.h"

#include <algorithm>

namespace switchyard::serving {

Router::Router(Routing routing, int first, int count)
    : routing_(routing), first_(first), load_(static_cast<std::size_t>(count), kClosed) {}

void Router::set_open(int replica, bool open) {
  std::int64_t& load = load_[index(replica)];
  if ((load < kClosed) == open) return;
  load += open ? -kClosed : kClosed;
  open_count_ += open ? 1 : -1;
}

void Router::add_load(int replica, std::int64_t requests) { load_[index(replica)] += requests; }

int Router::least_loaded() const {
  return static_cast<int>(std::min_element(load_.begin(), load_.end()) - load_.begin());
}

int Router::prefix_affine(const LiveRequest& r) {
  constexpr std::int64_t kUnbalancedBy = 64;
  const int least = least_loaded();
  const std::int64_t low = load_[static_cast<std::size_t>(least)];
  int chosen = least;
  for (auto hash = r.blocks.rbegin(); hash != r.blocks.rend(); ++hash) {
    const std::int32_t known = sent_.find(*hash);
    if (known == IdTable::kNone) continue;
    const std::int64_t load = load_[static_cast<std::size_t>(known)];
    const bool unbalanced = load - low > kUnbalancedBy && 2 * load > 3 * low;
    if (load < kClosed && !unbalanced) chosen = known;
    break;
  }
  // A record of what was sent long ago is worth little; forgetting all bounds it.
  constexpr std::size_t kHashesMax = std::size_t{1} << 22;
  if (sent_.size() > kHashesMax) sent_ = {};
  for (const std::int64_t hash : r.blocks) sent_.put(hash, chosen);
  return chosen;
}

int Router::choose(const LiveRequest& request) {
  switch (routing_) {
    case Routing::kRoundRobin:
      while (load_[next_ % load_.size()] >= kClosed) ++next_;
      return first_ + static_cast<int>(next_++ % load_.size());
    case Routing::kLeastLoaded:
      return first_ + least_loaded();
    case Routing::kPrefixAffine:
      return first_ + prefix_affine(request);
  }
  return first_;
}

}  // namespace switchyard::serving
