// When everything happened: what a schedule is, and what a profile is made from.
//
// Plain records in the order of their start on each track. Times are simulated, from the start of
// the kernel.
#pragma once

#include <cstdint>
#include <vector>

#include "base/sim_time.h"
#include "isa/instruction.h"
#include "neuroncore/fault.h"

namespace switchyard::neuroncore {

// Why something did not start as soon as its engine or queue reached it: the constraint that
// released it last.
enum class StallReason : std::uint8_t {
  kNone,
  kOperandReady,  // read after write: its producer, or the producer's semaphore
  kBufferFree,    // write after read or write: the bytes were in use
  kPsumBank,      // the same in PSUM, where a whole bank counts
  kDmaQueue,  // an earlier transfer of the same queue, where another queue would not have waited
  kDmaBandwidth,  // DMA engines or HBM shared with other transfers
  kSharedPort,    // an on-chip memory port shared with another engine
  kSemaphore,     // an explicit wait of the program
  kDependsOn,     // an explicit edge of the program
  kLoop,          // a loop's start, end or back edge
  kBarrier,       // another core
  kDescriptors,   // descriptor generation
};

struct TimedInstruction {
  isa::InstructionId instruction = 0;
  std::uint32_t iteration = 0;  // of the innermost loop, 0 outside loops
  isa::Engine engine = isa::Engine::kUnknown;
  StallReason stall = StallReason::kNone;
  // Index in Timeline::instructions of what it waited for; its own where that is no instruction of
  // this core, or one that is not listed.
  std::uint32_t stalled_on = 0;
  SimTime reached;     // its engine had nothing before it
  SimTime start, end;  // the engine worked; for DMA starters: the trigger
};

struct TimedTransfer {
  std::uint32_t timed = 0;  // index in Timeline::instructions of the instruction
  std::uint16_t queue = 0;
  isa::Buffer source = isa::Buffer::kHbm, destination = isa::Buffer::kSbuf;
  std::int64_t bytes = 0;
  std::int64_t descriptors = 0;
  SimTime start, end;  // first descriptor started, last byte and semaphore written
  SimTime delay;       // how much later it ended than it would have alone
  StallReason delayed_by = StallReason::kNone;  // most: kDmaQueue, kDmaBandwidth, kBarrier
};

enum class Policy : std::uint8_t { kProgram, kList, kIdeal };
std::string_view name(Policy policy);  // "program"

struct Timeline {
  Policy policy = Policy::kList;
  std::vector<TimedInstruction> instructions;  // every execution of every instruction
  std::vector<TimedTransfer> transfers;
  SimTime prologue, epilogue;  // of the kernel, inside duration
  SimTime duration;
  std::vector<Fault> faults;  // races, deadlocks
};

}  // namespace switchyard::neuroncore
