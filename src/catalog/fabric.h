// How the chips of a platform are joined: tiers of links inner to outer, and what collective
// software gets out of them.
//
// A tier joins groups of the tier inside it. A switch joins every chip of every group; a full mesh,
// torus or ring joins the chips that stand at the same place of their groups, so a chip reaches
// another place first inside its own group (dimension order). The data stands in
// catalog/fabrics/; catalog/README.md has the schema.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "catalog/estimate.h"

namespace switchyard::catalog {

class Table;
struct World;

enum class Topology { kSwitch, kFullMesh, kTorus, kRing };
std::string to_text(Topology topology);

// How a collective moves its bytes. fabric/schedule.h says what each does.
enum class Algorithm {
  kDirect,        // each pair at once: all-to-all, permute, send and receive
  kMesh,          // every rank to every other at once
  kRdh,           // recursive doubling and halving
  kRing,          // one cycle over all logical cores
  kKangaRing,     // a cycle over every second logical core, which serves its neighbour
  kBucket,        // a ring in each dimension of a torus, all dimensions at once
  kHierarchical,  // tier by tier
  kInFabric,      // the switch reduces and multicasts
};
inline constexpr int kAlgorithms = 8;
std::string to_text(Algorithm algorithm);

// One level of the fabric: up to `chips` chips reach each other through it.
struct Tier {
  std::string name;
  int chips = 1;
  Topology topology = Topology::kSwitch;
  std::vector<int> sides;     // of a torus; their product is the groups joined
  int links = 1, lanes = 1;   // links a chip has in the tier, lanes a link
  bool reduces = false;       // its switches add and multicast
  Estimate bandwidth;         // B/s per chip and direction, all links of the tier together
  Estimate latency;           // s per step of a collective through it, per hop where chips forward
  Estimate oversubscription;  // what its chips can inject over what its core carries
};

struct AlgorithmNumbers {
  Estimate launch;      // s a call takes before its first step
  Estimate efficiency;  // share of link bandwidth reached by large transfers
  Estimate chunk;       // s to start one chunk: what a pipeline of chunks loses, see closed_form.h
  // Sizes it is meant for, where the vendor documents them; absent: any.
  std::optional<Estimate> from, up_to;
};

// A figure of the shape that somebody published, held against what the tiers give.
struct PublishedShape {
  std::optional<Estimate> links, hops, bisection, bandwidth;
};

struct Fabric {
  std::string id, name, note;
  int ranks_per_chip = 1;   // logical cores that take part in a collective of the chip
  Estimate local_latency;   // s of a step between two of them
  std::vector<Tier> tiers;  // inner to outer; the last is scale-out
  std::map<Algorithm, AlgorithmNumbers> algorithms;
  PublishedShape published;

  int domain_chips() const { return tiers[tiers.size() - 2].chips; }
};

// `id` as in "nvlink4-8"; faults go to the table's list.
Fabric read_fabric(Table& table, const std::string& id);

struct PlainTier {
  int chips = 1;
  Topology topology = Topology::kSwitch;
  std::vector<int> sides;
  bool reduces = false;
  BytesPerSecond bandwidth;
  Seconds latency;
  double oversubscription = 1;
};

struct PlainAlgorithm {
  bool known = false;
  Seconds launch, chunk;
  double efficiency = 1;
  Bytes from, up_to;  // up_to 0: no limit
};

// A fabric in one world.
struct FabricNumbers {
  std::string id;
  int ranks_per_chip = 1;
  Seconds local_latency;
  std::vector<PlainTier> tiers;
  std::array<PlainAlgorithm, kAlgorithms> algorithms;
};

FabricNumbers sample(const Fabric& fabric, const World& world);
// Its estimates, by name for people.
std::vector<std::pair<std::string, const Estimate*>> estimates_of(const Fabric& fabric);

}  // namespace switchyard::catalog
