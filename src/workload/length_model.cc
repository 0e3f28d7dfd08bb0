#include "workload/length_model.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/portable_math.h"

namespace switchyard::workload {

namespace {

constexpr std::size_t kBins = 16;
constexpr std::size_t kBinRequests = 256;   // fewer say little about a quantile
constexpr std::size_t kQuantilesMax = 513;  // points of one table

// Evenly spaced order statistics of sorted values, the extremes included.
std::vector<double> thin(std::span<const double> sorted) {
  const std::size_t points = std::min(sorted.size(), kQuantilesMax);
  std::vector<double> out;
  out.reserve(points);
  for (std::size_t i = 0; i < points; ++i) {
    const double at = points == 1
                          ? 0
                          : static_cast<double>(i) * static_cast<double>(sorted.size() - 1) /
                                static_cast<double>(points - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    out.push_back(std::lerp(sorted[below], sorted[above], at - static_cast<double>(below)));
  }
  return out;
}

double at_quantile(const std::vector<double>& quantiles, double q) {
  const double position = q * static_cast<double>(quantiles.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, quantiles.size() - 1);
  return std::lerp(quantiles[below], quantiles[above], position - static_cast<double>(below));
}

std::int64_t whole(double tokens, Random& random) {
  const double bounded = std::clamp(tokens, 1.0, kTokensMax);
  const double floor = std::floor(bounded);
  const bool up = random.uniform() < bounded - floor;
  return static_cast<std::int64_t>(floor) + (up ? 1 : 0);
}

// Sigma and mu of the normal law whose exponential has this mean and variation.
double sigma_of(const Spread& spread) {
  return std::sqrt(portable_log1p(spread.variation * spread.variation));
}
double mu_of(const Spread& spread) {
  const double sigma = sigma_of(spread);
  return portable_log(spread.mean_tokens) - sigma * sigma / 2;
}

}  // namespace

LengthModel LengthModel::log_normal(Spread input, Spread output, double correlation) {
  SWITCHYARD_CHECK(input.mean_tokens >= 1 && output.mean_tokens >= 1);
  SWITCHYARD_CHECK(input.variation >= 0 && output.variation >= 0);
  SWITCHYARD_CHECK(correlation >= -1 && correlation <= 1, "{}", correlation);
  LengthModel model;
  model.input_mu_ = mu_of(input);
  model.input_sigma_ = sigma_of(input);
  model.output_mu_ = mu_of(output);
  model.output_sigma_ = sigma_of(output);
  model.correlation_ = correlation;
  return model;
}

LengthModel LengthModel::fit(std::span<const Request> requests) {
  SWITCHYARD_CHECK(!requests.empty());
  std::vector<LengthPair> pairs;
  pairs.reserve(requests.size());
  for (const Request& request : requests) {
    pairs.push_back({std::max<std::int64_t>(request.input_tokens, 1),
                     std::max<std::int64_t>(request.output_tokens, 1)});
  }
  std::sort(pairs.begin(), pairs.end(), [](const LengthPair& a, const LengthPair& b) {
    return std::pair(a.input_tokens, a.output_tokens) < std::pair(b.input_tokens, b.output_tokens);
  });
  LengthModel model;
  std::vector<double> values;
  values.reserve(pairs.size());
  for (const LengthPair& pair : pairs) values.push_back(static_cast<double>(pair.input_tokens));
  model.input_ = thin(values);
  const std::size_t bins = std::clamp<std::size_t>(pairs.size() / kBinRequests, 1, kBins);
  for (std::size_t bin = 0; bin < bins; ++bin) {
    values.clear();
    const std::size_t end = (bin + 1) * pairs.size() / bins;
    for (std::size_t i = bin * pairs.size() / bins; i < end; ++i) {
      values.push_back(static_cast<double>(pairs[i].output_tokens));
    }
    std::sort(values.begin(), values.end());
    model.output_.push_back(thin(values));
  }
  return model;
}

LengthPair LengthModel::draw(Random& random) const {
  if (input_.empty()) {
    const double first = random.normal();
    const double second = random.normal();
    const double mixed = correlation_ * first + std::sqrt(1 - correlation_ * correlation_) * second;
    return {whole(portable_exp(input_mu_ + input_sigma_ * first), random),
            whole(portable_exp(output_mu_ + output_sigma_ * mixed), random)};
  }
  const double q = random.uniform();
  const auto bin = std::min(static_cast<std::size_t>(q * static_cast<double>(output_.size())),
                            output_.size() - 1);
  const std::int64_t input = whole(at_quantile(input_, q), random);
  return {input, whole(at_quantile(output_[bin], random.uniform()), random)};
}

}  // namespace switchyard::workload
