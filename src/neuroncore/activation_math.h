// The functions of the Scalar engine for one value, without branches, so that loops vectorise.
//
// Each takes a float32, computes in double and returns a double that is right to about 2^-37 of
// its value (where a function crosses zero: of its terms), so that one rounding gives the float32.
// Only +, -, *, / and bit patterns are used: the bits are the same on every machine. Polynomials
// are interpolations at Chebyshev nodes, computed once with 70 digits; each states its relative
// error. The hardware uses tables of its own that are not published (nki.api.shared.rst).
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "neuroncore/quiet.h"

namespace switchyard::neuroncore::math {

#define SWITCHYARD_INLINE [[gnu::always_inline]] inline

inline constexpr double kPi = 0x1.921fb54442d18p+1;
inline constexpr double kLn2 = 0x1.62e42fefa39efp-1;
inline constexpr double kLog2E = 0x1.71547652b82fep+0;
inline constexpr double kSqrtHalf = 0x1.6a09e667f3bcdp-1;
inline constexpr double kInverseSqrtPi = 0x1.20dd750429b6dp-1;
inline constexpr double kInfinity = __builtin_inf();
inline constexpr double kNan = __builtin_nan("");

SWITCHYARD_INLINE std::uint64_t bits_of(double x) { return std::bit_cast<std::uint64_t>(x); }
SWITCHYARD_INLINE double from_bits(std::uint64_t x) { return std::bit_cast<double>(x); }

inline constexpr std::uint64_t kSignBit = 0x8000000000000000;
SWITCHYARD_INLINE double magnitude(double x) { return from_bits(bits_of(x) & ~kSignBit); }
SWITCHYARD_INLINE double with_sign_of(double x, double sign) {
  return from_bits((bits_of(x) & ~kSignBit) | (bits_of(sign) & kSignBit));
}

using neuroncore::choose;
SWITCHYARD_INLINE double choose(bool condition, double a, double b) {
  const std::uint64_t mask = -static_cast<std::uint64_t>(condition);
  return from_bits((bits_of(a) & mask) | (bits_of(b) & ~mask));
}

// NaN passes through both.
SWITCHYARD_INLINE double at_least(double x, double low) { return choose(x < low, low, x); }
SWITCHYARD_INLINE double at_most(double x, double high) { return choose(x > high, high, x); }

// Even and odd terms apart: two chains half as long.
template <int kTerms>
SWITCHYARD_INLINE double polynomial(double x, const double (&c)[kTerms]) {
  const double square = x * x;
  double last = c[kTerms - 1], before = c[kTerms - 2];
  for (int i = kTerms - 3; i >= 1; i -= 2) {
    last = last * square + c[i];
    before = before * square + c[i - 1];
  }
  if constexpr (kTerms % 2 == 0) return last * x + before;
  return before * x + (last * square + c[0]);
}

// 2^t = scale + scale * growth, growth in [2^-0.5 - 1, 2^0.5 - 1]. Contract: |t| < 1022 or NaN.
struct PowerOfTwo {
  double scale, growth;
};
SWITCHYARD_INLINE PowerOfTwo power_of_two(double t) {
  constexpr double kShifter = 0x1.8p52;  // adding it rounds to an integer in the low bits
  // (2^f - 1) / f on [-0.5, 0.5] to 2^-37.5.
  constexpr double kGrowth[] = {
      0.6931471805568324,    0.24022650695888503,    0.055504109063258665,   0.00961812913523614,
      0.0013333478473685416, 0.00015403475186530786, 1.5303700711365693e-05, 1.325080551750225e-06};
  const double shifted = t + kShifter;
  const double f = t - (shifted - kShifter);
  return {from_bits((bits_of(shifted) << 52) + 0x3ff0000000000000), f * polynomial(f, kGrowth)};
}

SWITCHYARD_INLINE double exp(double x) {
  const PowerOfTwo p = power_of_two(at_least(at_most(x, 700), -700) * kLog2E);
  return p.scale + p.scale * p.growth;
}

// exp(x) - 1, near zero too.
SWITCHYARD_INLINE double expm1(double x) {
  const PowerOfTwo p = power_of_two(at_least(at_most(x, 700), -700) * kLog2E);
  return (p.scale - 1) + p.scale * p.growth;
}

// 2 atanh(s) for |s| <= 1/3: the logarithm of (1 + s) / (1 - s).
SWITCHYARD_INLINE double log_ratio(double s) {
  // atanh(s) / s by s^2 on [0, 1/9] to 2^-48.9.
  constexpr double kAtanh[] = {1.0000000000000016,  0.33333333333091286, 0.2000000005790726,
                               0.14285708967377525, 0.11111354877359586, 0.09084666995946904,
                               0.0778535360074072,  0.05872488909779737, 0.09379009800523844};
  return 2 * s * polynomial(s * s, kAtanh);
}

// Parts of log2(x): the exponent, and the natural logarithm of x / 2^exponent, in [-ln2/2, ln2/2].
// Contract: x a positive normal double.
struct Logarithm {
  double exponent, fraction;
};
SWITCHYARD_INLINE Logarithm logarithm(double x) {
  constexpr std::uint64_t kOffset = std::uint64_t{1024} << 52;
  constexpr double kShifter = 0x1p52;
  const std::uint64_t biased = (bits_of(x) - bits_of(kSqrtHalf) + kOffset) >> 52;
  const double m = from_bits(bits_of(x) - (biased << 52) + kOffset);
  return {from_bits(biased | bits_of(kShifter)) - (kShifter + 1024), log_ratio((m - 1) / (m + 1))};
}

// As IEEE 754 has it: log(0) = -inf, of negative values NaN.
SWITCHYARD_INLINE double log(double x) {
  const Logarithm l = logarithm(x);
  const double finite = l.exponent * kLn2 + l.fraction;
  const double special = choose(x == 0, -kInfinity, choose(x < 0, kNan, x));
  return choose((x > 0) & (x < kInfinity), finite, special);
}

// log(1 + w) for 0 <= w <= 1.
SWITCHYARD_INLINE double log1p(double w) { return log_ratio(w / (2 + w)); }

SWITCHYARD_INLINE double rsqrt(double x) {
  double y = from_bits(0x5fe6eb50c7b537a9 - (bits_of(x) >> 1));  // within 3.5 %
  for (int step = 0; step < 4; ++step) y = y * (1.5 - 0.5 * x * y * y);
  const double not_zero = choose(x < 0, kNan, choose(x == kInfinity, 0, x));
  const double special = choose(x == 0, with_sign_of(kInfinity, x), not_zero);
  return choose((x > 0) & (x < kInfinity), y, special);
}

SWITCHYARD_INLINE double sqrt(double x) {
  const double special = choose(x < 0, kNan, x);
  return choose((x > 0) & (x < kInfinity), x * rsqrt(x), special);
}

SWITCHYARD_INLINE double sigmoid(double x) { return 1 / (1 + exp(-x)); }

SWITCHYARD_INLINE double tanh(double x) {
  const double e = expm1(-2 * magnitude(x));
  return with_sign_of(e / (2 + e), x);
}

// exp(z^2) erfc(z) (1 + 2 z), z >= 0, is between 1 and 1.24; beyond 10.6 erfc is below any float32.
SWITCHYARD_INLINE double erfc_positive(double z) {
  // By (z - 3.75) / (z + 3.75) on z in [0, 10.6] to 2^-38.6.
  constexpr double kTail[] = {
      1.237512630839869,     -0.14024059862381208,   0.003585414994516943,   0.08227674122600284,
      -0.10880390931530927,  0.09230427476599488,    -0.05869374154175685,   0.028362452120322446,
      -0.009743983465422214, 0.0017570516485492758,  0.00028517527211623653, -0.0003019959570432439,
      5.786256384511555e-05, 4.4969743720565455e-05, 3.4455734483034927e-06};
  const double held = at_most(z, 10.6);
  const double tail = polynomial((held - 3.75) / (held + 3.75), kTail);
  return exp(-z * z) * tail / (1 + 2 * held);
}

SWITCHYARD_INLINE double erf(double x) {
  // erf(x) / x by x^2 on [0, 1] to 2^-40.
  constexpr double kNear[] = {
      1.1283791670946768,    -0.3761263888963531,     0.11283791308604582,
      -0.026866133235095593, 0.005223783477189248,    -0.0008542637997087229,
      0.0001195656256820733, -1.3909340021874599e-05, 1.058938064107502e-06};
  const double z = magnitude(x);
  const double near = z * polynomial(z * z, kNear);
  return with_sign_of(choose(z < 1, near, 1 - erfc_positive(z)), x);
}

SWITCHYARD_INLINE double erf_dx(double x) { return 2 * kInverseSqrtPi * exp(-x * x); }

// The distribution function of the normal distribution.
SWITCHYARD_INLINE double normal_below(double x) {
  const double tail = 0.5 * erfc_positive(magnitude(x) * kSqrtHalf);
  return choose(x < 0, tail, 1 - tail);
}

// Below these the products are zero in float32, and minus infinity times zero is avoided.
SWITCHYARD_INLINE double gelu(double x) {
  const double held = at_least(x, -100);
  return held * normal_below(held);
}

SWITCHYARD_INLINE double gelu_dx(double x) {
  const double held = at_least(at_most(x, 100), -100);
  const double density = kSqrtHalf * kInverseSqrtPi * exp(-0.5 * held * held);
  return normal_below(held) + held * density;
}

SWITCHYARD_INLINE double silu(double x) {
  const double held = at_least(x, -700);
  return held * sigmoid(held);
}

SWITCHYARD_INLINE double silu_dx(double x) {
  const double held = at_least(at_most(x, 700), -700);
  const double s = sigmoid(held);
  return s * (1 + held * (1 - s));
}

// 0.5 x (1 + tanh(u)) = x sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3).
SWITCHYARD_INLINE double gelu_apprx_tanh(double x) {
  const double held = at_least(x, -100);
  const double inner = at_most(held, 100);
  const double u = 2 * kSqrtHalf * kInverseSqrtPi * (inner + 0.044715 * inner * inner * inner);
  return held * sigmoid(2 * u);
}

inline constexpr double kGeluSigmoid = 1.702;
SWITCHYARD_INLINE double gelu_apprx_sigmoid(double x) {
  const double held = at_least(x, -400);
  return held * sigmoid(kGeluSigmoid * held);
}
SWITCHYARD_INLINE double gelu_apprx_sigmoid_dx(double x) {
  const double held = at_least(at_most(x, 400), -400);
  const double s = sigmoid(kGeluSigmoid * held);
  return s * (1 + kGeluSigmoid * held * (1 - s));
}

SWITCHYARD_INLINE double softplus(double x) { return at_least(x, 0) + log1p(exp(-magnitude(x))); }

// x tanh(softplus(x)), with w = (1 + e^x)^2 - 1.
SWITCHYARD_INLINE double mish(double x) {
  const double held = at_least(x, -350);
  const double e = exp(at_most(held, 300));
  const double w = e * (e + 2);
  return held * (w / (w + 2));
}

// Inside [-pi, pi] the sine. Outside, the cubic of its Taylor series at +-pi, without any reduction
// of the argument: documented for the hardware, with sin(9.0) = 27.65 (nki.api.shared.rst).
SWITCHYARD_INLINE double sin(double x) {
  // sin(a) / a by a^2 on [0, (pi/2)^2] to 2^-43.5.
  constexpr double kSine[] = {
      0.9999999999999496,     -0.16666666666466673,   0.00833333332035835, -0.00019841266683130672,
      2.7556952912858047e-06, -2.503026818882279e-08, 1.54112197466489e-10};
  const double z = magnitude(x);
  const double beyond = z - kPi;
  const double a = choose(z > kPi / 2, -beyond, z);
  const double inside = a * polynomial(a * a, kSine);
  const double outside = beyond * (beyond * beyond * (1.0 / 6) - 1);
  const double value = choose(z > kPi, outside, inside);
  return from_bits(bits_of(value) ^ (bits_of(x) & kSignBit));
}

SWITCHYARD_INLINE double arctan(double x) {
  // atan(t) / t by t^2 on [0, tan(pi/8)^2] to 2^-45.1.
  constexpr double kAtan[] = {0.9999999999999732,   -0.3333333333080267,   0.19999999604787236,
                              -0.14285690418495545, 0.11110384913255042,   -0.09078390289508673,
                              0.07563690364433472,  -0.058744550821707237, 0.030661656753752625};
  constexpr double kTanEighth = 0.41421356237309503;  // of pi
  const double z = magnitude(x);
  const bool low = z < kTanEighth;
  const bool high = z > 1 / kTanEighth;
  const double above = choose(low, z, choose(high, -1, z - 1));
  const double below = choose(low, 1, choose(high, z, z + 1));
  const double base = choose(low, 0, choose(high, kPi / 2, kPi / 4));
  const double t = above / below;
  return with_sign_of(base + t * polynomial(t * t, kAtan), x);
}

// a to the power b by the rules of C and IEEE 754.
SWITCHYARD_INLINE double power(double a, double b) {
  const double z = magnitude(a);
  const Logarithm l = logarithm(z);
  const double finite = l.exponent + l.fraction * kLog2E;
  const double special = choose(z == 0, -kInfinity, z);
  const double log2 = choose((z > 0) & (z < kInfinity), finite, special);
  const double exponent = choose((b == 0) | (log2 == 0), 0, b * log2);
  const PowerOfTwo p = power_of_two(at_least(at_most(exponent, 1000), -1000));
  const double value = p.scale + p.scale * p.growth;

  constexpr double kShifter = 0x1p52;
  const double whole = at_most(magnitude(b), 0x1p30);  // even integers from there on
  const double half = whole * 0.5;
  const bool integer = (whole + kShifter) - kShifter == whole;
  const bool odd = integer & ((half + kShifter) - kShifter != half);
  const bool undefined = (a < 0) & (z < kInfinity) & !integer;  // NaN too
  const double sign = choose(odd, a, 1);
  const double result = from_bits(bits_of(value) ^ (bits_of(sign) & kSignBit));
  return choose(undefined, kNan, result);
}

// exp in float32 throughout, twice as fast as through double, right to 1.04 ulp: exp(r) 2^n with
// n = round(x / ln2), r = x - n ln2 in two steps, the first exact. NaN gives the quiet NaN.
SWITCHYARD_INLINE float exp_float(float x) {
  constexpr float kShifter = 0x1.8p23f;
  constexpr float kLn2High = 0x1.63p-1f, kLn2Low = -0x1.bd0106p-13f;
  // Beyond +-104 the results are infinity and 0. Integers order as the magnitudes they encode.
  constexpr auto kBeyond = std::bit_cast<std::int32_t>(104.0f);
  const auto word = std::bit_cast<std::int32_t>(x);
  const float held =
      std::bit_cast<float>(std::min(word & 0x7fffffff, kBeyond) | (word & ~0x7fffffff));
  const float shifted = held * static_cast<float>(kLog2E) + kShifter;
  const float n = shifted - kShifter;
  const float r = (held - n * kLn2High) - n * kLn2Low;
  // (exp(r) - 1 - r) / r^2 on [-ln2/2, ln2/2] to 2^-22.8; it is multiplied by r^2 < 0.13. In pairs:
  // the processor holds few iterations of so long a loop at once, so latency counts.
  const float r2 = r * r;
  const float q =
      (0.5f + r * 0.16666577f) + r2 * ((0.041666556f + r * 0.008363178f) + r2 * 0.0013926182f);
  const float value = 1 + (r + r2 * q);
  // 2^n in two steps, so that each is a normal number: the first by adding to the exponent. The
  // shifter's own bits leave with the shift by 23.
  const auto steps = std::bit_cast<std::uint32_t>(shifted);
  const std::uint32_t half = steps >> 1;
  const float first = std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) + (half << 23));
  const float second = std::bit_cast<float>(((steps - half) << 23) + (127u << 23));
  return choose(x == x, first * second, std::bit_cast<float>(kQuietNan));
}

#undef SWITCHYARD_INLINE

}  // namespace switchyard::neuroncore::math
