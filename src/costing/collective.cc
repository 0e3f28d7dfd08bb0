#include "costing/collective.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace switchyard::costing {

namespace {

using catalog::PlainTier;
using catalog::Topology;
using model::OperatorKind;

double side(const PlainTier& tier, double fan) {
  const int dimensions = tier.topology == Topology::kRing ? 1 : std::max(1, tier.dimensions);
  if (dimensions == 1) return fan;
  return dimensions == 2 ? std::sqrt(fan) : std::pow(fan, 1.0 / dimensions);
}

// Bandwidth one chip of a group of `fan` can use on the tier.
BytesPerSecond usable(const PlainTier& tier, double fan) {
  switch (tier.topology) {
    case Topology::kSwitch:
      return tier.bandwidth;
    case Topology::kFullMesh:
      return tier.bandwidth * std::min(1.0, (fan - 1) / std::max(1, tier.chips - 1));
    case Topology::kTorus:
    case Topology::kRing: {
      const int dimensions = tier.topology == Topology::kRing ? 1 : std::max(1, tier.dimensions);
      return tier.bandwidth * std::min(1.0, std::log2(fan) / (2.0 * dimensions));
    }
  }
  return tier.bandwidth;
}

bool has_hops(const PlainTier& tier) {
  return tier.topology == Topology::kTorus || tier.topology == Topology::kRing;
}

double steps(const PlainTier& tier, double fan) {
  if (!has_hops(tier)) return 1;
  const int dimensions = tier.topology == Topology::kRing ? 1 : std::max(1, tier.dimensions);
  return std::max(1.0, dimensions * side(tier, fan) / 2);
}

double mean_hops(const PlainTier& tier, double fan) {
  if (!has_hops(tier)) return 1;
  const int dimensions = tier.topology == Topology::kRing ? 1 : std::max(1, tier.dimensions);
  return std::max(1.0, dimensions * side(tier, fan) / 4);
}

}  // namespace

Seconds collective_time(OperatorKind kind, Bytes payload, int ranks, int stride,
                        const std::vector<PlainTier>& tiers) {
  SWITCHYARD_CHECK(model::is_collective(kind) && ranks >= 1 && stride >= 1);
  SWITCHYARD_CHECK(!tiers.empty());
  Seconds total;
  double inside = 1;  // ranks reached through the tiers so far
  for (const PlainTier& tier : tiers) {
    const bool outermost = &tier == &tiers.back();
    const double reach =
        outermost ? ranks : std::min<double>(ranks, std::max(1, tier.chips / stride));
    if (reach <= inside) continue;
    const double fan = reach / inside;
    const BytesPerSecond bandwidth = usable(tier, fan);
    const double phases = kind == OperatorKind::kAllReduce ? 2 : 1;
    switch (kind) {
      case OperatorKind::kAllReduce:
      case OperatorKind::kAllGather:
      case OperatorKind::kReduceScatter:
        total += payload * (phases * (fan - 1) / fan / inside) / bandwidth;
        break;
      case OperatorKind::kAllToAll:
        total += payload * ((reach - inside) / ranks * mean_hops(tier, fan)) / bandwidth;
        break;
      default:
        // One neighbour talks to one neighbour: only the outermost tier that must be crossed
        // counts.
        total = payload / bandwidth;
        break;
    }
    total += tier.latency * (phases * steps(tier, fan));
    inside = reach;
  }
  return total;
}

}  // namespace switchyard::costing
