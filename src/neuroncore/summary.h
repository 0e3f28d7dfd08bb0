// A profile as the flat list of key figures that users of the vendor's profiler know.
//
// Names and units as in the Summary table of the Neuron Explorer schema 7.4
// (profile-schema-reference.rst): times in seconds, sizes in bytes, and, as its summaries hold
// them, `_percent` values as shares between 0 and 1. Keys that mean nothing for a simulated kernel
// (collectives, database rows) are left out. docs/neuroncore.md says how each is counted.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "neuroncore/profile.h"

namespace switchyard::neuroncore {

struct SummaryValue {
  std::string key;
  std::variant<std::int64_t, double> value;
};

std::vector<SummaryValue> summary(const Profile& profile);

}  // namespace switchyard::neuroncore
