#include "fabric/topology.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "base/check.h"
#include "base/text.h"

namespace switchyard::fabric {

namespace {

using Kind = catalog::Topology;

// Places in compact order: the prime factors of the sides take turns, innermost first, so runs of
// consecutive numbers are boxes.
std::vector<int> compact_places(const std::vector<int>& sides, int fan) {
  const std::size_t dimensions = sides.size();
  std::vector<int> left = sides;
  std::vector<std::pair<std::size_t, int>> digits;  // dimension, radix
  for (bool more = true; more;) {
    more = false;
    for (std::size_t d = 0; d < dimensions; ++d) {
      if (left[d] == 1) continue;
      int radix = 2;
      while (left[d] % radix != 0) ++radix;
      digits.emplace_back(d, radix);
      left[d] /= radix;
      more = true;
    }
  }
  std::vector<int> places(static_cast<std::size_t>(fan) * dimensions);
  for (int group = 0; group < fan; ++group) {
    int rest = group;
    std::vector<int> weight(dimensions, 1);
    for (const auto& [d, radix] : digits) {
      places[static_cast<std::size_t>(group) * dimensions + d] += rest % radix * weight[d];
      rest /= radix;
      weight[d] *= radix;
    }
  }
  return places;
}

int whole_groups(const catalog::FabricNumbers& fabric, int chips) {
  const std::size_t domain = fabric.tiers.size() - 2;
  for (std::size_t i = 0; i <= domain; ++i) {
    if (fabric.tiers[i].chips >= chips) return fabric.tiers[i].chips;
  }
  const int group = fabric.tiers[domain].chips;
  return (chips + group - 1) / group * group;
}

}  // namespace

Topology::Topology(const catalog::FabricNumbers& fabric, int chips)
    : fabric_(fabric), chips_(whole_groups(fabric, chips)) {
  SWITCHYARD_CHECK(chips >= 1 && chips_ <= kChipsMax && chips <= fabric.tiers.back().chips, "{}",
                   chips);
  for (int tier = 0; tier < static_cast<int>(fabric_.tiers.size()); ++tier) {
    add_level(tier);
    if (fabric_.tiers[static_cast<std::size_t>(tier)].chips >= chips_) break;
  }
}

std::size_t Topology::flat_place(const Level& level, const int* at) {
  std::size_t flat = 0;
  for (std::size_t d = level.sides.size(); d-- > 0;) {
    flat = flat * static_cast<std::size_t>(level.sides[d]) + static_cast<std::size_t>(at[d]);
  }
  return flat;
}

void Topology::add_level(int tier) {
  const catalog::PlainTier& plain = fabric_.tiers[static_cast<std::size_t>(tier)];
  Level level;
  level.topology = plain.topology;
  level.inner = tier == 0 ? 1 : fabric_.tiers[static_cast<std::size_t>(tier) - 1].chips;
  level.fan = plain.chips / level.inner;
  level.first = links();
  level.latency = plain.latency.value();
  double share = plain.bandwidth.value();
  switch (plain.topology) {
    case Kind::kSwitch:
      level.per_chip = 2;
      break;
    case Kind::kFullMesh:
      level.per_chip = level.fan;
      share /= std::max(1, level.fan - 1);
      break;
    case Kind::kTorus:
    case Kind::kRing: {
      level.sides = plain.topology == Kind::kRing ? std::vector<int>{level.fan} : plain.sides;
      const std::size_t dimensions = level.sides.size();
      level.per_chip = 2 * static_cast<int>(dimensions);
      share /= level.per_chip;
      // A ring's places are its numbers; only boxes need the compact order.
      level.place_of =
          dimensions == 1 ? std::vector<int>() : compact_places(level.sides, level.fan);
      if (dimensions == 1) {
        for (int g = 0; g < level.fan; ++g) level.place_of.push_back(g);
      }
      level.group_at.resize(static_cast<std::size_t>(level.fan));
      for (int g = 0; g < level.fan; ++g) {
        level.group_at[flat_place(level, &level.place_of[g * dimensions])] = g;
      }
      break;
    }
  }
  capacity_.insert(capacity_.end(), static_cast<std::size_t>(chips_) * level.per_chip, share);
  if (plain.topology == Kind::kSwitch && plain.oversubscription > 1) {
    level.core = links();
    const int groups = (chips_ + plain.chips - 1) / plain.chips;
    for (int g = 0; g < groups; ++g) {
      const int members = std::min(plain.chips, chips_ - g * plain.chips);
      capacity_.push_back(members * plain.bandwidth.value() / plain.oversubscription);
    }
  }
  tier_.resize(capacity_.size(), static_cast<std::int8_t>(tier));
  levels_.push_back(std::move(level));
}

bool Topology::starts_hop(LinkIndex link) const {
  const Level& level = levels_[static_cast<std::size_t>(tier_of(link))];
  if (level.topology != Kind::kSwitch) return true;
  const bool core = level.core >= 0 && link >= level.core;
  return !core && (link - level.first) % 2 == 0;
}

SimTime Topology::latency(LinkIndex link) const {
  if (!starts_hop(link)) return {};
  const Level& level = levels_[static_cast<std::size_t>(tier_of(link))];
  return SimTime(std::llround(level.latency * 1e12));
}

int Topology::tier_of(LinkIndex link) const { return tier_[static_cast<std::size_t>(link)]; }

LinkName Topology::name(LinkIndex link) const {
  const int tier = tier_of(link);
  const Level& level = levels_[static_cast<std::size_t>(tier)];
  if (level.core >= 0 && link >= level.core) {
    return {tier, fmt::format("core of switch {}", link - level.core)};
  }
  const int chip = (link - level.first) / level.per_chip;
  const int port = (link - level.first) % level.per_chip;
  switch (level.topology) {
    case Kind::kSwitch:
      return {tier, fmt::format("chip {} {}", chip, port == 0 ? "up" : "down")};
    case Kind::kFullMesh:
      return {tier, fmt::format("chip {} to group {}", chip, port)};
    default:
      return {tier, fmt::format("chip {} {}{}", chip, port % 2 == 0 ? "+" : "-", "xyz"[port / 2])};
  }
}

std::vector<int> Topology::place(int tier, int group) const {
  const Level& level = levels_[static_cast<std::size_t>(tier)];
  const std::size_t d = level.sides.size();
  const auto at = level.place_of.begin() + static_cast<std::ptrdiff_t>(group * d);
  return {at, at + static_cast<std::ptrdiff_t>(d)};
}

std::vector<LinkIndex> Topology::links_out(int tier, ChipIndex chip) const {
  const Level& level = levels_[static_cast<std::size_t>(tier)];
  const LinkIndex first = level.first + chip * level.per_chip;
  if (level.topology == Kind::kSwitch) return {first};
  std::vector<LinkIndex> out;
  for (int port = 0; port < level.per_chip; ++port) {
    if (level.topology == Kind::kFullMesh && port == group(level, chip)) continue;
    out.push_back(first + port);
  }
  return out;
}

void Topology::degrade(LinkIndex link, double share) {
  SWITCHYARD_CHECK(share >= 0 && share <= 1);
  capacity_[static_cast<std::size_t>(link)] *= share;
  failures_ = failures_ || share == 0;
}

int Topology::meeting_tier(ChipIndex from, ChipIndex to) const {
  int tier = 0;
  while (true) {
    const Level& level = levels_[static_cast<std::size_t>(tier)];
    const int reach = level.inner * level.fan;
    if (from / reach == to / reach) return tier;
    ++tier;
  }
}

bool Topology::route(ChipIndex from, ChipIndex to, std::vector<LinkIndex>& out) const {
  const std::size_t before = out.size();
  walk(from, to, out);
  if (!failures_) return true;
  const bool whole = std::none_of(out.begin() + static_cast<std::ptrdiff_t>(before), out.end(),
                                  [&](LinkIndex link) { return capacity(link) == 0; });
  if (whole) return true;
  out.resize(before);
  return around_failures(from, to, out);
}

void Topology::walk(ChipIndex from, ChipIndex to, std::vector<LinkIndex>& out) const {
  if (from == to) return;
  const Level& level = levels_[static_cast<std::size_t>(meeting_tier(from, to))];
  if (level.topology == Kind::kSwitch) {
    out.push_back(level.first + 2 * from);
    if (level.core >= 0) out.push_back(level.core + from / (level.inner * level.fan));
    out.push_back(level.first + 2 * to + 1);
    return;
  }
  // Inside first, to the place of the other.
  const ChipIndex middle = from / level.inner * level.inner + to % level.inner;
  walk(from, middle, out);
  across(level, middle, to, out);
}

void Topology::across(const Level& level, ChipIndex from, ChipIndex to,
                      std::vector<LinkIndex>& out) const {
  if (level.topology == Kind::kFullMesh) {
    out.push_back(level.first + from * level.per_chip + group(level, to));
    return;
  }
  along_torus(level, from, to, out);
}

void Topology::along_torus(const Level& level, ChipIndex from, ChipIndex to,
                           std::vector<LinkIndex>& out) const {
  const std::size_t dimensions = level.sides.size();
  const int reach = level.inner * level.fan;
  const ChipIndex base = from / reach * reach + from % level.inner;
  const int* start = &level.place_of[static_cast<std::size_t>(group(level, from)) * dimensions];
  const int* goal = &level.place_of[static_cast<std::size_t>(group(level, to)) * dimensions];
  int at[3] = {0, 0, 0};
  int parity = 0;
  for (std::size_t d = 0; d < dimensions; ++d) parity += at[d] = start[d];
  for (std::size_t d = 0; d < dimensions; ++d) {
    const int side = level.sides[d];
    const int ahead = (goal[d] - at[d] + side) % side;
    const bool plus = 2 * ahead < side || (2 * ahead == side && parity % 2 == 0);
    for (int left = plus ? ahead : side - ahead; left > 0; --left) {
      const ChipIndex chip = base + level.group_at[flat_place(level, at)] * level.inner;
      out.push_back(level.first + chip * level.per_chip + 2 * static_cast<int>(d) + (plus ? 0 : 1));
      at[d] = (at[d] + (plus ? 1 : side - 1)) % side;
    }
  }
}

int Topology::first_switch(const Level& wanted) const {
  int node = chips_;
  for (const Level& level : levels_) {
    if (&level == &wanted) break;
    const int reach = level.inner * level.fan;
    if (level.topology == Kind::kSwitch) node += (chips_ + reach - 1) / reach;
  }
  return node;
}

// Nodes: chips, then for each tier of switches its groups.
int Topology::node_after(LinkIndex link) const {
  const Level& level = levels_[static_cast<std::size_t>(tier_of(link))];
  const int reach = level.inner * level.fan;
  const ChipIndex chip = (link - level.first) / level.per_chip;
  const int port = (link - level.first) % level.per_chip;
  if (level.topology == Kind::kSwitch) return port == 1 ? chip : first_switch(level) + chip / reach;
  const ChipIndex base = chip / reach * reach + chip % level.inner;
  if (level.topology == Kind::kFullMesh) return base + port * level.inner;
  std::vector<int> at = place(tier_of(link), group(level, chip));
  int& moved = at[static_cast<std::size_t>(port / 2)];
  const int side = level.sides[static_cast<std::size_t>(port / 2)];
  moved = (moved + (port % 2 == 0 ? 1 : side - 1)) % side;
  return base + level.group_at[flat_place(level, at.data())] * level.inner;
}

std::vector<LinkIndex> Topology::links_from(int node) const {
  std::vector<LinkIndex> out;
  for (std::size_t t = 0; t < levels_.size(); ++t) {
    const Level& level = levels_[t];
    if (node < chips_) {
      const std::vector<LinkIndex> own = links_out(static_cast<int>(t), node);
      out.insert(out.end(), own.begin(), own.end());
      continue;
    }
    const int reach = level.inner * level.fan;
    const int g = node - first_switch(level);
    if (level.topology != Kind::kSwitch || g < 0 || g >= (chips_ + reach - 1) / reach) continue;
    for (int c = g * reach; c < std::min(chips_, (g + 1) * reach); ++c) {
      out.push_back(level.first + 2 * c + 1);
    }
  }
  return out;
}

// The route of fewest links, lowest numbers first among equals.
bool Topology::around_failures(ChipIndex from, ChipIndex to, std::vector<LinkIndex>& out) const {
  int nodes = chips_;
  for (const Level& level : levels_) nodes += chips_ / (level.inner * level.fan) + 1;
  std::vector<LinkIndex> by(static_cast<std::size_t>(nodes), -1);
  std::vector<int> before(static_cast<std::size_t>(nodes), -1);
  std::deque<int> open = {from};
  before[static_cast<std::size_t>(from)] = from;
  while (!open.empty() && before[static_cast<std::size_t>(to)] < 0) {
    const int node = open.front();
    open.pop_front();
    for (const LinkIndex link : links_from(node)) {
      const int next = node_after(link);
      if (capacity(link) == 0 || before[static_cast<std::size_t>(next)] >= 0) continue;
      before[static_cast<std::size_t>(next)] = node;
      by[static_cast<std::size_t>(next)] = link;
      open.push_back(next);
    }
  }
  if (before[static_cast<std::size_t>(to)] < 0) return false;
  std::vector<LinkIndex> back;
  for (int node = to; node != from; node = before[static_cast<std::size_t>(node)]) {
    back.push_back(by[static_cast<std::size_t>(node)]);
  }
  for (std::size_t i = back.size(); i-- > 0;) {
    out.push_back(back[i]);
    const Level& level = levels_[static_cast<std::size_t>(tier_of(back[i]))];
    const bool up = level.core >= 0 && (back[i] - level.first) % level.per_chip == 0;
    if (up) out.push_back(level.core + node_after(back[i]) - first_switch(level));
  }
  return true;
}

}  // namespace switchyard::fabric
