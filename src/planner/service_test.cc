#include "planner/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "planner/traffic_test_question.h"

namespace switchyard::planner {
namespace {

using testing::HasSubstr;

ServiceDeployment chosen(const Question& q, const char* platform, const DeploymentWish& wish = {}) {
  return *choose_deployment(q, shipped_catalog(), platform, costing::RooflineCosts(), wish);
}

TEST(Service, WithoutAWishIsTheBestOfTheSearch) {
  const Question q = service_question("gpt-oss-120b", "chat");
  const ServiceDeployment service = chosen(q, "h200");
  EXPECT_TRUE(service.meets_slo);
  const auto compared = compare(
      [&] {
        Question one = q;
        one.platforms = {"h200"};
        return one;
      }(),
      shipped_catalog(), costing::RooflineCosts());
  EXPECT_EQ(service.deployment.sharding, compared->results.front().deployment.sharding);
  EXPECT_EQ(service.economy.utilisation, 1);
}

TEST(Service, GrantsAWishOrSaysWhatFits) {
  const Question q = service_question("gpt-oss-120b", "chat");
  const ServiceDeployment service = chosen(q, "h100", {.tp = 8, .pp = 1});
  EXPECT_EQ(service.deployment.sharding.tp, 8);
  EXPECT_EQ(service.deployment.sharding.pp, 1);
  EXPECT_THAT(service.why, HasSubstr("tp 8, pp 1"));
  const auto none =
      choose_deployment(q, shipped_catalog(), "h100", costing::RooflineCosts(), {.tp = 3});
  ASSERT_FALSE(none);
  EXPECT_THAT(to_text(none.error()), HasSubstr("no deployment with tp 3 fits"));
}

TEST(Service, ThatMissesItsTargetsIsTheNearest) {
  Question q = service_question("llama-3.1-70b", "chat");
  q.workload.slo.tpot = milliseconds(0.01);
  const ServiceDeployment service = chosen(q, "h100");
  EXPECT_FALSE(service.meets_slo);
  EXPECT_THAT(service.why, HasSubstr("none meets the targets"));
}

TEST(Service, CacheRoomFillsTheUsableMemory) {
  const Question q = service_question("llama-3.1-70b", "chat");
  const ServiceDeployment service = chosen(q, "h200", {.tp = 8, .pp = 1});
  const CacheRoom room = cache_room(q, service, 16, q.engine.memory_share);
  // 80 layers of 8 KV heads, keys and values of 128: 2 bytes each.
  EXPECT_NEAR(room.bytes_per_token, 80 * 8 * 256 * 2, 1);
  const auto memory =
      model::memory_footprint(q.model, service.deployment.sharding, service.precision.bits,
                              q.workload.mean_decode_context(), q.engine.step_tokens_max);
  const double used = memory.total(0).value() +
                      static_cast<double>(room.blocks_per_rank) * 16 * room.bytes_per_token / 8;
  const double usable = service.numbers.memory_capacity.value() * q.engine.memory_share;
  EXPECT_LE(used, usable);
  EXPECT_GT(used, usable * 0.999);
}

TEST(Service, HandsOverOnTheInnermostTierThatReaches) {
  const Question q = service_question("llama-3.1-70b", "chat");
  const ServiceDeployment inside = chosen(q, "h200", {.tp = 4, .pp = 1});
  const ServiceDeployment beyond = chosen(q, "h200", {.tp = 8, .pp = 1});
  const auto& tiers = inside.numbers.fabric.tiers;
  const double share = inside.numbers.fabric.algorithms[0].efficiency;  // of direct transfers
  EXPECT_DOUBLE_EQ(handover_link(inside).bytes_per_second,
                   tiers.front().bandwidth.value() * share * 4);
  EXPECT_DOUBLE_EQ(handover_link(beyond).bytes_per_second,
                   tiers.back().bandwidth.value() * share * 8);
}

TEST(Service, BillsAddUp) {
  const Question q = service_question("llama-3.1-70b", "chat");
  const ServiceDeployment service = chosen(q, "h200", {.tp = 8, .pp = 1});
  serving::SimulationResult result;
  result.completed = 1000;
  result.input_tokens = 1'000'000;
  result.output_tokens = 500'000;
  result.busy_seconds = 800;
  result.prefill_seconds = 200;
  result.replica_seconds = 1000;
  result.joules = 8 * 1000 * 400.0;
  const ServiceBill b = bill(service, economics::CostView::kRental, result);
  EXPECT_DOUBLE_EQ(b.chip_watts_mean, 400);
  EXPECT_DOUBLE_EQ(b.chip_hours, 8000 / 3600.0);
  EXPECT_NEAR(b.dollars, b.chip_hours * service.numbers.cloud_committed.value(), 1e-9);
  EXPECT_NEAR(b.dollars_per_million_input_tokens * 1 + b.dollars_per_million_output_tokens * 0.5,
              b.dollars, 1e-9 * b.dollars);
  EXPECT_NEAR(b.dollars_per_million_tokens * 1.5, b.dollars, 1e-9 * b.dollars);
  EXPECT_NEAR(b.dollars_per_chip_joule * result.joules, b.dollars, 1e-9 * b.dollars);
  EXPECT_GT(b.joules_per_output_token, result.joules / 500'000);  // host and PUE on top
}

}  // namespace
}  // namespace switchyard::planner
