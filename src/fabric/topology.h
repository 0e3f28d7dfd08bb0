// The chips of a fabric and the links between them, in one world.
//
// A link is directed and has a capacity and a latency. Chips are numbered so that neighbours in
// number are near: groups of an inner tier are contiguous, and places in a torus follow a compact
// order in which every power-of-two run of numbers is a box. Latency of a switch stands on the
// link up to it. Routes follow addresses [trn3-arch.rst: upper address bits name rack, server and
// chip]: through the innermost tier that joins both; where that tier joins only equal places, first
// to the other's place inside the own group, then across, dimension by dimension (tori: shorter
// way; the opposite chip by the side its own parity names, so that both directions fill alike
// [assumption]). A failed link is avoided by the route of fewest links that remains.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/sim_time.h"
#include "catalog/fabric.h"

namespace switchyard::fabric {

using ChipIndex = std::int32_t;
using LinkIndex = std::int32_t;

// A tier's link, as its parts name it.
struct LinkName {
  int tier = 0;
  std::string text;  // "sled: chip 3 up", "neuronlink: chip 5 +x"
};

class Topology {
 public:
  // Contract: 1 <= chips <= reach of the last tier, at most kChipsMax. Groups are made whole: a
  // torus has its wrap links although others may use the rest of it.
  static constexpr int kChipsMax = 20000;
  Topology(const catalog::FabricNumbers& fabric, int chips);

  int chips() const { return chips_; }
  int links() const { return static_cast<int>(capacity_.size()); }
  const catalog::FabricNumbers& fabric() const { return fabric_; }

  // B/s in one direction, of full links times what degrade() left; SimTime of one traversal.
  double capacity(LinkIndex link) const { return capacity_[static_cast<std::size_t>(link)]; }
  std::span<const double> capacities() const { return capacity_; }
  SimTime latency(LinkIndex link) const;
  // A hop is one link, or the two to and from a switch, of which the first counts.
  bool starts_hop(LinkIndex link) const;
  int tier_of(LinkIndex link) const;
  LinkName name(LinkIndex link) const;

  // Appends the links from `from` to `to`; none if they are the same. False when failures cut
  // them off from each other.
  bool route(ChipIndex from, ChipIndex to, std::vector<LinkIndex>& out) const;

  // Whether the chips reach that far out.
  bool has_tier(int tier) const { return tier < static_cast<int>(levels_.size()); }
  // Links of a chip in a tier, out of it. Contract: has_tier.
  std::vector<LinkIndex> links_out(int tier, ChipIndex chip) const;
  // `share` of the link's lanes are left; 0: it failed.
  void degrade(LinkIndex link, double share);
  // The place of a group in a tier's torus or ring.
  std::vector<int> place(int tier, int group) const;

 private:
  struct Level {
    catalog::Topology topology = catalog::Topology::kSwitch;
    int inner = 1, fan = 1;  // chips of a group inside; groups joined
    std::vector<int> sides;
    std::vector<int> place_of, group_at;  // compact order: fan x dimensions; and back
    LinkIndex first = 0;                  // links of this tier start here
    int per_chip = 0;
    LinkIndex core = -1;  // oversubscribed switches: the link of group 0's core
    double latency = 0;
  };

  void add_level(int tier);
  static std::size_t flat_place(const Level& level, const int* at);
  int group(const Level& level, ChipIndex chip) const { return chip / level.inner % level.fan; }
  int meeting_tier(ChipIndex from, ChipIndex to) const;
  void walk(ChipIndex from, ChipIndex to, std::vector<LinkIndex>& out) const;
  void across(const Level& level, ChipIndex from, ChipIndex to, std::vector<LinkIndex>& out) const;
  void along_torus(const Level& level, ChipIndex from, ChipIndex to,
                   std::vector<LinkIndex>& out) const;
  bool around_failures(ChipIndex from, ChipIndex to, std::vector<LinkIndex>& out) const;
  int first_switch(const Level& wanted) const;
  int node_after(LinkIndex link) const;
  std::vector<LinkIndex> links_from(int node) const;

  catalog::FabricNumbers fabric_;
  int chips_;
  std::vector<Level> levels_;
  std::vector<double> capacity_;
  std::vector<std::int8_t> tier_;
  bool failures_ = false;
};

}  // namespace switchyard::fabric
