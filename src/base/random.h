// Random numbers that are the same on every machine and compiler.
//
// Two forms. `Random` is a sequence (xoshiro256++ seeded through splitmix64) for generators that
// consume a stream. `stratified_uniform` is stateless: the draw of a named quantity in sample i of
// n depends on (seed, name, i, n) only, so adding or permuting other quantities changes nothing.
// Own distributions: the standard ones differ by library.
#pragma once

#include <cstdint>
#include <string_view>

namespace switchyard {

class Random {
 public:
  explicit Random(std::uint64_t seed);
  std::uint64_t next();
  double uniform();                          // [0, 1), 53 bits
  std::uint64_t below(std::uint64_t bound);  // [0, bound), unbiased; bound >= 1
  double exponential(double mean);
  double normal();  // mean 0, deviation 1 (polar method)

 private:
  std::uint64_t state_[4];
};

// FNV-1a, for names.
std::uint64_t hash_text(std::string_view text, std::uint64_t seed = 0);
std::uint64_t mix(std::uint64_t value);

// Latin hypercube draw in (0, 1): over i = 0..n-1 each n-th of the interval is hit exactly once, in
// an order that depends on (seed, name). Contract: 0 <= i < n.
double stratified_uniform(std::uint64_t seed, std::string_view name, int i, int n);

}  // namespace switchyard
