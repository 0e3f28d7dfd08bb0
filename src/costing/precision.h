// Which storage format of a chip each class of weights uses.
//
// Formats of one nominal width (16, 8, 4 bits) are taken as alike in quality. Nothing is stored
// narrower than asked; what the chip lacks is stored in its next wider format.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "model/memory.h"
#include "model/model.h"

namespace switchyard::costing {

struct Precision {
  const catalog::Chip* chip = nullptr;  // whose formats these are; must outlive this
  std::string name;                     // of the format that holds most of the weights
  std::array<int, model::kWeightClasses> format = {};  // index into Chip::formats
  int attention_format = 0;                            // scores and values: the bf16 format
  model::StorageBits bits;

  bool operator==(const Precision&) const = default;
};

// What the user may ask for. kAuto: as published, and at 8 bits where published wider.
enum class PrecisionChoice { kAuto, kNative, k16, k8, k4 };
Result<PrecisionChoice> parse_precision(const std::string& text);

// Without repeats, in a fixed order; never empty for a chip with a bf16 format.
std::vector<Precision> precisions(const model::Model& model, const catalog::Chip& chip,
                                  PrecisionChoice choice, double cache_bits);

}  // namespace switchyard::costing
