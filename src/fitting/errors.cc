#include "fitting/errors.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "base/portable_math.h"

namespace switchyard::fitting {

namespace {

// Of the prediction, in seconds: launches, small, middle, large, whole layers.
constexpr double kBandEnds[] = {8e-6, 1.5e-5, 3e-5, 1e-4, 3e-4, 1e-3, 1e-2};
constexpr int kBandRowsMin = 60;
constexpr double kTail = 0.1;

}  // namespace

double quantile(const std::vector<double>& sorted, double q) {
  SWITCHYARD_CHECK(!sorted.empty());
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  if (below + 1 >= sorted.size()) return sorted.back();
  const double share = at - static_cast<double>(below);
  return sorted[below] * (1 - share) + sorted[below + 1] * share;
}

costing::FitError error_of(const std::vector<double>& residuals) {
  if (residuals.empty()) return {};
  std::vector<double> relative, absolute;
  for (const double r : residuals) {
    relative.push_back(portable_expm1(r));
    absolute.push_back(std::abs(relative.back()));
  }
  std::sort(relative.begin(), relative.end());
  std::sort(absolute.begin(), absolute.end());
  return {.median = quantile(absolute, 0.5),
          .p90 = quantile(absolute, 0.9),
          .bias = quantile(relative, 0.5)};
}

std::vector<costing::FitBand> make_bands(const std::vector<double>& predicted,
                                         const std::vector<double>& residuals) {
  std::vector<std::size_t> order(predicted.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return predicted[a] < predicted[b]; });
  std::vector<costing::FitBand> bands;
  std::vector<double> inside;
  std::size_t next = 0;
  const auto close = [&](double end) {
    std::sort(inside.begin(), inside.end());
    const double n = static_cast<double>(inside.size());
    const double tail = std::max(0.0, std::floor(kTail * (n + 1)) - 1) / std::max(1.0, n - 1);
    // The residual is log(predicted / measured): its upper tail bounds the measurement below.
    bands.push_back({.seconds_max = end,
                     .rows = static_cast<int>(inside.size()),
                     .low = portable_exp(-quantile(inside, 1 - tail)),
                     .high = portable_exp(-quantile(inside, tail))});
    inside.clear();
  };
  for (const double end : kBandEnds) {
    while (next < order.size() && predicted[order[next]] <= end) {
      inside.push_back(residuals[order[next++]]);
    }
    const bool enough = static_cast<int>(inside.size()) >= kBandRowsMin;
    if (enough && static_cast<int>(order.size() - next) >= kBandRowsMin) close(end);
  }
  while (next < order.size()) inside.push_back(residuals[order[next++]]);
  constexpr double kNoEnd = 1e9;
  if (!inside.empty()) {
    close(kNoEnd);
  } else if (!bands.empty()) {
    bands.back().seconds_max = kNoEnd;
  }
  return bands;
}

const costing::FitBand& band_of(const std::vector<costing::FitBand>& bands, double seconds) {
  SWITCHYARD_CHECK(!bands.empty());
  for (const costing::FitBand& band : bands) {
    if (seconds <= band.seconds_max) return band;
  }
  return bands.back();
}

}  // namespace switchyard::fitting
