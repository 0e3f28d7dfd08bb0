#include "planner/sizing.h"

#include <gtest/gtest.h>

#include "planner/traffic_test_question.h"

namespace switchyard::planner {
namespace {

SizingOptions options_for(const Question& q, double rate) {
  SizingOptions options;
  options.traffic = synthetic(q, 1500, rate);
  options.engine = vllm();
  options.finalists = 2;
  return options;
}

// Whether a fleet of that size holds, simulated anew.
bool holds(const Question& q, const SizingOptions& options, const SizedService& sized, int replicas,
           double rate) {
  const SimulatedService service(q, sized.run.service, options.engine, costing::RooflineCosts());
  workload::TrafficPlan traffic = options.traffic;
  traffic.rate = rate;
  const auto run = service.run(service.options(replicas), traffic);
  return run->slo_attainment() >= options.attainment;
}

TEST(Sizing, FindsTheFewestReplicasThatHold) {
  const Question q = service_question("llama-3.1-70b", "chat");
  SizingOptions options = options_for(q, 60);
  options.disaggregate = false;
  const Sizing sizing =
      *size_fleet(q, options, shipped_catalog(), "h200", costing::RooflineCosts());
  ASSERT_FALSE(sizing.held.empty()) << sizing.why_not;
  for (const SizedService& sized : sizing.held) {
    EXPECT_GE(sized.run.slo_attainment(), 0.9);
    EXPECT_EQ(sized.run.result.requests, 1500);
    EXPECT_TRUE(holds(q, options, sized, sized.replicas, 60));
    if (sized.replicas > 1) {
      EXPECT_FALSE(holds(q, options, sized, sized.replicas - 1, 60));
    }
  }
  for (std::size_t i = 1; i < sizing.held.size(); ++i) {
    EXPECT_LE(sizing.held[i - 1].score, sizing.held[i].score);
  }
}

TEST(Sizing, FindsTheHighestRateThatHolds) {
  const Question q = service_question("llama-3.1-70b", "chat");
  SizingOptions options = options_for(q, 1);
  options.fleet_replicas = 2;
  options.finalists = 1;
  const Sizing sizing =
      *largest_rate(q, options, shipped_catalog(), "h200", costing::RooflineCosts());
  ASSERT_EQ(sizing.held.size(), 1u) << sizing.why_not;
  const SizedService& best = sizing.held.front();
  EXPECT_TRUE(holds(q, options, best, 2, best.rate));
  EXPECT_FALSE(holds(q, options, best, 2, best.rate * 1.3));
}

TEST(Sizing, TriesPrefillOnReplicasOfItsOwn) {
  const Question q = service_question("llama-3.1-70b", "rag");
  SizingOptions options = options_for(q, 30);
  options.finalists = 1;
  const Sizing sizing =
      *size_fleet(q, options, shipped_catalog(), "h200", costing::RooflineCosts());
  bool split = false;
  for (const SizedService& sized : sizing.held) split = split || sized.prefill_replicas > 0;
  EXPECT_TRUE(split);
}

TEST(Sizing, SaysWhyNothingHolds) {
  Question q = service_question("llama-3.1-70b", "chat");
  q.workload.slo.tpot = milliseconds(0.01);
  const Sizing sizing =
      *size_fleet(q, options_for(q, 10), shipped_catalog(), "h200", costing::RooflineCosts());
  EXPECT_TRUE(sizing.held.empty());
  EXPECT_NE(sizing.why_not, "");
}

}  // namespace
}  // namespace switchyard::planner
