// Services simple enough to have closed forms.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "serving/random_service.h"
#include "serving/simulate.h"
#include "serving/timers.h"

namespace switchyard::serving {
namespace {

constexpr std::int64_t kFine = std::int64_t{1} << kFineBits;

// Every step takes the same time, whatever it holds.
struct ConstantSteps : TestSteps {
  StepLine line(const StepShape&) const override {
    return {.time = start * kFine, .context_end = std::numeric_limits<std::int64_t>::max()};
  }
};

// A step of n sequences takes n times as long: each gets a share of one processor.
struct SharedSteps : TestSteps {
  StepLine line(const StepShape& s) const override {
    const std::int64_t shares = std::max<std::int64_t>(1, s.decode_sequences);
    const std::int64_t time = s.prefill_tokens > 0 ? 1 : start * shares;
    return {.time = time * kFine, .context_end = std::numeric_limits<std::int64_t>::max()};
  }
};

ListSource poisson(int count, double mean_gap_s, std::uint64_t seed,
                   const std::function<std::int64_t(Random&)>& output) {
  ListSource source;
  Random random(seed);
  double at = 0;
  for (int i = 0; i < count; ++i) {
    at += random.exponential(mean_gap_s);
    source.add(at, 1, output(random));
  }
  return source;
}

// Sums of what the sink sees, without keeping it.
struct Sums : RecordSink {
  double wait_s = 0, stay_s = 0;
  std::int64_t count = 0;
  void finished(const workload::RequestRecord& r) override {
    wait_s += to_seconds(r.first_scheduled - r.arrival);
    stay_s += to_seconds(r.finish - r.arrival);
    ++count;
  }
};

TEST(Theory, OneSeatAndEqualServiceIsAnMD1Queue) {
  ConstantSteps steps;
  steps.start = 1'000'000'000;  // 1 ms
  ServiceOptions options = small_service();
  options.engine.sequences_max = 1;
  options.check = false;
  for (const double load : {0.3, 0.6, 0.8}) {
    ListSource source = poisson(400'000, 1e-3 / load, 5, [](Random&) { return 1; });
    Sums sums;
    ASSERT_TRUE(simulate(steps, source, options, sums));
    const double wait_s = sums.wait_s / static_cast<double>(sums.count);
    EXPECT_NEAR(wait_s, load / (2 * (1 - load)) * 1e-3, 0.03 * wait_s) << load;
  }
}

// The mean stay of a processor-sharing queue depends on the mean service alone: S / (1 - load).
TEST(Theory, AStepThatGrowsWithTheBatchSharesAProcessor) {
  SharedSteps steps;
  steps.start = 1'000'000;  // 1 us a token: steps are short beside stays
  ServiceOptions options = small_service();
  options.blocks = 1'000'000;
  options.check = false;
  const std::vector<std::function<std::int64_t(Random&)>> lengths = {
      [](Random&) { return 1001; },
      [](Random& random) {
        return 2 + static_cast<std::int64_t>(random.exponential(1000.0 - 0.5));
      }};
  for (const auto& length : lengths) {
    const double service_s = 1000e-6;
    const double load = 0.6;
    ListSource source = poisson(100'000, service_s / load, 9, length);
    Sums sums;
    ASSERT_TRUE(simulate(steps, source, options, sums));
    EXPECT_NEAR(sums.stay_s / static_cast<double>(sums.count), service_s / (1 - load),
                0.04 * service_s / (1 - load));
  }
}

// Mean requests in the service = rate of arrival x mean stay, here from samples of the timeline.
TEST(Theory, LittlesLawHolds) {
  TestSteps steps;
  ServiceOptions options = small_service();
  options.replicas = 3;
  options.blocks = 100;
  options.sample_interval_s = 1e-4;
  options.check = false;
  ListSource source = poisson(20'000, 1e-4, 3, [](Random& random) {
    return 1 + static_cast<std::int64_t>(random.below(100));
  });
  Collector sink;
  const auto result = simulate(steps, source, options, sink);
  ASSERT_TRUE(result);
  double inside = 0;
  for (const TimelineSample& s : sink.samples) {
    inside += static_cast<double>(s.waiting + s.running);
  }
  const double moments = static_cast<double>(sink.samples.size()) / options.replicas;
  double stay_s = 0;
  for (const auto& [id, r] : sink.records) stay_s += to_seconds(r.finish - r.arrival);
  const double expected = stay_s / to_seconds(result->end);
  EXPECT_NEAR(inside / moments, expected, 0.03 * expected);
}

TEST(Theory, SpeculationGainsItsMeanEachStep) {
  ConstantSteps steps;
  ServiceOptions options = small_service();
  options.speculation = {.drafted = 4, .accepted = 2.5};
  options.blocks = 100'000;
  ListSource source = poisson(300, 1e-3, 4, [](Random&) { return 2001; });
  Collector sink;
  const auto result = simulate(steps, source, options, sink);
  ASSERT_TRUE(result);
  double steps_taken = 0;
  for (const auto& [id, r] : sink.records) {
    steps_taken +=
        to_seconds(r.finish - r.first_token) / (1e-12 * static_cast<double>(steps.start));
  }
  EXPECT_NEAR(2000.0 * 300 / steps_taken, 2.5, 0.02);
}

}  // namespace
}  // namespace switchyard::serving
