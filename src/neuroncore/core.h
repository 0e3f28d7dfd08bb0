// One NeuronCore generation as plain numbers, made from catalog/cores/.
//
// Cycles are of the engine that runs the instruction, times are nanoseconds, sizes bytes, rates
// bytes a nanosecond. The fields are named as the catalog's keys; the shipped files say where each
// number comes from.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/result.h"
#include "base/sim_time.h"
#include "catalog/neuron_core.h"
#include "isa/limits.h"

namespace switchyard::neuroncore {

struct EngineCosts {
  double interval_min = 0;          // between instructions, however small
  double dynamic_interval_min = 0;  // the same with an address from memory
  double accumulator_read = 0;
  double wide_stride = 0;  // bytes; beyond it an access takes wide_stride_factor times as long
  double wide_stride_factor = 1;
  double semaphore = 0;  // ns from one engine's end to another's start
  double sequencer = 0;  // one instruction of a sequencer alone
  double register_memory = 0;
  bool vector_gpsimd_share_sbuf = false;  // never at once
  bool vector_scalar_share_psum = false;
  bool fast_mode_uses_gpsimd_port = false;
};

struct TensorCosts {
  double interval_min = 0;
  double column = 1;       // cycles a column of moving
  double load_column = 0;  // of stationary, while the previous MultiplyMoving runs
  double float32_passes = 1, onezero_passes = 1, float32_transpose_passes = 1;
  double latency = 0;
  double tile_issue = 0;  // between MultiplyMovings on different PE tiles
  bool background_transpose = false;
  double background_slowdown = 1;
};

// Cycles an element of a partition, unless said otherwise.
struct VectorCosts {
  double latency = 0;  // cycles from the end of the interval until the result can be read
  double two_streams = 1, scan = 1, cumulative = 1, reciprocal = 1, bn_aggr = 1;
  double narrow_reduce = 1, narrow_memset = 1;
  double copy_mode_contiguous = 1, copy_mode_other = 1, tensor_tensor_mode = 1;  // times as fast
  bool mode_takes_float8 = false;
  double exponential = 1, quantize = 1, random = 1;
};

struct ScalarCosts {
  double latency = 0;
  double mode = 1;  // times as fast
  double two_streams = 1;
};

struct GpSimdCosts {
  double start = 0, latency = 0;
  double two_streams = 1, rsqrt = 1, topk = 1;
  double gather_fixed = 1, gather_unit = 1;
  double nonzero = 1, partition_reduce = 1, n_gather = 1;
  double dma_rate = 1;  // of the cores' own DMA engines, together, one direction
};

struct DmaCosts {
  int engines = 1, rings = 1, partitions_per_engine = 1;
  double rate = 1;    // of one engine on the wire
  double packet = 1;  // bytes, the most that a descriptor moves at once
  double packet_overhead = 0;
  double start = 0;    // from the trigger to the first byte
  double trigger = 0;  // cycles of the engine that starts a transfer
  double hardware_generation = 0;
  int hardware_generators = 0;
  double software_generation = 0, software_descriptor = 0;  // GpSimd cycles
  double transpose_hbm = 1, transpose_sbuf = 1, transpose_unaligned = 1, accumulate = 1;
  int classes = 1;
};

struct KernelCosts {
  double start = 0, end = 0;
  double loop_turn = 0;
  double barrier = 0;
};

struct Core {
  isa::Limits limits;
  std::array<double, isa::kEngines> gigahertz = {};  // by engine; 0 for kUnknown and kDma
  EngineCosts engine;
  TensorCosts tensor;
  VectorCosts vector;
  ScalarCosts scalar;
  GpSimdCosts gpsimd;
  DmaCosts dma;
  double hbm_rate = 1;  // this core's share
  KernelCosts kernel;

  SimTime cycles(isa::Engine engine, double count) const;
};

SimTime nanoseconds(double value);  // to the nearest picosecond; at most a second

Core make_core(const catalog::NeuronCore& numbers);

// From the shipped catalog with the optional directory of the user laid over it.
Result<Core> load_core(isa::Generation generation,
                       const std::optional<std::filesystem::path>& overlay = std::nullopt);
// What validation needs, from the same place.
Result<isa::Limits> load_limits(isa::Generation generation,
                                const std::optional<std::filesystem::path>& overlay = std::nullopt);

}  // namespace switchyard::neuroncore
