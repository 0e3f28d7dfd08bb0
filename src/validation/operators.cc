#include "validation/operators.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "fitting/errors.h"
#include "fitting/measurements.h"
#include "planner/statistics.h"

namespace switchyard::validation {

namespace {

struct Errors {
  std::vector<double> signed_errors;
  int covered = 0;

  Score score() const {
    Score s{.n = static_cast<int>(signed_errors.size())};
    if (s.n == 0) return s;
    std::vector<double> absolute;
    for (const double e : signed_errors) absolute.push_back(std::abs(e));
    s.median_ape = planner::quantile(absolute, 0.5);
    s.p90_ape = planner::quantile(absolute, 0.9);
    s.bias = planner::quantile(signed_errors, 0.5);
    s.coverage80 = static_cast<double>(covered) / s.n;
    return s;
  }
};

const costing::KernelFit* fit_for(const costing::ChipFits& fits, const fitting::Series& series) {
  const costing::KernelFit* spare = nullptr;
  for (const costing::KernelFit& fit : fits.fits) {
    if (fit.family != series.family || fit.element != series.element ||
        fit.cached != series.cached) {
      continue;
    }
    if (fit.engine == series.engine && fit.kernel == series.kernel) return &fit;
    if (!spare || fit.preferred) spare = &fit;
  }
  return spare;
}

class Scorer {
 public:
  explicit Scorer(const costing::FitSet& fits) : fits_(fits) {}

  void add(const fitting::Series& series) {
    const auto rows = static_cast<int>(series.rows.size());
    const auto chip = fits_.chips.find(series.chip);
    const costing::ChipFits* known = fits_.answering(series.chip);
    if (chip == fits_.chips.end() || !known) {
      skipped_["no fit of the chip"] += rows;
      return;
    }
    const costing::KernelFit* fit = fit_for(*known, series);
    const auto rates = costing::rates_of(chip->second, series.element, series.cached);
    if (!fit || !rates) {
      skipped_["no fit of the kernel"] += rows;
      return;
    }
    const std::string family(costing::to_text(series.family));
    for (const fitting::Measurement& m : series.rows) {
      const double ours =
          costing::kernel_seconds(fit->family, m.shape, *rates, fit->policy, fit->coefficients);
      if (!(m.seconds > 0) || !(ours > 0) || !std::isfinite(ours)) continue;
      double low = 1, high = 1;
      if (!fit->bands.empty()) {
        const costing::FitBand& band = fitting::band_of(fit->bands, ours);
        low = band.low;
        high = band.high;
      }
      const bool covered = m.seconds >= ours * low && m.seconds <= ours * high;
      for (Errors* e : {&all_, &by_chip_[series.chip], &by_family_[family]}) {
        e->signed_errors.push_back(ours / m.seconds - 1);
        e->covered += covered;
      }
    }
  }

  void skip(const std::map<std::string, int>& reasons) {
    for (const auto& [reason, rows] : reasons) skipped_[reason] += rows;
  }

  OperatorScores scores() const {
    OperatorScores out{.all = all_.score(), .skipped = skipped_};
    for (const auto& [name, errors] : by_chip_) out.by_chip[name] = errors.score();
    for (const auto& [name, errors] : by_family_) out.by_family[name] = errors.score();
    return out;
  }

 private:
  const costing::FitSet& fits_;
  Errors all_;
  std::map<std::string, Errors> by_chip_, by_family_;
  std::map<std::string, int> skipped_;
};

}  // namespace

OperatorScores score_operators(const std::filesystem::path& directory,
                               const costing::FitSet& fits) {
  Scorer scorer(fits);
  std::set<std::string> read;
  for (const auto& folder : {directory, directory / "operators"}) {
    const auto files = fitting::measurement_files({folder.string()});
    if (!files) continue;
    for (const auto& file : *files) {
      const auto table = fitting::read_measurements(file, "", fits.chips);
      if (!table) continue;  // an end-to-end table, or not ours: said elsewhere
      for (const fitting::Series& series : table->series) scorer.add(series);
      scorer.skip(table->skipped);
      read.insert(file.filename().string());
    }
  }
  OperatorScores out = scorer.scores();
  out.files = std::move(read);
  return out;
}

}  // namespace switchyard::validation
