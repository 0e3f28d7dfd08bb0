#include "kernels/activations.h"

#include "base/check.h"

namespace switchyard::kernels {

Activations new_activations(Builder& builder, ElementType type, std::int64_t features, int rows,
                            std::int64_t tokens) {
  SWITCHYARD_CHECK(features % rows == 0, "{} features in tiles of {}", features, rows);
  const std::int64_t tiles = features / rows;
  return {.tile = builder.sbuf(type, rows, tiles * tokens),
          .rows = rows,
          .tiles = tiles,
          .tokens = tokens};
}

}  // namespace switchyard::kernels
