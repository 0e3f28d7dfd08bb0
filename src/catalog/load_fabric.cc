#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "catalog/fabric.h"
#include "catalog/readers.h"

namespace switchyard::catalog {

namespace {

constexpr Range kChips = {1, 1e6};
constexpr Range kCounts = {1, 1024};
constexpr Algorithm kEveryAlgorithm[kAlgorithms] = {
    Algorithm::kDirect,    Algorithm::kMesh,   Algorithm::kRdh,          Algorithm::kRing,
    Algorithm::kKangaRing, Algorithm::kBucket, Algorithm::kHierarchical, Algorithm::kInFabric};

void read_sides(ObjectReader& fields, Tier& tier) {
  if (tier.topology != Topology::kTorus) {
    if (fields.find("sides")) {
      fields.fault("sides", "stands with topology " + quote(to_text(tier.topology)),
                   "only with torus");
    }
    return;
  }
  const Json* list = fields.array("sides");
  if (!list) {
    if (!fields.has("sides")) fields.fault("sides", "is missing", "2 or 3 sides of the torus");
    return;
  }
  for (const Json& side : *list) {
    const bool good = side.is_number_integer() && side >= 2 && side <= 1024;
    tier.sides.push_back(good ? side.get<int>() : 0);
  }
  const bool faulty = std::find(tier.sides.begin(), tier.sides.end(), 0) != tier.sides.end();
  if (faulty || tier.sides.size() < 2 || tier.sides.size() > 3) {
    fields.fault("sides", "is " + describe(*list), "2 or 3 integers from 2 to 1024");
    tier.sides.clear();
  }
}

void read_topology(ObjectReader& fields, Tier& tier) {
  const std::string text = fields.string("topology");
  std::vector<std::string> names;
  bool known = false;
  for (const Topology topology :
       {Topology::kSwitch, Topology::kFullMesh, Topology::kTorus, Topology::kRing}) {
    names.push_back(to_text(topology));
    if (text != names.back()) continue;
    tier.topology = topology;
    known = true;
  }
  if (!known && fields.has("topology")) {
    fields.fault("topology", "is " + quote(text), join(names, ", "), did_you_mean(text, names));
  }
  if (known) read_sides(fields, tier);
}

Tier read_tier(const ObjectReader& parent, const Json& item, const std::string& path) {
  ObjectReader fields = parent.inside("tiers", item);
  Tier tier{.name = fields.string("name")};
  check_text(fields, "name", tier.name);
  tier.chips = static_cast<int>(fields.integer("chips", kChips));
  read_topology(fields, tier);
  tier.links = static_cast<int>(fields.integer_or("links", 1, kCounts));
  tier.lanes = static_cast<int>(fields.integer_or("lanes", 1, kCounts));
  tier.reduces = fields.boolean_or("reduces", false);
  if (tier.reduces && tier.topology != Topology::kSwitch) {
    fields.fault("reduces", "stands with topology " + quote(to_text(tier.topology)),
                 "only with switch");
  }
  Table table(std::move(fields), path + "/tiers/" + tier.name);
  tier.bandwidth = table.positive("bandwidth", Dimension::kByteRate);
  tier.latency = table.estimate("latency", Dimension::kTime);
  tier.oversubscription = table.positive("oversubscription", Dimension::kCount);
  table.fields().reject_unknown();
  return tier;
}

// Groups of the tier inside must fill it, and a torus have as many places as groups.
void check_groups(ObjectReader& fields, const std::vector<Tier>& tiers, std::size_t i) {
  const Tier& tier = tiers[i];
  const int inner = i == 0 ? 1 : tiers[i - 1].chips;
  if (tier.chips % inner != 0 && i + 1 < tiers.size()) {
    fields.fault("tiers",
                 fmt::format("{} chips of {} in groups of {}", tier.chips, tier.name, inner),
                 "a multiple");
    return;
  }
  int places = 1;
  for (const int side : tier.sides) places *= side;
  if (tier.topology == Topology::kTorus && !tier.sides.empty() && places != tier.chips / inner) {
    fields.fault("tiers", fmt::format("{} places of the torus {}", places, tier.name),
                 fmt::format("{}, the groups it joins", tier.chips / inner));
  }
}

void check_tiers(ObjectReader& fields, const std::vector<Tier>& tiers) {
  for (std::size_t i = 1; i < tiers.size(); ++i) {
    if (tiers[i].chips <= tiers[i - 1].chips) {
      fields.fault("tiers", fmt::format("reach {} after {}", tiers[i].chips, tiers[i - 1].chips),
                   "each tier to reach more chips than the one before");
      return;
    }
    // The name is part of the path of the tier's estimates.
    const bool twice = std::any_of(tiers.begin(), tiers.begin() + static_cast<std::ptrdiff_t>(i),
                                   [&](const Tier& t) { return t.name == tiers[i].name; });
    if (twice) fields.fault("tiers", quote(tiers[i].name) + " stands twice", "a name for each");
  }
  for (std::size_t i = 0; i < tiers.size(); ++i) check_groups(fields, tiers, i);
  if (tiers.back().topology != Topology::kSwitch) {
    fields.fault("tiers", "end with " + quote(to_text(tiers.back().topology)),
                 "a switch as the last tier, the network beyond the domain");
  }
}

void read_tiers(Table& table, Fabric& fabric) {
  ObjectReader& fields = table.fields();
  const Json* list = fields.array("tiers");
  if (!list || list->size() < 2 || list->size() > 6) {
    if (list || !fields.has("tiers")) {
      fields.fault("tiers", list ? fmt::format("has {} entries", list->size()) : "is missing",
                   "2 to 6: the scale-up tiers, then the scale-out tier");
    }
    return;
  }
  for (const Json& item : *list) {
    fabric.tiers.push_back(read_tier(fields, item, table.path()));
  }
  check_tiers(fields, fabric.tiers);
}

AlgorithmNumbers read_algorithm(Table& table, const std::string& cause) {
  AlgorithmNumbers numbers{.launch = table.estimate("launch", Dimension::kTime),
                           .efficiency = table.share("efficiency"),
                           .chunk = table.estimate("chunk", Dimension::kTime)};
  // One luck with the software for all algorithms of a fabric.
  numbers.launch.cause = cause + "launch";
  numbers.efficiency.cause = cause + "efficiency";
  numbers.chunk.cause = cause + "chunk";
  if (table.fields().has("from")) numbers.from = table.estimate("from", Dimension::kBytes);
  if (table.fields().has("up_to")) numbers.up_to = table.positive("up_to", Dimension::kBytes);
  return numbers;
}

void read_algorithms(Table& table, Fabric& fabric) {
  table.section("algorithms", [&](Table& all) {
    for (const Algorithm algorithm : kEveryAlgorithm) {
      const std::string name = to_text(algorithm);
      if (!all.fields().has(name)) continue;
      all.section(name, [&](Table& one) {
        fabric.algorithms.emplace(algorithm, read_algorithm(one, "fabrics/" + fabric.id + "/"));
      });
    }
    if (!fabric.algorithms.contains(Algorithm::kDirect)) {
      all.fields().fault("direct", "is missing", "the algorithm of all-to-all, permute and send");
    }
  });
}

void read_published(Table& table, Fabric& fabric) {
  if (!table.fields().has("published")) return;
  table.section("published", [&](Table& t) {
    const auto take = [&](const char* key, Dimension dimension, std::optional<Estimate>& into) {
      if (t.fields().has(key)) into = t.positive(key, dimension);
    };
    take("links", Dimension::kCount, fabric.published.links);
    take("hops", Dimension::kCount, fabric.published.hops);
    take("bisection", Dimension::kByteRate, fabric.published.bisection);
    take("bandwidth", Dimension::kByteRate, fabric.published.bandwidth);
  });
}

}  // namespace

Fabric read_fabric(Table& table, const std::string& id) {
  Fabric fabric{.id = id};
  check_id(table, id);
  fabric.name = table.text("name");
  fabric.note = table.text_or_empty("note");
  fabric.ranks_per_chip = static_cast<int>(table.fields().integer("ranks_per_chip", {1, 64}));
  fabric.local_latency = table.estimate("local_latency", Dimension::kTime);
  read_tiers(table, fabric);
  read_algorithms(table, fabric);
  read_published(table, fabric);
  table.fields().reject_unknown();
  return fabric;
}

}  // namespace switchyard::catalog
