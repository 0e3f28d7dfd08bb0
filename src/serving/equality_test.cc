// A stretch summed in one event and the same steps taken one by one give the same results.
#include <gtest/gtest.h>

#include "serving/random_service.h"
#include "serving/simulate.h"

namespace switchyard::serving {
namespace {

void expect_same(const workload::RequestRecord& a, const workload::RequestRecord& b) {
  EXPECT_EQ(a.outcome, b.outcome);
  EXPECT_EQ(a.first_scheduled, b.first_scheduled);
  EXPECT_EQ(a.first_token, b.first_token);
  EXPECT_EQ(a.finish, b.finish);
  EXPECT_EQ(a.output_tokens, b.output_tokens);
  EXPECT_EQ(a.cached_tokens, b.cached_tokens);
  EXPECT_EQ(a.preemptions, b.preemptions);
  EXPECT_EQ(a.retries, b.retries);
  EXPECT_EQ(a.replica, b.replica);
  EXPECT_EQ(a.prefill_replica, b.prefill_replica);
  EXPECT_EQ(a.joules, b.joules);
}

// What the random services met, summed over seeds: a test of something that never happens is none.
struct Met {
  std::int64_t preemptions = 0, cached = 0, skipped = 0, failed = 0, shed = 0, retries = 0;
};

void run_both(std::uint64_t seed, Met& met) {
  SCOPED_TRACE(seed);
  RandomService service(seed);
  Collector skipping, stepping;
  RandomSource source = service.source();
  const auto fast = simulate(service.steps, source, service.options, skipping);
  ASSERT_TRUE(fast) << to_text(fast.error());
  service.options.step_by_step = true;
  source = service.source();
  const auto slow = simulate(service.steps, source, service.options, stepping);
  ASSERT_TRUE(slow);

  ASSERT_EQ(skipping.records.size(), stepping.records.size());
  ASSERT_EQ(fast->requests, static_cast<std::int64_t>(skipping.records.size()));
  for (const auto& [id, record] : skipping.records) {
    SCOPED_TRACE(id);
    expect_same(record, stepping.records.at(id));
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_EQ(fast->steps, slow->steps);
  EXPECT_EQ(fast->end, slow->end);
  EXPECT_EQ(fast->busy_seconds, slow->busy_seconds);
  EXPECT_EQ(fast->joules, slow->joules);
  EXPECT_EQ(fast->completed + fast->failed + fast->shed, fast->requests);
  EXPECT_EQ(skipping.samples.size(), stepping.samples.size());
  for (std::size_t i = 0; i < skipping.samples.size(); ++i) {
    EXPECT_EQ(skipping.samples[i].running, stepping.samples[i].running) << i;
    EXPECT_EQ(skipping.samples[i].waiting, stepping.samples[i].waiting) << i;
    EXPECT_EQ(skipping.samples[i].blocks_used, stepping.samples[i].blocks_used) << i;
  }
  met.preemptions += fast->preemptions;
  met.cached += fast->cached_tokens;
  met.skipped += slow->events - fast->events;
  met.failed += fast->failed;
  met.shed += fast->shed;
  met.retries += fast->retries;
}

TEST(Equality, SkippingAndSteppingAgreeOnRandomServices) {
  Met met;
  for (std::uint64_t seed = 1; seed <= 300 && !HasFailure(); ++seed) run_both(seed, met);
  EXPECT_GT(met.preemptions, 100);
  EXPECT_GT(met.cached, 1000);
  EXPECT_GT(met.skipped, 1000);
  EXPECT_GT(met.failed, 5);
  EXPECT_GT(met.shed, 100);
  EXPECT_GT(met.retries, 100);
}

}  // namespace
}  // namespace switchyard::serving
