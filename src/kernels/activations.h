// Activations in the layout all kernels share: features on partitions, tokens along the free
// dimension, so that the result of one matrix product is the moving operand of the next without a
// transpose.
//
// A width of `rows * tiles` features lies in [rows, tiles * tokens]: feature f of token t stands at
// partition f % rows, column (f / rows) * tokens + t.
#pragma once

#include "kernels/builder.h"

namespace switchyard::kernels {

struct Activations {
  Tile tile;
  int rows = 0;
  std::int64_t tiles = 0;
  std::int64_t tokens = 0;

  // Feature tile `index`, tokens [first, first + count).
  Tile at(std::int64_t index, std::int64_t first, std::int64_t count) const {
    return tile.columns(index * tokens + first, count);
  }
  Tile at(std::int64_t index) const { return at(index, 0, tokens); }
};

Activations new_activations(Builder& builder, ElementType type, std::int64_t features, int rows,
                            std::int64_t tokens);

}  // namespace switchyard::kernels
