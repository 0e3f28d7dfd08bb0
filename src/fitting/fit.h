// Fits of kernels, their errors on rows never seen, and intervals.
//
// A series is fitted with each of its family's policies; the best stays. Then whole groups of rows
// (one configuration: the same n and k, the same heads and batch ...) are held out a quarter at a
// time: their residuals give the held-out error and, by size of the prediction, the 80 % interval
// (split conformal). Coverage is of each quarter under the quantiles of the other three.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "costing/fits.h"
#include "fitting/measurements.h"

namespace switchyard::fitting {

struct Case {  // for reports only: a measured row
  costing::KernelShape shape;
  double measured = 0, predicted = 0;  // seconds
};

struct BandSummary {
  double seconds_max = 0;
  int rows = 0;
  double q10 = 0, q50 = 0, q90 = 0;  // of measured over predicted, held out
};

// One fit with what a report shows of it.
struct SeriesFit {
  std::string chip;
  costing::KernelFit fit;
  costing::FitError roofline;  // the plain roofline on the same rows
  std::vector<BandSummary> bands;
  std::vector<Case> worst;   // held out
  std::vector<Case> sample;  // held out, for plots
};

// A chip predicted by the fits of others alone, with its own nominal rates.
struct TransferScore {
  std::string from, to;
  std::string operators;  // a family's name, or "all"
  int rows = 0, series = 0;
  costing::FitError error;
  double coverage = 0;  // of the source's intervals, widened as chips.toml says for transfers
};

// Errors over several fits.
struct Total {
  std::string label;
  int rows = 0;
  costing::FitError fitted, held_out, roofline;
  double coverage = 0;
};

struct FitOptions {
  std::string date, origin;
  std::function<void(double share)> progress;  // may be empty
};

struct FitReport {
  std::vector<costing::ChipFits> chips;
  std::vector<SeriesFit> series;  // in the order of the measurements
  std::vector<TransferScore> transfers;
  std::map<std::string, int> skipped;
  int rows = 0;  // read; those fitted are all.rows
  Total all;
  std::vector<Total> by_chip, by_family;
};

inline constexpr int kRowsMin = 40;  // fewer are not fitted

// Contract: every series' chip is in `chips`.
FitReport fit_all(const Measurements& measurements,
                  const std::map<std::string, costing::FitChip>& chips, const FitOptions& options);

// One series, without cross validation: what tests of recovery want.
costing::KernelFit fit_series(const Series& series, const costing::FitChip& chip);

}  // namespace switchyard::fitting
