// What a fabric's form comes to, held against published figures.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "fabric/topology.h"

namespace switchyard::fabric {

struct Shape {
  int chips = 0;             // of the scale-up domain
  int links = 0;             // of a chip within it
  BytesPerSecond bandwidth;  // out of a chip, all its links
  int hops_max = 0;          // links with latency on the longest route
  double hops_mean = 0;      // over all pairs
  Seconds latency_max;
  // Between the halves of the outermost tier, one direction.
  BytesPerSecond bisection;
};
// Of the base world.
Shape shape(const catalog::Fabric& fabric);

struct ShapeCheck {
  std::string what;
  double computed = 0;
  const catalog::Estimate* published = nullptr;
  bool agrees = false;  // within the published range
};
std::vector<ShapeCheck> check(const catalog::Fabric& fabric, const Shape& shape);

}  // namespace switchyard::fabric
