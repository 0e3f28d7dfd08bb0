#include "catalog/fabric.h"

#include "base/text.h"
#include "catalog/sample.h"

namespace switchyard::catalog {

std::string to_text(Topology topology) {
  switch (topology) {
    case Topology::kSwitch:
      return "switch";
    case Topology::kFullMesh:
      return "full-mesh";
    case Topology::kTorus:
      return "torus";
    case Topology::kRing:
      return "ring";
  }
  return {};
}

std::string to_text(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kDirect:
      return "direct";
    case Algorithm::kMesh:
      return "mesh";
    case Algorithm::kRdh:
      return "rdh";
    case Algorithm::kRing:
      return "ring";
    case Algorithm::kKangaRing:
      return "kangaring";
    case Algorithm::kBucket:
      return "bucket";
    case Algorithm::kHierarchical:
      return "hierarchical";
    case Algorithm::kInFabric:
      return "in-fabric";
  }
  return {};
}

FabricNumbers sample(const Fabric& fabric, const World& world) {
  const auto draw = [&](const Estimate& e) {
    return world.base || e.certain() ? e.si() : e.at(quantile_in(e, world));
  };
  FabricNumbers n{.id = fabric.id, .ranks_per_chip = fabric.ranks_per_chip};
  n.local_latency = Seconds(draw(fabric.local_latency));
  for (const Tier& tier : fabric.tiers) {
    n.tiers.push_back({.chips = tier.chips,
                       .topology = tier.topology,
                       .sides = tier.sides,
                       .reduces = tier.reduces,
                       .bandwidth = BytesPerSecond(draw(tier.bandwidth)),
                       .latency = Seconds(draw(tier.latency)),
                       .oversubscription = draw(tier.oversubscription)});
  }
  for (const auto& [algorithm, a] : fabric.algorithms) {
    n.algorithms[static_cast<std::size_t>(algorithm)] = {
        .known = true,
        .launch = Seconds(draw(a.launch)),
        .chunk = Seconds(draw(a.chunk)),
        .efficiency = draw(a.efficiency),
        .from = Bytes(a.from ? draw(*a.from) : 0),
        .up_to = Bytes(a.up_to ? draw(*a.up_to) : 0)};
  }
  return n;
}

std::vector<std::pair<std::string, const Estimate*>> estimates_of(const Fabric& fabric) {
  std::vector<std::pair<std::string, const Estimate*>> out;
  for (const Tier& tier : fabric.tiers) {
    out.emplace_back(fmt::format("{} ({} chips) bandwidth", tier.name, tier.chips),
                     &tier.bandwidth);
    out.emplace_back(tier.name + " latency", &tier.latency);
    out.emplace_back(tier.name + " oversubscription", &tier.oversubscription);
  }
  out.emplace_back("step between cores of a chip", &fabric.local_latency);
  for (const auto& [algorithm, a] : fabric.algorithms) {
    out.emplace_back(to_text(algorithm) + " launch", &a.launch);
    out.emplace_back(to_text(algorithm) + " efficiency", &a.efficiency);
    out.emplace_back(to_text(algorithm) + " chunk start", &a.chunk);
    if (a.from) out.emplace_back(to_text(algorithm) + " from", &*a.from);
    if (a.up_to) out.emplace_back(to_text(algorithm) + " up to", &*a.up_to);
  }
  return out;
}

}  // namespace switchyard::catalog
