#include "fitting/errors.h"

#include <gtest/gtest.h>

#include "base/portable_math.h"
#include "base/random.h"

namespace switchyard::fitting {
namespace {

TEST(Errors, QuantilesInterpolate) {
  EXPECT_DOUBLE_EQ(quantile({1, 2, 3, 4, 5}, 0.5), 3);
  EXPECT_DOUBLE_EQ(quantile({1, 2, 3, 4, 5}, 0.125), 1.5);
  EXPECT_DOUBLE_EQ(quantile({7}, 0.9), 7);
}

TEST(Errors, AreOfPredictedOverMeasured) {
  const auto e = error_of({portable_log(1.5), portable_log(1.1), portable_log(0.8)});
  EXPECT_NEAR(e.median, 0.2, 1e-12);
  EXPECT_NEAR(e.bias, 0.1, 1e-12);
  EXPECT_EQ(error_of({}).median, 0);
}

TEST(Errors, BandsHoldEightyPercentOfNewRows) {
  Random random(3);
  const auto draw = [&](int n, std::vector<double>& predicted, std::vector<double>& residuals) {
    for (int i = 0; i < n; ++i) {
      predicted.push_back(1e-6 * portable_exp(8 * random.uniform()));
      const double spread = predicted.back() < 3e-5 ? 0.3 : 0.05;  // small ones are noisier
      residuals.push_back(spread * random.normal());
    }
  };
  std::vector<double> predicted, residuals, new_predicted, new_residuals;
  draw(2000, predicted, residuals);
  draw(4000, new_predicted, new_residuals);
  const auto bands = make_bands(predicted, residuals);
  ASSERT_GT(bands.size(), 2u);
  EXPECT_GT(bands.front().high, 1.3);
  EXPECT_LT(bands.back().high, 1.1);
  int inside = 0;
  for (std::size_t i = 0; i < new_predicted.size(); ++i) {
    const auto& band = band_of(bands, new_predicted[i]);
    const double ratio = portable_exp(-new_residuals[i]);
    inside += ratio >= band.low && ratio <= band.high ? 1 : 0;
  }
  EXPECT_NEAR(inside / 4000.0, 0.8, 0.03);
}

TEST(Errors, FewRowsAreOneBandAndWiderThanTheirQuantiles) {
  std::vector<double> predicted, residuals;
  for (int i = 0; i < 20; ++i) {
    predicted.push_back(1e-6 * (i + 1));
    residuals.push_back((i - 9.5) / 10);
  }
  const auto bands = make_bands(predicted, residuals);
  ASSERT_EQ(bands.size(), 1u);
  EXPECT_EQ(bands[0].rows, 20);
  EXPECT_GE(bands[0].high, portable_exp(0.8));
}

}  // namespace
}  // namespace switchyard::fitting
