#include "model/model.h"

#include "base/check.h"

namespace switchyard::model {

std::string to_text(WeightClass weights) {
  switch (weights) {
    case WeightClass::kEmbedding:
      return "embedding";
    case WeightClass::kAttention:
      return "attention";
    case WeightClass::kDense:
      return "dense";
    case WeightClass::kExpert:
      return "expert";
    case WeightClass::kSmall:
      return "small";
  }
  SWITCHYARD_CHECK(false, "weight class {}", static_cast<int>(weights));
}

int StoredFormat::width() const {
  // Scales add well under half of the next narrower width.
  if (bits > 24) return 32;
  if (bits > 12) return 16;
  if (bits > 6) return 8;
  return 4;
}

int Model::layer_count() const {
  int count = 0;
  for (const LayerKind& layer : layers) count += layer.count;
  return count;
}

}  // namespace switchyard::model
