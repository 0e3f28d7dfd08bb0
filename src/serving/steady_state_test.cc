#include "serving/steady_state.h"

#include <gtest/gtest.h>

#include "costing/roofline.h"
#include "model/import.h"

namespace switchyard::serving {
namespace {

catalog::PlatformNumbers world() {
  catalog::PlatformNumbers w;
  w.formats = {{.rate = FlopsPerSecond(1e15), .energy = JoulesPerFlop(5e-13)}};
  w.attention_rate = FlopsPerSecond(5e14);
  w.memory_bandwidth = BytesPerSecond(3e12);
  w.operator_overhead = microseconds(3);
  w.step_overhead = milliseconds(2);
  w.sequence_overhead = microseconds(10);
  w.memory_energy = JoulesPerByte(5e-11);
  w.fabric = {.id = "test",
              .tiers = {{.chips = 8, .bandwidth = BytesPerSecond(4e11), .latency = microseconds(2)},
                        {.chips = 1000000, .bandwidth = BytesPerSecond(1), .latency = Seconds(1)}}};
  w.fabric.algorithms[0].known = true;
  w.active_power = Watts(300);
  w.tdp = Watts(700);
  return w;
}

const Engine kEngine = {.step_tokens_max = 8192, .memory_share = 0.9, .load_max = 0.9};

SteadyState run(double batch, const workload::Workload& load, const Speculation& speculation = {},
                const catalog::PlatformNumbers& numbers = world()) {
  static const model::Model model = *model::find_model("llama-3.1-8b", "catalog/models");
  const costing::RooflineCosts costs;
  return PreparedService(model, {.tp = 2}, {}, costs, load, kEngine, speculation, batch)
      .run(numbers);
}

workload::Workload chat(double input = 1024, double output = 512, double shared = 0) {
  return workload::fixed_workload(input, output, shared, {Seconds(1), Seconds(1)});
}

TEST(SteadyState, KeepsLittlesLaw) {
  for (const double batch : {1.0, 16.0, 128.0}) {
    const SteadyState s = run(batch, chat());
    // Decoding alone: the batch is the token rate times the time of a token.
    EXPECT_NEAR(s.output_tokens_per_second * s.tpot.value(), batch, 1e-9 * batch);
    const double requests = s.output_tokens_per_second / 512;
    EXPECT_NEAR(s.concurrency, requests * s.e2e.value(), 1e-9 * s.concurrency);
    EXPECT_NEAR(s.e2e.value(), s.ttft.value() + 511 * s.tpot.value(), 1e-9);
    EXPECT_NEAR(s.input_tokens_per_second, requests * 1024, 1e-6);
  }
}

TEST(SteadyState, LargerBatchesTradeLatencyForThroughput) {
  SteadyState before = run(1, chat());
  for (const double batch : {4.0, 16.0, 64.0, 256.0}) {
    const SteadyState s = run(batch, chat());
    EXPECT_GT(s.tpot, before.tpot);
    EXPECT_GT(s.output_tokens_per_second, before.output_tokens_per_second);
    before = s;
  }
}

TEST(SteadyState, IsSustainableUpToTheLoadLimit) {
  // Prompt work of a step: batch * input / output, over a budget of 8192 - batch tokens.
  EXPECT_TRUE(run(64, chat(11400, 100)).sustainable);   // 7296 of 8128: 0.898
  EXPECT_FALSE(run(64, chat(11500, 100)).sustainable);  // 7360 of 8128: 0.906
}

TEST(SteadyState, SharedPrefixesSaveTime) {
  const SteadyState cold = run(32, chat(4096, 256));
  const SteadyState warm = run(32, chat(4096, 256, 0.75));
  EXPECT_LT(warm.ttft, cold.ttft);
  EXPECT_LT(warm.tpot, cold.tpot);
  EXPECT_LT(warm.prefill_time_share, cold.prefill_time_share);
}

TEST(SteadyState, SpeculationPaysByWhatIsAccepted) {
  const SteadyState plain = run(4, chat());
  EXPECT_LT(run(4, chat(), {.drafted = 3, .accepted = 2.5}).tpot, plain.tpot);
  EXPECT_GT(run(4, chat(), {.drafted = 3, .accepted = 1}).tpot, plain.tpot);
}

TEST(SteadyState, AtThePowerLimitJoulesBecomeTime) {
  const SteadyState cool = run(32, chat());
  EXPECT_GT(cool.chip_power, Watts(300));
  EXPECT_LT(cool.chip_power, Watts(700));
  catalog::PlatformNumbers hot = world();
  hot.memory_energy = JoulesPerByte(1e-9);
  const SteadyState limited = run(32, chat(), {}, hot);
  EXPECT_NEAR(limited.chip_power.value(), 700, 1e-6);
  EXPECT_GT(limited.tpot, cool.tpot);
  EXPECT_GT(limited.ttft, cool.ttft);
  // With twice the room above active power, all joules of a step fit into half the time.
  catalog::PlatformNumbers roomy = hot;
  roomy.tdp = Watts(1100);
  EXPECT_NEAR(run(32, chat(), {}, roomy).tpot / limited.tpot, 0.5, 1e-9);
}

TEST(SteadyState, TheModelErrorStretchesSteps) {
  catalog::PlatformNumbers slow = world();
  slow.model_error = 1.5;
  EXPECT_NEAR(run(32, chat(), {}, slow).tpot / run(32, chat()).tpot, 1.5, 1e-9);
  EXPECT_LT(run(32, chat(), {}, slow).chip_power, run(32, chat()).chip_power);
}

PreparedService closed(double batch, double concurrency) {
  static const model::Model model = *model::find_model("llama-3.1-8b", "catalog/models");
  const costing::RooflineCosts costs;
  return PreparedService(model, {.tp = 2}, {}, costs, chat(), kEngine, {}, batch,
                         {.concurrency = concurrency});
}

TEST(ClosedLoop, HoldsAllRequestsOfWhichSomeDecode) {
  const auto open_loop = [](double batch) { return run(batch, chat()); };
  for (const double concurrency : {4.0, 32.0, 200.0}) {
    const double batch = closed_loop_batch(concurrency, 1e9, open_loop);
    EXPECT_LT(batch, concurrency);
    EXPECT_GT(batch, concurrency / 2);
    const SteadyState s = closed(batch, concurrency).run(world());
    EXPECT_NEAR(s.concurrency, concurrency, 1e-6 * concurrency);
    EXPECT_EQ(s.ttft, run(batch, chat()).ttft);
  }
}

TEST(ClosedLoop, BeyondTheBatchLimitRequestsWait) {
  const auto open_loop = [](double batch) { return run(batch, chat()); };
  EXPECT_EQ(closed_loop_batch(200, 16, open_loop), 16);
  const SteadyState s = closed(16, 200).run(world());
  EXPECT_NEAR(s.concurrency, 200, 1e-6);
  EXPECT_EQ(s.tpot, run(16, chat()).tpot);
  EXPECT_EQ(s.output_tokens_per_second, run(16, chat()).output_tokens_per_second);
  EXPECT_GT(s.ttft, run(16, chat()).e2e);  // most of its life a request waits
}

TEST(ClosedLoop, OfOneRequestPrefillsAndDecodesInTurn) {
  const auto open_loop = [](double batch) { return run(batch, chat()); };
  EXPECT_EQ(closed_loop_batch(1, 1e9, open_loop), 1);
  const SteadyState s = closed(1, 1).run(world());
  EXPECT_NEAR(s.concurrency, 1, 1e-9);
  EXPECT_LT(s.output_tokens_per_second, run(1, chat()).output_tokens_per_second);
}

TEST(ClosedLoop, ThatStartsAtOnceWaitsForItsOwnPrompts) {
  static const model::Model model = *model::find_model("llama-3.1-8b", "catalog/models");
  const costing::RooflineCosts costs;
  const auto state = [&](double start_share, double wave_share, const workload::Workload& load) {
    catalog::PlatformNumbers w = world();
    w.wave_share = wave_share;
    // All but two decode, so that no request waits for a place.
    return PreparedService(model, {.tp = 2}, {}, costs, load, kEngine, {}, 62,
                           {.concurrency = 64, .start_share = start_share})
        .run(w);
  };
  const SteadyState none = state(0, 0, chat()), start = state(0.1, 0, chat());
  const SteadyState waves = state(0, 1, chat());
  EXPECT_GT(start.ttft, none.ttft);
  EXPECT_GT(waves.ttft, start.ttft);
  // Half of the prompts' time is waited for before the first token instead of between tokens.
  EXPECT_LT(waves.tpot, none.tpot);
  // Ends far apart break the waves up.
  workload::Workload spread = chat();
  spread.output = workload::Lengths::uniform(1, 1023);
  EXPECT_LT(state(0, 1, spread).ttft, waves.ttft);
  EXPECT_GT(state(0, 1, spread).ttft, state(0, 0, spread).ttft);
}

TEST(SteadyState, EnginesAddTheirShareToKernels) {
  const SteadyState plain = run(32, chat());
  catalog::PlatformNumbers w = world();
  w.request_overhead = milliseconds(50);
  EXPECT_NEAR(run(32, chat(), {}, w).ttft.value(), plain.ttft.value() + 0.05, 1e-12);
  EXPECT_EQ(run(32, chat(), {}, w).tpot, plain.tpot);
  w = world();
  w.poll_steps = 10.5;
  EXPECT_NEAR(run(32, chat(), {}, w).ttft.value(), plain.ttft.value() + 10 * plain.tpot.value(),
              1e-9);
  w = world();
  w.launch_share = 0.5;
  EXPECT_LT(run(32, chat(), {}, w).tpot, plain.tpot);
  w = world();
  w.step_factor = 1.2;
  EXPECT_GT(run(32, chat(), {}, w).tpot, plain.tpot);
  EXPECT_LT(run(32, chat(), {}, w).tpot, plain.tpot * 1.2);  // the host's part does not grow
}

TEST(LoadEngine, ReadsTheShippedDefaultsAndRefusesAMissingFile) {
  const auto engine = load_engine("catalog/engine.toml");
  ASSERT_TRUE(engine);
  EXPECT_GT(engine->step_tokens_max, 0);
  EXPECT_LE(engine->memory_share, 1);
  EXPECT_FALSE(load_engine("catalog/no_such_engine.toml"));
}

}  // namespace
}  // namespace switchyard::serving
