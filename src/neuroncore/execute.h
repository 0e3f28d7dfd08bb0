// Values: instructions applied to memory in program order.
//
// That is what the compiler guarantees, so it needs no notion of time. Hardware loops iterate; how
// often each did is recorded for the scheduler.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "neuroncore/machine.h"

namespace switchyard::neuroncore {

using Handler = void (*)(Machine&, const isa::Instruction&);

// The function that executes `opcode`; nullptr for loop markers, which the runner interprets.
Handler handler(isa::Opcode opcode);

// One instruction. False after a fault (machine.fault()). Contract: validated, not a loop marker.
bool execute(Machine& machine, isa::InstructionId id, const isa::Instruction& instruction);

// How often each entry of a loop iterated, in the order in which loops were entered.
using TripCounts = std::vector<std::int64_t>;

struct RunResult {
  std::optional<Fault> fault;
  TripCounts trips;
  std::uint64_t executed = 0;  // instructions, loop markers aside
};

inline constexpr std::uint64_t kExecutedMax = 1ull << 40;

// The whole program. Ends with a fault of kind kDeadlock after `executed_max` instructions: a
// while loop that never ends.
// `progress` is told now and then the share of the program that is behind.
RunResult run(Machine& machine, std::uint64_t executed_max = kExecutedMax,
              const std::function<void(double share)>& progress = {});

}  // namespace switchyard::neuroncore
