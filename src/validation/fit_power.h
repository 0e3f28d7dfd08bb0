// Fits a chip's power on rows that state it: power of clocks that run, joules a byte, and one
// factor on the joules of all its products, against the mean absolute logarithm of predicted over
// measured power. Idle power, the limit and the ratios between element types are the catalog's.
// Held-out errors come from fits without the row's configuration, in five folds.
#pragma once

#include <string>
#include <vector>

#include "validation/score.h"

namespace switchyard::validation {

struct PowerConstants {
  double active_w = 0, memory_j_per_byte = 0;
  double product_factor = 1;  // on the catalog's joules a FLOP, every element type
};

struct PowerFit {
  std::string chip;
  PowerConstants constants;
  int rows = 0, configurations = 0;
  Score in_sample, held_out;
};

// One fit a chip with at least thirty rows of stated power. `constants` are those of each case's
// engine.
std::vector<PowerFit> fit_power(const std::vector<Case>& cases,
                                const std::vector<EngineConstants>& constants,
                                const Predictor& with);

// Puts the fit in place of what the chip's file says.
void apply(const PowerFit& fit, catalog::Chip& chip);

}  // namespace switchyard::validation
