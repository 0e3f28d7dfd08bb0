// What each part of a service does, one case each.
#include <gtest/gtest.h>

#include "base/text.h"
#include "serving/simulate.h"
#include "serving/test_service.h"
#include "serving/timers.h"

namespace switchyard::serving {
namespace {

SimulationResult run(ListSource& source, const ServiceOptions& options, Collector& sink,
                     const StepModel& steps = TestSteps()) {
  const auto result = simulate(steps, source, options, sink);
  EXPECT_TRUE(result.has_value());
  return result.value_or(SimulationResult{});
}

TEST(Service, RefusesOptionsThatContradictEachOther) {
  ListSource source;
  Collector sink;
  ServiceOptions options = small_service();
  options.blocks = 0;
  options.replicas = 0;
  options.speculation = {.drafted = 2, .accepted = 4};
  options.failures.outages.push_back({.replica = 7});
  const auto result = simulate(TestSteps(), source, options, sink);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().also.size(), 3U) << to_text(result.error());
}

TEST(Service, PrefillFirstLetsDecodesWaitAndMixedDoesNot) {
  TestSteps steps;
  for (const bool mixed : {true, false}) {
    ServiceOptions options = small_service();
    options.engine.policy = mixed ? BatchPolicy::kMixed : BatchPolicy::kPrefillFirst;
    ListSource source;
    source.add(0, 10, 1000);
    source.add(1e-4, 4000, 1);
    Collector sink;
    run(source, options, sink, steps);
    bool stalled = false;
    for (const BatchSpan& b : sink.batches) {
      if (b.prefill_tokens == 4000) stalled = b.decode_sequences == 0;
    }
    EXPECT_EQ(stalled, !mixed);
  }
}

TEST(Service, DecodeFirstTakesNoPromptBeforeTheBatchHasEnded) {
  ServiceOptions options = small_service();
  options.engine.policy = BatchPolicy::kDecodeFirst;
  ListSource source;
  source.add(0, 10, 100);
  source.add(1e-5, 10, 5);
  Collector sink;
  run(source, options, sink);
  EXPECT_EQ(sink.records.at(1).first_scheduled, sink.records.at(0).finish);
}

TEST(Service, ChunksALongPromptByTheBudgetOrTakesItWhole) {
  for (const bool chunked : {true, false}) {
    ServiceOptions options = small_service();
    options.engine.step_tokens_max = 100;
    options.engine.chunked_prefill = chunked;
    ListSource source;
    source.add(0, 350, 1);
    Collector sink;
    EXPECT_EQ(run(source, options, sink).steps, chunked ? 4 : 1);
  }
}

TEST(Service, SharedStartsAreComputedOnce) {
  ServiceOptions options = small_service();
  ListSource source;
  source.hash_tokens = 32;
  source.hashes = {{1, 2, 3, 4}, {1, 2, 9, 10}, {1, 2, 3, 4}};
  for (int i = 0; i < 3; ++i) {
    source.add(i, 128, 1);
    source.requests.back().blocks = source.hashes[static_cast<std::size_t>(i)];
  }
  Collector sink;
  run(source, options, sink);
  EXPECT_EQ(sink.records.at(0).cached_tokens, 0);
  EXPECT_EQ(sink.records.at(1).cached_tokens, 64);
  EXPECT_EQ(sink.records.at(2).cached_tokens, 112);  // its last block is computed anew
}

TEST(Service, ContentPushedOutComesBackFromTheHost) {
  ServiceOptions options = small_service();
  options.blocks = 10;  // 160 tokens
  options.kv_bytes_per_token = 1000;
  options.host = {.blocks = 100, .link = {.bytes_per_second = 1e9, .latency_s = 1e-3}};
  ListSource source;
  source.hash_tokens = 16;
  source.hashes = {{1, 2, 3, 4, 5, 6, 7, 8}, {11, 12, 13, 14, 15, 16, 17, 18}};
  for (const std::size_t which : {0U, 1U, 0U}) {
    source.add(static_cast<double>(source.requests.size()), 129, 1);
    source.requests.back().blocks = source.hashes[which];
  }
  Collector sink;
  run(source, options, sink);
  const auto& r = sink.records.at(2);
  EXPECT_EQ(r.cached_tokens, 128);
  // What the second request left is a block; the rest comes over the link first.
  EXPECT_GT(to_seconds(r.first_token - r.arrival), 1e-3);
}

TEST(Service, HandsTheCacheFromThePromptReplicaToTheDecoding) {
  ServiceOptions options = small_service();
  options.kv_bytes_per_token = 1e6;
  options.disaggregation = {.prefill_replicas = 1,
                            .prefill_blocks = 100,
                            .link = {.bytes_per_second = 1e9, .latency_s = 0.5}};
  ListSource source;
  source.add(0, 500, 3);
  source.add(0, 500, 3);
  Collector sink;
  run(source, options, sink);
  EXPECT_EQ(sink.records.at(0).prefill_replica, 1);
  EXPECT_EQ(sink.records.at(0).replica, 0);
  const auto wait = [&](int id) {
    return to_seconds(sink.records.at(id).finish - sink.records.at(id).first_token);
  };
  EXPECT_NEAR(wait(0), 1.0, 1e-3);  // 0.5 s of bytes and 0.5 s of latency
  EXPECT_NEAR(wait(1), 1.5, 1e-3);  // behind the first on the link
}

TEST(Service, PreemptsTheLastAndFinishesAllTheSame) {
  for (const Preemption kind : {Preemption::kRecompute, Preemption::kSwap}) {
    ServiceOptions options = small_service();
    options.blocks = 20;
    options.engine.preemption = kind;
    options.kv_bytes_per_token = 1;
    options.host = {.blocks = 20, .link = {.bytes_per_second = 1e9}};
    options.engine.prefix_cache = false;
    ListSource source;
    source.add(0, 100, 150);
    source.add(0, 100, 150);
    Collector sink;
    const SimulationResult result = run(source, options, sink);
    EXPECT_EQ(result.completed, 2);
    EXPECT_EQ(sink.records.at(0).preemptions, 0);
    EXPECT_GT(sink.records.at(1).preemptions, 0);
    std::int64_t prompt_tokens = 0;
    for (const BatchSpan& b : sink.batches) prompt_tokens += b.prefill_tokens;
    if (kind == Preemption::kSwap) {
      EXPECT_EQ(prompt_tokens, 200);
    } else {
      EXPECT_GT(prompt_tokens, 200);
    }
  }
}

TEST(Service, UrgentRequestsGoFirst) {
  ServiceOptions options = small_service();
  options.engine.sequences_max = 1;
  ListSource source;
  source.add(0, 10, 50);
  source.add(1e-6, 10, 50);
  source.add(2e-6, 10, 50);
  source.requests[1].priority = 3;
  Collector sink;
  run(source, options, sink);
  EXPECT_LT(sink.records.at(2).finish, sink.records.at(1).finish);
}

TEST(Service, ShedsBeyondTheQueueAndAfterTheWait) {
  ServiceOptions options = small_service();
  options.engine.sequences_max = 1;
  options.admission.queue_max = 1;
  ListSource source;
  for (int i = 0; i < 4; ++i) source.add(1e-6 * i, 10, 500);
  Collector sink;
  EXPECT_EQ(run(source, options, sink).shed, 2);

  options.admission = {.queue_max = 0, .wait_max_s = 1e-5};
  source.next = 0;
  EXPECT_EQ(run(source, options, sink).shed, 3);
  EXPECT_EQ((sink.records.at(3).finish - sink.records.at(3).arrival).ps(), 10'000'000);
}

TEST(Service, AnOutageLosesNoRequest) {
  ServiceOptions options = small_service();
  options.failures.outages = {{.replica = 0, .start_s = 1e-4, .duration_s = 1}};
  ListSource source;
  for (int i = 0; i < 5; ++i) source.add(5e-5 * i, 10, 300);
  Collector sink;
  const SimulationResult result = run(source, options, sink);
  EXPECT_EQ(result.completed, 5);
  EXPECT_GE(result.retries, 2);
  EXPECT_GT(to_seconds(sink.records.at(0).finish), 1);
}

TEST(Service, StartsReplicasUnderLoadAndStopsThemAfter) {
  ServiceOptions options = small_service();
  options.autoscaling = {.replicas_min = 1,
                         .replicas_max = 4,
                         .target_load = 2,
                         .interval_s = 1e-3,
                         .startup_s = 2e-3,
                         .down_after_s = 5e-3};
  ListSource source;
  for (int i = 0; i < 200; ++i) source.add(1e-4 * i, 100, 1000);
  source.add(1, 10, 1);
  Collector sink;
  const SimulationResult result = run(source, options, sink);
  EXPECT_EQ(result.completed, 201);
  EXPECT_GT(result.replica_seconds, 1.01);
  EXPECT_LT(result.replica_seconds, 1.5);  // far less than 4 replicas for a second
  int most = 0;
  for (const auto& [id, r] : sink.records) most = std::max(most, r.replica);
  EXPECT_EQ(most, 3);
}

TEST(Service, ARequestLargerThanTheCacheFails) {
  ServiceOptions options = small_service();
  options.blocks = 10;
  ListSource source;
  source.add(0, 100, 61);  // 160 tokens in the cache at most
  source.add(0, 100, 62);
  Collector sink;
  run(source, options, sink);
  EXPECT_EQ(sink.records.at(0).outcome, workload::RequestOutcome::kCompleted);
  EXPECT_EQ(sink.records.at(1).outcome, workload::RequestOutcome::kFailed);
}

TEST(Service, TheSlowestRankSetsThePace) {
  // Two ranks, one of them idle, take as long as two that both hold the request.
  ServiceOptions options = small_service();
  options.ranks = 2;
  ListSource one, two;
  one.add(0, 100, 50);
  two.add(0, 100, 50);
  two.add(0, 100, 50);
  Collector alone, both;
  run(one, options, alone);
  run(two, options, both);
  EXPECT_EQ(alone.records.at(0).finish, both.records.at(0).finish);
}

TEST(Service, EnergyOfRecordsSumsToThatOfTheSteps) {
  ServiceOptions options = small_service();
  options.replicas = 2;
  ListSource source;
  for (int i = 0; i < 50; ++i) source.add(1e-4 * i, 50 + i, 100);
  Collector sink;
  const SimulationResult result = run(source, options, sink);
  double joules = 0;
  for (const auto& [id, r] : sink.records) joules += r.joules;
  const double idle = 10 * (result.replica_seconds - result.busy_seconds);
  EXPECT_NEAR(joules, result.joules - idle, 1e-6 * joules);
}

TEST(Service, RoutesByTurnLoadOrContent) {
  const auto replicas_of = [](Routing routing) {
    ServiceOptions options = small_service();
    options.replicas = 3;
    options.routing = routing;
    ListSource source;
    source.hash_tokens = 16;
    source.hashes = {{1, 2}, {5, 6}, {1, 3}};
    for (int i = 0; i < 3; ++i) {
      source.add(i, 32, 1);  // each alone in the service
      source.requests.back().blocks = source.hashes[static_cast<std::size_t>(i)];
    }
    source.requests[1].arrival = source.requests[0].arrival;
    Collector sink;
    run(source, options, sink);
    std::vector<int> replicas;
    for (const auto& [id, r] : sink.records) replicas.push_back(r.replica);
    return replicas;
  };
  EXPECT_EQ(replicas_of(Routing::kRoundRobin), (std::vector{0, 1, 2}));
  EXPECT_EQ(replicas_of(Routing::kLeastLoaded), (std::vector{0, 1, 0}));
  EXPECT_EQ(replicas_of(Routing::kPrefixAffine), (std::vector{0, 1, 0}));
}

}  // namespace
}  // namespace switchyard::serving
