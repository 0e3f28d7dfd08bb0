#include "workload/session_source.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "workload/source_test_server.h"

namespace switchyard::workload {
namespace {

SessionLoad small_load() {
  return {.session = {.turns_mean = 6,
                      .system_tokens = 100,
                      .system_prompts = 2,
                      .new_input = {50, 0.5},
                      .pause_s = 1,
                      .pause_variation = 0.5,
                      .fan_out_share = 0.3,
                      .fan_out = 3,
                      .context_tokens_max = 2000},
          .output = {40, 0.5},
          .requests = 3000,
          .rate = RateProfile::constant(5),
          .seed = 4};
}

const SimTime kService(200'000'000'000);  // 0.2 s

TEST(SessionSource, MakesAsManyCallsAsAskedAtTheRateAskedFor) {
  SessionSource source(small_load());
  const std::vector<Played> played = play(source, kService);
  ASSERT_EQ(played.size(), 3000u);
  const double span = static_cast<double>(played.back().request.arrival.ps()) * 1e-12;
  EXPECT_NEAR(3000 / span / 5, 1, 0.1);
}

TEST(SessionSource, ArrivesInOrderAndWithinTheContext) {
  SessionSource source(small_load());
  SimTime last;
  for (const Played& p : play(source, kService)) {
    EXPECT_GE(p.request.arrival, last);
    last = p.request.arrival;
    EXPECT_LE(p.request.input_tokens + p.request.output_tokens, 2000);
  }
}

TEST(SessionSource, TurnsComeAfterTheLastAnswerAndFindItsBlocks) {
  SessionSource source(small_load());
  std::map<std::int64_t, std::vector<Played>> sessions;
  for (Played& p : play(source, kService)) sessions[p.request.session].push_back(std::move(p));
  int turns = 0, forks = 0;
  for (const auto& [id, calls] : sessions) {
    for (std::size_t i = 1; i < calls.size(); ++i) {
      const Played& before = calls[i - 1];
      const Played& now = calls[i];
      if (now.request.arrival == before.request.arrival) {
        ++forks;
        continue;
      }
      ++turns;
      EXPECT_GE(now.request.arrival, before.finish) << id;
      EXPECT_GT(now.request.input_tokens, before.request.input_tokens) << id;
    }
    // The main line: of calls at one time the first.
    const Played* main = nullptr;
    for (const Played& call : calls) {
      if (main && call.request.arrival == main->request.arrival) continue;
      if (main) {
        ASSERT_GE(call.blocks.size(), main->blocks.size());
        EXPECT_TRUE(std::equal(main->blocks.begin(), main->blocks.end(), call.blocks.begin()));
      }
      main = &call;
    }
  }
  EXPECT_GT(turns, 1000);
  EXPECT_GT(forks, 300);
}

TEST(SessionSource, BranchesShareTheHistoryAloneAndSystemPromptsAreFew) {
  SessionLoad load = small_load();
  load.session.fan_out_share = 1;
  SessionSource source(load);
  const std::vector<Played> played = play(source, kService);
  std::set<std::int64_t> first_blocks;
  for (const Played& p : played) {
    if (!p.blocks.empty()) first_blocks.insert(p.blocks.front());
  }
  EXPECT_EQ(first_blocks.size(), 2u);
  for (std::size_t i = 1; i < played.size(); ++i) {
    const Played &a = played[i - 1], &b = played[i];
    if (a.request.session != b.request.session || a.request.arrival != b.request.arrival) continue;
    ASSERT_GE(a.blocks.size(), 6u);
    ASSERT_GE(b.blocks.size(), 6u);
    EXPECT_EQ(a.blocks[5], b.blocks[5]);  // 96 tokens of system prompt
    EXPECT_NE(a.blocks.back(), b.blocks.back());
  }
}

TEST(SessionSource, KeepsAsManySessionsAsAsked) {
  SessionLoad load = small_load();
  load.rate.reset();
  load.sessions = 7;
  load.session.pause_s = 0;
  load.session.fan_out_share = 0;
  SessionSource source(load);
  std::map<SimTime, int> at;
  const std::vector<Played> played = play(source, kService);
  ASSERT_EQ(played.size(), 3000u);
  for (const Played& p : played) ++at[p.request.arrival];
  for (const auto& [time, count] : at) {
    if (time < played.back().request.arrival) {
      EXPECT_EQ(count, 7);
    }
  }
}

TEST(SessionSource, StartsNoSessionAfterTheEnd) {
  SessionLoad load = small_load();
  load.end_s = 60;
  load.requests = 1'000'000;
  SessionSource source(load);
  const std::vector<Played> played = play(source, kService);
  std::set<std::int64_t> sessions;
  for (const Played& p : played) {
    if (sessions.insert(p.request.session).second) {
      EXPECT_LE(p.request.arrival, to_sim_time(60));
    }
  }
  EXPECT_GT(sessions.size(), 10u);
  EXPECT_GT(played.back().request.arrival, to_sim_time(60));  // sessions go on
}

TEST(SessionSource, GivesUpASessionWhoseCallWasShed) {
  SessionLoad load = small_load();
  load.rate.reset();
  load.sessions = 1;
  load.session.fan_out_share = 0;
  load.session.turns_mean = 1000;
  SessionSource source(load);
  const ServingRequest first = source.take();
  source.finished({.id = first.id,
                   .session = first.session,
                   .outcome = RequestOutcome::kShed,
                   .finish = first.arrival});
  EXPECT_NE(source.take().session, first.session);
}

}  // namespace
}  // namespace switchyard::workload
