#include "base/random.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "base/portable_math.h"

namespace switchyard {

std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

std::uint64_t hash_text(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325ULL ^ mix(seed);
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return mix(hash);
}

Random::Random(std::uint64_t seed) {
  for (auto& word : state_) word = seed = mix(seed);
}

std::uint64_t Random::next() {
  const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Random::uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

std::uint64_t Random::below(std::uint64_t bound) {
  SWITCHYARD_CHECK(bound >= 1);
  const std::uint64_t threshold = (0 - bound) % bound;  // rejects the uneven remainder
  for (;;) {
    const std::uint64_t draw = next();
    if (draw >= threshold) return draw % bound;
  }
}

double Random::exponential(double mean) { return -mean * portable_log1p(-uniform()); }

double Random::normal() {
  for (;;) {
    const double u = 2 * uniform() - 1;
    const double v = 2 * uniform() - 1;
    const double s = u * u + v * v;
    if (s > 0 && s < 1) return u * std::sqrt(-2 * portable_log(s) / s);
  }
}

namespace {

// A permutation of 0..n-1 keyed by `key`: a four-round Feistel network on the next even power of
// two, walked until the image falls below n.
std::uint32_t permuted(std::uint32_t i, std::uint32_t n, std::uint64_t key) {
  const int half_bits = std::max(1, (static_cast<int>(std::bit_width(n - 1)) + 1) / 2);
  const std::uint32_t mask = (1U << half_bits) - 1;
  std::uint32_t value = i;
  do {
    std::uint32_t left = value >> half_bits;
    std::uint32_t right = value & mask;
    for (std::uint64_t round = 0; round < 4; ++round) {
      const auto f = static_cast<std::uint32_t>(mix(key ^ (round << 32) ^ right)) & mask;
      left = std::exchange(right, left ^ f);
    }
    value = (left << half_bits) | right;
  } while (value >= n);
  return value;
}

}  // namespace

double stratified_uniform(std::uint64_t seed, std::string_view name, int i, int n) {
  SWITCHYARD_CHECK(i >= 0 && i < n, "sample {} of {}", i, n);
  const std::uint64_t key = hash_text(name, seed);
  const std::uint32_t stratum =
      n == 1 ? 0 : permuted(static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(n), key);
  const double jitter =
      static_cast<double>(mix(key + static_cast<std::uint64_t>(i)) >> 11) * 0x1p-53;
  const double within = 0x1p-20 + jitter * (1 - 0x1p-19);  // keep off 0 and 1
  return (stratum + within) / n;
}

}  // namespace switchyard
