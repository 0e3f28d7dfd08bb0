#include "fabric/patterns.h"

#include <algorithm>
#include <map>

#include "base/check.h"

namespace switchyard::fabric {

std::vector<Step> mesh_steps(const Groups& groups, double share) {
  Step step;
  for (const std::vector<int>& group : groups) {
    const double part = share / static_cast<double>(group.size());
    for (const int from : group) {
      for (const int to : group) {
        if (from != to) step.transfers.push_back({from, to, part});
      }
    }
  }
  return {step};
}

std::vector<int> digits_of(int n) {
  std::vector<int> out;
  for (int radix = 2; n > 1; ++radix) {
    for (; n % radix == 0; n /= radix) out.push_back(radix);
  }
  return out;
}

namespace {

// The all-gather's exchange along one digit: groups of `radix` members, `stride` apart, who hold
// `held` of `n` blocks each. Large radices double within the digit.
std::vector<Step> digit_steps(const Groups& groups, double share, int stride, int radix, int held) {
  constexpr int kAtOnceMax = 3;
  const int n = static_cast<int>(groups.front().size());
  std::vector<Step> out;
  for (int got = 1; got < radix; got = radix <= kAtOnceMax ? radix : 2 * got) {
    Step step;
    // At once everybody serves all others; doubling serves the one `got` further.
    const int far = radix <= kAtOnceMax ? radix - 1 : got;
    const int blocks = radix <= kAtOnceMax ? 1 : std::min(got, radix - got);
    for (int ahead = radix <= kAtOnceMax ? 1 : got; ahead <= far; ++ahead) {
      for (const std::vector<int>& group : groups) {
        for (int i = 0; i < n; ++i) {
          const int digit = i / stride % radix;
          const int partner = i + ((digit + ahead) % radix - digit) * stride;
          step.transfers.push_back({group[static_cast<std::size_t>(i)],
                                    group[static_cast<std::size_t>(partner)],
                                    share * blocks * held / n});
        }
      }
    }
    out.push_back(std::move(step));
  }
  return out;
}

// Steps of the parts side by side, which have as many.
void lay_beside(std::vector<Step>& all, std::vector<Step> more) {
  if (all.empty()) {
    all = std::move(more);
    return;
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].transfers.insert(all[i].transfers.end(), more[i].transfers.begin(),
                            more[i].transfers.end());
  }
}

}  // namespace

std::vector<Step> rdh_steps(const Groups& groups, double share, const std::vector<int>& digits,
                            int parts, bool gather) {
  const auto count = static_cast<int>(digits.size());
  // Parts may start on different digits only where all are alike.
  const bool alike = std::all_of(digits.begin(), digits.end(), [](int r) { return r == 2; });
  const int rotations = alike ? std::max(1, std::min(parts, count)) : 1;
  std::vector<Step> out;
  for (int part = 0; part < rotations; ++part) {
    // Outermost digit first, so that long messages go to near partners.
    std::vector<Step> own;
    int held = 1;
    for (int j = 0; j < count; ++j) {
      const int d = (count - 1 - j + part) % count;
      int stride = 1;
      for (int e = 0; e < d; ++e) stride *= digits[static_cast<std::size_t>(e)];
      const int radix = digits[static_cast<std::size_t>(d)];
      for (Step& step : digit_steps(groups, share / rotations, stride, radix, held)) {
        own.push_back(std::move(step));
      }
      held *= radix;
    }
    lay_beside(out, std::move(own));
  }
  if (!gather) std::reverse(out.begin(), out.end());
  return out;
}

std::vector<Step> ring_steps(const Groups& groups, double share,
                             const std::vector<std::vector<int>>& orders, int local_steps) {
  const auto n = static_cast<int>(groups.front().size());
  Step step{.repeat = n - 1, .local_steps = local_steps};
  const double part = share / n / static_cast<double>(orders.size());
  for (const std::vector<int>& group : groups) {
    for (const std::vector<int>& order : orders) {
      for (int i = 0; i < n; ++i) {
        const int from = order[static_cast<std::size_t>(i)];
        const int to = order[static_cast<std::size_t>((i + 1) % n)];
        step.transfers.push_back(
            {group[static_cast<std::size_t>(from)], group[static_cast<std::size_t>(to)], part});
      }
    }
  }
  return {step};
}

namespace {

// The rank's group in the tier: its place there.
std::vector<int> place_of(const Topology& topology, int tier, ChipIndex chip) {
  const auto& tiers = topology.fabric().tiers;
  const int inner = tier == 0 ? 1 : tiers[static_cast<std::size_t>(tier) - 1].chips;
  const int fan = tiers[static_cast<std::size_t>(tier)].chips / inner;
  return topology.place(tier, chip / inner % fan);
}

bool is_torus(const Topology& topology, int tier) {
  const catalog::Topology kind = topology.fabric().tiers[static_cast<std::size_t>(tier)].topology;
  return kind == catalog::Topology::kTorus || kind == catalog::Topology::kRing;
}

std::vector<int> sides_of(const Topology& topology, int tier) {
  const auto& tiers = topology.fabric().tiers;
  const catalog::PlainTier& plain = tiers[static_cast<std::size_t>(tier)];
  if (plain.topology == catalog::Topology::kTorus) return plain.sides;
  return {plain.chips / (tier == 0 ? 1 : tiers[static_cast<std::size_t>(tier) - 1].chips)};
}

}  // namespace

std::optional<Box> box_of(const Topology& topology, int tier, const std::vector<int>& group,
                          const RankSet& ranks) {
  if (!is_torus(topology, tier)) return std::nullopt;
  const std::vector<int> sides = sides_of(topology, tier);
  std::vector<std::vector<int>> places;
  std::vector<std::map<int, int>> values(sides.size());  // coordinates in use, in order
  for (const int rank : group) {
    places.push_back(place_of(topology, tier, ranks.chip(rank)));
    for (std::size_t d = 0; d < sides.size(); ++d) values[d][places.back()[d]] = 0;
  }
  std::size_t volume = 1;
  for (std::map<int, int>& along : values) {
    int next = 0;
    for (auto& [coordinate, index] : along) index = next++;
    volume *= along.size();
  }
  if (volume != group.size()) return std::nullopt;
  Box box;
  box.rank_at.resize(group.size());
  for (std::size_t i = 0; i < group.size(); ++i) {
    std::size_t flat = 0;
    for (std::size_t d = sides.size(); d-- > 0;) {
      flat = flat * values[d].size() + static_cast<std::size_t>(values[d][places[i][d]]);
    }
    box.rank_at[flat] = group[i];
  }
  for (std::size_t d = 0; d < sides.size(); ++d) {
    const auto along = static_cast<int>(values[d].size());
    if (along == 1) continue;
    box.sides.push_back(along);
    box.wraps.push_back(along == sides[d] && along > 2);
  }
  return box;
}

namespace {

// One direction's transfers of rings along dimension `d` of a box.
void add_rings(const Box& box, std::size_t d, double part, Step& step) {
  std::size_t below = 1;
  for (std::size_t e = 0; e < d; ++e) below *= static_cast<std::size_t>(box.sides[e]);
  const auto side = static_cast<std::size_t>(box.sides[d]);
  const bool both = box.wraps[d];
  const double each = both ? part / 2 : part;
  for (std::size_t at = 0; at < box.rank_at.size(); ++at) {
    const std::size_t c = at / below % side;
    const std::size_t ahead = at + ((c + 1) % side) * below - c * below;
    step.transfers.push_back({box.rank_at[at], box.rank_at[ahead], each});
    if (both) step.transfers.push_back({box.rank_at[ahead], box.rank_at[at], each});
  }
}

}  // namespace

std::vector<Step> bucket_steps(const std::vector<Box>& boxes, double share, bool gather) {
  const std::vector<int>& sides = boxes.front().sides;
  const std::size_t dimensions = sides.size();
  // Parts of the vector take the dimensions in rotated order; phase by phase what a rank holds
  // shrinks by the side just done.
  std::vector<double> held(dimensions, share / static_cast<double>(dimensions));
  std::vector<Step> out;
  for (std::size_t phase = 0; phase < dimensions; ++phase) {
    int done = 0;
    while (true) {
      // Rings of different length end apart: a step lasts until the next of them ends.
      int until = 0;
      for (std::size_t part = 0; part < dimensions; ++part) {
        const int steps = sides[(part + phase) % dimensions] - 1;
        if (steps > done && (until == 0 || steps < until)) until = steps;
      }
      if (until == 0) break;
      Step step{.repeat = until - done};
      for (std::size_t part = 0; part < dimensions; ++part) {
        const std::size_t d = (part + phase) % dimensions;
        if (sides[d] - 1 <= done) continue;
        for (const Box& box : boxes) add_rings(box, d, held[part] / sides[d], step);
      }
      out.push_back(std::move(step));
      done = until;
    }
    for (std::size_t part = 0; part < dimensions; ++part) {
      held[part] /= sides[(part + phase) % dimensions];
    }
  }
  if (gather) std::reverse(out.begin(), out.end());
  return out;
}

std::vector<std::vector<int>> cycles(const Topology& topology, int tier,
                                     const std::vector<int>& group, const RankSet& ranks) {
  std::vector<int> plain(group.size());
  for (std::size_t i = 0; i < group.size(); ++i) plain[i] = static_cast<int>(i);
  const auto box = box_of(topology, tier, group, ranks);
  const bool square = box && box->sides.size() == 2 && box->sides[0] == box->sides[1] &&
                      box->wraps[0] && box->wraps[1];
  if (!square) {
    if (box && box->sides.size() == 1 && box->wraps[0]) {
      std::vector<int> back(plain.rbegin(), plain.rend());
      return {plain, back};
    }
    return {plain};
  }
  // Two Lee-distance Gray codes: cycles of a k x k torus without a common link (Bose et al. 1995).
  const int k = box->sides[0];
  std::map<int, int> index;  // rank to its number in the group
  for (std::size_t i = 0; i < group.size(); ++i) index[group[i]] = static_cast<int>(i);
  std::vector<std::vector<int>> out(4);
  for (int h = 0; h < k * k; ++h) {
    const int high = h / k;
    const int low = (h % k - high % k + k) % k;
    const int one = index.at(box->rank_at[static_cast<std::size_t>(high + k * low)]);
    const int two = index.at(box->rank_at[static_cast<std::size_t>(low + k * high)]);
    out[0].push_back(one);
    out[1].push_back(two);
  }
  out[2].assign(out[0].rbegin(), out[0].rend());
  out[3].assign(out[1].rbegin(), out[1].rend());
  return out;
}

}  // namespace switchyard::fabric
