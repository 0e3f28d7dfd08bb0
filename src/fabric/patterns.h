// The patterns of which collectives are made: one direction (reduce-scatter or all-gather) over
// groups of ranks that work side by side.
#pragma once

#include <vector>

#include "fabric/schedule.h"

namespace switchyard::fabric {

using Groups = std::vector<std::vector<int>>;  // ranks; all groups have one size

// `share` of the payload is what a rank's whole vector is worth. For an all-gather steps come in
// the reverse order of a reduce-scatter.
std::vector<Step> mesh_steps(const Groups& groups, double share);
// `digits` are the radices of a member's number, innermost first; their product is the group.
std::vector<Step> rdh_steps(const Groups& groups, double share, const std::vector<int>& digits,
                            int parts, bool gather);
// Prime factors, ascending.
std::vector<int> digits_of(int n);
// `orders` are cycles over the members of a group, by their index in it; each carries its part.
std::vector<Step> ring_steps(const Groups& groups, double share,
                             const std::vector<std::vector<int>>& orders, int local_steps);

// Ranks of a group by place in a torus; nothing if they do not fill a box.
struct Box {
  std::vector<int> sides;    // ranks along each dimension, those of one rank left out
  std::vector<bool> wraps;   // the dimension closes to a ring
  std::vector<int> rank_at;  // by place, first dimension fastest
};
std::optional<Box> box_of(const Topology& topology, int tier, const std::vector<int>& group,
                          const RankSet& ranks);
std::vector<Step> bucket_steps(const std::vector<Box>& boxes, double share, bool gather);

// Cycles over a group's members: on a whole square torus four without a common link, else the
// members in order.
std::vector<std::vector<int>> cycles(const Topology& topology, int tier,
                                     const std::vector<int>& group, const RankSet& ranks);

}  // namespace switchyard::fabric
