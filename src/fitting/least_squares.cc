#include "fitting/least_squares.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/portable_math.h"

namespace switchyard::fitting {

namespace {

constexpr double kStep = 1e-4;  // of the numeric derivative, in the logarithm
constexpr double kDampStart = 1e-2, kDampMin = 1e-9, kDampGrowth = 4;
constexpr int kTriesMax = 8;

class Search {
 public:
  Search(std::span<const Parameter> parameters, std::span<const double> measured,
         const LogPrediction& predict, const FitLimits& limits)
      : p_(parameters), y_(measured), predict_(predict), limits_(limits), n_(parameters.size()) {
    for (const Parameter& p : p_) {
      logs_.push_back(portable_log(std::clamp(p.start, p.low, p.high)));
      low_.push_back(portable_log(p.low));
      high_.push_back(portable_log(p.high));
      centre_.push_back(portable_log(p.centre));
    }
  }

  Fitted run() {
    residuals(logs_, r_);
    double cost = cost_of(logs_, r_);
    double damp = kDampStart;
    int steps = 0;
    for (; steps < limits_.steps; ++steps) {
      build();
      const double before = cost;
      if (!improve(cost, damp)) break;
      damp = std::max(damp / kDampGrowth, kDampMin);
      if (before - cost < limits_.enough * before) break;
    }
    return {.values = exps(logs_), .cost = cost, .steps = steps};
  }

 private:
  static std::vector<double> exps(const std::vector<double>& logs) {
    std::vector<double> out;
    out.reserve(logs.size());
    for (const double x : logs) out.push_back(portable_exp(x));
    return out;
  }

  void residuals(const std::vector<double>& logs, std::vector<double>& out) const {
    const std::vector<double> values = exps(logs);
    out.resize(y_.size());
    for (std::size_t i = 0; i < y_.size(); ++i) out[i] = predict_(values, i) - y_[i];
  }

  double cost_of(const std::vector<double>& logs, const std::vector<double>& r) const {
    const double d = limits_.huber;
    double sum = 0;
    for (const double x : r) {
      const double a = std::abs(x);
      sum += a < d ? x * x / 2 : d * (a - d / 2);
    }
    for (std::size_t j = 0; j < n_; ++j) {
      const double pull = (logs[j] - centre_[j]) / p_[j].spread;
      sum += d * d * pull * pull / 2;
    }
    return sum;
  }

  // Normal equations at logs_.
  void build() {
    const std::size_t rows = y_.size();
    std::vector<double> jacobian(rows * n_), shifted;
    for (std::size_t j = 0; j < n_; ++j) {
      std::vector<double> moved = logs_;
      const double step = logs_[j] + kStep > high_[j] ? -kStep : kStep;
      moved[j] += step;
      residuals(moved, shifted);
      for (std::size_t i = 0; i < rows; ++i) jacobian[i * n_ + j] = (shifted[i] - r_[i]) / step;
    }
    matrix_.assign(n_ * n_, 0);
    gradient_.assign(n_, 0);
    for (std::size_t i = 0; i < rows; ++i) {
      const double* row = &jacobian[i * n_];
      const double a = std::abs(r_[i]);
      const double weight = a < limits_.huber ? 1 : limits_.huber / a;
      for (std::size_t j = 0; j < n_; ++j) {
        gradient_[j] += weight * row[j] * r_[i];
        for (std::size_t k = 0; k <= j; ++k) matrix_[j * n_ + k] += weight * row[j] * row[k];
      }
    }
    const double d2 = limits_.huber * limits_.huber;
    for (std::size_t j = 0; j < n_; ++j) {
      const double inverse = d2 / (p_[j].spread * p_[j].spread);
      matrix_[j * n_ + j] += inverse;
      gradient_[j] += inverse * (logs_[j] - centre_[j]);
    }
  }

  bool improve(double& cost, double& damp) {
    std::vector<double> tried, r;
    for (int i = 0; i < kTriesMax; ++i) {
      if (solve(damp, tried)) {
        residuals(tried, r);
        const double now = cost_of(tried, r);
        if (std::isfinite(now) && now < cost) {
          logs_ = tried;
          r_ = r;
          cost = now;
          return true;
        }
      }
      damp *= kDampGrowth;
    }
    return false;
  }

  // Cholesky of the damped matrix; false where it is not positive.
  bool solve(double damp, std::vector<double>& out) const {
    std::vector<double> l(n_ * n_, 0);
    for (std::size_t j = 0; j < n_; ++j) {
      for (std::size_t k = 0; k <= j; ++k) {
        double sum = matrix_[j * n_ + k];
        if (j == k) sum *= 1 + damp;
        for (std::size_t q = 0; q < k; ++q) sum -= l[j * n_ + q] * l[k * n_ + q];
        if (j == k) {
          if (sum <= 0) return false;
          l[j * n_ + j] = std::sqrt(sum);
        } else {
          l[j * n_ + k] = sum / l[k * n_ + k];
        }
      }
    }
    std::vector<double> x = gradient_;
    for (std::size_t j = 0; j < n_; ++j) {
      for (std::size_t q = 0; q < j; ++q) x[j] -= l[j * n_ + q] * x[q];
      x[j] /= l[j * n_ + j];
    }
    for (std::size_t j = n_; j-- > 0;) {
      for (std::size_t q = j + 1; q < n_; ++q) x[j] -= l[q * n_ + j] * x[q];
      x[j] /= l[j * n_ + j];
    }
    out = logs_;
    for (std::size_t j = 0; j < n_; ++j) {
      out[j] = std::clamp(out[j] - x[j], low_[j], high_[j]);
    }
    return true;
  }

  std::span<const Parameter> p_;
  std::span<const double> y_;
  const LogPrediction& predict_;
  FitLimits limits_;
  std::size_t n_;
  std::vector<double> logs_, low_, high_, centre_, r_, matrix_, gradient_;
};

}  // namespace

Fitted fit_logarithms(std::span<const Parameter> parameters, std::span<const double> log_measured,
                      const LogPrediction& predict, const FitLimits& limits) {
  SWITCHYARD_CHECK(!parameters.empty() && !log_measured.empty());
  return Search(parameters, log_measured, predict, limits).run();
}

}  // namespace switchyard::fitting
