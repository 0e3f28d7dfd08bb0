#include "kernels/project.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace switchyard::kernels {

namespace {

// Streams a column range of the weights through SBUF, feature tile by feature tile.
class WeightStream {
 public:
  WeightStream(Builder& builder, const Matrix& matrix, int rows, std::int64_t column,
               std::int64_t columns, const Tiling& tiling)
      : builder_(builder), matrix_(matrix), rows_(rows), column_(column), columns_(columns) {
    const std::int64_t tile_bytes = rows * columns * numeric::traits(matrix.type).storage_bytes;
    tiles_ = std::max<std::int64_t>(1, tiling.dma_bytes / tile_bytes);
  }

  // Columns of feature tile `index`; called with rising index.
  Tile at(std::int64_t index, std::int64_t column, std::int64_t count) {
    if (column == 0 && index % tiles_ == 0) load(index);
    return loaded_.columns((index % tiles_) * columns_ + column, count);
  }

 private:
  void load(std::int64_t index) {
    const std::int64_t tiles = std::min(tiles_, matrix_.rows / rows_ - index);
    loaded_ = builder_.sbuf(matrix_.type, rows_, tiles * columns_);
    builder_.dma(loaded_, matrix_.row_tiles(index * rows_, rows_, tiles, column_, columns_));
  }

  Builder& builder_;
  Matrix matrix_;
  int rows_;
  std::int64_t column_, columns_;
  std::int64_t tiles_ = 1;
  Tile loaded_;
};

}  // namespace

void in_groups(Builder& builder, std::int64_t tiles_out, int rows_out, std::int64_t tokens,
               const Tiling& tiling, const std::function<void(std::span<const Products>)>& multiply,
               const std::function<void(const Products&)>& use) {
  // Tokens beyond a bank go into further banks, so that a weight is loaded once for all of them.
  const std::int64_t chunk = std::min(tokens, kBankColumns);
  const std::int64_t chunks = (tokens + chunk - 1) / chunk;
  const auto pitch = static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(chunk)));
  const std::int64_t group_max =
      std::clamp<std::int64_t>(tiling.group_columns / (pitch * chunks), 1, tiling.group_tiles_max);
  for (std::int64_t first = 0; first < tiles_out; first += group_max) {
    const std::int64_t count = std::min(group_max, tiles_out - first);
    std::vector<Products> groups;
    for (std::int64_t c = 0; c < chunks; ++c) {
      groups.push_back({.psum = builder.psum(rows_out, count * pitch),
                        .rows = rows_out,
                        .first = first,
                        .count = count,
                        .token = c * chunk,
                        .tokens = std::min(chunk, tokens - c * chunk),
                        .pitch = pitch});
    }
    multiply(groups);
    for (const Products& group : groups) use(group);
  }
}

void project(Builder& builder, const Activations& x, const Weights& weights, const Tiling& tiling,
             const std::function<void(const Products&)>& use) {
  const Matrix& matrix = weights.matrix;
  const int rows = weights.rows_out;
  SWITCHYARD_CHECK(matrix.rows == x.rows * x.tiles && matrix.columns % rows == 0,
                   "weights [{}, {}] for {} x {} features and output tiles of {}", matrix.rows,
                   matrix.columns, x.tiles, x.rows, rows);
  const auto multiply = [&](std::span<const Products> groups) {
    const std::int64_t count = groups[0].count;
    WeightStream stream(builder, matrix, x.rows, groups[0].first * rows, count * rows, tiling);
    for (std::int64_t k = 0; k < x.tiles; ++k) {
      for (std::int64_t j = 0; j < count; ++j) {
        const Tile stationary = stream.at(k, j * rows, rows);
        for (const Products& group : groups) {
          builder.matmul(group.at(j), stationary, x.at(k, group.token, group.tokens), k > 0);
        }
      }
    }
  };
  in_groups(builder, matrix.columns / rows, rows, x.tokens, tiling, multiply, use);
}

void project_rows(Builder& builder, const Activations& x, const Matrix& weights,
                  const Tiling& tiling,
                  const std::function<void(const Tile&, std::int64_t, std::int64_t)>& use) {
  for (std::int64_t column = 0; column < weights.columns; column += kBankColumns) {
    const std::int64_t columns = std::min(kBankColumns, weights.columns - column);
    for (std::int64_t token = 0; token < x.tokens; token += isa::kPartitions) {
      const std::int64_t tokens = std::min<std::int64_t>(isa::kPartitions, x.tokens - token);
      const Tile psum = builder.psum(tokens, columns);
      WeightStream stream(builder, weights, x.rows, column, columns, tiling);
      for (std::int64_t k = 0; k < x.tiles; ++k) {
        builder.matmul(psum, x.at(k, token, tokens), stream.at(k, 0, columns), k > 0);
      }
      use(psum, column, token);
    }
  }
}

}  // namespace switchyard::kernels
