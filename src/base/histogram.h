// Quantiles of a stream of positive numbers in bounded memory: 4 KB for each power of two between
// the least and the greatest.
//
// Buckets are cut from the bits of a double: 512 to each power of two, so a quantile is within 0.1
// % of an order statistic, whatever the count. Counts are whole, so histograms add up in any order
// to the same answer. Values at or below 0 are counted as 0, those beyond 2^-30 or 2^34 at the end.
#pragma once

#include <cstdint>
#include <vector>

namespace switchyard {

class Histogram {
 public:
  void add(double value, std::int64_t times = 1);
  void add(const Histogram& other);

  std::int64_t count() const { return count_; }
  double mean() const;  // exact but for rounding; 0 without values
  double minimum() const { return minimum_; }
  double maximum() const { return maximum_; }
  // The order statistic of rank p (count - 1), rounded to the middle of its bucket, kept within
  // minimum and maximum. p in [0, 1]. 0 without values.
  double quantile(double p) const;
  // Share of the values at or below `value`, by whole buckets.
  double share_up_to(double value) const;

 private:
  std::int64_t& bucket(std::size_t index);

  std::vector<std::int64_t> buckets_;  // from the lowest to the highest one used
  std::size_t first_ = 0;              // index of the lowest
  std::int64_t zeros_ = 0;
  std::int64_t count_ = 0;
  double sum_ = 0, minimum_ = 0, maximum_ = 0;
};

}  // namespace switchyard
