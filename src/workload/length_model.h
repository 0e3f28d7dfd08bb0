// Joint distribution of input and output lengths, to draw requests from.
//
// Two forms. `log_normal`: marginals of a given mean and coefficient of variation whose logarithms
// correlate; what public statistics usually give. `fit`: the empirical input quantiles of a trace
// and, for each of up to 16 equally full bins of them, the output quantiles of that bin, both
// interpolated linearly; any dependence of output on input is kept at that resolution.
//
// Whole tokens, at least 1, at most kTokensMax. Rounding is up or down at random so that means
// survive short lengths.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "workload/trace.h"

namespace switchyard::workload {

struct LengthPair {
  std::int64_t input_tokens = 1;
  std::int64_t output_tokens = 1;
};

class LengthModel {
 public:
  // Contract: means >= 1, variations >= 0, correlation in [-1, 1].
  static LengthModel log_normal(Spread input, Spread output, double correlation);
  // Contract: not empty. Rows of 0 output tokens count as 1: an engine always makes one.
  static LengthModel fit(std::span<const Request> requests);

  LengthPair draw(Random& random) const;

 private:
  using Quantiles = std::vector<double>;  // at evenly spaced probabilities from 0 to 1

  // Of the fitted form; empty in the other.
  Quantiles input_;
  std::vector<Quantiles> output_;  // by input bin

  double input_mu_ = 0, input_sigma_ = 0, output_mu_ = 0, output_sigma_ = 0, correlation_ = 0;
};

}  // namespace switchyard::workload
