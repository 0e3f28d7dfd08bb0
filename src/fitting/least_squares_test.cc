#include "fitting/least_squares.h"

#include <gtest/gtest.h>

#include "base/portable_math.h"
#include "base/random.h"

namespace switchyard::fitting {
namespace {

// y = a + b x^c at x = 1, 2, 4 ... with `noise` in the logarithm and every tenth point spoilt.
struct Problem {
  std::vector<double> x, log_y;
};

Problem problem(double a, double b, double c, double noise, double spoilt) {
  Problem p;
  Random random(7);
  for (int i = 0; i < 400; ++i) {
    const double x = 1 + i * 0.5;
    double log_y = portable_log(a + b * portable_pow(x, c)) + noise * random.normal();
    if (i % 10 == 3) log_y += spoilt;
    p.x.push_back(x);
    p.log_y.push_back(log_y);
  }
  return p;
}

Fitted solve(const Problem& p, const FitLimits& limits = {}) {
  const std::vector<Parameter> parameters = {
      {1, 1, 10, 1e-3, 1e3}, {1, 1, 10, 1e-3, 1e3}, {0.5, 0.5, 10, 1e-2, 5}};
  return fit_logarithms(
      parameters, p.log_y,
      [&](std::span<const double> v, std::size_t i) {
        return portable_log(v[0] + v[1] * portable_pow(p.x[i], v[2]));
      },
      limits);
}

TEST(LeastSquares, RecoversKnownParameters) {
  const Fitted f = solve(problem(5, 0.3, 1.2, 0, 0), {.enough = 1e-12});
  EXPECT_NEAR(f.values[0], 5, 0.01);
  EXPECT_NEAR(f.values[1], 0.3, 0.001);
  EXPECT_NEAR(f.values[2], 1.2, 0.001);
}

TEST(LeastSquares, NoiseAndOutliersMoveItLittle) {
  const Fitted f = solve(problem(5, 0.3, 1.2, 0.05, 2.0));
  EXPECT_NEAR(f.values[0], 5, 0.4);
  EXPECT_NEAR(f.values[2], 1.2, 0.04);
  // Without the Huber bound a tenth of points seven times too high counts in full: a fifth up.
  const auto at_200 = [](const Fitted& g) {
    return g.values[0] + g.values[1] * portable_pow(200, g.values[2]);
  };
  const Fitted naive = solve(problem(5, 0.3, 1.2, 0.05, 2.0), {.huber = 5});
  EXPECT_NEAR(at_200(f) / (5 + 0.3 * portable_pow(200, 1.2)), 1, 0.04);
  EXPECT_GT(at_200(naive) / at_200(f), 1.1);
}

TEST(LeastSquares, StaysInsideItsBoundsAndIsDrawnToTheCentre) {
  const Problem p = problem(5, 0.3, 1.2, 0, 0);
  const std::vector<Parameter> bound = {{1, 1, 10, 0.5, 2}};
  const auto predict = [&](std::span<const double> v, std::size_t i) {
    return portable_log(v[0] + 0.3 * portable_pow(p.x[i], 1.2));
  };
  EXPECT_NEAR(fit_logarithms(bound, p.log_y, predict).values[0], 2, 1e-9);
  // A parameter no row depends on stays where it is drawn to.
  const std::vector<Parameter> idle = {{5, 5, 10, 0.5, 50}, {3, 3, 1, 0.1, 10}};
  EXPECT_NEAR(fit_logarithms(idle, p.log_y, predict).values[1], 3, 1e-9);
}

TEST(LeastSquares, SameInputSameBits) {
  const Problem p = problem(5, 0.3, 1.2, 0.1, 1.0);
  EXPECT_EQ(solve(p).values, solve(p).values);
}

}  // namespace
}  // namespace switchyard::fitting
