// Robust, regularised least squares on logarithms (Levenberg-Marquardt with Huber weights).
//
// Minimises sum huber(log predicted - log measured) + pull towards the start, over positive
// parameters in the logarithm, inside bounds. Deterministic: fixed order of sums, numeric
// derivatives.
#pragma once

#include <functional>
#include <span>
#include <vector>

namespace switchyard::fitting {

struct Parameter {
  double start = 1;   // > 0: where the search begins
  double centre = 1;  // > 0: what the pull goes to
  double spread = 1;  // of the pull, in the logarithm; > 0
  double low = 0, high = 0;
};

struct FitLimits {
  int steps = 40;
  double huber = 0.15;   // residuals in the logarithm beyond this count linearly
  double enough = 1e-5;  // relative improvement below which the search ends
};

struct Fitted {
  std::vector<double> values;
  double cost = 0;
  int steps = 0;
};

// log of the prediction for row `i`; called for every row in order.
using LogPrediction = std::function<double(std::span<const double> values, std::size_t row)>;

// Contract: some rows, some parameters, predictions finite inside the bounds.
Fitted fit_logarithms(std::span<const Parameter> parameters, std::span<const double> log_measured,
                      const LogPrediction& predict, const FitLimits& limits = {});

}  // namespace switchyard::fitting
