// Collectives as steps of transfers between ranks.
//
// Algorithms and what they are taken from:
//   direct, mesh    every pair at once; mesh all-reduce in two steps, or in one that sends the
//   whole
//                   vector to everybody [intranode-collective-comm.rst]
//   rdh             partners at doubled distance; other counts than powers of two by the digits of
//                   their tiers. The logical cores of a chip start on different bits, so that
//                   all links of a torus work [assumption: the page leaves the order open]
//   ring            one cycle; on a full square torus two cycles without a common link, both ways
//                   [intranode-collective-comm.rst: two Hamiltonian cycles]; kangaring the same
//                   cycle over every second logical core
//   bucket          a ring in each dimension, parts of the vector taking the dimensions in turn
//   hierarchical    reduce-scatter tier by tier outwards, all-gather back inwards
//   in-fabric       the switch adds and multicasts: a rank sends and receives 1 + 1/n vectors
// Every step ends before the next begins. Within a step of a reduction, adding is hidden behind
// the transfer of the other slice [collectives.rst].
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "fabric/topology.h"

namespace switchyard::fabric {

using catalog::Algorithm;

enum class Collective {
  kAllReduce,
  kAllGather,
  kReduceScatter,
  kAllToAll,
  kPermute,
  kBroadcast,
  kSendReceive,
};
inline constexpr int kCollectives = 7;
std::string to_text(Collective collective);
Result<Collective> collective_named(const std::string& name);

// `count` ranks on every `stride`-th chip from 0 on.
struct RankSet {
  int count = 1;
  int stride = 1;
  ChipIndex chip(int rank) const { return rank * stride; }
  bool operator==(const RankSet&) const = default;
};

// `share` of the payload from rank to rank. A switch that reduces or multicasts stands as kSwitch
// + its tier in place of a rank.
struct Transfer {
  static constexpr int kSwitch = 1 << 24;
  int from = 0, to = 0;
  double share = 0;
};

struct Step {
  std::vector<Transfer> transfers;
  int repeat = 1;
  int local_steps = 0;  // steps between the cores of a chip that each repetition waits for
};

// `variant` tells apart ways that only cost decides between: 1 is the one-step mesh all-reduce.
struct Way {
  Algorithm algorithm = Algorithm::kDirect;
  int variant = 0;
};
// What may run `collective` over `ranks` on the fabric.
std::vector<Way> ways(const catalog::FabricNumbers& fabric, Collective collective,
                      const RankSet& ranks);

// The payload is the whole vector of all-reduce, all-gather, reduce-scatter and broadcast; what a
// rank sends in all-to-all, permute and send-receive. Contract: `way` is one of ways(), and the
// topology holds the ranks' chips.
std::vector<Step> schedule(const Topology& topology, Collective collective, Way way,
                           const RankSet& ranks);

// Ranks of one tier's group that stand at one place of its inner groups, by outer tier: what the
// hierarchical way works on. Empty when the ranks do not fill the tiers evenly.
struct Stage {
  int tier = 0;
  int fan = 1;     // ranks of a group
  int inside = 1;  // ranks reached further in: each holds 1/inside of the vector
};
std::vector<Stage> stages(const catalog::FabricNumbers& fabric, const RankSet& ranks);
// Steps of one direction of a stage, reduce-scatter and all-gather alike, for all its groups.
// `ranks` of these lie on `topology`.
std::vector<Step> stage_steps(const Topology& topology, const Stage& stage, const RankSet& ranks,
                              bool gather);

}  // namespace switchyard::fabric
