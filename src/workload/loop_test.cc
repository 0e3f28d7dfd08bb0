#include "workload/loop.h"

#include <gtest/gtest.h>

#include <map>

#include "workload/source_test_server.h"

namespace switchyard::workload {
namespace {

Trace small_trace() {
  Trace trace{.format = "mooncake", .block_tokens = 512, .has_arrivals = true};
  trace.requests = {{.arrival_s = 0, .input_tokens = 600, .output_tokens = 5},
                    {.arrival_s = 1.5, .input_tokens = 0, .output_tokens = 0},
                    {.arrival_s = 2, .input_tokens = 9, .output_tokens = 1}};
  trace.requests[0].prefix_blocks = {7, 8};
  return trace;
}

TEST(OpenLoop, ReplaysATraceAsItStands) {
  const Trace trace = small_trace();
  OpenLoop source(std::make_unique<TraceRequests>(trace), trace_clock(trace, 0));
  EXPECT_EQ(source.block_tokens(), 512);
  const std::vector<Played> played = play(source, SimTime(1));
  ASSERT_EQ(played.size(), 3u);
  EXPECT_EQ(played[0].blocks, (std::vector<std::int64_t>{7, 8}));
  EXPECT_EQ(played[1].request.id, 1);
  EXPECT_EQ(played[1].request.arrival, SimTime(1'500'000'000'000));
  EXPECT_EQ(played[1].request.input_tokens, 1);  // an engine computes at least one token
  EXPECT_EQ(played[1].request.output_tokens, 0);
  EXPECT_EQ(played[2].request.input_tokens, 9);
}

TEST(OpenLoop, StretchesATraceToTheRateAskedFor) {
  const Trace trace = small_trace();  // 2 gaps in 2 s: one a second
  OpenLoop source(std::make_unique<TraceRequests>(trace), trace_clock(trace, 4));
  const std::vector<Played> played = play(source, SimTime(1));
  EXPECT_EQ(played[1].request.arrival, SimTime(375'000'000'000));
  EXPECT_EQ(played[2].request.arrival, SimTime(500'000'000'000));
}

TEST(OpenLoop, TakesNoMoreRowsThanAsked) {
  const Trace trace = small_trace();
  OpenLoop source(std::make_unique<TraceRequests>(trace, 2), trace_clock(trace, 0));
  EXPECT_EQ(play(source, SimTime(1)).size(), 2u);
}

TEST(ClosedLoop, KeepsAsManyRequestsInFlightAsClients) {
  constexpr std::int64_t kClients = 3;
  const SimTime service(1'000);
  ClosedLoop source(std::make_unique<SyntheticRequests>(LengthModel::log_normal({9, 0}, {9, 0}, 0),
                                                        PrefixModel(), 10, 0, 1),
                    kClients);
  std::map<std::int64_t, int> arrivals;
  for (const Played& played : play(source, service)) ++arrivals[played.request.arrival.ps()];
  EXPECT_EQ(arrivals, (std::map<std::int64_t, int>{{0, 3}, {1000, 3}, {2000, 3}, {3000, 1}}));
}

TEST(ClosedLoop, EndsWithFewerRequestsThanClients) {
  const Trace trace = small_trace();
  ClosedLoop source(std::make_unique<TraceRequests>(trace), 100);
  EXPECT_EQ(play(source, SimTime(5)).size(), 3u);
  EXPECT_FALSE(source.next_arrival());
}

TEST(SyntheticRequests, AreTheSameForTheSameSeedAndFitTheContext) {
  const auto draw = [](std::uint64_t seed) {
    OpenLoop source(
        std::make_unique<SyntheticRequests>(LengthModel::log_normal({900, 2}, {300, 2}, 0.2),
                                            PrefixModel(), 2000, 1000, seed),
        random_clock(RateProfile::constant(10), 1, seed));
    std::vector<std::tuple<SimTime, std::int64_t, std::int64_t>> out;
    for (const Played& p : play(source, SimTime(1))) {
      EXPECT_LE(p.request.input_tokens + p.request.output_tokens, 1000);
      EXPECT_GE(p.request.input_tokens, 1);
      out.emplace_back(p.request.arrival, p.request.input_tokens, p.request.output_tokens);
    }
    return out;
  };
  EXPECT_EQ(draw(1).size(), 2000u);
  EXPECT_EQ(draw(1), draw(1));
  EXPECT_NE(draw(1), draw(2));
}

}  // namespace
}  // namespace switchyard::workload
