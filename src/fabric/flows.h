// Bytes moving over shared links: who finishes when.
//
// Flows share links max-min fairly: no flow can gain without taking from one that has no more.
// Classes of priority are served strictly, 0 first, as the v4 DMA's four [compute-comm-overlap.rst;
// trn3_arch.rst calls them configurable shares instead: a conflict, the former is taken]. A flow
// takes bandwidth from start + latency on; it ends when its last byte has left the last link. Flows
// are fluid: packets and their headers are in the links' efficiency.
//
// Time is whole picoseconds; a flow's end is rounded up. Flows that no relabelling of links and
// flows can tell apart are solved as one (colour refinement), which is exact.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/sim_time.h"
#include "fabric/topology.h"

namespace switchyard::fabric {

inline constexpr int kPriorities = 4;

struct Flow {
  double bytes = 0;
  SimTime start, latency;
  int priority = 0;        // 0 .. 3
  std::int32_t first = 0;  // of its links in FlowSet::links
  std::int32_t count = 0;
};

struct FlowSet {
  std::vector<Flow> flows;
  std::vector<LinkIndex> links;

  // From chip to chip over `topology`; a flow to itself takes no link and no time. False when
  // failures cut them off: then nothing was added.
  bool add(const Topology& topology, ChipIndex from, ChipIndex to, double bytes, int priority = 0,
           SimTime start = {});
};

struct FlowOptions {
  // Rates hold for windows of this share of the time passed instead of to the next end. Flows that
  // end within a window take out of the links what they still have to move, the rest share what
  // that leaves, so no link carries more than it can. The last end is off by about a tenth of the
  // share (flows_test.cc). 0: exact.
  double window = 0;
};

// The end of each flow. `capacity` in B/s by link, all of a flow's links > 0.
std::vector<SimTime> finish_times(std::span<const double> capacity, const FlowSet& set,
                                  const FlowOptions& options = {});

// Rates in B/s if all flows were active for ever: the solver alone, for tests and explanations.
std::vector<double> fair_rates(std::span<const double> capacity, const FlowSet& set);

}  // namespace switchyard::fabric
