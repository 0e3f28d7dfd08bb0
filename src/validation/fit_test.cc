// Known constants come back from noisy rows; scores are what they say.
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/portable_math.h"
#include "base/random.h"
#include "costing/roofline.h"
#include "validation/descent.h"
#include "validation/fit_files.h"
#include "validation/validate.h"

namespace switchyard::validation {
namespace {

using testing::HasSubstr;

TEST(Descend, FindsTheLeastAndNeverGetsWorse) {
  const std::vector<Knob> knobs = {{1, 0.01, 100}, {1, 0.01, 100}};
  const auto loss = [](const std::vector<double>& at) {
    const double a = portable_log(at[0] / 7), b = portable_log(at[1] / 0.2);
    return std::abs(a) + std::abs(b);
  };
  const auto found = descend(knobs, {1, 1}, 4, loss);
  EXPECT_NEAR(found[0], 7, 0.1);
  EXPECT_NEAR(found[1], 0.2, 0.005);
  EXPECT_EQ(descend(knobs, {7, 0.2}, 1, loss), (std::vector<double>{7, 0.2}));
  const auto bounded = descend({{1, 0.5, 2}}, {1}, 4, [](const auto& at) { return -at[0]; });
  EXPECT_NEAR(bounded[0], 2, 0.01);
}

class Synthetic : public testing::Test {
 protected:
  // Rows of an engine with `truth`, 3 % noise, one in twelve far off.
  void make(const EngineConstants& truth, double outliers) {
    std::string text =
        "source_set,platform,chip_count,model,precision,mode,parallelism,engine,isl,osl,"
        "concurrency,ttft_ms,tpot_ms,quality\n";
    for (const char* model : {"llama-3.1-8b", "qwen3-32b", "llama-3.1-70b"}) {
      for (const char* tp : {"2", "4", "8"}) {
        for (const char* lengths : {"1024,512", "4096,256"}) {
          for (const char* load : {"1", "4", "16", "64", "128"}) {
            text += fmt::format("made,H100-SXM-80GB,{0},{1},fp8,agg,TP{0},sglang,{2},{3},1,1,ok\n",
                                tp, model, lengths, load);
          }
        }
      }
    }
    measurements_ = *parse_measurements(text, "made.csv");
    Random random(3);
    for (const MeasuredRow& row : measurements_.rows) {
      Case c = std::get<Case>(make_case(row, *catalog_, *names_));
      Point p;
      std::string why_not;
      ASSERT_TRUE(predict(c, with(), p, why_not, &truth)) << why_not;
      const double far = random.uniform() < outliers ? 3 : 1;
      c.measured.tpot_s = p.tpot_s.base * portable_exp(0.03 * random.normal()) * far;
      c.measured.ttft_s = p.ttft_s.base * portable_exp(0.05 * random.normal()) * far;
      cases_.push_back(std::move(c));
    }
  }
  Predictor with() const { return {&*catalog_, &costs_, *engine_, 0}; }

  Result<catalog::Catalog> catalog_ = catalog::load("catalog");
  Result<ModelNames> names_ = ModelNames::load("catalog/models");
  Result<serving::Engine> engine_ = serving::load_engine("catalog/engine.toml");
  costing::RooflineCosts costs_;
  Measurements measurements_;
  std::vector<Case> cases_;
};

TEST_F(Synthetic, KnownConstantsComeBackDespiteNoiseAndOutliers) {
  const EngineConstants truth{.step_overhead_s = 2.5e-3,
                              .sequence_overhead_s = 30e-6,
                              .request_overhead_s = 60e-3,
                              .poll_steps = 12,
                              .wave_share = 0.8,
                              .step_factor = 1.2,
                              .prefill_factor = 1.5};
  make(truth, 1.0 / 12);
  const auto fits = fit_engines(cases_, with());
  ASSERT_EQ(fits.size(), 1u);
  const EngineConstants& c = fits[0].constants;
  EXPECT_NEAR(c.step_overhead_s / truth.step_overhead_s, 1, 0.3);
  EXPECT_NEAR(c.sequence_overhead_s / truth.sequence_overhead_s, 1, 0.25);
  EXPECT_NEAR(c.step_factor / truth.step_factor, 1, 0.08);
  EXPECT_NEAR(c.prefill_factor / truth.prefill_factor, 1, 0.15);
  EXPECT_NEAR(c.request_overhead_s / truth.request_overhead_s, 1, 0.5);
  EXPECT_NEAR(c.poll_steps / truth.poll_steps, 1, 0.5);
  EXPECT_NEAR(c.wave_share / truth.wave_share, 1, 0.25);
  for (const auto& e : fits[0].errors) EXPECT_LT(e.tpot.median_ape, 0.06) << to_text(e.held_out);
}

TEST_F(Synthetic, CalibratedIntervalsHoldFourInFive) {
  make({}, 0.2);
  const std::vector<EngineConstants> constants(cases_.size());
  Predictor predictor = with();
  predictor.samples = 64;
  const auto errors = calibrate(cases_, constants, predictor);
  ASSERT_TRUE(errors.contains("h100"));
  catalog::Catalog calibrated = *catalog_;
  for (catalog::Platform& p : calibrated.platforms) {
    if (p.id != "h100") continue;
    const ErrorRange& r = errors.at("h100").step;
    p.serving.model_error.base = r.base;
    p.serving.model_error.low = r.low;
    p.serving.model_error.high = r.high;
    for (Case& c : cases_) c.platform = &p;
  }
  predictor.catalog = &calibrated;
  std::vector<Point> points(cases_.size());
  std::vector<const Point*> pointers;
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    std::string why_not;
    ASSERT_TRUE(predict(cases_[i], predictor, points[i], why_not, &constants[i]));
    pointers.push_back(&points[i]);
  }
  EXPECT_NEAR(score(pointers, Quantity::kTpot).coverage80, 0.8, 0.06);
}

TEST_F(Synthetic, FilesLieOverTheCatalog) {
  make({}, 0);
  Fitted fitted{.origin = "made \"here\"", .date = "today", .evidence = "roofline"};
  fitted.engines = fit_engines(cases_, with());
  fitted.errors["h100"] = {.step = {1.1, 0.5, 2, 90}};
  fitted.power.push_back({.chip = "h100", .constants = {400, 5e-11, 1.2}, .rows = 40});
  const auto directory = std::filesystem::path(testing::TempDir()) / "fitted_overlay";
  ASSERT_TRUE(write_fitted(directory, fitted, *catalog_));
  const auto laid = catalog::load("catalog", directory);
  ASSERT_TRUE(laid) << to_text(laid.error());
  const catalog::Platform& h100 = **laid->platform("h100");
  EXPECT_DOUBLE_EQ(h100.serving.model_error.high, 2);
  EXPECT_DOUBLE_EQ(laid->chips.at("h100").active_power.base, 400);
  EXPECT_NEAR(laid->engines.at("sglang").step_factor.base, fitted.engines[0].constants.step_factor,
              1e-3);
  EXPECT_THAT(laid->engines.at("sglang").step_factor.source, HasSubstr("made here"));
}

TEST_F(Synthetic, ScoresPerfectPredictionsAsSuch) {
  make({}, 0);
  std::vector<Point> points;
  for (const Case& c : cases_) {
    const Measured& m = c.measured;
    const auto exact = [](double x) { return Prediction{x, x * 0.9, x * 1.1}; };
    points.push_back({&c, exact(m.tpot_s), exact(m.ttft_s), exact(m.output_tokens_per_second), {}});
  }
  const Scores s = score_all(points);
  EXPECT_EQ(s.all.at(Quantity::kTpot).n, static_cast<int>(cases_.size()));
  EXPECT_EQ(s.all.at(Quantity::kTpot).p90_ape, 0);
  EXPECT_EQ(s.all.at(Quantity::kTpot).coverage80, 1);
  EXPECT_FALSE(s.all.contains(Quantity::kPower));
  EXPECT_NEAR(s.rank.median, 1, 1e-12);
  EXPECT_NEAR(s.frontier.p90_ape, 0, 1e-9);
}

TEST(ErrorRange, HasItsPercentilesWhereTheResidualsHaveThem) {
  std::vector<double> logs;
  for (int i = 0; i <= 1000; ++i) logs.push_back(-0.4 + 0.001 * i);
  const ErrorRange r = error_range(logs, 1);
  EXPECT_NEAR(r.base, portable_exp(0.1), 1e-9);
  const catalog::Estimate e{.base = r.base, .low = r.low, .high = r.high};
  EXPECT_NEAR(portable_log(e.at(0.1)), -0.3, 0.01);
  EXPECT_NEAR(portable_log(e.at(0.9)), 0.5, 0.01);
}

}  // namespace
}  // namespace switchyard::validation
