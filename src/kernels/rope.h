// Rotary position embedding on heads that lie in [rows, tiles * heads * tokens], rows * tiles being
// the head's width: out = cos * x + sin * R x, where R swaps the halves of a head and negates the
// second. TensorE applies R, since it moves values between partitions.
#pragma once

#include "kernels/activations.h"

namespace switchyard::kernels {

// Of the tokens of one program, loaded once.
struct RopeTables {
  Tile cosine, sine;  // [width, tokens] float32
  Tile rotation;      // [width, width], R^T, in the type of activations
};

// Rotates in place, reading heads from `source`, [width, heads * tokens]. Contract: width <= 128.
void rope(Builder& builder, const Tile& heads, std::int64_t head_count, std::int64_t tokens,
          const RopeTables& tables);

}  // namespace switchyard::kernels
