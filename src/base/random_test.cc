#include "base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace switchyard {
namespace {

TEST(Random, RepeatsItselfFromOneSeed) {
  Random a(7), b(7), c(8);
  bool differs = false;
  for (int i = 0; i < 1000; ++i) {
    const auto draw = a.next();
    EXPECT_EQ(draw, b.next());
    differs = differs || draw != c.next();
  }
  EXPECT_TRUE(differs);
}

TEST(Random, DrawsBelowItsBoundAndReachesAll) {
  Random random(1);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(random.below(6));
  EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(random.below(1), 0U);
  for (int i = 0; i < 100; ++i) EXPECT_LT(random.below((1ULL << 63) + 1), (1ULL << 63) + 1);
}

TEST(RandomDeathTest, RefusesAnEmptyRange) {
  Random random(1);
  EXPECT_DEATH(random.below(0), "internal error at .*bound >= 1 does not hold");
}

TEST(Random, HasTheMomentsOfItsDistributions) {
  constexpr int kDraws = 200000;
  Random random(3);
  double uniform = 0, exponential = 0, normal = 0, normal_square = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double u = random.uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    uniform += u;
    exponential += random.exponential(4);
    const double n = random.normal();
    normal += n;
    normal_square += n * n;
  }
  EXPECT_NEAR(uniform / kDraws, 0.5, 0.005);
  EXPECT_NEAR(exponential / kDraws, 4, 0.05);
  EXPECT_NEAR(normal / kDraws, 0, 0.01);
  EXPECT_NEAR(normal_square / kDraws, 1, 0.02);
}

TEST(Stratified, HitsEachStratumOnce) {
  for (const int n : {1, 2, 3, 7, 64, 100, 1000}) {
    std::set<int> strata;
    for (int i = 0; i < n; ++i) {
      const double draw = stratified_uniform(11, "hbm bandwidth", i, n);
      ASSERT_GT(draw, 0);
      ASSERT_LT(draw, 1);
      strata.insert(static_cast<int>(std::floor(draw * n)));
    }
    EXPECT_EQ(static_cast<int>(strata.size()), n);
  }
}

TEST(Stratified, DependsOnSeedNameAndIndexOnly) {
  const double draw = stratified_uniform(1, "price", 3, 50);
  EXPECT_EQ(draw, stratified_uniform(1, "price", 3, 50));
  EXPECT_NE(draw, stratified_uniform(2, "price", 3, 50));
  EXPECT_NE(draw, stratified_uniform(1, "power", 3, 50));
  EXPECT_NE(draw, stratified_uniform(1, "price", 4, 50));
}

TEST(Stratified, DoesNotCorrelateTwoNames) {
  constexpr int kSamples = 1000;
  double sum = 0;
  for (int i = 0; i < kSamples; ++i) {
    sum += (stratified_uniform(5, "a", i, kSamples) - 0.5) *
           (stratified_uniform(5, "b", i, kSamples) - 0.5);
  }
  EXPECT_NEAR(sum / kSamples * 12, 0, 0.1) << "correlation; about 0.03 by chance";
}

TEST(StratifiedDeathTest, RefusesAnIndexOutsideTheSamples) {
  EXPECT_DEATH(stratified_uniform(1, "a", 5, 5), "sample 5 of 5");
  EXPECT_DEATH(stratified_uniform(1, "a", -1, 5), "sample -1 of 5");
}

TEST(HashText, TellsNamesAndSeedsApart) {
  EXPECT_NE(hash_text("a"), hash_text("b"));
  EXPECT_NE(hash_text("a", 1), hash_text("a", 2));
  EXPECT_EQ(hash_text("trn3", 9), hash_text("trn3", 9));
}

}  // namespace
}  // namespace switchyard
