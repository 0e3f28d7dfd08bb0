#include "neuroncore/dma_side.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"

namespace switchyard::neuroncore {
namespace {

using isa::IndirectKind;

Tile row_of(const Tile& tile, int partition) {
  Tile row = tile;
  row.data = tile.row(partition);
  row.partitions = 1;
  row.first_row += partition;
  if (tile.gather) row.gather = tile.gather + partition * tile.elements;
  return row;
}

// The access at one step of its indirection: without the dim that the indices replace in HBM, in
// one partition on chip.
isa::Operand step_of(const isa::Operand& operand, bool in_hbm, std::size_t step,
                     std::int64_t index) {
  isa::Operand one = operand;
  isa::Access& access = one.access;
  access.indirection = {};
  access.offset += index * operand.access.indirection.step;
  if (!in_hbm) {
    access.start_partition = static_cast<std::int16_t>(access.start_partition + step);
    access.partitions = 1;
    return one;
  }
  SWITCHYARD_CHECK(operand.access.indirection.dim == 0 && access.rank > 0,
                   "vector indices of dim {}", operand.access.indirection.dim);
  std::shift_left(access.dims.begin(), access.dims.end(), 1);
  --access.rank;
  return one;
}

void use_row(Machine& machine, const isa::Operand& operand, const Tile& tile, DmaUse use) {
  if (use == DmaUse::kRead) {
    machine.report_unwritten(operand, tile);
  } else if (use == DmaUse::kWrite) {
    mark_written(tile);
  }
}

void add_steps(Machine& machine, const isa::Operand& operand, DmaUse use, bool skip,
               DmaSide& side) {
  const isa::Access& access = operand.access;
  const bool in_hbm = machine.program().tensor(access.tensor).buffer == isa::Buffer::kHbm;
  const std::int64_t steps = in_hbm ? access.dims[0].count : access.partitions;
  const std::vector<std::int64_t> indices = dma_indices(machine, operand);
  if (machine.faulted()) return;
  side.row_elements = access.elements() / steps;
  for (std::size_t i = 0; i < static_cast<std::size_t>(steps); ++i) {
    const std::int64_t index = i < indices.size() ? indices[i] : -1;
    if (index < 0 || index >= access.indirection.limit) {
      if (!skip) {
        machine.fault(
            FaultKind::kOutOfBounds, machine.where(operand),
            fmt::format("index {} is {}, wanted 0 to {}", i, index, access.indirection.limit - 1));
        return;
      }
      side.rows.push_back({.tile = {}, .skipped = true});
      side.any_skipped = true;
      continue;
    }
    const isa::Operand one = step_of(operand, in_hbm, i, index);
    const Tile tile = machine.place(one);
    if (machine.faulted()) return;
    use_row(machine, operand, tile, use);
    side.rows.push_back({.tile = tile});
  }
}

// The rows and bytes of one storage that a side lies within.
struct Box {
  const Storage* storage = nullptr;
  std::int64_t row_low = 0, row_high = 0, low = 0, high = 0;
};

Box box_of(const DmaSide& side) {
  Box box;
  for (const DmaSide::Row& row : side.rows) {
    if (row.skipped) continue;
    const Tile& tile = row.tile;
    std::int64_t low = tile.first_byte, high = low + tile.element_bytes;
    for (int d = 0; d < tile.rank; ++d) {
      const std::int64_t reach = tile.dims[d].stride * (tile.dims[d].count - 1);
      (reach < 0 ? low : high) += reach;
    }
    if (tile.gather) {
      const auto [least, most] = std::minmax_element(tile.gather, tile.gather + tile.elements);
      low += *least;
      high += *most;
    }
    if (!box.storage) box = {tile.storage, tile.first_row, tile.first_row, low, high};
    box.row_low = std::min<std::int64_t>(box.row_low, tile.first_row);
    box.row_high = std::max<std::int64_t>(box.row_high, tile.first_row);
    box.low = std::min(box.low, low);
    box.high = std::max(box.high, high);
  }
  return box;
}

}  // namespace

std::vector<std::int64_t> dma_indices(Machine& machine, const isa::Operand& operand) {
  const isa::Indirection& indirection = operand.access.indirection;
  const std::span<const std::int64_t> stored = machine.index_values(indirection);
  if (machine.faulted()) return {};
  const isa::Access& table = machine.current().operands[indirection.operand].access;
  const auto partitions = static_cast<std::size_t>(table.partitions);
  const std::size_t columns = stored.size() / partitions;
  std::vector<std::int64_t> indices(stored.size());
  for (std::size_t i = 0; i < indices.size(); ++i) {
    indices[i] = stored[i % partitions * columns + i / partitions];
  }
  return indices;
}

DmaSide dma_side(Machine& machine, const isa::Operand& operand, DmaUse use, bool skip) {
  const isa::Access& access = operand.access;
  DmaSide side = {.type = access.type};
  const IndirectKind kind = access.indirection.kind;
  if (kind == IndirectKind::kVector) {
    add_steps(machine, operand, use, skip, side);
    return side;
  }
  side.row_elements = access.elements_per_partition();
  const bool one_index = kind == IndirectKind::kRegister || kind == IndirectKind::kScalar;
  if (one_index && skip && !machine.index_in_bounds(operand)) {
    side.rows.assign(static_cast<std::size_t>(access.partitions), {.tile = {}, .skipped = true});
    side.any_skipped = true;
    return side;
  }
  const Tile tile = machine.place(operand);
  if (machine.faulted()) return side;
  use_row(machine, operand, tile, use);
  for (int p = 0; p < tile.partitions; ++p) side.rows.push_back({.tile = row_of(tile, p)});
  return side;
}

bool skips_out_of_bounds(const isa::Instruction& instruction) {
  const isa::AttributeValue* mode = instruction.find(isa::AttributeName::kOobMode);
  return mode && std::get<isa::OobMode>(*mode) == isa::OobMode::kSkip;
}

bool may_overlap(const DmaSide& a, const DmaSide& b) {
  const Box one = box_of(a), other = box_of(b);
  return one.storage && one.storage == other.storage && one.row_low <= other.row_high &&
         other.row_low <= one.row_high && one.low < other.high && other.low < one.high;
}

}  // namespace switchyard::neuroncore
