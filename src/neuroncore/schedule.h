// Time: the instructions of a program placed on engines and DMA queues.
//
// Five engines run their own streams in order; sixteen DMA engines serve rings of transfers;
// data hazards, by bytes in SBUF and by banks in PSUM, and explicit edges hold instructions back.
// docs/neuroncore.md has the model and its sources. Three policies decide what order the streams
// have:
//   kProgram  issue order kept on each engine, all hazards honoured
//   kList     each engine takes, in a window of the program, the first instruction whose inputs
//             are there; tensors without a fixed address take turns through the memory there is
//   kIdeal    window (2^18 instructions) and memory without bound in practice: only true
//             dependences and the engines' time
// A policy that finds nothing better falls back on the one before, so that always
// ideal <= list <= program. Programs that order themselves (automatic_order off, semaphores, edges
// to later instructions) are never reordered: the three are then one.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "neuroncore/allocate.h"
#include "neuroncore/core.h"
#include "neuroncore/execute.h"
#include "neuroncore/timeline.h"

namespace switchyard::neuroncore {

// Told now and then the share of the work that is done, never less than before. From the caller's
// thread.
using ProgressHook = std::function<void(double share)>;

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
  ProgressHook progress = {};
};

// Contract: `program` has passed validation, loops are closed, and `core` is of its generation.
Timeline schedule(const isa::Program& program, const Core& core,
                  const ScheduleOptions& options = {});

inline constexpr std::size_t kLncCores = 2;

// The two cores of a logical NeuronCore (LNC=2), each with its own program: they wait for each
// other at core_barrier and sendrecv, matched in program order. Engines and DMA engines are each
// core's own (16 a core); of the HBM stack that they share (logical-neuroncore-config.rst) each has
// its half, whether the other uses its own or not. A meeting that never comes is a deadlock, in the
// faults of both. Each timeline has its own core's duration; the pair takes the longer. Contract:
// the same policy for both.
//
// `shared`: HBM tensors that are the same bytes, core 0's and core 1's. Uses of the same bytes, one
// of them a write, with no core_barrier between them are races, in the faults of both.
using SharedTensors = std::vector<std::pair<isa::TensorId, isa::TensorId>>;
std::array<Timeline, kLncCores> schedule_pair(
    const std::array<const isa::Program*, kLncCores>& programs, const Core& core,
    const std::array<ScheduleOptions, kLncCores>& options, const SharedTensors& shared = {});

}  // namespace switchyard::neuroncore
