#include "fabric/schedule.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "base/text.h"
#include "fabric/patterns.h"

namespace switchyard::fabric {

namespace {

using catalog::FabricNumbers;
using Kind = catalog::Topology;

constexpr int kMeshRanksMax = 512;  // n^2 transfers; beyond it congests [internode page]
constexpr int kRingRanksMax = 20000;
constexpr int kStageMeshFanMax = 18;  // a rack's sleds at once; more go by doubling [assumption]

const std::vector<std::string>& names() {
  static const std::vector<std::string> kNames = {"all-reduce",  "all-gather", "reduce-scatter",
                                                  "all-to-all",  "permute",    "broadcast",
                                                  "send-receive"};
  return kNames;
}

// The innermost tier that joins all ranks.
int meeting_tier(const FabricNumbers& fabric, const RankSet& ranks) {
  const ChipIndex last = ranks.chip(ranks.count - 1);
  int tier = 0;
  while (last >= fabric.tiers[static_cast<std::size_t>(tier)].chips) ++tier;
  return tier;
}

bool known(const FabricNumbers& fabric, Algorithm algorithm) {
  return fabric.algorithms[static_cast<std::size_t>(algorithm)].known;
}

Groups one_group(const RankSet& ranks) {
  std::vector<int> all(static_cast<std::size_t>(ranks.count));
  std::iota(all.begin(), all.end(), 0);
  return {all};
}

void append(std::vector<Step>& steps, std::vector<Step> more) {
  steps.insert(steps.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
}

}  // namespace

std::string to_text(Collective collective) { return names()[static_cast<std::size_t>(collective)]; }

Result<Collective> collective_named(const std::string& name) {
  const auto found = std::find(names().begin(), names().end(), name);
  if (found != names().end()) return static_cast<Collective>(found - names().begin());
  return fail({.kind = ErrorKind::kUnknown,
               .where = "collective",
               .found = quote(name),
               .wanted = join(names(), ", "),
               .hint = did_you_mean(name, names())});
}

std::vector<Stage> stages(const FabricNumbers& fabric, const RankSet& ranks) {
  std::vector<Stage> out;
  int inside = 1;
  for (std::size_t t = 0; t < fabric.tiers.size() && inside < ranks.count; ++t) {
    const catalog::PlainTier& tier = fabric.tiers[t];
    const bool last = t + 1 == fabric.tiers.size();
    const int reach =
        last ? ranks.count : std::min(ranks.count, std::max(1, tier.chips / ranks.stride));
    const bool even = reach % inside == 0 && ranks.count % reach == 0 &&
                      (reach == ranks.count || tier.chips % ranks.stride == 0 || reach == 1);
    if (!even) return {};
    if (reach > inside) {
      out.push_back({.tier = static_cast<int>(t), .fan = reach / inside, .inside = inside});
    }
    inside = reach;
  }
  return out;
}

std::vector<Step> stage_steps(const Topology& topology, const Stage& stage, const RankSet& ranks,
                              bool gather) {
  const int reach = stage.fan * stage.inside;
  Groups groups;
  for (int base = 0; base < ranks.count; base += reach) {
    for (int place = 0; place < stage.inside; ++place) {
      std::vector<int> group;
      for (int i = 0; i < stage.fan; ++i) group.push_back(base + i * stage.inside + place);
      groups.push_back(std::move(group));
    }
  }
  const double share = 1.0 / stage.inside;
  const Kind kind = topology.fabric().tiers[static_cast<std::size_t>(stage.tier)].topology;
  if (kind == Kind::kTorus || kind == Kind::kRing) {
    std::vector<Box> boxes;
    for (const std::vector<int>& group : groups) {
      if (auto box = box_of(topology, stage.tier, group, ranks)) boxes.push_back(std::move(*box));
    }
    if (boxes.size() == groups.size()) return bucket_steps(boxes, share, gather);
    std::vector<int> order(static_cast<std::size_t>(stage.fan));
    std::iota(order.begin(), order.end(), 0);
    return ring_steps(groups, share, {order}, 0);
  }
  const bool mesh = kind == Kind::kFullMesh || stage.fan <= kStageMeshFanMax;
  return mesh ? mesh_steps(groups, share)
              : rdh_steps(groups, share, digits_of(stage.fan), 1, gather);
}

namespace {

std::vector<Step> hierarchical(const Topology& topology, Collective collective,
                               const RankSet& ranks) {
  const std::vector<Stage> all = stages(topology.fabric(), ranks);
  std::vector<Step> steps;
  if (collective != Collective::kAllGather) {
    for (const Stage& stage : all) append(steps, stage_steps(topology, stage, ranks, false));
  }
  if (collective != Collective::kReduceScatter) {
    for (std::size_t i = all.size(); i-- > 0;) {
      append(steps, stage_steps(topology, all[i], ranks, true));
    }
  }
  return steps;
}

// Digits that follow the tiers where the ranks fill them, so that few steps cross an outer one.
std::vector<int> digits(const FabricNumbers& fabric, const RankSet& ranks) {
  std::vector<int> out;
  for (const Stage& stage : stages(fabric, ranks)) {
    const std::vector<int> more = digits_of(stage.fan);
    out.insert(out.end(), more.begin(), more.end());
  }
  return out.empty() ? digits_of(ranks.count) : out;
}

// One direction of a flat algorithm.
std::vector<Step> one_way(const Topology& topology, Algorithm algorithm, const RankSet& ranks,
                          bool gather) {
  const FabricNumbers& fabric = topology.fabric();
  const Groups group = one_group(ranks);
  const int tier = meeting_tier(fabric, ranks);
  switch (algorithm) {
    case Algorithm::kRdh:
      return rdh_steps(group, 1, digits(fabric, ranks), fabric.ranks_per_chip, gather);
    case Algorithm::kRing:
      return ring_steps(group, 1, cycles(topology, tier, group.front(), ranks),
                        fabric.ranks_per_chip - 1);
    case Algorithm::kKangaRing:
      return ring_steps(group, 1, cycles(topology, tier, group.front(), ranks),
                        fabric.ranks_per_chip / 2 - 1);
    case Algorithm::kBucket: {
      const auto box = box_of(topology, tier, group.front(), ranks);
      SWITCHYARD_CHECK(box.has_value());
      return bucket_steps({*box}, 1, gather);
    }
    default:
      return mesh_steps(group, 1);
  }
}

std::vector<Step> in_fabric(const FabricNumbers& fabric, const RankSet& ranks) {
  const int node = Transfer::kSwitch + meeting_tier(fabric, ranks);
  const double share = 1 + 1.0 / ranks.count;
  Step step;
  for (int rank = 0; rank < ranks.count; ++rank) {
    step.transfers.push_back({rank, node, share});
    step.transfers.push_back({node, rank, share});
  }
  return {step};
}

std::vector<Step> broadcast(const Topology& topology, Algorithm algorithm, const RankSet& ranks) {
  const int n = ranks.count;
  std::vector<Step> steps;
  if (algorithm == Algorithm::kRdh) {  // a tree: whoever has the vector passes it on whole
    for (int held = 1; held < n; held *= 2) {
      Step step;
      for (int i = 0; i < held && i + held < n; ++i) step.transfers.push_back({i, i + held, 1});
      steps.push_back(std::move(step));
    }
    return steps;
  }
  Step scatter;
  for (int rank = 1; rank < n; ++rank) scatter.transfers.push_back({0, rank, 1.0 / n});
  steps.push_back(std::move(scatter));
  append(steps, one_way(topology, Algorithm::kMesh, ranks, true));
  return steps;
}

std::vector<Step> direct(Collective collective, const RankSet& ranks) {
  if (collective == Collective::kAllToAll) return mesh_steps(one_group(ranks), 1);
  Step step;
  const int senders = collective == Collective::kPermute ? ranks.count : 1;
  for (int rank = 0; rank < senders && ranks.count > 1; ++rank) {
    step.transfers.push_back({rank, (rank + 1) % ranks.count, 1});
  }
  return {step};
}

// A box is there if the ranks' number fills it; sides are powers of two in compact order.
bool fills_box(const FabricNumbers& fabric, int tier, const RankSet& ranks) {
  const Kind kind = fabric.tiers[static_cast<std::size_t>(tier)].topology;
  if (kind == Kind::kRing) return tier == 0;
  if (kind != Kind::kTorus || tier != 0) return false;
  const Topology topology(fabric, ranks.chip(ranks.count - 1) + 1);
  return box_of(topology, tier, one_group(ranks).front(), ranks).has_value();
}

}  // namespace

std::vector<Way> ways(const FabricNumbers& fabric, Collective collective, const RankSet& ranks) {
  const int n = ranks.count;
  if (collective == Collective::kAllToAll || collective == Collective::kPermute ||
      collective == Collective::kSendReceive) {
    return {{Algorithm::kDirect}};
  }
  std::vector<Way> out;
  const auto add = [&](Algorithm algorithm, bool fits, int variant = 0) {
    if (known(fabric, algorithm) && fits) out.push_back({algorithm, variant});
  };
  if (collective == Collective::kBroadcast) {
    add(Algorithm::kRdh, true);
    add(Algorithm::kMesh, n <= kMeshRanksMax);
    if (out.empty()) out.push_back({Algorithm::kDirect});
    return out;
  }
  const int tier = meeting_tier(fabric, ranks);
  const bool all_reduce = collective == Collective::kAllReduce;
  add(Algorithm::kMesh, n <= kMeshRanksMax);
  add(Algorithm::kMesh, n <= kMeshRanksMax && all_reduce && n > 2, 1);
  add(Algorithm::kRdh, n <= kRingRanksMax);
  add(Algorithm::kKangaRing, fabric.ranks_per_chip >= 2 && ranks.stride == 1 && n <= kRingRanksMax);
  add(Algorithm::kRing, n <= kRingRanksMax);
  add(Algorithm::kBucket, fills_box(fabric, tier, ranks));
  add(Algorithm::kHierarchical, stages(fabric, ranks).size() > 1);
  const bool reduces = fabric.tiers[static_cast<std::size_t>(tier)].reduces;
  add(Algorithm::kInFabric, all_reduce && reduces && n > 2);
  if (out.empty()) out.push_back({Algorithm::kDirect});  // as a mesh
  return out;
}

std::vector<Step> schedule(const Topology& topology, Collective collective, Way way,
                           const RankSet& ranks) {
  if (ranks.count == 1) return {};
  switch (collective) {
    case Collective::kAllToAll:
    case Collective::kPermute:
    case Collective::kSendReceive:
      return direct(collective, ranks);
    case Collective::kBroadcast:
      return broadcast(topology, way.algorithm, ranks);
    default:
      break;
  }
  if (way.algorithm == Algorithm::kHierarchical) return hierarchical(topology, collective, ranks);
  if (way.algorithm == Algorithm::kInFabric) return in_fabric(topology.fabric(), ranks);
  if (way.variant == 1) return mesh_steps(one_group(ranks), ranks.count);
  std::vector<Step> steps;
  if (collective != Collective::kAllGather) {
    append(steps, one_way(topology, way.algorithm, ranks, false));
  }
  if (collective != Collective::kReduceScatter) {
    append(steps, one_way(topology, way.algorithm, ranks, true));
  }
  return steps;
}

}  // namespace switchyard::fabric
