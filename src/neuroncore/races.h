// Races in a program that orders itself: accesses to the same bytes, one of them a write, that
// nothing orders. Internal to schedule.
#pragma once

#include "neuroncore/prepared.h"
#include "neuroncore/timeline.h"

namespace switchyard::neuroncore {

// Appends a fault for each pair found to `timeline.faults`, at most a hundred. Ordered is what
// vector clocks over the run in `timeline` show: an engine's own stream, a transfer behind its
// trigger and behind older transfers of its ring, edges, and semaphores whose updates a wait saw.
// Addresses count, not names: tensors whose fixed addresses overlap are the same bytes.
void add_races(const Prepared& prepared, Timeline& timeline);

}  // namespace switchyard::neuroncore
