#include "workload/traffic_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "workload/loop.h"
#include "workload/source_test_server.h"

namespace switchyard::workload {
namespace {

using testing::HasSubstr;

Trace trace_of(int rows, bool arrivals) {
  Trace trace{.format = "generic", .has_arrivals = arrivals};
  for (int n = 0; n < rows; ++n) {
    trace.requests.push_back(
        {.arrival_s = arrivals ? n * 0.5 : 0, .input_tokens = 10 + n % 7, .output_tokens = 5});
  }
  return trace;
}

TrafficPlan named(const char* name) {
  TrafficPlan plan;
  plan.workload = *named_workload(name, "catalog/workloads");
  plan.requests = 500;
  return plan;
}

TEST(TrafficPlan, ReplaysATraceAtItsOwnTimesUnlessToldOtherwise) {
  const Trace trace = trace_of(10, true);
  TrafficPlan plan{.trace = &trace};
  EXPECT_TRUE(plan.replays_times());
  EXPECT_DOUBLE_EQ(plan.mean_rate(), 2);
  EXPECT_EQ(plan.request_count(), 10);
  EXPECT_EQ(play(*make_source(plan), SimTime(1)).back().request.arrival, to_sim_time(4.5));
  plan.rate = 4;
  EXPECT_TRUE(plan.replays_times());
  EXPECT_EQ(play(*make_source(plan), SimTime(1)).back().request.arrival, to_sim_time(2.25));
  plan.burstiness = 1;  // random times at that rate
  EXPECT_FALSE(plan.replays_times());
  plan.requests = 3;
  EXPECT_EQ(plan.request_count(), 3);
  EXPECT_EQ(play(*make_source(plan), SimTime(1)).size(), 3u);
}

TEST(TrafficPlan, WithoutTimesNeedsARate) {
  const Trace trace = trace_of(10, false);
  TrafficPlan plan{.trace = &trace};
  EXPECT_FALSE(plan.knows_rate());
  plan.rate = 3;
  EXPECT_TRUE(plan.knows_rate());
  EXPECT_FALSE(plan.replays_times());
  EXPECT_EQ(play(*make_source(plan), SimTime(1)).size(), 10u);
}

TEST(TrafficPlan, MakesAsManySyntheticRequestsAsAskedFromATrace) {
  const Trace trace = trace_of(40, true);
  TrafficPlan plan{.trace = &trace, .synthetic = true, .requests = 1000};
  const std::vector<Played> played = play(*make_source(plan), SimTime(1));
  ASSERT_EQ(played.size(), 1000u);
  for (const Played& p : played) {
    EXPECT_GE(p.request.input_tokens, 10);
    EXPECT_LE(p.request.input_tokens, 16);
    EXPECT_EQ(p.request.output_tokens, 5);
  }
}

TEST(TrafficPlan, AClosedLoopOfATraceEndsWithIt) {
  const Trace trace = trace_of(10, true);
  const TrafficPlan plan{.trace = &trace, .concurrency = 4};
  EXPECT_EQ(plan.mean_rate(), 0);
  EXPECT_EQ(play(*make_source(plan), SimTime(5)).size(), 10u);
}

TEST(TrafficPlan, GivesANamedWorkloadItsSpreadAndSessionsTheirHistory) {
  TrafficPlan chat = named("chat");
  chat.rate = 10;
  double sum = 0, squares = 0;
  for (const Played& p : play(*make_source(chat), SimTime(1))) {
    sum += static_cast<double>(p.request.input_tokens);
    squares += std::pow(static_cast<double>(p.request.input_tokens), 2);
  }
  const double mean = sum / 500;
  EXPECT_NEAR(mean / 1024, 1, 0.15);
  EXPECT_NEAR(std::sqrt(squares / 500 - mean * mean) / mean, 0.96, 0.25);
  TrafficPlan agent = named("agent");
  agent.concurrency = 3;
  const std::vector<Played> played = play(*make_source(agent), SimTime(1'000'000'000));
  ASSERT_EQ(played.size(), 500u);
  EXPECT_GE(played.front().request.session, 0);
  EXPECT_FALSE(played.front().blocks.empty());
}

TEST(TrafficPlan, SharesThePrefixOfAWorkloadWithoutSessions) {
  TrafficPlan plan;
  plan.workload = fixed_workload(160, 10, 0.5, {});
  plan.requests = 3;
  plan.rate = 1;
  const std::vector<Played> played = play(*make_source(plan), SimTime(1));
  ASSERT_EQ(played[2].blocks.size(), 10u);
  EXPECT_EQ(played[1].blocks[4], played[2].blocks[4]);
  EXPECT_NE(played[1].blocks[5], played[2].blocks[5]);
}

TEST(TrafficPlan, FollowsADayToItsEnd) {
  TrafficPlan plan = named("chat");
  plan.requests = 1'000'000;
  plan.day = RateProfile::day({1, 2});
  plan.end_s = 600;
  const std::vector<Played> played = play(*make_source(plan), SimTime(1));
  EXPECT_NEAR(static_cast<double>(played.size()), 600, 100);
  EXPECT_LE(played.back().request.arrival, to_sim_time(600));
}

TEST(TrafficPlan, SaysWhatItIs) {
  const Trace trace = trace_of(10, true);
  TrafficPlan plan{.trace = &trace};
  plan.workload.name = "t.csv";
  EXPECT_EQ(describe(plan), "10 requests of t.csv, 2 a second, times of the trace");
  plan.rate = 4;
  EXPECT_THAT(describe(plan), HasSubstr("times of the trace scaled"));
  plan.concurrency = 8;
  EXPECT_EQ(describe(plan), "10 requests of t.csv, 8 in flight at all times");
  TrafficPlan agent = named("agent");
  agent.concurrency = 3;
  EXPECT_EQ(describe(agent), "500 synthetic requests of agent, 3 sessions at all times");
}

}  // namespace
}  // namespace switchyard::workload
