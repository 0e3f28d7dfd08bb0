// The roofline stays honest against measured serving: little bias, and bands that hold about what
// they promise.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/parallel.h"
#include "measured/score.h"
#include "model/import.h"

namespace switchyard::measured {
namespace {

constexpr int kSamples = 64;

class Measured : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!std::filesystem::exists(data_directory())) return;
    rows_ = load_rows(data_directory(), "catalog/models");
    points_.resize(rows_.rows.size());
    parallel_for(static_cast<int>(points_.size()), [](int i) {
      const auto k = static_cast<std::size_t>(i);
      points_[k] = predict(rows_.rows[k], catalog(), engine(), kSamples);
    });
  }
  void SetUp() override {
    if (points_.empty()) GTEST_SKIP() << "no measured data at " << data_directory();
  }

  static const catalog::Catalog& catalog() {
    static const auto loaded = catalog::load("catalog");
    return *loaded;
  }
  static const serving::Engine& engine() {
    static const auto loaded = serving::load_engine("catalog/engine.toml");
    return *loaded;
  }
  static std::vector<Point> of(const std::string& platform) {
    std::vector<Point> out;
    for (const Point& p : points_) {
      if (p.row->platform == platform) out.push_back(p);
    }
    return out;
  }

  static Rows rows_;
  static std::vector<Point> points_;
};
Rows Measured::rows_;
std::vector<Point> Measured::points_;

void expect_honest(const Score& s, double bias_max) {
  EXPECT_GE(s.count, 70);
  EXPECT_LE(std::abs(s.median_error), bias_max);
  EXPECT_LE(s.median_absolute, 0.2);
  EXPECT_GE(s.covered, 0.72);  // P10 to P90 promises 0.8
}

TEST_F(Measured, HasEnoughRows) { EXPECT_GT(rows_.rows.size(), 1500u); }

TEST_F(Measured, TimeAndThroughputAreUnbiasedWhereThereIsData) {
  for (const char* platform : {"h100", "h200", "b200", "b300"}) {
    SCOPED_TRACE(platform);
    const std::vector<Point> points = of(platform);
    expect_honest(score(points, &Point::tpot, &Row::tpot), 0.07);
    expect_honest(score(points, &Point::output_tokens_per_second, &Row::output_tokens_per_second),
                  0.07);
  }
}

TEST_F(Measured, LargeBatchesAreNotOptimistic) {
  for (const char* platform : {"h100", "b200"}) {
    std::vector<Point> large = of(platform);
    std::erase_if(large, [](const Point& p) {
      return std::max(p.row->batch, p.row->concurrency) / p.row->sharding.chips() < 128;
    });
    const Score s = score(large, &Point::output_tokens_per_second, &Row::output_tokens_per_second);
    EXPECT_GE(s.count, 20) << platform;
    EXPECT_LE(s.median_error, 0.2) << platform;
    EXPECT_LE(s.below, 0.2) << platform;  // measured rates under our band
  }
}

TEST_F(Measured, PowerIsUnbiasedWhereItWasMeasured) {
  for (const char* platform : {"h100", "b200"}) {
    const Score s = score(of(platform), &Point::chip_watts, &Row::chip_watts);
    EXPECT_GE(s.count, 100) << platform;
    EXPECT_LE(std::abs(s.median_error), 0.07) << platform;
    EXPECT_GE(s.covered, 0.55) << platform;
  }
}

// What submitters tune by hand for one benchmark lies above what an engine serves, not below.
TEST_F(Measured, OurBestLiesBelowTheMlperfEnvelopeAndNotFar) {
  const auto model = model::find_model("llama-2-70b", "catalog/models");
  ASSERT_TRUE(model);
  const auto envelopes = load_envelopes(data_directory());
  EXPECT_GE(envelopes.size(), 5u);
  for (const Envelope& e : envelopes) {
    const Prediction ours = best_rate(e.platform, catalog(), engine(), *model, kSamples);
    EXPECT_LE(ours.base, e.output_tokens_per_second_per_chip) << e.platform;
    EXPECT_GE(ours.p90 * 1.6, e.output_tokens_per_second_per_chip) << e.platform;
  }
}

}  // namespace
}  // namespace switchyard::measured
