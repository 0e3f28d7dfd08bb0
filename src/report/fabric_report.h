// A fabric and its collectives, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "base/document.h"
#include "fabric/collective.h"
#include "fabric/shape.h"

namespace switchyard::report {

// Readable at 100 columns: tiers, algorithms, shape, checks.
std::string topology_text(const catalog::Fabric& fabric);
Json topology_json(const catalog::Fabric& fabric);
// A page of its own with a picture of the chips, switches and links.
std::string topology_page(const catalog::Fabric& fabric);

// One size of one collective.
struct CollectivePoint {
  fabric::Collective collective = fabric::Collective::kAllReduce;
  std::string platform, algorithm;
  double bytes = 0;
  int ranks = 1;
  bool simulated = true;  // false: too many chips to simulate, `seconds` is the closed form
  Seconds seconds, closed_form;
  double wall_seconds = 0;

  double bus_bytes_per_second() const {
    return fabric::bus_bytes_per_second(collective, ranks, Bytes(bytes), seconds);
  }
};
std::string collective_text(const std::vector<CollectivePoint>& points);
// docs/schema/collective.schema.json
Json collective_json(const std::vector<CollectivePoint>& points);
std::string collective_page(const std::vector<CollectivePoint>& points);

// 64 KiB, 1.5 MiB, 200 B
std::string bytes_text(double bytes);

}  // namespace switchyard::report
