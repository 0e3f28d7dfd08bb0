#include "workload/arrivals.h"

#include <gtest/gtest.h>

#include <cmath>

namespace switchyard::workload {
namespace {

TEST(Arrivals, GapsHaveMeanOneAndTheVariationAskedFor) {
  for (const double wanted : {0.0, 0.3, 1.0, 2.5}) {
    Random random(1);
    double sum = 0, squares = 0;
    constexpr int kCount = 200000;
    for (int n = 0; n < kCount; ++n) {
      const double gap = draw_gap(wanted, random);
      ASSERT_GE(gap, 0);
      sum += gap;
      squares += gap * gap;
    }
    const double mean = sum / kCount;
    EXPECT_NEAR(mean, 1, 0.02) << wanted;
    EXPECT_NEAR(std::sqrt(squares / kCount - mean * mean) / mean, wanted, 0.03 * (1 + wanted));
  }
}

TEST(Arrivals, ABurstinessThatWasPutInIsFound) {
  for (const double wanted : {0.5, 1.0, 3.0}) {
    OpenArrivals arrivals(RateProfile::constant(20), wanted, Random(7));
    std::vector<Request> requests(100000);
    for (Request& request : requests) request.arrival_s = arrivals.next_s();
    EXPECT_NEAR(burstiness_of(requests) / wanted, 1, 0.03);
    EXPECT_NEAR(rate_of(requests) / 20, 1, 0.04);
  }
}

TEST(Arrivals, WithoutArrivalsThereIsNoRate) {
  const std::vector<Request> together(5);
  EXPECT_EQ(rate_of(together), 0);
  EXPECT_EQ(burstiness_of(together), 1);
  EXPECT_EQ(rate_of({}), 0);
}

TEST(Arrivals, ADayIsFollowedHourByHour) {
  const RateProfile day = RateProfile::day({1, 3, 0, 2});  // every six hours
  EXPECT_DOUBLE_EQ(day.mean(), 1.5);
  EXPECT_DOUBLE_EQ(day.peak(), 3);
  EXPECT_DOUBLE_EQ(day.rate(0), 1);
  EXPECT_DOUBLE_EQ(day.rate(3 * 3600), 2);
  EXPECT_DOUBLE_EQ(day.rate(86400 + 21 * 3600), 1.5);  // between the last point and midnight
}

TEST(Arrivals, TimeAfterARequestCountInvertsTheIntegralOfTheRate) {
  const RateProfile day = RateProfile::day({1, 3, 0, 2});
  EXPECT_NEAR(day.after(0, 1.5 * 86400), 86400, 1e-3);
  for (const double from : {0.0, 5000.0, 21599.9, 43200.0, 86400.0, 1e6}) {
    double at = from;
    double reference = 0;  // the same by small trapezoids
    for (const double requests : {0.5, 100.0, 40000.0, 200000.0}) {
      const double next = day.after(at, requests);
      reference = 0;
      constexpr int kSteps = 20000;
      for (int n = 0; n < kSteps; ++n) {
        reference += day.rate(at + (next - at) * (n + 0.5) / kSteps) * (next - at) / kSteps;
      }
      EXPECT_NEAR(reference / requests, 1, 1e-3) << from;
      at = next;
    }
  }
}

TEST(Arrivals, ComeAsOftenAsTheHourSays) {
  OpenArrivals arrivals(RateProfile::day({0.1, 0.5, 0.1, 0.5}), 1, Random(9));
  int by_quarter[4] = {};
  for (double at = arrivals.next_s(); at < 10 * 86400; at = arrivals.next_s()) {
    ++by_quarter[static_cast<int>(std::fmod(at, 86400) / 21600)];
  }
  for (const int count : by_quarter) EXPECT_NEAR(count / (0.3 * 216000), 1, 0.02);
}

}  // namespace
}  // namespace switchyard::workload
