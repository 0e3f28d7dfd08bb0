// Time: the instructions of a program placed on engines and DMA queues.
//
// Five engines run their own streams in order; sixteen DMA engines serve rings of transfers;
// data hazards, by bytes in SBUF and by banks in PSUM, and explicit edges hold instructions back.
// docs/neuroncore.md has the model and its sources. Three policies decide what order the streams
// have:
//   kProgram  issue order kept on each engine, all hazards honoured
//   kList     critical-path list scheduling in a window of the program; tensors without a fixed
//             address take turns through the memory that is there
//   kIdeal    window (2^18 instructions) and memory without bound in practice: only true
//             dependences and the engines' time
// A policy that finds nothing better falls back on the one before, so that always
// ideal <= list <= program. Programs that order themselves (automatic_order off, semaphores, edges
// to later instructions) are never reordered: the three are then one.
#pragma once

#include <cstddef>

#include "neuroncore/allocate.h"
#include "neuroncore/core.h"
#include "neuroncore/execute.h"
#include "neuroncore/timeline.h"

namespace switchyard::neuroncore {

struct ScheduleOptions {
  Policy policy = Policy::kList;
  // Addresses of tensors that have none. Without it each of them has memory of its own. kList only
  // takes from it that memory is scarce, and uses its addresses where its own do not fit.
  const Allocation* allocation = nullptr;
  // From a run. Without it, or where it ends, loops turn as their constant bounds say, and once
  // where those are not constant.
  const TripCounts* trips = nullptr;
  int window = 512;  // instructions, of kList
  // Executions that the timeline lists, first ones first; the duration counts all of them.
  std::size_t records_max = std::size_t{1} << 24;
};

// Contract: `program` has passed validation, loops are closed, and `core` is of its generation.
Timeline schedule(const isa::Program& program, const Core& core,
                  const ScheduleOptions& options = {});

}  // namespace switchyard::neuroncore
