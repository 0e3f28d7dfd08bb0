// dma_copy, dma_compute and dma_transpose.
//
// How descriptors are made (dge_mode) and their priority decide time, not values. Elements of two
// sides pair up in order; a row that an index takes out of the transfer leaves its partner alone.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <unordered_set>

#include "base/check.h"
#include "base/text.h"
#include "neuroncore/dma_side.h"
#include "neuroncore/execute_table.h"
#include "neuroncore/lnc.h"
#include "neuroncore/transpose.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::Opcode;
using isa::OperandName;
using numeric::ElementType;

// A walk through a side, element by element in pieces.
class Cursor {
 public:
  explicit Cursor(const DmaSide& side) : side_(side) {}

  bool skipped() const { return row().skipped; }
  const Tile& tile() const { return row().tile; }
  std::int64_t first() const { return first_; }                      // element in the row
  std::int64_t left() const { return side_.row_elements - first_; }  // in the row
  void advance(std::int64_t count) {
    first_ += count;
    if (first_ < side_.row_elements) return;
    first_ = 0;
    ++row_;
  }

 private:
  const DmaSide::Row& row() const { return side_.rows[row_]; }

  const DmaSide& side_;
  std::size_t row_ = 0;
  std::int64_t first_ = 0;
};

// Elements moved at once when they pass through a buffer: in and out stay in the first cache.
constexpr std::int64_t kPiece = 2048;

void move_piece(Machine& machine, const Cursor& from, const Cursor& to, std::int64_t count) {
  const std::int64_t size = from.tile().element_bytes;
  if (to.tile().contiguous()) {
    read_bytes(from.tile(), 0, from.first(), count, to.tile().data + to.first() * size);
    return;
  }
  if (from.tile().contiguous()) {
    write_bytes(to.tile(), 0, to.first(), count, from.tile().data + from.first() * size);
    return;
  }
  std::vector<std::uint8_t>& buffer = machine.bytes(1);
  buffer.resize(static_cast<std::size_t>(kPiece * size));
  for (std::int64_t at = 0; at < count; at += kPiece) {
    const std::int64_t n = std::min(kPiece, count - at);
    read_bytes(from.tile(), 0, from.first() + at, n, buffer.data());
    write_bytes(to.tile(), 0, to.first() + at, n, buffer.data());
  }
}

void cast_piece(Machine& machine, const Cursor& from, const Cursor& to, std::int64_t count,
                std::int64_t position) {
  std::vector<float>& values = machine.values(0);
  values.resize(kPiece);
  for (std::int64_t at = 0; at < count; at += kPiece) {
    const std::int64_t n = std::min(kPiece, count - at);
    read_values(from.tile(), 0, from.first() + at, n, values.data());
    write_values(to.tile(), 0, to.first() + at, n, values.data(),
                 machine.rounding(static_cast<std::uint64_t>(position + at)));
  }
}

void copy(Machine& machine, const DmaSide& from, const DmaSide& to) {
  Cursor source(from), target(to);
  for (std::int64_t at = 0; at < to.elements();) {
    const std::int64_t count = std::min(source.left(), target.left());
    if (!source.skipped() && !target.skipped()) {
      if (from.type == to.type) {
        move_piece(machine, source, target, count);
      } else {
        cast_piece(machine, source, target, count, at);
      }
    }
    source.advance(count);
    target.advance(count);
    at += count;
  }
}

// The rows of a side as a side in memory of our own, dense.
DmaSide staged(const DmaSide& side, std::vector<std::uint8_t>& bytes) {
  const std::int64_t size = numeric::traits(side.type).storage_bytes;
  const std::int64_t row_bytes = side.row_elements * size;
  bytes.resize(side.rows.size() * static_cast<std::size_t>(row_bytes));
  DmaSide copy = side;
  std::uint8_t* at = bytes.data();
  for (DmaSide::Row& row : copy.rows) {
    if (!row.skipped) {
      read_bytes(row.tile, 0, 0, side.row_elements, at);
      row.tile.data = at;
      row.tile.gather = nullptr;
      row.tile.rank = 1;
      row.tile.dims[0] = {size, side.row_elements};
    }
    at += row_bytes;
  }
  return copy;
}

// An element of the destination is written when its source is there: those beside skipped sources
// stay as they were, unwritten ones too.
void mark_written_beside(const DmaSide& from, const DmaSide& to) {
  Cursor source(from), target(to);
  for (std::int64_t at = 0; at < to.elements();) {
    const std::int64_t count = std::min(source.left(), target.left());
    for (std::int64_t i = 0; i < count && !source.skipped() && !target.skipped(); ++i) {
      mark_written(element_of(target.tile(), 0, target.first() + i));
    }
    source.advance(count);
    target.advance(count);
    at += count;
  }
}

// A tile as `rows` rows of neighbouring bytes at one distance.
struct DenseRows {
  std::uint8_t* data;
  std::int64_t pitch;
};
std::optional<DenseRows> dense_rows(const Tile& tile, int rows, std::int64_t row_bytes) {
  if (tile.partitions == rows && tile.contiguous())
    return DenseRows{tile.data, tile.partition_stride};
  if (tile.partitions != 1 || tile.gather) return {};
  if (tile.contiguous()) return DenseRows{tile.data, row_bytes};
  const bool in_two = tile.rank == 2 && tile.dims[0].count == rows &&
                      tile.dims[1].stride == tile.element_bytes &&
                      tile.dims[1].count * tile.element_bytes == row_bytes;
  if (in_two) return DenseRows{tile.data, tile.dims[0].stride};
  return {};
}

// The plain load or store of a tile, without looking at its rows one by one. False: not that plain.
bool copy_tile(Machine& machine, const isa::Operand& src, const isa::Operand& dst) {
  const isa::Access &from = src.access, &to = dst.access;
  const bool plain = from.type == to.type && from.tensor != to.tensor &&
                     from.indirection.kind == isa::IndirectKind::kNone &&
                     to.indirection.kind == isa::IndirectKind::kNone;
  if (!plain) return false;
  const Tile source = machine.place(src), target = machine.place(dst);
  if (machine.faulted() || source.storage == target.storage) return false;
  const int rows = std::max(source.partitions, target.partitions);
  const std::int64_t row_bytes = from.elements() * source.element_bytes / rows;
  const auto a = dense_rows(source, rows, row_bytes), b = dense_rows(target, rows, row_bytes);
  if (!a || !b || from.elements() != to.elements()) return false;
  machine.report_unwritten(src, source);
  mark_written(target);
  copy_rows(a->data, a->pitch, b->data, b->pitch, rows, row_bytes);
  return true;
}

void execute_dma_copy(Machine& machine, const isa::Instruction& instruction) {
  if (copy_tile(machine, *instruction.find(OperandName::kSrc),
                *instruction.find(OperandName::kDst)))
    return;
  const bool skip = skips_out_of_bounds(instruction);
  const isa::Operand& dst = *instruction.find(OperandName::kDst);
  const DmaSide from = dma_side(machine, *instruction.find(OperandName::kSrc), DmaUse::kRead, skip);
  if (machine.faulted()) return;
  const DmaSide to =
      dma_side(machine, dst, from.any_skipped ? DmaUse::kNeither : DmaUse::kWrite, skip);
  if (machine.faulted()) return;
  SWITCHYARD_CHECK(from.elements() == to.elements(), "{} elements to {}", from.elements(),
                   to.elements());
  if (from.any_skipped) mark_written_beside(from, to);
  if (may_overlap(from, to)) {
    copy(machine, staged(from, machine.bytes(0)), to);
  } else {
    copy(machine, from, to);
  }
}

// A scatter that promises unique indices and breaks it has no defined result.
void check_unique(Machine& machine, const isa::Instruction& instruction, const isa::Operand& dst) {
  if (dst.access.indirection.kind != isa::IndirectKind::kVector) return;
  if (!instruction.flag(AttributeName::kUniqueIndices)) return;
  std::unordered_set<std::int64_t> seen;
  for (const std::int64_t index : dma_indices(machine, dst)) {
    const bool inside = index >= 0 && index < dst.access.indirection.limit;
    if (!inside || seen.insert(index).second) continue;
    machine.fault(FaultKind::kUndefined, machine.where(dst),
                  fmt::format("index {} comes twice although unique_indices=true", index));
    return;
  }
}

// Sums in float32, sources in order; NaN as one, so that no compiler's order of operands shows.
void execute_dma_compute(Machine& machine, const isa::Instruction& instruction) {
  const bool skip = skips_out_of_bounds(instruction);
  const isa::Operand& dst = *instruction.find(OperandName::kDst);
  check_unique(machine, instruction, dst);
  std::vector<DmaSide> sources;
  bool any_skipped = false;
  for (const isa::Operand& operand : instruction.operands) {
    if (machine.faulted()) return;
    if (operand.name != OperandName::kSrcs) continue;
    sources.push_back(dma_side(machine, operand, DmaUse::kRead, skip));
    any_skipped |= sources.back().any_skipped;
  }
  if (machine.faulted()) return;
  const DmaSide to = dma_side(machine, dst, any_skipped ? DmaUse::kNeither : DmaUse::kWrite, skip);
  if (machine.faulted()) return;

  Cursor target(to);
  std::vector<Cursor> from;
  for (const DmaSide& side : sources) {
    SWITCHYARD_CHECK(side.elements() == to.elements(), "{} elements to {}", side.elements(),
                     to.elements());
    if (side.any_skipped) mark_written_beside(side, to);
    from.emplace_back(side);
  }
  std::vector<float>& sum = machine.values(0);
  std::vector<float>& values = machine.values(1);
  sum.resize(kPiece);
  values.resize(kPiece);
  for (std::int64_t at = 0; at < to.elements();) {
    std::int64_t count = std::min(kPiece, target.left());
    bool skipped = target.skipped();
    for (const Cursor& source : from) {
      count = std::min(count, source.left());
      skipped |= source.skipped();
    }
    for (std::size_t i = 0; i < from.size() && !skipped; ++i) {
      float* into = i == 0 ? sum.data() : values.data();
      read_values(from[i].tile(), 0, from[i].first(), count, into);
      for (std::size_t j = 0; i > 0 && j < static_cast<std::size_t>(count); ++j) {
        sum[j] += values[j];
      }
    }
    if (!skipped) {
      for (float& value : std::span(sum).first(static_cast<std::size_t>(count))) {
        value = std::isnan(value) ? std::bit_cast<float>(0x7fc00000u) : value;
      }
      write_values(target.tile(), 0, target.first(), count, sum.data(),
                   machine.rounding(static_cast<std::uint64_t>(at)));
    }
    for (Cursor& source : from) source.advance(count);
    target.advance(count);
    at += count;
  }
}

// The shape as the kernel sees it: partitions are the first axis on chip.
std::vector<std::int64_t> shape_of(const Machine& machine, const isa::Access& access) {
  std::vector<std::int64_t> shape;
  if (isa::is_on_chip(machine.program().tensor(access.tensor).buffer)) {
    shape.push_back(access.partitions);
  }
  for (int d = 0; d < access.rank; ++d) shape.push_back(access.dims[d].count);
  return shape;
}

// [first, middle, last] of src becomes [last, middle, first] of dst: what all three permutations
// on offer, (1, 0), (2, 1, 0) and (3, 1, 2, 0), do.
void execute_dma_transpose(Machine& machine, const isa::Instruction& instruction) {
  const isa::Operand& src = *instruction.find(OperandName::kSrc);
  const bool skip = skips_out_of_bounds(instruction);
  const DmaSide from = dma_side(machine, src, DmaUse::kRead, skip);
  if (machine.faulted()) return;
  const DmaSide to = dma_side(machine, *instruction.find(OperandName::kDst),
                              from.any_skipped ? DmaUse::kNeither : DmaUse::kWrite, skip);
  if (machine.faulted()) return;
  const std::vector<std::int64_t> shape = shape_of(machine, src.access);
  SWITCHYARD_CHECK(shape.size() >= 2 && from.elements() == to.elements() && from.type == to.type,
                   "a transpose of {} axes, {} elements to {}", shape.size(), from.elements(),
                   to.elements());
  const std::int64_t first = shape.front(), last = shape.back();
  const std::int64_t middle = first * last == 0 ? 0 : from.elements() / (first * last);
  const std::int64_t size = numeric::traits(from.type).storage_bytes;
  std::vector<std::uint8_t>& turned = machine.bytes(1);
  turned.resize(static_cast<std::size_t>(from.elements() * size));
  staged(from, machine.bytes(0));
  for (std::int64_t m = 0; m < middle; ++m) {
    transpose_elements({machine.bytes(0).data() + m * last * size, middle * last}, first, last,
                       static_cast<int>(size), {turned.data() + m * first * size, middle * first});
  }
  // Element i of dst comes from row i % first of axis 0: a skipped one leaves it alone.
  const std::int64_t axis_rows = static_cast<std::int64_t>(from.rows.size()) == first ? 1 : first;
  std::int64_t at = 0;
  for (const DmaSide::Row& row : to.rows) {
    if (!from.any_skipped && !row.skipped) {
      write_bytes(row.tile, 0, 0, to.row_elements, turned.data() + at * size);
    }
    for (std::int64_t i = 0; from.any_skipped && !row.skipped && i < to.row_elements; ++i) {
      const auto source = static_cast<std::size_t>((at + i) % first / axis_rows);
      if (from.rows[source].skipped) continue;
      write_bytes(row.tile, 0, i, 1, turned.data() + (at + i) * size);
      mark_written(element_of(row.tile, 0, i));
    }
    at += to.row_elements;
  }
}

constexpr HandlerRow kHandlers[] = {
    {Opcode::kDmaCopy, execute_dma_copy},           {Opcode::kDmaCompute, execute_dma_compute},
    {Opcode::kDmaTranspose, execute_dma_transpose}, {Opcode::kSendrecv, execute_sendrecv},
    {Opcode::kCoreBarrier, execute_core_barrier},
};

}  // namespace

std::span<const HandlerRow> dma_handlers() { return kHandlers; }

}  // namespace switchyard::neuroncore
