// nc_transpose, and nc_matmul in transpose mode.
//
// VectorE, and TensorE from NeuronCore-v3 on, move bits. The TensorE of NeuronCore-v2 multiplies by
// an identity: NaN and infinity spread along the sum, -0 becomes +0, integers pass through float32.
#include <algorithm>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "neuroncore/product.h"
#include "neuroncore/tensor_engine.h"
#include "neuroncore/transpose.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::OperandName;

constexpr int kZeros = -1;

// Writes dst[m][n] = data[source[n]][m], zeros where source[n] is kZeros. FP8 elements into 16 bits
// get an upper byte of zero [trainium2_arch.rst].
void move_transposed(Machine& machine, const Tile& data, const std::vector<int>& source,
                     const Tile& dst) {
  const auto rows = static_cast<std::int64_t>(source.size());
  const std::int64_t columns = data.elements;
  SWITCHYARD_CHECK(dst.partitions == columns && dst.elements == rows,
                   "[{}, {}] transposed into dst [{}, {}]", rows, columns, dst.partitions,
                   dst.elements);
  const std::int64_t row_bytes = columns * data.element_bytes;
  std::vector<std::uint8_t>& straight = machine.bytes(0);
  std::vector<std::uint8_t>& turned = machine.bytes(1);
  straight.assign(static_cast<std::size_t>(rows * row_bytes), 0);
  turned.resize(straight.size());
  for (std::int64_t n = 0; n < rows; ++n) {
    const int from = source[static_cast<std::size_t>(n)];
    if (from != kZeros) read_bytes(data, from, 0, columns, straight.data() + n * row_bytes);
  }
  transpose_elements({straight.data(), columns}, rows, columns, data.element_bytes,
                     {turned.data(), rows});
  if (data.element_bytes == 1 && dst.element_bytes == 2) {
    std::vector<std::uint8_t> wide(turned.size() * 2);
    for (std::size_t i = 0; i < turned.size(); ++i) wide[2 * i] = turned[i];
    turned.swap(wide);
  }
  for (int m = 0; m < dst.partitions; ++m) {
    write_bytes(dst, m, 0, dst.elements, turned.data() + m * dst.elements * dst.element_bytes);
  }
}

// The same where dst has another type: float32 on the way.
void convert_transposed(Machine& machine, const Tile& data, const std::vector<int>& source,
                        const Tile& dst) {
  std::vector<float> row(static_cast<std::size_t>(dst.elements));
  for (int m = 0; m < dst.partitions; ++m) {
    for (std::size_t n = 0; n < row.size(); ++n) {
      row[n] = 0;
      if (source[n] != kZeros) read_values(data, source[n], m, 1, &row[n]);
    }
    write_values(dst, m, 0, dst.elements, row.data(),
                 machine.rounding(static_cast<std::uint64_t>(m * dst.elements)));
  }
}

// Which row of stationary each column of moving selects: one 1 a column, as in an identity or a
// permutation. An empty list and a fault for any other matrix.
std::vector<int> selected_rows(Machine& machine, const isa::Operand& operand, const Tile& moving) {
  std::vector<int> source(static_cast<std::size_t>(moving.elements), kZeros);
  std::vector<float> row(source.size());
  for (int p = 0; p < moving.partitions; ++p) {
    read_values(moving, p, 0, moving.elements, row.data());
    for (std::size_t n = 0; n < row.size(); ++n) {
      if (row[n] == 0) continue;
      if (row[n] == 1 && source[n] == kZeros) {
        source[n] = p;
        continue;
      }
      machine.fault(FaultKind::kUndefined, machine.where(operand),
                    fmt::format("is_transpose=true with {} at partition {}, element {}; wanted an "
                                "identity: one 1 in each column",
                                row[n], p, n));
      return {};
    }
  }
  return source;
}

std::vector<int> all_rows(const Tile& data) {
  std::vector<int> source(static_cast<std::size_t>(data.partitions));
  for (int p = 0; p < data.partitions; ++p) source[static_cast<std::size_t>(p)] = p;
  return source;
}

// Through the multiplier of NeuronCore-v2. dst does not become a sum to accumulate onto.
void multiply_by_identity(Machine& machine, const isa::Instruction& instruction) {
  const Tile data = machine.input(OperandName::kData);
  if (machine.faulted()) return;
  const GemmShape shape = {data.partitions, static_cast<int>(data.elements), data.partitions};
  const PanelShape weights = {shape.depth, shape.rows, kStationaryPanel};
  std::vector<float>& panels = machine.values(0);
  panels.resize(weights.floats());
  std::vector<float> row(static_cast<std::size_t>(data.elements));
  for (int p = 0; p < data.partitions; ++p) {
    read_values(data, p, 0, data.elements, row.data());
    pack_row(row.data(), p, weights, panels.data());
  }
  machine.output(OperandName::kDst);  // starts a sum, whatever came before
  write_product(machine, instruction,
                {.shape = shape,
                 .stationary = panels.data(),
                 .pack_moving = [&](std::int64_t first, PanelShape columns, float* to) {
                   std::vector<float> ones(static_cast<std::size_t>(columns.columns));
                   for (int k = 0; k < shape.depth; ++k) {
                     const std::int64_t at = k - first;
                     const bool here = at >= 0 && at < columns.columns;
                     if (here) ones[static_cast<std::size_t>(at)] = 1;
                     pack_row(ones.data(), k, columns, to);
                     if (here) ones[static_cast<std::size_t>(at)] = 0;
                   }
                 }});
  if (!machine.faulted()) machine.output(OperandName::kDst);
}

// An unnamed engine is chosen by the buffer of dst [release notes, NKI 0.4].
bool on_tensor_engine(const Machine& machine, const isa::Instruction& instruction) {
  if (instruction.engine != isa::Engine::kUnknown) {
    return instruction.engine == isa::Engine::kTensor;
  }
  const isa::TensorId dst = instruction.access(OperandName::kDst).tensor;
  return machine.program().tensor(dst).buffer == isa::Buffer::kPsum;
}

}  // namespace

void execute_nc_transpose(Machine& machine, const isa::Instruction& instruction) {
  if (machine.generation() == isa::Generation::kV2 && on_tensor_engine(machine, instruction)) {
    multiply_by_identity(machine, instruction);
    return;
  }
  const Tile data = machine.input(OperandName::kData);
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  move_transposed(machine, data, all_rows(data), dst);
}

void execute_transpose_mode(Machine& machine, const isa::Instruction& instruction) {
  const Tile data = machine.input(OperandName::kStationary);
  const Tile moving = machine.input(OperandName::kMoving);
  const isa::Operand& dst_operand = *instruction.find(OperandName::kDst);
  if (instruction.find(AttributeName::kAccumulate) &&
      instruction.flag(AttributeName::kAccumulate)) {
    machine.fault(FaultKind::kUndefined, machine.where(dst_operand),
                  "is_transpose=true moves bits and cannot add; wanted accumulate=false");
  }
  const Tile dst = machine.output(dst_operand);
  if (machine.faulted()) return;
  const std::vector<int> source =
      selected_rows(machine, *instruction.find(OperandName::kMoving), moving);
  if (machine.faulted()) return;
  const bool fits = dst.type == data.type || (data.element_bytes == 1 && dst.element_bytes == 2);
  fits ? move_transposed(machine, data, source, dst)
       : convert_transposed(machine, data, source, dst);
}

}  // namespace switchyard::neuroncore
