#include "fitting/transfer.h"

#include <algorithm>

#include "base/portable_math.h"
#include "fitting/errors.h"

namespace switchyard::fitting {

namespace {

using namespace costing;

// "vllm 0.24.0" and "vllm 0.22.0" are one maker, but only the same version has the same kernels.
const KernelFit* twin(const ChipFits& chip, const Series& series) {
  for (const KernelFit& fit : chip.fits) {
    if (fit.family == series.family && fit.element == series.element &&
        fit.cached == series.cached && fit.engine == series.engine && fit.kernel == series.kernel) {
      return &fit;
    }
  }
  return nullptr;
}

struct Tally {
  std::vector<double> residuals;
  int series = 0;
  double covered = 0;
};

void tally(Tally& out, const Series& series, const KernelFit& fit, const KernelRates& rates) {
  constexpr double kWidening = 1.5;  // as chips.toml takes for a like design
  ++out.series;
  for (const Measurement& m : series.rows) {
    const double predicted =
        kernel_seconds(fit.family, m.shape, rates, fit.policy, fit.coefficients);
    out.residuals.push_back(portable_log(predicted / m.seconds));
    const FitBand& band = band_of(fit.bands, predicted);
    const double ratio = m.seconds / predicted;
    out.covered +=
        ratio >= portable_pow(band.low, kWidening) && ratio <= portable_pow(band.high, kWidening)
            ? 1
            : 0;
  }
}

}  // namespace

std::vector<TransferScore> transfer_scores(const Measurements& measurements,
                                           const std::vector<ChipFits>& fits,
                                           const std::map<std::string, FitChip>& chips) {
  std::map<std::tuple<std::string, std::string, std::string>, Tally> tallies;
  for (const Series& series : measurements.series) {
    const auto rates = rates_of(chips.at(series.chip), series.element, series.cached);
    if (!rates || static_cast<int>(series.rows.size()) < kRowsMin) continue;
    for (const ChipFits& source : fits) {
      if (source.chip == series.chip) continue;
      const KernelFit* fit = twin(source, series);
      if (!fit) continue;
      for (const std::string_view name : {to_text(series.family), std::string_view("all")}) {
        tally(tallies[{series.chip, source.chip, std::string(name)}], series, *fit, *rates);
      }
    }
  }
  std::vector<TransferScore> out;
  for (const auto& [key, t] : tallies) {
    out.push_back({.from = std::get<1>(key),
                   .to = std::get<0>(key),
                   .operators = std::get<2>(key),
                   .rows = static_cast<int>(t.residuals.size()),
                   .series = t.series,
                   .error = error_of(t.residuals),
                   .coverage = t.covered / static_cast<double>(t.residuals.size())});
  }
  return out;
}

}  // namespace switchyard::fitting
