// nc_matmul_mx and quantize_mx: microscaling tiles, whose scales stand apart from their data.
#include <algorithm>
#include <string>

#include "base/check.h"
#include "base/result.h"
#include "neuroncore/product.h"
#include "neuroncore/tensor_engine.h"
#include "numeric/convert.h"
#include "numeric/mx_scale_layout.h"

namespace switchyard::neuroncore {
namespace {

using isa::OperandName;
using numeric::ElementType;
using numeric::kMxGroupLanes;
using numeric::kMxGroupPartitions;

constexpr int kRowsAQuadrant = numeric::kQuadrantPartitions / kMxGroupPartitions;

// The partitions of a scale tile that hold the scales of one quadrant of data. The access begins at
// the pack offset, so its first partition is scale row 0.
Tile quadrant_of(const Tile& scales, int quadrant, int rows, std::int64_t columns) {
  Tile part = scales;
  const int skipped = numeric::mx_scale_partition(quadrant * kRowsAQuadrant, 0);
  part.data = scales.row(skipped);
  part.first_row += skipped;
  if (scales.gather) part.gather = scales.gather + skipped * scales.elements;
  part.partitions = std::min(kRowsAQuadrant, rows - quadrant * kRowsAQuadrant);
  if (scales.rank == 1) {
    part.dims[0].count = columns;
    part.elements = columns;
  }
  return part;
}

// False and a fault when the tile has no room for `rows` x `columns` scales.
bool holds_scales(Machine& machine, const isa::Operand& operand, const Tile& tile, int rows,
                  std::int64_t columns) {
  const int needed = numeric::mx_scale_partition(rows - 1, 0) + 1;
  if (tile.partitions >= needed && tile.elements >= columns) return true;
  machine.fault(FaultKind::kOutOfBounds, machine.where(operand),
                fmt::format("[{}, {}] scales, wanted at least [{}, {}]: each quadrant of data has "
                            "its scales in its own",
                            tile.partitions, tile.elements, needed, columns));
  return false;
}

// Scales as float32, [rows, columns]. Bytes are E8M0 codes whichever of the two types is named.
void read_scales(Machine& machine, OperandName name, int rows, std::int64_t columns,
                 std::vector<float>& scales) {
  const isa::Operand& operand = *machine.current().find(name);
  const Tile tile = machine.place(operand);
  if (machine.faulted() || !holds_scales(machine, operand, tile, rows, columns)) return;
  scales.resize(static_cast<std::size_t>(rows * columns));
  std::vector<std::uint8_t> codes(static_cast<std::size_t>(columns));
  for (int r = 0; r < rows; ++r) {
    if (r % kRowsAQuadrant == 0) {
      machine.report_unwritten(operand, quadrant_of(tile, r / kRowsAQuadrant, rows, columns));
    }
    read_bytes(tile, numeric::mx_scale_partition(r, 0), 0, columns, codes.data());
    numeric::convert(ElementType::kFloat8E8m0fnu, codes.data(), ElementType::kFloat32,
                     scales.data() + r * columns, codes.size());
  }
}

// A tile of x4 words with its scales, and scratch to decode it.
struct MxOperand {
  Tile data;
  std::vector<float> scales;  // [partitions / 8, words]
  std::vector<std::uint8_t> bytes;
  std::vector<float> values;

  int words() const { return static_cast<int>(data.elements); }
};

void read_operand(Machine& machine, OperandName data, OperandName scale, MxOperand& operand) {
  operand.data = machine.input(data);
  if (machine.faulted()) return;
  read_scales(machine, scale, operand.data.partitions / kMxGroupPartitions, operand.words(),
              operand.scales);
}

// K runs over partitions, then the four lanes of each word. Every value is scaled in float32.
void pack(MxOperand& operand, std::int64_t first, PanelShape shape, float* panels) {
  const auto words = static_cast<std::size_t>(shape.columns);
  operand.bytes.resize(words * 4);
  operand.values.resize(words * kMxGroupLanes);
  for (int p = 0; p < operand.data.partitions; ++p) {
    read_bytes(operand.data, p, first, shape.columns, operand.bytes.data());
    numeric::convert(operand.data.type, operand.bytes.data(), ElementType::kFloat32,
                     operand.values.data(), operand.values.size());
    const float* scales = operand.scales.data() + p / kMxGroupPartitions * operand.words() + first;
    pack_scaled_lanes(operand.values.data(), scales, p * kMxGroupLanes, shape, panels,
                      numeric::best_vector_width());
  }
}

}  // namespace

void execute_nc_matmul_mx(Machine& machine, const isa::Instruction& instruction) {
  MxOperand stationary, moving;
  read_operand(machine, OperandName::kStationary, OperandName::kStationaryScale, stationary);
  if (machine.faulted()) return;
  read_operand(machine, OperandName::kMoving, OperandName::kMovingScale, moving);
  if (machine.faulted()) return;
  SWITCHYARD_CHECK(stationary.data.partitions == moving.data.partitions, "{} and {} partitions",
                   stationary.data.partitions, moving.data.partitions);
  const GemmShape shape = {stationary.data.partitions * kMxGroupLanes, stationary.words(),
                           moving.words()};
  const PanelShape weights = {shape.depth, shape.rows, kStationaryPanel};
  std::vector<float>& panels = machine.values(0);
  panels.resize(weights.floats());
  pack(stationary, 0, weights, panels.data());
  write_product(machine, instruction,
                {.shape = shape,
                 .stationary = panels.data(),
                 .pack_moving = [&](std::int64_t first, PanelShape columns, float* to) {
                   pack(moving, first, columns, to);
                 }});
}

void execute_quantize_mx(Machine& machine, const isa::Instruction& instruction) {
  const Tile src = machine.input(OperandName::kSrc);
  const isa::Operand& scale_operand = *instruction.find(OperandName::kDstScale);
  const Tile scales = machine.place(scale_operand);
  if (machine.faulted()) return;
  const numeric::MxShape shape = {src.partitions, static_cast<int>(src.elements)};
  const int rows = shape.partitions / kMxGroupPartitions;
  const std::int64_t columns = shape.values / kMxGroupLanes;
  if (!holds_scales(machine, scale_operand, scales, rows, columns)) return;
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;

  const std::int64_t row_bytes = src.elements * src.element_bytes;
  std::vector<std::uint8_t>& bytes = machine.bytes(0);
  bytes.resize(static_cast<std::size_t>(src.partitions * row_bytes));
  for (int p = 0; p < src.partitions; ++p) {
    read_bytes(src, p, 0, src.elements, bytes.data() + p * row_bytes);
  }
  const numeric::Rounding rounding = machine.rounding(0);
  const auto tile =
      numeric::quantize_mx(src.type, bytes, shape, dst.type,
                           {machine.options().mx_scale_rule, rounding.mode, rounding.random});
  SWITCHYARD_CHECK(tile, "{}", to_text(tile.error()));
  for (int p = 0; p < dst.partitions; ++p) {
    write_bytes(dst, p, 0, dst.elements, tile->data.data() + p * dst.elements * dst.element_bytes);
  }
  for (int r = 0; r < rows; ++r) {
    if (r % kRowsAQuadrant == 0) {
      mark_written(quadrant_of(scales, r / kRowsAQuadrant, rows, columns));
    }
    write_bytes(scales, numeric::mx_scale_partition(r, 0), 0, columns,
                tile->scales.data() + r * columns);
  }
}

}  // namespace switchyard::neuroncore
