#include "planner/fleet_day.h"

#include <gtest/gtest.h>

#include "planner/traffic_test_question.h"

namespace switchyard::planner {
namespace {

struct Fleet {
  Question question = service_question("llama-3.1-8b", "chat");
  ServiceDeployment deployment = *choose_deployment(question, shipped_catalog(), "h100",
                                                    costing::RooflineCosts(), {.tp = 1, .pp = 1});
  SimulatedService service{question, deployment, vllm(), costing::RooflineCosts()};
  FleetDayOptions options;

  Fleet() {
    options.replicas = 40;
    options.cell_replicas = 4;
    options.cells = 3;
    options.peak_rate = 40 * 0.6 * steady_rate(deployment, question.workload);
    options.day = {0.5, 1};
    options.traffic = synthetic(question, 1, 0);
    options.hours = 0.05;
  }
};

TEST(FleetDay, CountsTheSampleForTheWholeFleet) {
  Fleet fleet;
  const FleetDay day = *fleet_day(fleet.question, fleet.service, fleet.options);
  ASSERT_EQ(day.hours.size(), 1u);
  EXPECT_NEAR(day.requests.value, static_cast<double>(day.simulated_requests) * 10 / 3, 1e-6);
  // At the start of the day the load is half of the peak's.
  EXPECT_NEAR(day.requests.value / (fleet.options.peak_rate / 2 * 180), 1, 0.1);
  EXPECT_GT(day.requests.standard_error, 0);
  EXPECT_EQ(day.chips, 40);
  EXPECT_GT(day.megawatt_hours.value, 0);
  EXPECT_LE(day.megawatt_hours.value, day.provisioned_megawatts * fleet.options.hours);
}

TEST(FleetDay, OfAllItsCellsIsTheFleetItself) {
  Fleet fleet;
  fleet.options.cells = 10;
  const FleetDay day = *fleet_day(fleet.question, fleet.service, fleet.options);
  EXPECT_DOUBLE_EQ(day.requests.value, static_cast<double>(day.simulated_requests));
}

TEST(FleetDay, SamplingIsNearTheWholeFleetSimulated) {
  Fleet fleet;
  fleet.options.cells = 8;
  const AggregationError error =
      *aggregation_error(fleet.question, fleet.service, fleet.options, 32, 300);
  EXPECT_LT(std::abs(error.tpot_mean), 0.05);
  EXPECT_LT(std::abs(error.e2e_mean), 0.05);
  EXPECT_LT(std::abs(error.output_tokens), 0.05);
  EXPECT_LT(std::abs(error.joules), 0.05);
}

TEST(FleetDay, IsTheSameForTheSameSeed) {
  Fleet a, b;
  EXPECT_EQ(fleet_day(a.question, a.service, a.options)->requests.value,
            fleet_day(b.question, b.service, b.options)->requests.value);
}

TEST(FleetDay, ShippedDayIsSound) {
  const auto day = load_day("catalog/day.toml");
  ASSERT_TRUE(day) << to_text(day.error());
  EXPECT_EQ(day->size(), 24u);
}

}  // namespace
}  // namespace switchyard::planner
