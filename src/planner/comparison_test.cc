#include "planner/comparison.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "costing/roofline.h"
#include "model/import.h"

namespace switchyard::planner {
namespace {

const catalog::Catalog& shipped() {
  static const auto loaded = catalog::load("catalog");
  return *loaded;
}

Question question(const char* model, std::vector<std::string> platforms) {
  Question q;
  q.model = *model::find_model(model, "catalog/models");
  q.workload =
      workload::fixed_workload(1024, 512, 0, {.ttft = Seconds(2), .tpot = milliseconds(50)});
  q.engine = *serving::load_engine("catalog/engine.toml");
  q.platforms = std::move(platforms);
  q.samples = 16;
  q.chips_max = 8;
  return q;
}

Result<Comparison> answer(const Question& q) {
  return compare(q, shipped(), costing::RooflineCosts());
}

const PlatformResult& result_of(const Comparison& c, const std::string& id) {
  for (const PlatformResult& r : c.results) {
    if (r.id == id) return r;
  }
  ADD_FAILURE() << id;
  return c.results.front();
}

TEST(Comparison, DoesNotDependOnTheOrderOfPlatforms) {
  const auto ids = shipped().platform_ids();
  ASSERT_GE(ids.size(), 3u);
  const auto forward = answer(question("llama-3.1-8b", {ids[0], ids[1], ids[2]}));
  const auto backward = answer(question("llama-3.1-8b", {ids[2], ids[1], ids[0], ids[2]}));
  ASSERT_TRUE(forward && backward);
  ASSERT_EQ(forward->results.size(), 3u);
  ASSERT_EQ(backward->results.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const PlatformResult& a = forward->results[i];
    const PlatformResult& b = backward->results[i];
    EXPECT_EQ(a.id, b.id);
    EXPECT_EQ(a.feasible, b.feasible);
    EXPECT_EQ(a.deployment.sharding, b.deployment.sharding);
    EXPECT_EQ(a.deployment.batch, b.deployment.batch);
    EXPECT_EQ(a.probability_cheapest, b.probability_cheapest);
    if (a.feasible) {
      EXPECT_EQ(a.dollars_per_million_output.p50, b.dollars_per_million_output.p50);
    }
  }
}

TEST(Comparison, AnswerOfAPlatformDoesNotDependOnItsRivals) {
  const auto both = answer(question("llama-3.1-8b", {"h100", "b200"}));
  const auto alone = answer(question("llama-3.1-8b", {"h100"}));
  ASSERT_TRUE(both && alone);
  const PlatformResult& a = result_of(*both, alone->results[0].id);
  EXPECT_TRUE(a.feasible) << a.why_not;
  EXPECT_EQ(a.dollars_per_million_output.p10, alone->results[0].dollars_per_million_output.p10);
  EXPECT_EQ(a.dollars_per_million_output.p90, alone->results[0].dollars_per_million_output.p90);
  EXPECT_DOUBLE_EQ(alone->results[0].probability_cheapest, alone->results[0].probability_feasible);
}

TEST(Comparison, OrdersByTheObjectiveAndItsQuantilesRise) {
  const auto c = answer(question("llama-3.1-8b", {"h100", "b200", "mi300x"}));
  ASSERT_TRUE(c) << to_text(c.error());
  double before = 0, winners = 0;
  for (const PlatformResult& r : c->results) {
    ASSERT_TRUE(r.feasible) << r.id << r.why_not;
    EXPECT_GE(r.dollars_per_million_output.p50, before);
    before = r.dollars_per_million_output.p50;
    EXPECT_LE(r.dollars_per_million_output.p10, before);
    EXPECT_GE(r.dollars_per_million_output.p90, before);
    EXPECT_LE(r.ttft_ms.base, 2000);
    EXPECT_LE(r.tpot_ms.base, 50);
    winners += r.probability_cheapest;
  }
  EXPECT_NEAR(winners, 1, 1e-12);
}

TEST(Comparison, EveryPointOfAFrontierBuysSpeedWithTheObjective) {
  for (const Objective objective : {Objective::kDollars, Objective::kMegawatt, Objective::kChip}) {
    Question q = question("llama-3.1-8b", {"trn2", "tpu-v6e", "b200"});
    q.objective = objective;
    const auto c = answer(q);
    ASSERT_TRUE(c);
    for (const PlatformResult& r : c->results) {
      ASSERT_GE(r.frontier.size(), 3u) << r.id;
      for (std::size_t i = 1; i < r.frontier.size(); ++i) {
        const FrontierPoint &quick = r.frontier[i - 1], &slow = r.frontier[i];
        EXPECT_GE(quick.tokens_per_second_per_user.p50, slow.tokens_per_second_per_user.p50);
        if (objective == Objective::kDollars) {
          EXPECT_GT(quick.dollars_per_million_output.p50, slow.dollars_per_million_output.p50);
        } else if (objective == Objective::kMegawatt) {
          EXPECT_LT(quick.output_tokens_per_second_per_megawatt.p50,
                    slow.output_tokens_per_second_per_megawatt.p50);
        } else {
          EXPECT_LT(quick.output_tokens_per_second_per_chip.p50,
                    slow.output_tokens_per_second_per_chip.p50);
        }
      }
    }
  }
}

TEST(Comparison, SaysWhyAModelDoesNotFit) {
  Question q = question("deepseek-r1", {"h100"});
  q.chips_max = 1;
  const auto c = answer(q);
  ASSERT_TRUE(c);
  EXPECT_FALSE(c->results[0].feasible);
  EXPECT_NE(c->results[0].why_not.find("does not fit"), std::string::npos);
  EXPECT_EQ(c->results[0].probability_feasible, 0);
}

TEST(Comparison, RefusesAnUnknownPlatform) {
  EXPECT_FALSE(answer(question("llama-3.1-8b", {"h100", "no-such-chip"})));
}

}  // namespace
}  // namespace switchyard::planner
