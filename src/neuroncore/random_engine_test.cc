#include "neuroncore/random_engine.h"

#include <gmock/gmock.h>

#include <bit>
#include <vector>

namespace switchyard::neuroncore {
namespace {

using isa::Engine;
using isa::Generation;

std::vector<std::uint32_t> draw(RandomEngine& engine, int partition, std::size_t count) {
  std::vector<std::uint32_t> words(count);
  engine.fill(partition, words);
  return words;
}

TEST(RandomEngine, HasTheDocumentedStateSizes) {
  EXPECT_EQ(RandomEngine(Generation::kV2, Engine::kVector, 0).state_words(), 1);
  EXPECT_EQ(RandomEngine(Generation::kV3, Engine::kVector, 0).state_words(), 1);
  EXPECT_EQ(RandomEngine(Generation::kV3, Engine::kGpSimd, 0).state_words(), 6);
  EXPECT_EQ(RandomEngine(Generation::kV4, Engine::kGpSimd, 0).state_words(), 6);
  EXPECT_EQ(RandomEngine(Generation::kV4, Engine::kVector, 0).state_words(), 24);
}

// The state of Marsaglia's paper; the words are those of its xorwow() by hand in 32 bits.
TEST(RandomEngine, XorwowIsThatOfThePaper) {
  constexpr std::uint32_t kPaper[] = {123456789, 362436069, 521288629, 88675123, 5783321, 6615241};
  std::uint32_t x = kPaper[0], y = kPaper[1], z = kPaper[2], w = kPaper[3], v = kPaper[4],
                d = kPaper[5];
  std::vector<std::uint32_t> expected;
  for (int i = 0; i < 100; ++i) {
    const std::uint32_t t = x ^ (x >> 2);
    x = y;
    y = z;
    z = w;
    w = v;
    v = (v ^ (v << 4)) ^ (t ^ (t << 1));
    expected.push_back((d += 362437) + v);
  }
  EXPECT_EQ(expected[0], 246875399u);  // as in every other implementation
  RandomEngine engine(Generation::kV3, Engine::kGpSimd, 0);
  for (int i = 0; i < 6; ++i) engine.set_state(17, i, kPaper[i]);
  EXPECT_EQ(draw(engine, 17, 100), expected);
}

TEST(RandomEngine, FourGeneratorsTakeTurns) {
  RandomEngine four(Generation::kV4, Engine::kVector, 5);
  std::vector<std::vector<std::uint32_t>> apart;
  for (int g = 0; g < 4; ++g) {
    RandomEngine one(Generation::kV4, Engine::kGpSimd, 0);
    for (int i = 0; i < 6; ++i) one.set_state(3, i, four.state(3, 6 * g + i));
    apart.push_back(draw(one, 3, 3));
  }
  // Ten words are three steps; the next draw begins with the fourth.
  const std::vector<std::uint32_t> words = draw(four, 3, 10);
  for (std::size_t i = 0; i < words.size(); ++i) EXPECT_EQ(words[i], apart[i % 4][i / 4]) << i;
}

TEST(RandomEngine, StateSavedAndRestoredGivesTheSameWords) {
  for (const auto& [generation, engine] :
       {std::pair{Generation::kV2, Engine::kVector}, std::pair{Generation::kV3, Engine::kGpSimd},
        std::pair{Generation::kV4, Engine::kVector}}) {
    RandomEngine first(generation, engine, 1), second(generation, engine, 2);
    draw(first, 9, 13);
    for (int i = 0; i < first.state_words(); ++i) second.set_state(9, i, first.state(9, i));
    EXPECT_EQ(draw(first, 9, 50), draw(second, 9, 50));
  }
}

TEST(RandomEngine, LfsrTakes32StepsOfItsPolynomialAWord) {
  RandomEngine engine(Generation::kV2, Engine::kVector, 0);
  std::uint32_t state = 0xdeadbeef;
  engine.set_state(0, 0, state);
  for (const std::uint32_t word : draw(engine, 0, 50)) {
    for (int i = 0; i < 32; ++i) {
      const bool out = state % 2 == 1;
      state /= 2;
      if (out) state ^= 1u << 31 | 1u << 21 | 1u << 1 | 1u << 0;
    }
    EXPECT_EQ(word, state);
  }
}

// Columns of a linear map over GF(2).
using Matrix = std::vector<std::uint32_t>;

std::uint32_t product(const Matrix& m, std::uint32_t x) {
  std::uint32_t y = 0;
  for (std::size_t bit = 0; bit < 32; ++bit) y ^= (x >> bit & 1) != 0 ? m[bit] : 0;
  return y;
}

std::uint32_t power_applied(Matrix m, std::uint64_t exponent, std::uint32_t x) {
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) x = product(m, x);
    Matrix square;
    for (const std::uint32_t column : m) square.push_back(product(m, column));
    m = square;
  }
  return x;
}

// The words repeat after 2^32 - 1 of them and no divisor of that.
TEST(RandomEngine, LfsrHasTheFullPeriod) {
  Matrix step;
  RandomEngine engine(Generation::kV3, Engine::kVector, 0);
  for (int bit = 0; bit < 32; ++bit) {
    engine.set_state(0, 0, 1u << bit);
    step.push_back(draw(engine, 0, 1)[0]);
  }
  constexpr std::uint64_t kPeriod = 0xffffffff;
  EXPECT_EQ(power_applied(step, kPeriod, 1), 1u);
  for (const std::uint64_t prime : {3, 5, 17, 257, 65537})
    EXPECT_NE(power_applied(step, kPeriod / prime, 1), 1u) << prime;
}

TEST(RandomEngine, SeedsEnginesAndPartitionsDiffer) {
  std::vector<std::uint32_t> seen;
  for (const Engine unit : {Engine::kVector, Engine::kGpSimd}) {
    for (const std::uint64_t seed : {0ull, 1ull, 1ull << 32}) {
      RandomEngine engine(Generation::kV4, unit, seed);
      for (const int partition : {0, 1, 127}) {
        for (int word = 0; word < engine.state_words(); ++word)
          seen.push_back(engine.state(partition, word));
      }
    }
  }
  std::ranges::sort(seen);
  EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end());
}

TEST(RandomEngine, SeedingForgetsWhatWasBefore) {
  RandomEngine engine(Generation::kV2, Engine::kVector, 77);
  draw(engine, 4, 10);
  engine.seed(4, 123);
  const auto first = draw(engine, 4, 20);
  engine.seed(4, 123);
  EXPECT_EQ(draw(engine, 4, 20), first);
  RandomEngine other(Generation::kV2, Engine::kVector, 78);
  other.seed(4, 123);
  EXPECT_EQ(draw(other, 4, 20), first);
}

TEST(RandomEngine, BitsAreBalanced) {
  for (const Generation generation : {Generation::kV3, Generation::kV4}) {
    RandomEngine engine(generation, Engine::kVector, 3);
    constexpr int kDraws = 1 << 14;
    std::array<int, 32> ones = {};
    for (const std::uint32_t word : draw(engine, 0, kDraws)) {
      for (std::size_t bit = 0; bit < 32; ++bit) ones[bit] += static_cast<int>(word >> bit & 1);
    }
    // Six deviations of a fair coin: 6 * sqrt(n) / 2.
    for (const int count : ones) EXPECT_NEAR(count, kDraws / 2, 3 * 128);
  }
}

}  // namespace
}  // namespace switchyard::neuroncore
