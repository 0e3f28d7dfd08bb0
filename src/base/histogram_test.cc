#include "base/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/random.h"

namespace switchyard {
namespace {

TEST(Histogram, IsWithinATenthOfAPercentOfSortedValues) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    Histogram histogram;
    std::vector<double> values;
    const std::size_t count = 1 + random.below(5000);
    for (std::size_t n = 0; n < count; ++n) {
      values.push_back(random.exponential(1e-3) * static_cast<double>(1 + random.below(1000)));
      histogram.add(values.back());
    }
    std::sort(values.begin(), values.end());
    for (const double p : {0.0, 0.1, 0.5, 0.9, 0.99, 1.0}) {
      const auto rank = static_cast<std::size_t>(p * static_cast<double>(count - 1) + 0.5);
      EXPECT_NEAR(histogram.quantile(p) / values[rank], 1, 1e-3) << seed << " " << p;
    }
    EXPECT_EQ(histogram.minimum(), values.front());
    EXPECT_EQ(histogram.maximum(), values.back());
  }
}

TEST(Histogram, OfOneValueGivesItBack) {
  Histogram histogram;
  histogram.add(0.1234567);
  EXPECT_EQ(histogram.quantile(0.5), 0.1234567);
  EXPECT_EQ(histogram.mean(), 0.1234567);
}

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), 0);
  EXPECT_EQ(histogram.mean(), 0);
  EXPECT_EQ(histogram.share_up_to(1), 0);
}

TEST(Histogram, AddsUpAsIfItHadSeenAll) {
  Histogram all, even, odd;
  Random random(3);
  for (int n = 0; n < 1000; ++n) {
    const double value = static_cast<double>(random.below(4096)) / 64;
    all.add(value);
    (n % 2 == 0 ? even : odd).add(value);
  }
  even.add(odd);
  EXPECT_EQ(even.count(), all.count());
  EXPECT_EQ(even.mean(), all.mean());  // exact: the values are whole 64ths
  for (double p = 0; p <= 1; p += 0.01) EXPECT_EQ(even.quantile(p), all.quantile(p));
}

TEST(Histogram, CountsShares) {
  Histogram histogram;
  for (const double value : {0.0, 1.0, 2.0, 4.0}) histogram.add(value);
  histogram.add(8, 4);
  EXPECT_EQ(histogram.share_up_to(-1), 0);
  EXPECT_EQ(histogram.share_up_to(0), 0.125);
  EXPECT_EQ(histogram.share_up_to(3), 0.375);
  EXPECT_EQ(histogram.share_up_to(100), 1);
}

TEST(Histogram, KeepsValuesBeyondItsEndsAtThem) {
  Histogram histogram;
  histogram.add(1e-300);
  histogram.add(std::numeric_limits<double>::infinity());
  histogram.add(-1);
  histogram.add(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(histogram.count(), 4);
  EXPECT_EQ(histogram.quantile(0), 0);
  EXPECT_GE(histogram.quantile(1), 0x1p34);
}

}  // namespace
}  // namespace switchyard
