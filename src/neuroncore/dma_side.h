// One side of a DMA transfer: its elements in order, row after row.
//
// Rows are what lies at one place: each partition on chip, all of a pattern in HBM, or one step of
// a gather or scatter, whose index decides where the row starts and whether it takes part at all.
#pragma once

#include <vector>

#include "neuroncore/machine.h"

namespace switchyard::neuroncore {

struct DmaSide {
  struct Row {
    Tile tile;  // of one partition; undefined when skipped
    bool skipped = false;
  };
  std::vector<Row> rows;
  std::int64_t row_elements = 0;  // of each row
  numeric::ElementType type = numeric::ElementType::kFloat32;
  bool any_skipped = false;

  std::int64_t elements() const { return row_elements * static_cast<std::int64_t>(rows.size()); }
};

enum class DmaUse : std::uint8_t { kRead, kWrite, kNeither };

// Resolves an operand: bounds are checked, unwritten bytes reported (kRead) or bytes marked written
// (kWrite). An index out of bounds is a fault, or with `skip` takes its row out of the transfer.
DmaSide dma_side(Machine& machine, const isa::Operand& operand, DmaUse use, bool skip);

// The indices of a gather or scatter in the order of its rows: index i stands at partition i % P,
// column i / P of the [P, N] index tensor [dma_transpose].
std::vector<std::int64_t> dma_indices(Machine& machine, const isa::Operand& operand);

bool skips_out_of_bounds(const isa::Instruction& instruction);

// Whether some byte may belong to both sides.
bool may_overlap(const DmaSide& a, const DmaSide& b);

}  // namespace switchyard::neuroncore
