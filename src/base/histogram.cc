#include "base/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace switchyard {

namespace {

constexpr int kSubBits = 9;
constexpr int kShift = 52 - kSubBits;
constexpr double kLeast = 0x1p-30;
constexpr double kMost = 0x1p34;
constexpr std::uint64_t kFirst = std::bit_cast<std::uint64_t>(kLeast) >> kShift;

std::size_t bucket_of(double value) {
  const double bounded = std::clamp(value, kLeast, kMost);
  return static_cast<std::size_t>((std::bit_cast<std::uint64_t>(bounded) >> kShift) - kFirst);
}

double lower_edge(std::size_t bucket) {
  return std::bit_cast<double>((static_cast<std::uint64_t>(bucket) + kFirst) << kShift);
}

}  // namespace

void Histogram::add(double value, std::int64_t times) {
  if (times <= 0) return;
  const double kept = std::max(value, 0.0);  // NaN too becomes 0
  minimum_ = count_ == 0 ? kept : std::min(minimum_, kept);
  maximum_ = std::max(maximum_, kept);
  count_ += times;
  sum_ += kept * static_cast<double>(times);
  if (!(kept > 0)) {
    zeros_ += times;
    return;
  }
  bucket(bucket_of(kept)) += times;
}

std::int64_t& Histogram::bucket(std::size_t index) {
  if (buckets_.empty()) first_ = index;
  if (index < first_) {
    buckets_.insert(buckets_.begin(), first_ - index, 0);
    first_ = index;
  }
  if (index - first_ >= buckets_.size()) buckets_.resize(index - first_ + 1);
  return buckets_[index - first_];
}

void Histogram::add(const Histogram& other) {
  if (other.count_ == 0) return;
  minimum_ = count_ == 0 ? other.minimum_ : std::min(minimum_, other.minimum_);
  maximum_ = std::max(maximum_, other.maximum_);
  count_ += other.count_;
  sum_ += other.sum_;
  zeros_ += other.zeros_;
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) {
    bucket(other.first_ + i) += other.buckets_[i];
  }
}

double Histogram::mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

double Histogram::quantile(double p) const {
  if (count_ == 0) return 0;
  const auto rank = static_cast<std::int64_t>(
      std::floor(std::clamp(p, 0.0, 1.0) * static_cast<double>(count_ - 1) + 0.5));
  std::int64_t below = zeros_;
  if (rank < below) return 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    below += buckets_[i];
    if (rank >= below) continue;
    const double middle = (lower_edge(first_ + i) + lower_edge(first_ + i + 1)) / 2;
    return std::clamp(middle, minimum_, maximum_);
  }
  return maximum_;
}

double Histogram::share_up_to(double value) const {
  if (count_ == 0) return 0;
  std::int64_t below = value >= 0 ? zeros_ : 0;
  if (value > 0) {
    const std::size_t last = bucket_of(value);
    for (std::size_t i = 0; i < buckets_.size() && first_ + i <= last; ++i) below += buckets_[i];
  }
  return static_cast<double>(below) / static_cast<double>(count_);
}

}  // namespace switchyard
