// A schedule drawn small: one line an engine, one column a slice of time.
#pragma once

#include <string>

#include "neuroncore/profile.h"

namespace switchyard::report {

// "366.2 us".
std::string time_text(SimTime time);

// Lines for the streams that held instructions and for DMA. A column shows how much of its time
// the row worked, as a block of that height; a dot where it only stood waiting; a blank where it
// had nothing to do. Under it the scale.
std::string activity_chart(const neuroncore::Timeline& timeline, const neuroncore::Profile& profile,
                           int columns);

}  // namespace switchyard::report
