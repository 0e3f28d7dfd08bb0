#include "base/portable_math.h"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/check.h"

namespace switchyard {

namespace {
// log 2 in two parts; a whole number up to 2^20 times the first is exact.
constexpr double kLog2High = 0x1.62e42feep-1;
constexpr double kLog2Low = 0x1.a39ef35793c76p-33;

constexpr int kExpTerms = 14;
constexpr auto kOverFactorial = [] {
  std::array<double, kExpTerms + 1> out{1};
  for (int n = 1; n <= kExpTerms; ++n) out[n] = out[n - 1] / n;
  return out;
}();

constexpr int kLogTerms = 10;
constexpr auto kOverOdd = [] {
  std::array<double, kLogTerms + 1> out{};
  for (int n = 0; n <= kLogTerms; ++n) out[n] = 1.0 / (2 * n + 1);
  return out;
}();
}  // namespace

double portable_exp(double x) {
  if (std::isnan(x)) return x;
  if (x > 710) return std::numeric_limits<double>::infinity();
  if (x < -746) return 0;
  const double twos = std::floor(x / std::numbers::ln2 + 0.5);
  const double rest = (x - twos * kLog2High) - twos * kLog2Low;  // at most log(2) / 2
  double sum = kOverFactorial[kExpTerms];
  for (int n = kExpTerms - 1; n >= 0; --n) sum = kOverFactorial[n] + sum * rest;
  return std::ldexp(sum, static_cast<int>(twos));
}

double portable_log(double x) {
  SWITCHYARD_CHECK(x > 0 && std::isfinite(x), "{}", x);
  int twos = 0;
  double m = std::frexp(x, &twos);
  if (m < std::numbers::sqrt2 / 2) {
    m *= 2;
    --twos;
  }
  // log m = 2 artanh((m - 1) / (m + 1)), whose argument is at most 0.172.
  const double a = (m - 1) / (m + 1);
  const double square = a * a;
  double sum = kOverOdd[kLogTerms];
  for (int n = kLogTerms - 1; n > 0; --n) sum = kOverOdd[n] + sum * square;
  sum *= square;
  return twos * kLog2High + (2 * a + (2 * a * sum + twos * kLog2Low));
}

double portable_expm1(double x) {
  if (!(std::abs(x) < 0.35)) return portable_exp(x) - 1;
  double sum = kOverFactorial[kExpTerms];
  for (int n = kExpTerms - 1; n >= 1; --n) sum = kOverFactorial[n] + sum * x;
  return sum * x;
}

// Kahan's correction: the rounding of 1 + x cancels in the ratio.
double portable_log1p(double x) {
  const double whole = 1 + x;
  return whole == 1 ? x : portable_log(whole) * (x / (whole - 1));
}

double portable_pow(double base, double exponent) {
  if (base == 0) return exponent > 0 ? 0 : 1;
  return portable_exp(exponent * portable_log(base));
}

}  // namespace switchyard
