// What a schedule holds and moves over time, as step functions.
#pragma once

#include <cstdint>
#include <vector>

#include "isa/program.h"
#include "neuroncore/timeline.h"

namespace switchyard::neuroncore {

// The value from `time` on. Points of one curve have rising times and differ from the one before.
struct CurvePoint {
  SimTime time;
  std::int64_t value = 0;
  bool operator==(const CurvePoint&) const = default;
};
using Curve = std::vector<CurvePoint>;

std::int64_t peak(const Curve& curve);

// Bytes of tensors in `buffer` between the first start and the last end of what touches them. An
// access is over when its instruction ends, a DMA's when its last transfer does.
Curve live_bytes(const isa::Program& program, const Timeline& timeline, isa::Buffer buffer);

// Bytes a second that DMA moves, each transfer at its mean rate.
Curve dma_rate(const Timeline& timeline);

// The transfer of each timed instruction that ends last; kNoTransfer: it has none.
inline constexpr std::uint32_t kNoTransfer = ~std::uint32_t{0};
std::vector<std::uint32_t> last_transfers(const Timeline& timeline);

}  // namespace switchyard::neuroncore
