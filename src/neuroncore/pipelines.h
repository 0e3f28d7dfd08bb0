// The engines of a core as resources in time: one instruction after another is issued to them.
//
// Internal to schedule. Times are ps from the start of the kernel. The caller issues in the order
// of start times, as far as the streams and hazards decide them, so that what engines share (DMA,
// memory ports) is asked for in order.
#pragma once

#include <array>
#include <cstdint>

#include "neuroncore/dma_rings.h"
#include "neuroncore/meetings.h"
#include "neuroncore/prepared.h"
#include "neuroncore/timeline.h"

namespace switchyard::neuroncore {

struct Issue {
  std::int64_t reached = 0;  // its engine had nothing before it
  std::int64_t start = 0, end = 0;
  std::int64_t read_done = 0;              // its inputs may be overwritten
  std::int64_t done = 0;                   // its results may be read, by the same engine
  StallReason stall = StallReason::kNone;  // of the engine's own making
  DmaRings::Times transfer = {};           // of DMA
};

class Pipelines {
 public:
  explicit Pipelines(const Core& core);

  // With the other core of an LNC; without, a sendrecv finds it there.
  void join(Partner* partner) { partner_ = partner; }

  // Everything before `now` is over.
  void reset(std::int64_t now);

  // When `engine` could start an instruction of this kind, hazards aside.
  std::int64_t free(isa::Engine engine, const Cost& cost) const {
    const Stream& s = streams_[static_cast<int>(engine)];
    const bool in_sequencer = cost.is_dma && cost.dma.generation == 0;
    return in_sequencer ? s.sequencer : std::max(s.sequencer, s.pipeline);
  }

  // `stationary` names the stationary matrix of a matmul: one that is loaded is not loaded again.
  Issue issue(isa::Engine engine, const Cost& cost, std::int64_t ready, std::uint64_t stationary);

  // When all engines and transfers have come to an end.
  std::int64_t idle() const { return std::max(idle_, rings_.idle()); }

 private:
  struct Stream {
    std::int64_t sequencer = 0;  // free for the next instruction
    std::int64_t pipeline = 0;   // free for the next one that works on elements
  };
  struct Port {
    std::int64_t until = 0;
    isa::Engine by = isa::Engine::kUnknown;
  };

  Issue issue_stream(isa::Engine engine, const Cost& cost, std::int64_t ready);
  Issue issue_matmul(const Cost& cost, std::int64_t ready, std::uint64_t stationary);
  Issue issue_dma(isa::Engine engine, const Cost& cost, std::int64_t ready);
  DmaRings::Times exchange(isa::Engine engine, const DmaCost& dma, std::int64_t arrival);
  std::int64_t wait_for_ports(isa::Engine engine, const Cost& cost, std::int64_t start);
  void hold_ports(isa::Engine engine, const Cost& cost, std::int64_t end);
  bool uses_gpsimd_port(isa::Engine engine, const Cost& cost) const;
  bool uses_psum_port(isa::Engine engine, const Cost& cost) const;

  const Core& core_;
  std::array<Stream, isa::kEngines> streams_ = {};
  Port gpsimd_port_, psum_port_;
  DmaRings rings_;
  std::array<std::int64_t, 2> generators_ = {};  // hardware DGE of SyncE and of ScalarE
  // The PE array.
  std::array<std::int64_t, 16> squares_ = {};
  std::int64_t background_ = 0;     // the second transpose
  std::int64_t last_multiply_ = 0;  // start of the latest MultiplyMoving
  std::uint64_t loaded_ = 0;
  std::int64_t tile_issue_, start_, hardware_generation_;
  double background_slowdown_;
  Partner* partner_ = nullptr;
  std::int64_t idle_ = 0;
};

}  // namespace switchyard::neuroncore
