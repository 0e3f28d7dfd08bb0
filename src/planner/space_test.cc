#include "planner/space.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "model/import.h"

namespace switchyard::planner {
namespace {

model::Model named(const char* id) { return *model::find_model(id, "catalog/models"); }

catalog::Platform domain_of(int chips) {
  catalog::Platform platform;
  platform.domain_chips = chips;
  return platform;
}

TEST(Batches, GrowByAboutTheSquareRootOfTwo) {
  EXPECT_EQ(batches(0), std::vector<int>{});
  EXPECT_EQ(batches(1), std::vector<int>{1});
  EXPECT_EQ(batches(9), (std::vector<int>{1, 2, 3, 4, 6, 8}));
  const std::vector<int> many = batches(10000);
  for (std::size_t i = 1; i < many.size(); ++i) {
    EXPECT_GT(many[i], many[i - 1]);
    EXPECT_LE(many[i], 2 * many[i - 1]);
  }
}

TEST(Shardings, AreValidDistinctAndWithinTheLimit) {
  for (const char* id : {"llama-3.1-8b", "mixtral-8x7b", "deepseek-r1"}) {
    const model::Model model = named(id);
    for (const int limit : {1, 8, 72}) {
      const auto found = shardings(model, domain_of(8), limit, 1024);
      EXPECT_FALSE(found.empty()) << id;
      for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_EQ(model::shard_fault(model, found[i]), "") << id;
        EXPECT_LE(found[i].chips(), limit) << id;
        EXPECT_LE(found[i].tp, 8) << id;
        EXPECT_EQ(std::count(found.begin(), found.end(), found[i]), 1) << id;
      }
    }
  }
}

TEST(Shardings, OfADenseModelKeepOneAttentionGroup) {
  for (const auto& s : shardings(named("llama-3.1-8b"), domain_of(8), 32, 1024)) {
    EXPECT_EQ(s.dp, 1);
    EXPECT_EQ(s.ep, 1);
  }
}

TEST(Shardings, OfAMoeModelSpreadExpertsWhereAttentionIsReplicated) {
  const auto found = shardings(named("deepseek-r1"), domain_of(8), 32, 1024);
  EXPECT_TRUE(std::any_of(found.begin(), found.end(), [](const auto& s) { return s.dp > 1; }));
  for (const auto& s : found) EXPECT_TRUE(s.dp == 1 || s.ep > 1);
}

TEST(Shardings, CutLongContextsWhereRanksHoldCopiesOfTheCache) {
  const auto with_cp = [](const char* id, double context) {
    auto found = shardings(named(id), domain_of(16), 16, context);
    std::erase_if(found, [](const auto& s) { return s.cp == 1; });
    return found;
  };
  EXPECT_TRUE(with_cp("llama-3.1-8b", 8000).empty());
  const auto grouped = with_cp("llama-3.1-8b", 60000);
  EXPECT_FALSE(grouped.empty());
  for (const auto& s : grouped) EXPECT_GE(s.tp, 8);  // it has 8 KV heads
  const auto latent = with_cp("deepseek-r1", 60000);
  EXPECT_TRUE(std::any_of(latent.begin(), latent.end(), [](const auto& s) { return s.tp == 1; }));
}

TEST(Shardings, GrowWithTheLimit) {
  const model::Model model = named("llama-3.1-8b");
  const auto few = shardings(model, domain_of(8), 4, 1024);
  const auto more = shardings(model, domain_of(8), 16, 1024);
  for (const auto& s : few) EXPECT_NE(std::find(more.begin(), more.end(), s), more.end());
  EXPECT_GT(more.size(), few.size());
}

TEST(Batches, KeepTheirUpperLimit) {
  EXPECT_EQ(batches(8), (std::vector<int>{1, 2, 3, 4, 6, 8}));
  EXPECT_EQ(batches(7), (std::vector<int>{1, 2, 3, 4, 6}));
  EXPECT_EQ(batches(16384).back(), 16384);
}

}  // namespace
}  // namespace switchyard::planner
