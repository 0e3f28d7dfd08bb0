#include "planner/statistics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace switchyard::planner {
namespace {

TEST(Quantile, InterpolatesBetweenOrderStatistics) {
  EXPECT_DOUBLE_EQ(quantile({4, 1, 3, 2}, 0), 1);
  EXPECT_DOUBLE_EQ(quantile({4, 1, 3, 2}, 1), 4);
  EXPECT_DOUBLE_EQ(quantile({4, 1, 3, 2}, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(quantile({10, 20}, 0.1), 11);
}

TEST(Quantile, OfOneValueIsThatValueAndOfNoneIsNotANumber) {
  for (const double p : {0.0, 0.3, 1.0}) EXPECT_DOUBLE_EQ(quantile({7}, p), 7);
  EXPECT_TRUE(std::isnan(quantile({}, 0.5)));
}

TEST(RankCorrelation, SeesOrderOnly) {
  const std::vector<double> a = {1, 2, 3, 4};
  const std::vector<double> growing = {1, 10, 100, 1e6};
  const std::vector<double> falling = {5, 0, -1, -90};
  EXPECT_DOUBLE_EQ(rank_correlation(a, growing), 1);
  EXPECT_DOUBLE_EQ(rank_correlation(a, falling), -1);
  // Differences of rank 1, 1, 0, 0: 1 - 6 * 2 / (4 * 15).
  const std::vector<double> swapped = {2, 1, 3, 4};
  EXPECT_DOUBLE_EQ(rank_correlation(a, swapped), 0.8);
}

TEST(RankCorrelation, SharesTheRanksOfTies) {
  // Ranks 0, 1, 2 against 0.5, 0.5, 2: 1.5 / sqrt(2 * 1.5).
  const std::vector<double> a = {1, 2, 3};
  const std::vector<double> tied = {5, 5, 9};
  EXPECT_DOUBLE_EQ(rank_correlation(a, tied), 1.5 / std::sqrt(3.0));
  EXPECT_DOUBLE_EQ(rank_correlation(tied, a), rank_correlation(a, tied));
}

TEST(RankCorrelation, IsZeroWhereNothingVaries) {
  const std::vector<double> a = {1, 2, 3};
  const std::vector<double> constant = {4, 4, 4};
  EXPECT_EQ(rank_correlation(a, constant), 0);
  EXPECT_EQ(rank_correlation({}, {}), 0);
}

}  // namespace
}  // namespace switchyard::planner
