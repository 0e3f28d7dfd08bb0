#include "fabric/shape.h"

#include <algorithm>

#include "catalog/sample.h"

namespace switchyard::fabric {

namespace {

using catalog::PlainTier;
using Kind = catalog::Topology;

double bisection_of(const PlainTier& tier, int inner) {
  const int fan = tier.chips / inner;
  const double bandwidth = tier.bandwidth.value();
  switch (tier.topology) {
    case Kind::kSwitch:
      return tier.chips / 2 * bandwidth / tier.oversubscription;
    case Kind::kFullMesh: {
      const int half = fan / 2;
      return static_cast<double>(half) * (fan - half) * inner * bandwidth / (fan - 1);
    }
    case Kind::kTorus:
    case Kind::kRing: {
      // Cut across the longest side: two links for every chip of the cut.
      const std::vector<int> ring = {fan};
      const std::vector<int>& sides = tier.topology == Kind::kRing ? ring : tier.sides;
      const int longest = *std::max_element(sides.begin(), sides.end());
      const double link = bandwidth / (2.0 * static_cast<double>(sides.size()));
      return 2.0 * fan / longest * inner * link;
    }
  }
  return 0;
}

}  // namespace

Shape shape(const catalog::Fabric& fabric) {
  const catalog::FabricNumbers numbers = sample(fabric, catalog::World{});
  Shape out{.chips = fabric.domain_chips()};
  const Topology topology(numbers, out.chips);
  for (std::size_t t = 0; t + 1 < numbers.tiers.size(); ++t) {
    out.links += fabric.tiers[t].links;
    out.bandwidth += numbers.tiers[t].bandwidth;
  }
  // Every chip sees the same: routes from chip 0 stand for all.
  std::vector<LinkIndex> path;
  std::int64_t hops = 0;
  for (ChipIndex to = 1; to < out.chips; ++to) {
    path.clear();
    topology.route(0, to, path);
    int count = 0;
    SimTime latency;
    for (const LinkIndex link : path) {
      count += topology.starts_hop(link) ? 1 : 0;
      latency += topology.latency(link);
    }
    hops += count;
    out.hops_max = std::max(out.hops_max, count);
    out.latency_max = std::max(out.latency_max, Seconds(latency.ns() * 1e-9));
  }
  out.hops_mean = out.chips > 1 ? static_cast<double>(hops) / (out.chips - 1) : 0;
  const std::size_t outer = numbers.tiers.size() - 2;
  const int inner = outer == 0 ? 1 : numbers.tiers[outer - 1].chips;
  out.bisection = BytesPerSecond(bisection_of(numbers.tiers[outer], inner));
  return out;
}

std::vector<ShapeCheck> check(const catalog::Fabric& fabric, const Shape& shape) {
  std::vector<ShapeCheck> out;
  const auto add = [&](const char* what, const std::optional<catalog::Estimate>& published,
                       double computed) {
    if (!published) return;
    const double low = published->low * published->scale;
    const double high = published->high * published->scale;
    constexpr double kRounding = 1e-9;
    out.push_back(
        {.what = what,
         .computed = computed / published->scale,
         .published = &*published,
         .agrees = computed >= low * (1 - kRounding) && computed <= high * (1 + kRounding)});
  };
  add("links of a chip", fabric.published.links, shape.links);
  add("longest route, hops", fabric.published.hops, shape.hops_max);
  add("bandwidth of a chip", fabric.published.bandwidth, shape.bandwidth.value());
  add("bisection", fabric.published.bisection, shape.bisection.value());
  return out;
}

}  // namespace switchyard::fabric
