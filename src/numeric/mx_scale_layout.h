// Where the scales of an MX tile stand in SBUF.
//
// The scales of a quadrant of 32 partitions of data stand on the first 4 partitions of the same
// quadrant, shifted by a pack offset of 0, 4, 8 or 12, so that up to four tensors share one scale
// tile: logical row r is on partition 32 (r / 4) + r mod 4 + offset. Data of up to 32 partitions
// needs the first quadrant only. Source: mxfp-matmul.rst, "Packing Scale Values" (aws-neuron-sdk).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "numeric/mx.h"

namespace switchyard::numeric {

inline constexpr int kQuadrantPartitions = 32;

// The partition of logical scale row `row`.
constexpr int mx_scale_partition(int row, int offset) {
  return kQuadrantPartitions * (row / 4) + row % 4 + offset;
}

// Partitions up to the last scale of `shape`: the least a scale tile must have.
constexpr int mx_scale_partitions(MxShape shape, int offset) {
  return mx_scale_partition(shape.partitions / kMxGroupPartitions - 1, offset) + 1;
}

// Between logical scales [P/8, F/4] and a scale tile whose rows are `row_bytes` apart. Other bytes
// of the tile stay as they are. Errors: a shape or pack offset not allowed, a tile too small.
Status scatter_mx_scales(std::span<const std::uint8_t> logical, MxShape shape, int offset,
                         std::span<std::uint8_t> tile, int row_bytes);
Result<std::vector<std::uint8_t>> gather_mx_scales(std::span<const std::uint8_t> tile,
                                                   int row_bytes, MxShape shape, int offset);

}  // namespace switchyard::numeric
