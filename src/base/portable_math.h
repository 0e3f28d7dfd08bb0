// exp, log and pow by additions, multiplications and divisions alone, so that every machine gives
// the same bits: the C library's differ in the last one by CPU, with fused multiply-add or without.
// Within 4 roundings (2^-52) of exact; portable_pow within twice |exponent x log(base)| more.
#pragma once

namespace switchyard {

double portable_exp(double x);
double portable_log(double x);                      // contract: x > 0 and finite
double portable_expm1(double x);                    // exp(x) - 1
double portable_log1p(double x);                    // log(1 + x); contract: x > -1 and finite
double portable_pow(double base, double exponent);  // contract: base >= 0; 0 to a positive power

}  // namespace switchyard
