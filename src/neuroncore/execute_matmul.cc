// nc_matmul.
//
// Positions of tiles in the array (tile_position, tile_size) and the hints is_*_onezero decide
// time, not values.
#include "base/check.h"
#include "neuroncore/execute_table.h"
#include "neuroncore/product.h"
#include "neuroncore/tensor_engine.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::Opcode;
using isa::OperandName;

// Rows of K a partition holds: double_row has two, one after the other in the partition.
int rows_a_partition(const isa::Instruction& instruction) {
  const isa::AttributeValue* mode = instruction.find(AttributeName::kPerfMode);
  return mode && std::get<isa::PerfMode>(*mode) == isa::PerfMode::kDoubleRow ? 2 : 1;
}

// Packs columns [first, first + shape.columns) of the `rows` rows of each partition.
void pack(const Tile& tile, int rows, std::int64_t first, PanelShape shape, float* panels,
          std::vector<float>& row) {
  const std::int64_t columns = tile.elements / rows;
  row.resize(static_cast<std::size_t>(shape.columns));
  for (int p = 0; p < tile.partitions; ++p) {
    for (int j = 0; j < rows; ++j) {
      read_values(tile, p, j * columns + first, shape.columns, row.data());
      pack_row(row.data(), p * rows + j, shape, panels);
    }
  }
}

void execute_nc_matmul(Machine& machine, const isa::Instruction& instruction) {
  const bool transposes = instruction.flag(AttributeName::kIsTranspose);
  if (transposes && machine.generation() >= isa::Generation::kV3) {
    execute_transpose_mode(machine, instruction);
    return;
  }
  const Tile stationary = machine.input(OperandName::kStationary);
  const Tile moving = machine.input(OperandName::kMoving);
  if (machine.faulted()) return;
  SWITCHYARD_CHECK(stationary.partitions == moving.partitions, "{} and {} partitions",
                   stationary.partitions, moving.partitions);
  const int rows = rows_a_partition(instruction);
  const GemmShape shape = {stationary.partitions * rows,
                           static_cast<int>(stationary.elements) / rows,
                           static_cast<int>(moving.elements) / rows};
  const PanelShape weights = {shape.depth, shape.rows, kStationaryPanel};
  std::vector<float>& panels = machine.values(0);
  panels.resize(weights.floats());
  std::vector<float>& row = machine.values(3);
  pack(stationary, rows, 0, weights, panels.data(), row);
  write_product(machine, instruction,
                {.shape = shape,
                 .stationary = panels.data(),
                 .pack_moving = [&](std::int64_t first, PanelShape columns, float* to) {
                   pack(moving, rows, first, columns, to, row);
                 }});
}

constexpr HandlerRow kHandlers[] = {
    {Opcode::kNcMatmul, execute_nc_matmul},
    {Opcode::kNcMatmulMx, execute_nc_matmul_mx},
    {Opcode::kNcTranspose, execute_nc_transpose},
    {Opcode::kQuantizeMx, execute_quantize_mx},
};

}  // namespace

std::span<const HandlerRow> matmul_handlers() { return kHandlers; }

}  // namespace switchyard::neuroncore
