#include "kernels/attention.h"

#include <algorithm>

#include "base/check.h"

namespace switchyard::kernels {

namespace {

constexpr std::int64_t kBlock = isa::kPartitions;  // keys that TensorE transposes at once
constexpr double kHidden = -3.0e38;  // score of a hidden key: finite, so that a row of
                                     // them alone stays a number

// The groups that share the partitions, and what is known of their softmax so far.
class Stack {
 public:
  Stack(Builder& builder, std::span<const QueryGroup> members, std::int64_t slot,
        const AttentionShape& shape, ElementType type)
      : b_(builder),
        members_(members),
        slot_(slot),
        rows_(slot * static_cast<std::int64_t>(members.size())),
        shape_(shape),
        type_(type) {}

  void take_queries(const Tile& queries) {
    queries_ = b_.sbuf(type_, shape_.key_width, rows_);
    if (rows() < slot_) b_.memset(queries_, 0);
    for (std::size_t j = 0; j < members_.size(); ++j) {
      const QueryGroup& group = members_[j];
      const std::int64_t column = slot_ * static_cast<std::int64_t>(j);
      b_.copy(queries_.blocks(column, group.tokens, group.heads, group.tokens),
              queries.blocks(group.first_column, group.pitch, group.heads, group.tokens));
    }
  }

  void add_segment(std::int64_t first, std::int64_t count) {
    const Tile scores = masked(multiply_keys(first, count), first, count);
    const Tile largest = b_.sbuf(ElementType::kFloat32, rows_, 1);
    b_.reduce(largest, scores, isa::Op::kMaximum);
    if (started_) b_.tensor_tensor(largest, largest, maximum_, isa::Op::kMaximum);
    const Tile bias = b_.sbuf(ElementType::kFloat32, rows_, 1);
    b_.tensor_scalar(bias, largest, isa::Op::kMultiply, -shape_.scale);
    const Tile weights = b_.sbuf(type_, rows_, count);
    const Tile sum = b_.sbuf(ElementType::kFloat32, rows_, 1);
    b_.activation_sum(weights, scores, isa::Op::kExp, shape_.scale, bias, sum);
    merge(multiply_values(weights, first, count), sum, bias);
    maximum_ = largest;
  }

  void finish(const Tile& out) {
    const Tile inverse = b_.sbuf(ElementType::kFloat32, rows_, 1);
    b_.reciprocal(inverse, sum_);
    const Tile result = b_.sbuf(type_, rows_, shape_.value_width);
    b_.tensor_scalar(result, output_, isa::Op::kMultiply, inverse);
    const Tile turned = b_.psum(shape_.value_width, rows_, type_);
    b_.transpose(turned, result);
    for (std::size_t j = 0; j < members_.size(); ++j) {
      const QueryGroup& group = members_[j];
      const std::int64_t column = slot_ * static_cast<std::int64_t>(j);
      b_.copy(out.blocks(group.first_column, group.pitch, group.heads, group.tokens),
              turned.blocks(column, group.tokens, group.heads, group.tokens), isa::Engine::kScalar);
    }
  }

 private:
  std::int64_t rows() const { return members_[0].heads * members_[0].tokens; }
  Tile slot_of(const Tile& tile, std::size_t j) const {
    return tile.partitions(static_cast<int>(slot_) * static_cast<int>(j), static_cast<int>(slot_));
  }

  Tile multiply_keys(std::int64_t first, std::int64_t count) {
    const Tile scores = b_.psum(rows_, count);
    for (std::size_t j = 0; j < members_.size(); ++j) {
      const Matrix& cache = members_[j].cache.keys;
      const Tile keys = b_.sbuf(cache.type, shape_.key_width, count);
      b_.dma(keys, cache.block(0, shape_.key_width, first, count));
      const Tile stationary = queries_.columns(slot_ * static_cast<std::int64_t>(j), slot_);
      for (std::int64_t c = 0; c < count; c += kBankColumns) {
        const std::int64_t columns = std::min(kBankColumns, count - c);
        b_.matmul(slot_of(scores, j).columns(c, columns), stationary, keys.columns(c, columns),
                  false);
      }
    }
    return scores;
  }

  // Hides keys that a token may not see, where this segment has such.
  Tile masked(const Tile& scores, std::int64_t first, std::int64_t count) {
    if (shape_.causal_from < 0) return scores;
    Tile out = scores;
    for (std::size_t j = 0; j < members_.size(); ++j) {
      const std::int64_t position = shape_.causal_from + members_[j].token;
      const std::int64_t last = position + members_[j].tokens - 1;
      if (first + count - 1 > position) hide(out, j, position - first, 1, -1, scores);
      if (shape_.window > 0 && first <= last - shape_.window) {
        hide(out, j, first - position + shape_.window - 1, -1, 1, scores);
      }
    }
    return out;
  }

  void hide(Tile& out, std::size_t j, std::int64_t offset, std::int64_t multiplier,
            std::int64_t step, const Tile& scores) {
    if (out.access.tensor == scores.access.tensor) {
      out = b_.sbuf(ElementType::kFloat32, rows_, scores.elements());
      b_.copy(out, scores);
    }
    const Tile slot = slot_of(out, j);
    b_.select_at_least_zero(slot, slot, offset, multiplier, step, kHidden);
  }

  // The values' sums weighted by [rows, count] weights: [rows, value width] in PSUM.
  Tile multiply_values(const Tile& weights, std::int64_t first, std::int64_t count) {
    const std::int64_t blocks = (count + kBlock - 1) / kBlock;
    const Tile turned = turn(weights, count, blocks);
    const Tile sums = b_.psum(rows_, shape_.value_width);
    for (std::size_t j = 0; j < members_.size(); ++j) {
      const Tile values = load_values(members_[j].cache.values, first, count, blocks);
      for (std::int64_t block = 0; block < blocks; ++block) {
        const int keys = static_cast<int>(std::min(kBlock, count - block * kBlock));
        const Tile stationary = turned.partitions(0, keys).columns(
            block * kBlock + slot_ * static_cast<std::int64_t>(j), slot_);
        const Tile moving =
            values.partitions(0, keys).columns(block * shape_.value_width, shape_.value_width);
        b_.matmul(slot_of(sums, j), stationary, moving, block > 0);
      }
    }
    return sums;
  }

  // Keys on partitions, rows along the free dimension, kBlock columns a block. Of `whole` full
  // blocks partition p holds keys p * whole to (p + 1) * whole - 1, so that their values lie in one
  // piece; of the rest partition p holds key p.
  Tile turn(const Tile& weights, std::int64_t count, std::int64_t blocks) {
    const int keys = static_cast<int>(std::min(kBlock, count));
    const Tile psum = b_.psum(keys, blocks * kBlock, type_);
    const Tile out = b_.sbuf(type_, keys, blocks * kBlock);
    const std::int64_t whole = count / kBlock;
    for (std::int64_t block = 0; block < whole; ++block) {
      b_.transpose(psum.columns(block * kBlock, rows_), weights.every(block, whole, kBlock));
    }
    if (whole > 0) {
      b_.copy(out.blocks(0, kBlock, whole, rows_), psum.blocks(0, kBlock, whole, rows_));
    }
    if (whole < blocks) {
      const std::int64_t rest = count - whole * kBlock;
      const Tile from = psum.partitions(0, static_cast<int>(rest)).columns(whole * kBlock, rows_);
      b_.transpose(from, weights.columns(whole * kBlock, rest));
      b_.copy(out.partitions(0, static_cast<int>(rest)).columns(whole * kBlock, rows_), from);
    }
    return out;
  }

  Tile load_values(const Matrix& cache, std::int64_t first, std::int64_t count,
                   std::int64_t blocks) {
    const std::int64_t width = shape_.value_width;
    const std::int64_t whole = count / kBlock;
    const Tile values = b_.sbuf(cache.type, std::min(kBlock, count), blocks * width);
    if (whole > 0) {
      b_.dma(values.columns(0, whole * width), cache.row_groups(first, kBlock, whole));
    }
    if (whole < blocks) {
      const std::int64_t rest = count - whole * kBlock;
      b_.dma(values.partitions(0, static_cast<int>(rest)).columns(whole * width, width),
             cache.block(first + whole * kBlock, rest, 0, width));
    }
    return values;
  }

  void merge(const Tile& sums, const Tile& sum, const Tile& bias) {
    if (!started_) {
      output_ = b_.sbuf(ElementType::kFloat32, rows_, shape_.value_width);
      b_.copy(output_, sums);
      sum_ = sum;
      started_ = true;
      return;
    }
    const Tile shrink = b_.sbuf(ElementType::kFloat32, rows_, 1);
    b_.activation(shrink, maximum_, isa::Op::kExp, shape_.scale, bias);
    b_.scalar_tensor_tensor(output_, output_, isa::Op::kMultiply, shrink, isa::Op::kAdd, sums);
    b_.scalar_tensor_tensor(sum_, sum_, isa::Op::kMultiply, shrink, isa::Op::kAdd, sum);
  }

  Builder& b_;
  std::span<const QueryGroup> members_;
  std::int64_t slot_, rows_;
  const AttentionShape& shape_;
  ElementType type_;
  Tile queries_, output_, maximum_, sum_;
  bool started_ = false;
};

}  // namespace

void attend(Builder& builder, const Tile& queries, std::span<const QueryGroup> groups,
            const AttentionShape& shape, const AttentionTiling& tiling, const Tile& out) {
  SWITCHYARD_CHECK(!groups.empty() && shape.key_width <= kBlock && shape.value_width <= kBlock &&
                       shape.positions > shape.first,
                   "attention of {} groups, widths {} and {}, positions [{}, {})", groups.size(),
                   shape.key_width, shape.value_width, shape.first, shape.positions);
  const std::int64_t rows = groups[0].heads * groups[0].tokens;
  SWITCHYARD_CHECK(rows <= kBlock, "{} queries in a group", rows);
  const std::int64_t slot = rows <= 32 ? 32 : rows <= 64 ? 64 : kBlock;
  const auto stacked = static_cast<std::size_t>(kBlock / slot);
  for (std::size_t i = 0; i < groups.size(); i += stacked) {
    const auto members = groups.subspan(i, std::min(stacked, groups.size() - i));
    Stack stack(builder, members, slot, shape, queries.access.type);
    stack.take_queries(queries);
    for (std::int64_t key = shape.first; key < shape.positions; key += tiling.segment) {
      stack.add_segment(key, std::min(tiling.segment, shape.positions - key));
    }
    stack.finish(out);
  }
}

}  // namespace switchyard::kernels
