// Matrix products and transposes on the PE array.
#include <algorithm>

#include "neuroncore/cost.h"

namespace switchyard::neuroncore {

namespace {

using isa::AttributeName;
using isa::Engine;
using isa::Opcode;
using isa::OperandName;
using numeric::ElementType;

std::uint16_t squares_of(const isa::Instruction& form) {
  const std::vector<std::int64_t>& position = form.integers(AttributeName::kTilePosition);
  const std::vector<std::int64_t>& size = form.integers(AttributeName::kTileSize);
  if (position.size() != 2 || size.size() != 2) return kAllSquares;
  constexpr std::int64_t kSquare = isa::kQuadrantPartitions, kSquares = 4;
  std::uint16_t squares = 0;
  for (std::int64_t row = 0; row < kSquares; ++row) {
    for (std::int64_t column = 0; column < kSquares; ++column) {
      const auto inside = [&](std::int64_t at, int axis) {
        return at * kSquare < position[axis] + size[axis] && (at + 1) * kSquare > position[axis];
      };
      if (inside(row, 0) && inside(column, 1)) {
        squares = static_cast<std::uint16_t>(squares | 1u << (row * kSquares + column));
      }
    }
  }
  return squares ? squares : kAllSquares;
}

struct Shape {
  double stationary = 1, moving = 1;  // columns
  double passes = 1;
};

Shape transpose_shape(const Core& core, const isa::Instruction& form) {
  const isa::Access& data = form.access(OperandName::kData);
  return {.stationary = static_cast<double>(data.elements_per_partition()),
          .moving = static_cast<double>(data.partitions),
          .passes = data.type == ElementType::kFloat32 ? core.tensor.float32_transpose_passes : 1};
}

Shape matmul_shape(const Core& core, const isa::Instruction& form) {
  const isa::Access& stationary = form.access(OperandName::kStationary);
  const isa::Access& moving = form.access(OperandName::kMoving);
  Shape shape{.stationary = static_cast<double>(stationary.elements_per_partition()),
              .moving = static_cast<double>(moving.elements_per_partition())};
  if (form.opcode == Opcode::kNcMatmulMx) return shape;
  const isa::AttributeValue* mode = form.find(AttributeName::kPerfMode);
  const isa::PerfMode* perf = mode ? std::get_if<isa::PerfMode>(mode) : nullptr;
  if (perf && *perf == isa::PerfMode::kDoubleRow) {
    shape.stationary /= 2;
    shape.moving /= 2;
  }
  if (moving.type == ElementType::kFloat32 || stationary.type == ElementType::kFloat32) {
    const bool onezero = form.flag(AttributeName::kIsStationaryOnezero) ||
                         form.flag(AttributeName::kIsMovingOnezero);
    shape.passes = form.flag(AttributeName::kIsTranspose) ? core.tensor.float32_transpose_passes
                   : onezero                              ? core.tensor.onezero_passes
                                                          : core.tensor.float32_passes;
  }
  return shape;
}

}  // namespace

void add_tensor_cost(const Core& core, const isa::Instruction& form, Cost& cost) {
  const bool transpose = form.opcode == Opcode::kNcTranspose;
  const Shape shape = transpose ? transpose_shape(core, form) : matmul_shape(core, form);
  const TensorCosts& t = core.tensor;
  const double cycles =
      shape.passes * std::max(std::min(t.interval_min, shape.stationary), t.column * shape.moving);
  cost.is_matmul = true;
  cost.matmul = {
      .load = core.cycles(Engine::kTensor, shape.passes * t.load_column * shape.stationary).ps(),
      .squares = transpose ? kAllSquares : squares_of(form),
      .transpose = transpose ||
                   (form.opcode == Opcode::kNcMatmul && form.flag(AttributeName::kIsTranspose))};
  cost.on[static_cast<int>(Engine::kTensor)] = {
      .interval = core.cycles(Engine::kTensor, cycles).ps(),
      .latency = core.cycles(Engine::kTensor, t.latency).ps(),
      .possible = true};
}

}  // namespace switchyard::neuroncore
