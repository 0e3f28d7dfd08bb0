#include "fitting/fit.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/portable_math.h"
#include "base/random.h"
#include "base/text.h"
#include "catalog/catalog.h"
#include "fitting/errors.h"

namespace switchyard::fitting {
namespace {

using namespace costing;

const std::map<std::string, FitChip>& chips() {
  static const auto loaded = *load_fit_chips(catalog::default_directory() / "fits" / "chips.toml");
  return loaded;
}

Coefficients truth(KernelFamily family) {
  Coefficients c = {};
  const auto specs = coefficients(family);
  for (std::size_t i = 0; i < specs.size(); ++i) c[i] = specs[i].start;
  return c;
}

double& named(Coefficients& c, KernelFamily family, std::string_view name) {
  const auto specs = coefficients(family);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (specs[i].name == name) return c[i];
  }
  ADD_FAILURE() << name;
  return c[0];
}

// Products of a made-up chip: its coefficients are far from where the fit begins.
struct Synthetic {
  Series series;
  Coefficients coefficients;
};

Synthetic products(double noise, double outliers, int policy = 0) {
  const KernelFamily family = KernelFamily::kGemm;
  Synthetic out = {.series = {.chip = "h200", .family = family, .element = "bf16"},
                   .coefficients = truth(family)};
  out.series.engine = "made up";
  Coefficients& c = out.coefficients;
  named(c, family, "peak") = 0.55;
  named(c, family, "memory") = 0.7;
  named(c, family, "launch") = 5e-6;
  named(c, family, "step") = 6e-9;
  named(c, family, "split") = 5e-6;
  const KernelRates rates = *rates_of(chips().at("h200"), "bf16", "");
  Random random(11);
  for (const double n : {512.0, 1024.0, 4096.0, 7168.0, 16384.0}) {
    for (const double k : {512.0, 2048.0, 4096.0, 8192.0}) {
      for (double m = 1; m < 20000; m = std::ceil(m * 1.5)) {
        const GemmShape s = {.m = m, .n = n, .k = k};
        double seconds = kernel_seconds(family, s, rates, policy, c);
        seconds *= portable_exp(noise * random.normal());
        if (random.uniform() < outliers) seconds *= 4;
        out.series.rows.push_back({.shape = s,
                                   .seconds = seconds,
                                   .group = mix(static_cast<std::uint64_t>(n * 65536 + k))});
      }
    }
  }
  return out;
}

TEST(Fit, RecoversKnownCoefficientsFromNoiseAndOutliers) {
  const Synthetic made = products(0.05, 0.04);
  const KernelFit fit = fit_series(made.series, chips().at("h200"));
  EXPECT_EQ(fit.policy, 0);
  Coefficients found = fit.coefficients, wanted = made.coefficients;
  for (const char* name : {"peak", "memory", "launch", "step"}) {
    const double ratio = named(found, fit.family, name) / named(wanted, fit.family, name);
    EXPECT_NEAR(ratio, 1, 0.12) << name;
  }
  const KernelRates rates = *rates_of(chips().at("h200"), "bf16", "");
  std::vector<double> residuals;
  for (const Measurement& m : made.series.rows) {
    const double a = kernel_seconds(fit.family, m.shape, rates, fit.policy, found);
    const double b = kernel_seconds(fit.family, m.shape, rates, 0, wanted);
    residuals.push_back(portable_log(a / b));
  }
  EXPECT_LT(error_of(residuals).p90, 0.05);
}

TEST(Fit, FindsTheTilePolicyThatMadeTheTimes) {
  EXPECT_EQ(fit_series(products(0.03, 0, 1).series, chips().at("h200")).policy, 1);
}

// tests/golden has a whole report to the digit.
TEST(Fit, SameRowsGiveTheSameBits) {
  const Series rows = products(0.05, 0.04).series;
  EXPECT_EQ(fit_series(rows, chips().at("h200")).coefficients,
            fit_series(rows, chips().at("h200")).coefficients);
}

TEST(Fit, ReportsErrorsIntervalsAndTransfers) {
  Measurements m;
  m.series.push_back(products(0.08, 0.02).series);
  m.series.push_back(m.series[0]);
  m.series[1].chip = "h100";  // slower memory, same times: a transfer that must be off
  Series few = m.series[0];
  few.element = "fp8";
  few.rows.resize(5);
  m.series.push_back(few);
  Series none = m.series[0];
  none.element = "nvfp4";  // the H200 has no such peak
  m.series.push_back(none);
  const FitReport report = fit_all(m, chips(), {.date = "today", .origin = "test"});
  ASSERT_EQ(report.series.size(), 2u);
  EXPECT_EQ(report.skipped.size(), 2u);
  const SeriesFit& s = report.series[0];
  EXPECT_GT(s.fit.groups, 15);
  EXPECT_NEAR(s.fit.held_out.median, 0.054, 0.02);  // median of |noise|
  EXPECT_GE(s.fit.held_out.median, s.fit.fitted.median * 0.9);
  EXPECT_NEAR(s.fit.coverage, 0.8, 0.06);
  EXPECT_GT(s.roofline.median, 0.3);
  EXPECT_EQ(s.worst.size(), 5u);
  EXPECT_GT(std::abs(portable_log(s.worst[0].predicted / s.worst[0].measured)), 0.8);
  ASSERT_EQ(report.chips.size(), 2u);
  EXPECT_TRUE(report.chips[0].fits[0].preferred);
  ASSERT_EQ(report.transfers.size(), 4u);  // each way, gemm and all
  EXPECT_GT(report.transfers[0].error.median, s.fit.held_out.median);
  const auto text = to_toml(report.chips[0]);
  EXPECT_TRUE(parse_chip_fits(text, "x.toml"));
}

}  // namespace
}  // namespace switchyard::fitting
