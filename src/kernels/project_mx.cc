#include "kernels/project_mx.h"

#include <algorithm>

#include "base/check.h"
#include "numeric/mx.h"
#include "numeric/mx_scale_layout.h"

namespace switchyard::kernels {

namespace {

constexpr int kLanes = numeric::kMxGroupLanes;
constexpr int kGroup = numeric::kMxGroupPartitions;
constexpr int kQuadrant = numeric::kQuadrantPartitions;
constexpr int kScalesOfQuadrant = kQuadrant / kGroup;

// Streams words and scales of a column range through SBUF, quad by quad.
class MxStream {
 public:
  MxStream(Builder& builder, const MxWeights& weights, int rows, std::int64_t column,
           std::int64_t columns, const Tiling& tiling)
      : builder_(builder), weights_(weights), rows_(rows), column_(column), columns_(columns) {
    const std::int64_t quad_bytes =
        rows * columns * numeric::traits(weights.words.type).storage_bytes;
    quads_ = std::max<std::int64_t>(1, tiling.dma_bytes / quad_bytes);
  }

  void load(std::int64_t index) {
    if (index % quads_ != 0) return;
    const Matrix& matrix = weights_.words;
    const std::int64_t quads = std::min(quads_, matrix.rows / rows_ - index);
    words_ = builder_.sbuf(matrix.type, rows_, quads * columns_);
    builder_.dma(words_, matrix.row_tiles(index * rows_, rows_, quads, column_, columns_));
    const Matrix& scales = weights_.scales;
    scales_ = builder_.sbuf(scales.type, rows_, quads * columns_);
    const std::int64_t scale_rows = rows_ / kGroup;
    for (int quadrant = 0; quadrant < rows_ / kQuadrant; ++quadrant) {
      const std::int64_t row = index * scale_rows + quadrant * kScalesOfQuadrant;
      Tile source = scales.row_tiles(row, kScalesOfQuadrant, quads, column_, columns_);
      source.access.dims[1].stride = scales.pitch * scale_rows;
      builder_.dma(scales_.partitions(quadrant * kQuadrant, kScalesOfQuadrant), source);
    }
  }
  Tile words(std::int64_t index, std::int64_t column, std::int64_t count) const {
    return words_.columns(index % quads_ * columns_ + column, count);
  }
  Tile scales(std::int64_t index, std::int64_t column, std::int64_t count) const {
    return scales_.columns(index % quads_ * columns_ + column, count);
  }

 private:
  Builder& builder_;
  const MxWeights& weights_;
  int rows_;
  std::int64_t column_, columns_;
  std::int64_t quads_ = 1;
  Tile words_, scales_;
};

}  // namespace

int mx_rows(std::int64_t features) {
  for (int rows = isa::kPartitions; rows >= kQuadrant; rows -= kQuadrant) {
    if (features % (kLanes * rows) == 0) return rows;
  }
  return 0;
}

MxActivations quantise(Builder& builder, const Activations& x) {
  SWITCHYARD_CHECK(x.rows % kQuadrant == 0 && x.tiles % kLanes == 0, "{} tiles of {} features",
                   x.tiles, x.rows);
  MxActivations out{.rows = x.rows, .quads = x.tiles / kLanes, .tokens = x.tokens};
  out.words = builder.sbuf(ElementType::kFloat8E4m3fnX4, x.rows, out.quads * x.tokens);
  out.scales = builder.sbuf(ElementType::kUint8, x.rows, out.quads * x.tokens);
  for (std::int64_t quad = 0; quad < out.quads; ++quad) {
    // Token by token, its four lanes.
    Tile lanes = x.tile.blocks(quad * kLanes * x.tokens, 1, x.tokens, kLanes);
    lanes.access.dims[1].stride = x.tokens;
    builder.quantize_mx(out.words.columns(quad * x.tokens, x.tokens), lanes,
                        out.scales.columns(quad * x.tokens, x.tokens));
  }
  return out;
}

void project(Builder& builder, const MxActivations& x, const MxWeights& weights,
             const Tiling& tiling, const std::function<void(const Products&)>& use) {
  const int rows = weights.rows_out;
  const std::int64_t columns = weights.words.columns;
  SWITCHYARD_CHECK(weights.words.rows == x.rows * x.quads && columns % rows == 0 && rows % 2 == 0,
                   "MX weights [{}, {}] for {} quads of {} features and output tiles of {}",
                   weights.words.rows, columns, x.quads, x.rows, rows);
  const auto multiply = [&](std::span<const Products> groups) {
    const std::int64_t count = groups[0].count;
    MxStream stream(builder, weights, x.rows, groups[0].first * rows, count * rows, tiling);
    for (std::int64_t k = 0; k < x.quads; ++k) {
      stream.load(k);
      for (std::int64_t j = 0; j < count; ++j) {
        for (const Products& group : groups) {
          const std::int64_t token = k * x.tokens + group.token;
          builder.matmul_mx(group.at(j), stream.words(k, j * rows, rows),
                            stream.scales(k, j * rows, rows), x.words.columns(token, group.tokens),
                            x.scales.columns(token, group.tokens), k > 0);
        }
      }
    }
  };
  in_groups(builder, columns / rows, rows, x.tokens, tiling, multiply, use);
}

}  // namespace switchyard::kernels
