#include "workload/arrivals.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.h"
#include "base/portable_math.h"

namespace switchyard::workload {

namespace {

constexpr double kDay_s = 86400;

// Marsaglia and Tsang, "A simple method for generating gamma variables", 2000. Mean = shape.
double draw_gamma(double shape, Random& random) {
  if (shape < 1) {
    const double boost = portable_pow(1 - random.uniform(), 1 / shape);
    return draw_gamma(shape + 1, random) * boost;
  }
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = random.normal();
    const double root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    const double u = 1 - random.uniform();
    if (portable_log(u) < 0.5 * x * x + d - d * v + d * portable_log(v)) return d * v;
  }
}

}  // namespace

double draw_gap(double variation, Random& random) {
  SWITCHYARD_CHECK(variation >= 0 && variation <= kBurstinessMax, "{}", variation);
  if (variation == 1) return random.exponential(1);
  if (variation < 1e-3) return 1;
  const double shape = 1 / (variation * variation);
  return draw_gamma(shape, random) / shape;
}

double burstiness_of(std::span<const Request> requests) {
  if (requests.size() < 3) return 1;
  double sum = 0, squares = 0;
  for (std::size_t i = 1; i < requests.size(); ++i) {
    const double gap = requests[i].arrival_s - requests[i - 1].arrival_s;
    sum += gap;
    squares += gap * gap;
  }
  const auto count = static_cast<double>(requests.size() - 1);
  if (sum <= 0) return 1;
  const double mean = sum / count;
  const double variance = std::max(0.0, squares / count - mean * mean);
  return std::min(std::sqrt(variance) / mean, kBurstinessMax);
}

double rate_of(std::span<const Request> requests) {
  if (requests.size() < 2) return 0;
  const double span = requests.back().arrival_s - requests.front().arrival_s;
  return span > 0 ? static_cast<double>(requests.size() - 1) / span : 0;
}

RateProfile RateProfile::constant(double requests_per_second) {
  SWITCHYARD_CHECK(requests_per_second > 0, "{}", requests_per_second);
  RateProfile profile;
  profile.rates_ = {requests_per_second};
  return profile;
}

RateProfile RateProfile::day(std::vector<double> requests_per_second) {
  SWITCHYARD_CHECK(!requests_per_second.empty());
  RateProfile profile;
  profile.spacing_s_ = kDay_s / static_cast<double>(requests_per_second.size());
  profile.rates_ = std::move(requests_per_second);
  SWITCHYARD_CHECK(*std::min_element(profile.rates_.begin(), profile.rates_.end()) >= 0);
  SWITCHYARD_CHECK(profile.peak() > 0);
  return profile;
}

RateProfile RateProfile::scaled(double factor) const {
  SWITCHYARD_CHECK(factor > 0, "{}", factor);
  RateProfile profile = *this;
  for (double& rate : profile.rates_) rate *= factor;
  return profile;
}

double RateProfile::rate(double second_of_day) const {
  if (rates_.size() == 1) return rates_.front();
  const double within = second_of_day - std::floor(second_of_day / kDay_s) * kDay_s;
  const double position = within / spacing_s_;
  const std::size_t below = std::min(static_cast<std::size_t>(position), rates_.size() - 1);
  return std::lerp(rates_[below], rates_[(below + 1) % rates_.size()],
                   position - static_cast<double>(below));
}

double RateProfile::peak() const { return *std::max_element(rates_.begin(), rates_.end()); }

double RateProfile::mean() const {
  return std::accumulate(rates_.begin(), rates_.end(), 0.0) / static_cast<double>(rates_.size());
}

double RateProfile::after(double from_s, double requests) const {
  if (rates_.size() == 1) return from_s + requests / rates_.front();
  double at = from_s;
  double left = requests;
  for (;;) {
    double end = (std::floor(at / spacing_s_) + 1) * spacing_s_;
    if (end <= at) end += spacing_s_;  // the division rounded down
    const double first = rate(at);
    // Just before the end: at the end itself midnight would start the next day.
    const double last = rate(std::nextafter(end, 0));
    const double width = end - at;
    const double area = (first + last) / 2 * width;
    if (area < left) {
      left -= area;
      at = end;
      continue;
    }
    // first x + slope x^2 / 2 = left, in the form that is stable for a small slope.
    const double slope = (last - first) / width;
    const double root = std::sqrt(std::max(0.0, first * first + 2 * slope * left));
    return first + root > 0 ? std::min(end, at + 2 * left / (first + root)) : end;
  }
}

double OpenArrivals::next_s() {
  at_s_ = profile_.after(at_s_, draw_gap(burstiness_, random_));
  return at_s_;
}

}  // namespace switchyard::workload
