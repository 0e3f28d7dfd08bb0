#include "fitting/fit.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <mutex>

#include "base/check.h"
#include "base/parallel.h"
#include "base/portable_math.h"
#include "base/random.h"
#include "fitting/errors.h"
#include "fitting/least_squares.h"
#include "fitting/plain_roofline.h"
#include "fitting/transfer.h"

namespace switchyard::fitting {

namespace {

using namespace costing;

constexpr int kFolds = 4;
constexpr std::size_t kTrialRows = 700, kFitRows = 2200, kFoldRows = 1400;
constexpr FitLimits kTrial = {.steps = 12, .enough = 1e-3};
constexpr FitLimits kFinal = {.steps = 40, .enough = 1e-5};
constexpr FitLimits kFold = {.steps = 18, .enough = 3e-4};
constexpr double kSlow = 4;
constexpr std::size_t kWorstCases = 5, kPlotCases = 400;

using Rows = std::vector<const Measurement*>;

// The first `limit` rows in an order that depends on their number alone.
Rows pick(const Rows& rows, std::size_t limit) {
  if (rows.size() <= limit) return rows;
  std::vector<std::pair<std::uint64_t, std::size_t>> order;
  for (std::size_t i = 0; i < rows.size(); ++i) order.emplace_back(mix(i + 1), i);
  std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(limit), order.end());
  order.resize(limit);
  std::sort(order.begin(), order.end());
  Rows out;
  for (const auto& [unused, i] : order) out.push_back(rows[i]);
  return out;
}

struct Trial {
  Coefficients coefficients = {};
  double cost = 0;
};

class SeriesModel {
 public:
  SeriesModel(const Series& series, const KernelRates& rates)
      : family_(series.family), rates_(rates), specs_(costing::coefficients(series.family)) {}

  // From the specs' starts; `host` where the times have a floor that the host makes. `slow`: the
  // least time of a tile begins high. A limit that nowhere binds has no slope to follow, so both
  // sides are tried.
  std::vector<Parameter> parameters(const Rows& rows, bool slow) const {
    std::vector<Parameter> out;
    for (const CoefficientSpec& s : specs_) {
      out.push_back({s.start, s.start, s.spread, s.low, s.high});
      if (slow && std::string_view(s.name) == "step") out.back().start *= kSlow;
      if (std::string_view(s.name) != "host") continue;
      const double floor = host_floor(rows);
      if (floor > 0) out.back().start = out.back().centre = floor;
    }
    return out;
  }

  Trial fit(const Rows& rows, int policy, const std::vector<Parameter>& parameters,
            const FitLimits& limits) const {
    std::vector<double> measured;
    for (const Measurement* m : rows) measured.push_back(portable_log(m->seconds));
    const LogPrediction predict = [&](std::span<const double> values, std::size_t i) {
      Coefficients c = {};
      std::copy(values.begin(), values.end(), c.begin());
      return portable_log(kernel_seconds(family_, rows[i]->shape, rates_, policy, c));
    };
    const Fitted fitted = fit_logarithms(parameters, measured, predict, limits);
    Trial trial = {.cost = fitted.cost};
    std::copy(fitted.values.begin(), fitted.values.end(), trial.coefficients.begin());
    return trial;
  }

  double predict(const Measurement& m, int policy, const Coefficients& c) const {
    return kernel_seconds(family_, m.shape, rates_, policy, c);
  }

 private:
  // Eager calls that the host cannot issue faster show as one time for many shapes.
  static double host_floor(const Rows& rows) {
    constexpr double kEager = 3e-5, kFlat = 1.7;
    std::vector<double> times;
    for (const Measurement* m : rows) times.push_back(m->seconds);
    std::sort(times.begin(), times.end());
    const double low = quantile(times, 0.02), middle = quantile(times, 0.3);
    return middle > kEager && middle < kFlat * low ? middle : 0;
  }

  KernelFamily family_;
  KernelRates rates_;
  std::span<const CoefficientSpec> specs_;
};

int fold_of(const Measurement& m) { return static_cast<int>(mix(m.group + 17) % kFolds); }

Rows all_rows(const Series& series) {
  Rows rows;
  for (const Measurement& m : series.rows) rows.push_back(&m);
  return rows;
}

KernelFit describe(const Series& series) {
  KernelFit fit;
  fit.family = series.family;
  fit.element = series.element;
  fit.cached = series.cached;
  fit.engine = series.engine;
  fit.kernel = series.kernel;
  fit.rows = static_cast<int>(series.rows.size());
  std::vector<std::uint64_t> groups;
  for (const Measurement& m : series.rows) groups.push_back(m.group);
  std::sort(groups.begin(), groups.end());
  fit.groups = static_cast<int>(std::unique(groups.begin(), groups.end()) - groups.begin());
  return fit;
}

// True where the search did better from a high least time of a tile.
bool fit_policy(KernelFit& fit, const Rows& rows, const SeriesModel& model) {
  const Rows trial_rows = pick(rows, kTrialRows);
  const int count = static_cast<int>(policies(fit.family).size());
  bool slow = false;
  double best = 0;
  for (int policy = 0; policy < count; ++policy) {
    for (const bool high : {false, true}) {
      if (high && fit.family != KernelFamily::kGemm) continue;
      const double cost = model.fit(trial_rows, policy, model.parameters(rows, high), kTrial).cost;
      if (best > 0 && cost >= best) continue;
      best = cost;
      fit.policy = policy;
      slow = high;
    }
  }
  const auto start = model.parameters(rows, slow);
  fit.coefficients = model.fit(pick(rows, kFitRows), fit.policy, start, kFinal).coefficients;
  // What the file will hold, so that reading it back changes nothing.
  for (double& c : fit.coefficients) c = std::strtod(fmt::format("{:.4g}", c).c_str(), nullptr);
  return slow;
}

// log(predicted / measured) of every row by the fit of the other folds, and those predictions.
struct HeldOut {
  std::vector<double> residuals, predicted;
};

HeldOut cross_validate(const KernelFit& fit, bool slow, const Rows& rows,
                       const SeriesModel& model) {
  HeldOut out;
  out.residuals.resize(rows.size());
  out.predicted.resize(rows.size());
  for (int fold = 0; fold < kFolds; ++fold) {
    Rows others;
    for (const Measurement* m : rows) {
      if (fold_of(*m) != fold) others.push_back(m);
    }
    if (others.empty() || others.size() == rows.size()) others = rows;
    const Rows picked = pick(others, kFoldRows);
    const auto trial = model.fit(picked, fit.policy, model.parameters(others, slow), kFold);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (fold_of(*rows[i]) != fold) continue;
      out.predicted[i] = model.predict(*rows[i], fit.policy, trial.coefficients);
      out.residuals[i] = portable_log(out.predicted[i] / rows[i]->seconds);
    }
  }
  return out;
}

// Share of rows inside the interval that the other folds' residuals give.
double coverage_of(const HeldOut& held, const Rows& rows) {
  double inside = 0;
  for (int fold = 0; fold < kFolds; ++fold) {
    std::vector<double> predicted, residuals;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (fold_of(*rows[i]) == fold) continue;
      predicted.push_back(held.predicted[i]);
      residuals.push_back(held.residuals[i]);
    }
    if (predicted.empty()) continue;
    const auto bands = make_bands(predicted, residuals);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (fold_of(*rows[i]) != fold) continue;
      const FitBand& band = band_of(bands, held.predicted[i]);
      const double ratio = rows[i]->seconds / held.predicted[i];
      inside += ratio >= band.low && ratio <= band.high ? 1 : 0;
    }
  }
  return inside / static_cast<double>(rows.size());
}

void keep_cases(SeriesFit& out, const HeldOut& held, const Rows& rows) {
  std::vector<std::size_t> order(rows.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::abs(held.residuals[a]) > std::abs(held.residuals[b]);
  });
  const auto keep = [&](std::size_t i) {
    return Case{
        .shape = rows[i]->shape, .measured = rows[i]->seconds, .predicted = held.predicted[i]};
  };
  for (std::size_t i = 0; i < std::min(kWorstCases, order.size()); ++i) {
    out.worst.push_back(keep(order[i]));
  }
  const std::size_t stride = std::max<std::size_t>(1, rows.size() / kPlotCases);
  for (std::size_t i = 0; i < rows.size(); i += stride) out.sample.push_back(keep(i));
}

void summarise_bands(SeriesFit& out, const HeldOut& held) {
  double low = 0;
  for (const FitBand& band : out.fit.bands) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < held.residuals.size(); ++i) {
      if (held.predicted[i] <= low || held.predicted[i] > band.seconds_max) continue;
      ratios.push_back(portable_exp(-held.residuals[i]));
    }
    low = band.seconds_max;
    if (ratios.empty()) continue;
    std::sort(ratios.begin(), ratios.end());
    out.bands.push_back({.seconds_max = band.seconds_max,
                         .rows = static_cast<int>(ratios.size()),
                         .q10 = quantile(ratios, 0.1),
                         .q50 = quantile(ratios, 0.5),
                         .q90 = quantile(ratios, 0.9)});
  }
}

// Residuals of all rows kept for the totals.
struct Scored {
  SeriesFit fit;
  std::vector<double> fitted, held_out, roofline;
};

Scored fit_and_score(const Series& series, const FitChip& chip) {
  const Rows rows = all_rows(series);
  const KernelRates rates = *rates_of(chip, series.element, series.cached);
  const SeriesModel model(series, rates);
  Scored out;
  out.fit.chip = series.chip;
  out.fit.fit = describe(series);
  KernelFit& fit = out.fit.fit;
  const bool slow = fit_policy(fit, rows, model);
  for (const Measurement* m : rows) {
    const double predicted = model.predict(*m, fit.policy, fit.coefficients);
    out.fitted.push_back(portable_log(predicted / m->seconds));
    out.roofline.push_back(portable_log(plain_roofline(m->shape, rates) / m->seconds));
  }
  const HeldOut held = cross_validate(fit, slow, rows, model);
  fit.fitted = error_of(out.fitted);
  fit.held_out = error_of(held.residuals);
  out.fit.roofline = error_of(out.roofline);
  fit.bands = make_bands(held.predicted, held.residuals);
  fit.coverage = coverage_of(held, rows);
  keep_cases(out.fit, held, rows);
  summarise_bands(out.fit, held);
  out.held_out = held.residuals;
  return out;
}

Total total_of(const std::vector<Scored>& scored, std::string label,
               const std::function<bool(const SeriesFit&)>& chosen) {
  Total total = {.label = std::move(label)};
  std::vector<double> fitted, held_out, roofline;
  double covered = 0;
  for (const Scored& s : scored) {
    if (!chosen(s.fit)) continue;
    fitted.insert(fitted.end(), s.fitted.begin(), s.fitted.end());
    held_out.insert(held_out.end(), s.held_out.begin(), s.held_out.end());
    roofline.insert(roofline.end(), s.roofline.begin(), s.roofline.end());
    covered += s.fit.fit.coverage * s.fit.fit.rows;
  }
  total.rows = static_cast<int>(fitted.size());
  total.fitted = error_of(fitted);
  total.held_out = error_of(held_out);
  total.roofline = error_of(roofline);
  if (total.rows > 0) total.coverage = covered / total.rows;
  return total;
}

void add_total(std::vector<Total>& totals, Total total) {
  if (total.rows > 0) totals.push_back(std::move(total));
}

// Newest engine with most rows answers where nobody names one: versions sort by text within a name.
void mark_preferred(std::vector<KernelFit>& fits) {
  const auto rank = [](const KernelFit& f) {
    const bool vllm = f.engine.starts_with("vllm");
    return std::tuple(vllm, f.kernel.empty(), f.kernel != "triton",
                      f.rows >= 1000 ? f.engine : std::string(), f.rows);
  };
  for (KernelFit& fit : fits) {
    const auto rival = [&](const KernelFit& other) {
      return other.family == fit.family && other.element == fit.element &&
             other.cached == fit.cached && rank(other) > rank(fit);
    };
    fit.preferred = std::none_of(fits.begin(), fits.end(), rival);
  }
}

}  // namespace

KernelFit fit_series(const Series& series, const FitChip& chip) {
  const Rows rows = all_rows(series);
  const auto rates = rates_of(chip, series.element, series.cached);
  SWITCHYARD_CHECK(rates && !rows.empty());
  KernelFit fit = describe(series);
  fit_policy(fit, rows, SeriesModel(series, *rates));
  return fit;
}

FitReport fit_all(const Measurements& measurements, const std::map<std::string, FitChip>& chips,
                  const FitOptions& options) {
  FitReport report;
  report.skipped = measurements.skipped;
  std::vector<const Series*> chosen;
  for (const Series& series : measurements.series) {
    const int rows = static_cast<int>(series.rows.size());
    report.rows += rows;
    const FitChip& chip = chips.at(series.chip);
    if (rows < kRowsMin) {
      report.skipped[fmt::format("kernels with under {} rows", kRowsMin)] += rows;
    } else if (!rates_of(chip, series.element, series.cached)) {
      report.skipped[fmt::format("element types without a peak on {}", chip.id)] += rows;
    } else {
      chosen.push_back(&series);
    }
  }
  std::vector<Scored> scored(chosen.size());
  std::mutex mutex;
  int done = 0;
  parallel_for(static_cast<int>(chosen.size()), [&](int i) {
    const auto index = static_cast<std::size_t>(i);
    scored[index] = fit_and_score(*chosen[index], chips.at(chosen[index]->chip));
    const std::lock_guard lock(mutex);
    ++done;
    if (options.progress) options.progress(done / static_cast<double>(chosen.size()));
  });
  report.all = total_of(scored, "all", [](const SeriesFit&) { return true; });
  for (int f = 0; f < kKernelFamilies; ++f) {
    const auto family = static_cast<KernelFamily>(f);
    add_total(report.by_family,
              total_of(scored, std::string(to_text(family)),
                       [&](const SeriesFit& s) { return s.fit.family == family; }));
  }
  for (const auto& [id, chip] : chips) {
    add_total(report.by_chip,
              total_of(scored, id, [&](const SeriesFit& s) { return s.chip == chip.id; }));
  }
  for (Scored& s : scored) {
    const bool fresh = report.chips.empty() || report.chips.back().chip != s.fit.chip;
    if (fresh) {
      report.chips.push_back(
          {.chip = s.fit.chip, .origin = options.origin, .date = options.date, .fits = {}});
    }
    report.chips.back().fits.push_back(s.fit.fit);
    report.series.push_back(std::move(s.fit));
  }
  for (ChipFits& chip : report.chips) mark_preferred(chip.fits);
  report.transfers = transfer_scores(measurements, report.chips, chips);
  return report;
}

}  // namespace switchyard::fitting
