#include "base/portable_math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace switchyard {
namespace {

constexpr double kUlp = std::numeric_limits<double>::epsilon();

void expect_near(double got, double wanted, double ulps, double x) {
  EXPECT_LE(std::abs(got - wanted), ulps * kUlp * std::abs(wanted)) << x;
}

TEST(PortableMath, AgreesWithTheLibrary) {
  for (int i = -7000; i <= 7000; ++i) {
    const double x = i * 0.1 + 1e-3;
    expect_near(portable_exp(x), std::exp(x), 4, x);
    expect_near(portable_expm1(x), std::expm1(x), 4, x);
    const double positive = std::exp(x);
    expect_near(portable_log(positive), std::log(positive), 4, positive);
    const double small = x * 1e-4;
    expect_near(portable_expm1(small), std::expm1(small), 4, small);
    expect_near(portable_log1p(small), std::log1p(small), 4, small);
  }
}

TEST(PortableMath, PowersLoseLittle) {
  for (int i = 1; i <= 400; ++i) {
    const double base = i * 0.01;
    for (const double exponent : {0.0, 0.5, 1.0, 3.0, 40.0, 1000.0}) {
      const double wanted = std::pow(base, exponent);
      const double ulps = 4 + 2 * std::abs(exponent * std::log(base));
      if (wanted > 1e-300 && wanted < 1e300) {
        expect_near(portable_pow(base, exponent), wanted, ulps, base);
      }
    }
  }
}

TEST(PortableMath, KeepsTheEdges) {
  EXPECT_EQ(portable_exp(0), 1);
  EXPECT_EQ(portable_exp(-1000), 0);
  EXPECT_EQ(portable_exp(1000), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(portable_exp(NAN)));
  EXPECT_EQ(portable_log(1), 0);
  EXPECT_LT(portable_log(5e-324), -744);
  EXPECT_EQ(portable_expm1(0), 0);
  EXPECT_EQ(portable_expm1(-1000), -1);
  EXPECT_EQ(portable_log1p(0), 0);
  EXPECT_EQ(portable_pow(0, 3), 0);
  EXPECT_EQ(portable_pow(0, 0), 1);
}

// The point of it: these bits, on every machine and from every compiler.
TEST(PortableMath, HasItsOwnBits) {
  double sum = 0;
  for (int i = 1; i <= 1000; ++i) {
    sum += portable_exp(i * -0.01) + portable_log(i * 0.37) + portable_pow(i * 0.001, 1.37);
  }
  EXPECT_EQ(sum, 0x1.53fd031db3994p+12) << std::hexfloat << sum;
}

}  // namespace
}  // namespace switchyard
