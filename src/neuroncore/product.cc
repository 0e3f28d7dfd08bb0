#include "neuroncore/product.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/check.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::OperandName;
using numeric::ElementType;

constexpr std::int64_t kMovingFloats = 1 << 16;  // packed at once: 256 KiB, in the second cache

// How much of dst is added to. Sets a fault where the answer is undefined.
Coverage accumulated(Machine& machine, const isa::Instruction& instruction, const isa::Operand& dst,
                     const Tile& tile) {
  if (!instruction.find(AttributeName::kAccumulate)) {
    return machine.accumulations().coverage(dst.access, tile);
  }
  if (!instruction.flag(AttributeName::kAccumulate)) return Coverage::kNone;
  const UnwrittenElement missing = find_unwritten(tile);
  if (missing.partition >= 0) {
    machine.fault(FaultKind::kUndefined, machine.where(dst),
                  fmt::format("accumulate=true onto partition {}, element {}, which nothing wrote; "
                              "wanted a matmul with accumulate=false before it",
                              missing.partition, missing.element));
  } else if (machine.generation() < isa::Generation::kV4 &&
             Accumulations::by_matmul(tile) != Coverage::kAll) {
    machine.fault(FaultKind::kUndefined, machine.where(dst),
                  "accumulate=true onto what an instruction other than a matmul wrote; before "
                  "NeuronCore-v4 only sums of matmuls can be continued");
  }
  return Coverage::kAll;
}

// Whether sums may go straight to dst.
bool is_plain_float32(const Tile& tile) {
  return tile.type == ElementType::kFloat32 && tile.contiguous() &&
         tile.partition_stride % 4 == 0 && std::bit_cast<std::uintptr_t>(tile.data) % 4 == 0;
}

// Adds what dst holds to one row of sums, where it holds one. NaN as multiply_panels has it.
void add_existing(Machine& machine, const isa::Operand& dst, const Tile& tile, Coverage coverage,
                  int partition, std::int64_t first, std::span<float> sums) {
  float existing[kMovingPanel];
  for (std::size_t done = 0; done < sums.size(); done += kMovingPanel) {
    const std::size_t count = std::min<std::size_t>(kMovingPanel, sums.size() - done);
    const std::int64_t at = first + static_cast<std::int64_t>(done);
    read_values(tile, partition, at, static_cast<std::int64_t>(count), existing);
    for (std::size_t i = 0; i < count; ++i) {
      if (coverage == Coverage::kSome &&
          !machine.accumulations().holds_sum(dst.access, tile, partition,
                                             at + static_cast<std::int64_t>(i))) {
        continue;
      }
      const float sum = existing[i] + sums[done + i];
      sums[done + i] = std::isnan(sum) ? std::bit_cast<float>(0x7fc00000u) : sum;
    }
  }
}

void write_columns(Machine& machine, const isa::Operand& dst, const Tile& tile, Coverage coverage,
                   const Product& product, std::int64_t first, GemmShape part,
                   const float* moving) {
  if (coverage != Coverage::kSome && is_plain_float32(tile)) {
    multiply_panels(part, product.stationary, moving, reinterpret_cast<float*>(tile.data) + first,
                    tile.partition_stride / 4, coverage == Coverage::kAll);
    return;
  }
  std::vector<float>& sums = machine.values(2);
  const auto columns = static_cast<std::size_t>(part.columns);
  sums.resize(static_cast<std::size_t>(part.rows) * columns);
  multiply_panels(part, product.stationary, moving, sums.data(), part.columns, false);
  for (int m = 0; m < part.rows; ++m) {
    const auto row = std::span(sums).subspan(static_cast<std::size_t>(m) * columns, columns);
    if (coverage != Coverage::kNone) add_existing(machine, dst, tile, coverage, m, first, row);
    const auto position = static_cast<std::uint64_t>(m * tile.elements + first);
    write_values(tile, m, first, part.columns, row.data(), machine.rounding(position));
  }
}

}  // namespace

void write_product(Machine& machine, const isa::Instruction& instruction, const Product& product) {
  const isa::Operand& dst = *instruction.find(OperandName::kDst);
  const Tile tile = machine.place(dst);
  if (machine.faulted()) return;
  const GemmShape shape = product.shape;
  SWITCHYARD_CHECK(tile.partitions == shape.rows && tile.elements == shape.columns,
                   "product [{}, {}] into dst [{}, {}]", shape.rows, shape.columns, tile.partitions,
                   tile.elements);
  const Coverage coverage = accumulated(machine, instruction, dst, tile);
  if (machine.faulted()) return;

  const std::int64_t fitting = kMovingFloats / shape.depth / kMovingPanel * kMovingPanel;
  const std::int64_t step = std::max<std::int64_t>(fitting, kMovingPanel);
  std::vector<float>& moving = machine.values(1);
  for (std::int64_t first = 0; first < shape.columns; first += step) {
    const int columns = static_cast<int>(std::min(step, shape.columns - first));
    const PanelShape panels = {shape.depth, columns, kMovingPanel};
    moving.resize(panels.floats());
    product.pack_moving(first, panels, moving.data());
    write_columns(machine, dst, tile, coverage, product, first, {shape.depth, shape.rows, columns},
                  moving.data());
  }
  machine.accumulations().note(dst.access, tile);
}

}  // namespace switchyard::neuroncore
