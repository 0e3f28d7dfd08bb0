// Attention of query rows over a key-value cache in HBM, softmax kept in float32.
//
// Keys are cached transposed, [width, positions], so that a tile of queries multiplies them
// directly; values as [positions, width]. Scores have queries on partitions: VectorE and ScalarE
// find maximum, exponential and sum along the free dimension. TensorE transposes the probabilities
// and multiplies them with the values. Keys are taken in segments; between segments the sums so far
// are rescaled (flash attention), so context is bounded by HBM alone.
//
// Several small groups of queries (the heads that share keys, of several sequences) share the 128
// partitions, in slots of 32, 64 or 128.
#pragma once

#include <span>

#include "kernels/activations.h"

namespace switchyard::kernels {

// Keys and values of one sequence and KV head.
struct CacheHead {
  Matrix keys;    // [key width, capacity]
  Matrix values;  // [capacity, value width]
};

// Query rows that attend to the same keys, on partitions of one slot.
struct QueryGroup {
  CacheHead cache;
  // [key width, count] columns of rotated queries: for each head the tokens [first, first + n).
  std::int64_t first_column = 0, pitch = 0;  // in `queries`
  std::int64_t heads = 1, tokens = 1;
  std::int64_t token = 0;  // of the first row; several heads and tokens at once only without mask
};

struct AttentionShape {
  std::int64_t key_width = 0, value_width = 0;  // <= 128
  std::int64_t positions = 0;                   // keys [first, positions) exist
  std::int64_t first = 0;                       // of a sliding window: earlier keys are not read
  // Position of token 0 of the groups when later keys are hidden from earlier tokens, else -1.
  std::int64_t causal_from = -1;
  std::int64_t window = 0;  // 0: none; with causal_from, keys this far back or further are hidden
  double scale = 1;
};

struct AttentionTiling {
  std::int64_t segment = 1024;  // keys whose scores are in PSUM at once: multiple of 512
};

// Writes each group's results, [value width, count] like its queries' columns, into `out` at the
// same columns. `groups` must have equal heads and tokens; heads * tokens <= 128.
void attend(Builder& builder, const Tile& queries, std::span<const QueryGroup> groups,
            const AttentionShape& shape, const AttentionTiling& tiling, const Tile& out);

}  // namespace switchyard::kernels
