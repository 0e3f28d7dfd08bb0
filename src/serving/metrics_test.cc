#include "serving/metrics.h"

#include <gtest/gtest.h>

namespace switchyard::serving {
namespace {

using workload::RequestOutcome;
using workload::RequestRecord;

constexpr std::int64_t kMs = 1'000'000'000;

RequestRecord record(std::int64_t arrival_ms, std::int64_t first_ms, std::int64_t finish_ms,
                     std::int64_t tokens) {
  return {.arrival = SimTime(arrival_ms * kMs),
          .first_scheduled = SimTime((arrival_ms + 1) * kMs),
          .first_token = SimTime(first_ms * kMs),
          .finish = SimTime(finish_ms * kMs),
          .output_tokens = tokens};
}

const workload::Slo kSlo = {.ttft = Seconds(0.1), .tpot = Seconds(0.01)};

TEST(Metrics, AreWhatTheUserSaw) {
  Metrics metrics(kSlo, 1);
  metrics.finished(record(1000, 1100, 1190, 10));
  EXPECT_NEAR(metrics.ttft_s().mean(), 0.1, 1e-12);
  EXPECT_NEAR(metrics.tpot_s().mean(), 0.01, 1e-12);
  EXPECT_NEAR(metrics.e2e_s().mean(), 0.19, 1e-12);
  EXPECT_NEAR(metrics.queue_s().mean(), 0.001, 1e-12);
  EXPECT_EQ(metrics.met_slo(), 1);
  EXPECT_EQ(metrics.met_slo_tokens(), 10);
}

TEST(Metrics, MissTheSloWhenEitherTargetIsMissed) {
  Metrics metrics(kSlo, 1);
  metrics.finished(record(0, 101, 191, 10));
  metrics.finished(record(0, 100, 191, 10));
  EXPECT_EQ(metrics.met_slo(), 0);
}

TEST(Metrics, OfASingleTokenHaveNoTpot) {
  Metrics metrics(kSlo, 1);
  metrics.finished(record(0, 100, 100, 1));
  metrics.finished(record(0, 100, 100, 0));
  EXPECT_EQ(metrics.tpot_s().count(), 0);
  EXPECT_EQ(metrics.met_slo(), 2);
}

TEST(Metrics, LeaveOutRequestsThatWereNotServed) {
  Metrics metrics(kSlo, 1);
  RequestRecord shed = record(0, 5, 5, 0);
  shed.outcome = RequestOutcome::kShed;
  metrics.finished(shed);
  EXPECT_EQ(metrics.ttft_s().count(), 0);
  EXPECT_EQ(metrics.met_slo(), 0);
  EXPECT_EQ(metrics.timeline().front().arrived, 1);
}

TEST(Metrics, CountAStepOnceForEachTokenItMade) {
  Metrics metrics(kSlo, 2);
  metrics.batch({.start = SimTime(0), .end = SimTime(40 * kMs), .steps = 2, .decode_sequences = 3});
  metrics.batch({.start = SimTime(0), .end = SimTime(10 * kMs), .steps = 1, .prefill_tokens = 9});
  EXPECT_EQ(metrics.itl_s().count(), 6);
  EXPECT_NEAR(metrics.itl_s().mean(), 0.01, 1e-12);  // 20 ms a step of two tokens
  EXPECT_EQ(metrics.batch_mean(), 3);
}

TEST(Metrics, KeepTheTimelineShortAndItsSumsWhole) {
  Metrics metrics(kSlo, 1);
  constexpr std::int64_t kRequests = 20000;
  for (std::int64_t n = 0; n < kRequests; ++n) {
    metrics.finished(record(n * 17, n * 17 + 5, n * 17 + 50, 4));
    metrics.sample({.time = SimTime(n * 17 * kMs), .replica = 0, .running = 4, .blocks = 10});
    metrics.sample({.time = SimTime(n * 17 * kMs), .replica = 1, .running = 2, .blocks = 10});
  }
  const std::vector<TimelinePoint> timeline = metrics.timeline();
  EXPECT_LE(timeline.size(), Metrics::kPointsMax);
  EXPECT_GT(timeline.size(), Metrics::kPointsMax / 4);
  std::int64_t completed = 0, arrived = 0;
  double tokens = 0;
  for (std::size_t i = 0; i < timeline.size(); ++i) {
    completed += timeline[i].completed;
    arrived += timeline[i].arrived;
    tokens += timeline[i].output_tokens;
    if (i + 1 == timeline.size()) continue;
    EXPECT_EQ(timeline[i].running, 6);
    EXPECT_EQ(timeline[i].blocks, 20);
    EXPECT_EQ(timeline[i].replicas_up, 2);
  }
  EXPECT_EQ(completed, kRequests);
  EXPECT_EQ(arrived, kRequests);
  EXPECT_EQ(tokens, 4 * kRequests);
}

}  // namespace
}  // namespace switchyard::serving
