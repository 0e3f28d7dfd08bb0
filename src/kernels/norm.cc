#include "kernels/norm.h"

#include <algorithm>

namespace switchyard::kernels {

namespace {

constexpr std::int64_t kElementsMax = 32768;  // of one instruction, within what it encodes

}  // namespace

NormConstants norm_constants(Builder& builder, ElementType type, int rows, std::int64_t features,
                             double epsilon) {
  NormConstants out{.mean = builder.sbuf(type, rows, rows),
                    .epsilon = builder.sbuf(ElementType::kFloat32, rows, 1)};
  builder.memset(out.mean, 1.0 / static_cast<double>(features));
  builder.memset(out.epsilon, epsilon);
  return out;
}

Activations rms_norm(Builder& builder, const Activations& x, const NormConstants& constants,
                     ElementType type) {
  Activations out = new_activations(builder, type, x.rows * x.tiles, x.rows, x.tokens);
  const Tile squares = builder.sbuf(constants.mean.access.type, x.rows, x.tiles * x.tokens);
  const std::int64_t tiles_max = std::max<std::int64_t>(1, kElementsMax / x.tokens);
  for (std::int64_t tile = 0; tile < x.tiles; tile += tiles_max) {
    const std::int64_t count = std::min(tiles_max, x.tiles - tile) * x.tokens;
    builder.activation(squares.columns(tile * x.tokens, count),
                       x.tile.columns(tile * x.tokens, count), isa::Op::kSquare);
  }
  for (std::int64_t token = 0; token < x.tokens; token += kBankColumns) {
    const std::int64_t tokens = std::min(kBankColumns, x.tokens - token);
    const Tile mean = builder.psum(x.rows, tokens);
    for (std::int64_t k = 0; k < x.tiles; ++k) {
      builder.matmul(mean, constants.mean, squares.columns(k * x.tokens + token, tokens), k > 0);
    }
    const Tile scale = builder.sbuf(ElementType::kFloat32, x.rows, tokens);
    builder.activation(scale, mean, isa::Op::kRsqrt, 1, constants.epsilon);
    builder.tensor_tensor(out.tile.blocks(token, x.tokens, x.tiles, tokens),
                          x.tile.blocks(token, x.tokens, x.tiles, tokens),
                          scale.blocks(0, 0, x.tiles, tokens), isa::Op::kMultiply);
  }
  return out;
}

void norm_heads(Builder& builder, const Tile& heads, const NormConstants& constants,
                const Tile& gain) {
  const int rows = heads.partition_count();
  for (std::int64_t first = 0; first < heads.elements(); first += kBankColumns) {
    const std::int64_t columns = std::min(kBankColumns, heads.elements() - first);
    const Tile x = heads.columns(first, columns);
    const Tile squares = builder.sbuf(constants.mean.access.type, rows, columns);
    builder.activation(squares, x, isa::Op::kSquare);
    const Tile mean = builder.psum(rows, columns);
    builder.matmul(mean, constants.mean, squares, false);
    const Tile scale = builder.sbuf(ElementType::kFloat32, rows, columns);
    builder.activation(scale, mean, isa::Op::kRsqrt, 1, constants.epsilon);
    builder.scalar_tensor_tensor(x, x, isa::Op::kMultiply, gain, isa::Op::kMultiply, scale);
  }
}

}  // namespace switchyard::kernels
