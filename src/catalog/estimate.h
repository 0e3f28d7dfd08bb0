// A number of the outside world: what we take it to be, how far it may be off, and who says so.
#pragma once

#include <string>

#include "base/document.h"

namespace switchyard::catalog {

// Who vouches for a number, best first.
enum class Mark { kVendor, kMeasured, kFitted, kAnalyst, kInferred, kAssumption };

std::string to_text(Mark mark);

// Where base != low or high, the truth is taken to lie in [low, high], most likely at base.
struct Estimate {
  double base = 0;  // in `unit`
  double low = 0;   // low <= base <= high
  double high = 0;
  std::string unit;  // as written in the catalog: "TB/s", "$/h"
  Mark mark = Mark::kAssumption;
  std::string source;
  double scale = 1;   // SI value = value in unit * scale
  std::string id;     // path in the catalog, "chips/h100/peak/bf16"
  std::string cause;  // names the draw: estimates of one cause are high or low together; else by id

  bool certain() const { return low == high; }
  bool well_read() const { return !unit.empty(); }  // false: a fault in base, range or unit
  double si() const { return base * scale; }
  // SI value at quantile u in (0, 1): triangular with its mode at base, in the logarithm where all
  // three are positive (a factor of two up is as likely as one down), else linear. [assumption]
  double at(double u) const;
};

// What a unit measures. The loader refuses an estimate whose unit is of the wrong dimension.
enum class Dimension {
  kFlopRate,
  kBytes,
  kByteRate,
  kPower,
  kTime,
  kEnergyPerByte,
  kEnergyPerFlop,
  kDollarsPerHour,
  kDollars,
  kDollarsPerWatt,
  kDollarsPerJoule,
  kCarbonPerJoule,
  kYears,
  kFraction,
  kCount,
  kFrequency,
  kCycles,  // of the clock of the engine meant
};

// Reads {base, low, high, unit, mark, source} under `key`; low and high default to base. Faults:
// absence, an unknown key, a number that is negative, not finite or outside low <= base <= high, a
// unit of another dimension, an empty source.
Estimate read_estimate(ObjectReader& parent, std::string_view key, Dimension dimension,
                       std::string id);

}  // namespace switchyard::catalog
