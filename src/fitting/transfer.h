// How well the fits of some chips predict another one left out entirely.
#pragma once

#include "fitting/fit.h"

namespace switchyard::fitting {

// For each measured chip and operator: predicted by each other chip that has the same kernel
// (family, element, cached element, engine's name, kernel), and by the nearest of them.
std::vector<TransferScore> transfer_scores(const Measurements& measurements,
                                           const std::vector<costing::ChipFits>& fits,
                                           const std::map<std::string, costing::FitChip>& chips);

}  // namespace switchyard::fitting
