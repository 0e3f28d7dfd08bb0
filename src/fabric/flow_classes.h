// Flows and links that look alike, folded into classes: an equitable partition.
//
// Two flows are of one class if they have the same bytes, times and priority and pass links of the
// same classes; two links if they have the same capacity and carry as many flows of each class.
// Max-min rates are equal within such classes. Classes are found by refining colours until their
// number stands still; colours are 64-bit hashes (a collision would need 2^32 classes).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fabric/flows.h"

namespace switchyard::fabric {

struct FlowClasses {
  std::vector<std::int32_t> class_of;  // by flow
  std::vector<std::int32_t> member;    // a flow of each class
  std::vector<double> capacity;        // by link class
  // Links of each flow class: positions [link_begin[c], link_begin[c + 1]) of `links`; `uses` is
  // how many flows of the class pass one link of that link class.
  std::vector<std::int32_t> link_begin, links;
  std::vector<double> uses;
  bool single = false;  // every flow is a class of its own, all uses are 1
  // The other way round: flow classes of each link class.
  std::vector<std::int32_t> flow_begin, flows;
};

FlowClasses classify(std::span<const double> capacity, const FlowSet& set);

}  // namespace switchyard::fabric
