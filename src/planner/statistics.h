// Quantiles and rank correlation of samples.
#pragma once

#include <span>
#include <vector>

namespace switchyard::planner {

// Linear interpolation between order statistics; NaN for no values. p in [0, 1].
double quantile(std::vector<double> values, double p);
// Spearman's rank correlation, ties sharing their mean rank; 0 when either side is constant.
// Contract: equal sizes.
double rank_correlation(std::span<const double> a, std::span<const double> b);

}  // namespace switchyard::planner
