// Matrix products of activations with weights from HBM: y = W^T x, for every token.
//
// Weights are stationary, activations move: the result has features on partitions again, and a
// weight enters TensorE once a step for up to 512 tokens a bank. Weights stream through SBUF in
// DMAs of about Tiling::dma_bytes; a group of output tiles shares PSUM while all of K passes.
#pragma once

#include <functional>
#include <span>

#include "kernels/activations.h"

namespace switchyard::kernels {

// [features in, features out] in HBM.
struct Weights {
  Matrix matrix;
  int rows_out = 0;  // features of an output tile; divides matrix.columns
};

// What the search over tilings varies.
struct Tiling {
  std::int64_t dma_bytes = 512 << 10;  // of one load of weights, about
  std::int64_t group_columns = 1024;   // float32 of PSUM a partition that one group of tiles takes
  std::int64_t group_tiles_max = 16;   // output tiles of a group
};

// The products of `count` output tiles from `first` on, in PSUM.
struct Products {
  Tile psum;
  int rows = 0;
  std::int64_t first = 0, count = 0;   // output tiles
  std::int64_t token = 0, tokens = 0;  // tokens [token, token + tokens)
  std::int64_t pitch = 0;              // columns between output tiles

  Tile at(std::int64_t index) const { return psum.columns(index * pitch, tokens); }
  Tile all() const { return psum.blocks(0, pitch, count, tokens); }
  // The same part of activations of the output's width.
  Tile matching(const Activations& out) const {
    return out.tile.blocks(first * out.tokens + token, out.tokens, count, tokens);
  }
};

// Output tiles in groups, each in PSUM for all tokens: what projections of any format share.
// `multiply` forms the products of one group, given its PSUM tiles.
void in_groups(Builder& builder, std::int64_t tiles_out, int rows_out, std::int64_t tokens,
               const Tiling& tiling, const std::function<void(std::span<const Products>)>& multiply,
               const std::function<void(const Products&)>& use);

// Calls `use` with the products of each group, all tokens of all output tiles once.
void project(Builder& builder, const Activations& x, const Weights& weights, const Tiling& tiling,
             const std::function<void(const Products&)>& use);

// The same for tokens as rows, moving weights: [tokens <= 128, matrix.columns] products, in groups
// of at most 512 columns; `use` gets the PSUM tile, the first column and the first token.
void project_rows(Builder& builder, const Activations& x, const Matrix& weights,
                  const Tiling& tiling,
                  const std::function<void(const Tile&, std::int64_t, std::int64_t)>& use);

}  // namespace switchyard::kernels
