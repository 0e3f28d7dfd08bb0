// What an instruction costs, from its form and the memories its operands lie in.
//
// Compute: an interval, after which the engine starts its next instruction, and a latency, after
// which the result can be read. The formulas are those of the nki.isa pages of October 2025, the
// coefficients the catalog's; docs/neuroncore.md lists both. DMA: how long each DMA engine is busy.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "isa/instruction.h"
#include "neuroncore/core.h"

namespace switchyard::neuroncore {

inline constexpr int kDmaEnginesMax = 16;

struct EngineCost {
  std::int64_t interval = 0, latency = 0;  // ps
  bool possible = false;
  bool fast_mode = false;  // runs in a performance mode of the Vector engine
};

// The PE array as 4 x 4 squares of 32 x 32, one bit each, row by row.
inline constexpr std::uint16_t kAllSquares = 0xffff;

struct MatmulCost {
  std::int64_t load = 0;  // ps of LoadStationary
  std::uint16_t squares = kAllSquares;
  bool transpose = false;
};

struct DmaCost {
  std::array<std::int64_t, kDmaEnginesMax> service = {};  // ps on each engine
  std::int64_t bytes = 0, descriptors = 0, hbm_bytes = 0;
  std::int64_t own_time = 0;    // ps on the GpSimd cores' own DMA engines, instead of `service`
  std::int64_t meeting = 0;     // ps until the other core of a sendrecv is there
  std::int64_t generation = 0;  // ps of GpSimdE that writes the descriptors
  isa::Buffer source = isa::Buffer::kHbm, destination = isa::Buffer::kSbuf;
  isa::DgeMode mode = isa::DgeMode::kNone;
  int priority = 0;
};

struct Cost {
  std::array<EngineCost, isa::kEngines> on = {};  // by engine; for DMA: the trigger
  bool is_dma = false;
  bool is_matmul = false;  // or a transpose of the Tensor engine
  bool uses_sbuf = false, uses_psum = false;
  MatmulCost matmul;
  DmaCost dma;
};

// `buffers[i]` is where operand i of `form` lies; what it holds for numbers does not matter.
// Contract: validated, not a loop marker.
Cost cost_of(const Core& core, const isa::Instruction& form, std::span<const isa::Buffer> buffers);

// How the descriptors of a DMA come to be; `hardware`: the core has generators (DGE) of its own.
isa::DgeMode dge_mode(bool hardware, const isa::Instruction& form);

// Its parts, a file each.
void add_tensor_cost(const Core& core, const isa::Instruction& form, Cost& cost);
void add_dma_cost(const Core& core, const isa::Instruction& form,
                  std::span<const isa::Buffer> buffers, Cost& cost);

}  // namespace switchyard::neuroncore
