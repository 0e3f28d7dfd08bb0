#include "kernels/rope.h"

#include <algorithm>

namespace switchyard::kernels {

void rope(Builder& builder, const Tile& heads, std::int64_t head_count, std::int64_t tokens,
          const RopeTables& tables) {
  const int width = heads.partition_count();
  const std::int64_t chunk_tokens = std::min(tokens, kBankColumns);
  const std::int64_t chunk_heads = std::max<std::int64_t>(1, kBankColumns / tokens);
  for (std::int64_t head = 0; head < head_count; head += chunk_heads) {
    const std::int64_t count = std::min(chunk_heads, head_count - head);
    for (std::int64_t token = 0; token < tokens; token += chunk_tokens) {
      const std::int64_t span = std::min(chunk_tokens, tokens - token);
      const Tile x = heads.blocks(head * tokens + token, tokens, count, span);
      const Tile rotated = builder.psum(width, count * span);
      const Tile rotated_blocks = rotated.blocks(0, span, count, span);
      builder.matmul(rotated_blocks, tables.rotation, x, false);
      const Tile turned = builder.sbuf(ElementType::kFloat32, width, count * span);
      builder.tensor_tensor(turned.blocks(0, span, count, span), rotated_blocks,
                            tables.sine.blocks(token, 0, count, span), isa::Op::kMultiply);
      const Tile kept = builder.sbuf(ElementType::kFloat32, width, count * span);
      builder.tensor_tensor(kept.blocks(0, span, count, span), x,
                            tables.cosine.blocks(token, 0, count, span), isa::Op::kMultiply);
      builder.tensor_tensor(x, kept.blocks(0, span, count, span),
                            turned.blocks(0, span, count, span), isa::Op::kAdd);
    }
  }
}

}  // namespace switchyard::kernels
