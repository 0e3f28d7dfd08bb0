// Errors, quantiles and coverage of predictions.
#pragma once

#include <vector>

#include "costing/fits.h"

namespace switchyard::fitting {

// Of a sorted list, by linear interpolation; q in [0, 1]. Contract: not empty.
double quantile(const std::vector<double>& sorted, double q);

// From log(predicted / measured) of each row; zeros where there are none.
costing::FitError error_of(const std::vector<double>& residuals);

// 80 % bands by predicted seconds from held-out residuals. Bands with too few rows merge with the
// next; the quantiles are the conformal ones (a little wider than the sample's).
std::vector<costing::FitBand> make_bands(const std::vector<double>& predicted,
                                         const std::vector<double>& residuals);
const costing::FitBand& band_of(const std::vector<costing::FitBand>& bands, double seconds);

}  // namespace switchyard::fitting
