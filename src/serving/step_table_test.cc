// The table against costing each step as a whole, the way serving/steady_state.cc does.
#include "serving/step_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "catalog/catalog.h"
#include "costing/roofline.h"
#include "model/import.h"

namespace switchyard::serving {
namespace {

struct Case {
  const char* model;
  const char* platform;
  model::Sharding sharding;
  int drafted = 0;
  double worst = 0.005;
};

struct Direct {
  double seconds, joules;
};

Direct cost_directly(const Deployment& d, const StepShape& s) {
  const auto n = static_cast<double>(s.decode_sequences);
  model::StepBatch batch{.sequences = n, .tokens_per_sequence = 1.0 + d.speculation.drafted};
  if (n > 0) batch.decode_context = static_cast<double>(s.decode_context) / kContextUnits / n;
  const auto cost = [&](const model::StepBatch& b) {
    return d.costs.prepare(model::step_operators(d.model, d.sharding, b), d.precision)
        ->cost(d.world);
  };
  const double share = static_cast<double>(d.speculation.drafted) / d.model.layer_count();
  const costing::StepCost draft = n > 0 ? cost(batch) : costing::StepCost{};
  if (s.prefill_tokens > 0) {
    batch.prefill_tokens = static_cast<double>(s.prefill_tokens);
    batch.prefill_context = static_cast<double>(s.prefill_context) / batch.prefill_tokens;
    batch.prefill_sequences = static_cast<double>(s.prefill_sequences);
  }
  const costing::StepCost full = cost(batch);
  const double turns = d.sharding.pp;
  const Seconds host =
      d.world.step_overhead +
      d.world.sequence_overhead *
          (static_cast<double>(s.decode_sequences + s.prefill_sequences) / d.sharding.dp);
  const Seconds time =
      ((full.seconds + draft.seconds * share) * turns + host) * d.world.model_error;
  const Joules dynamic = (full.dynamic + draft.dynamic * share) * turns;
  const double limited = dynamic.value() / (d.world.tdp - d.world.active_power).value();
  return {std::max(time.value(), limited), dynamic.value() * d.sharding.chips()};
}

StepShape random_shape(Random& random) {
  StepShape s;
  const auto skewed = [&](std::uint64_t most) {
    return static_cast<std::int64_t>(random.below(random.below(most) + 1));
  };
  s.decode_sequences = skewed(1024);
  s.decode_context = s.decode_sequences * kContextUnits * (1 + skewed(100'000));
  if (s.decode_sequences == 0 || random.below(2) == 0) {
    s.prefill_sequences = 1 + skewed(16);
    s.prefill_tokens = s.prefill_sequences * (1 + skewed(2000));
    s.prefill_context = s.prefill_tokens * (1 + skewed(60'000));
  }
  return s;
}

TEST(StepTable, AgreesWithCostingTheWholeStep) {
  const catalog::Catalog catalog = *catalog::load("catalog");
  const costing::RooflineCosts costs;
  const std::vector<Case> cases = {
      {"llama-3.1-8b", "h100", {}},
      {"llama-3.1-70b", "trn2", {.tp = 8}},
      {"gpt-oss-120b", "trn3-gen2", {.tp = 8}},
      {"gpt-oss-120b", "b200", {.tp = 2, .dp = 2, .ep = 4}, 3},
      {"gemma-3-27b", "mi355x", {.tp = 2, .pp = 2}},
      {"deepseek-v3.2", "trn3-gen2", {.dp = 32, .ep = 32}, 0, 0.06},
  };
  Random random(7);
  for (const Case& c : cases) {
    const catalog::Platform& platform = **catalog.platform(c.platform);
    const model::Model model = *model::find_model(c.model, "catalog/models");
    ASSERT_EQ(model::shard_fault(model, c.sharding), "");
    const auto precision =
        costing::precisions(model, catalog.chip_of(platform), costing::PrecisionChoice::kAuto, 16)
            .front();
    const auto world = catalog::sample(catalog.chip_of(platform), platform, {});
    const Deployment deployment{
        model, c.sharding, precision,
        costs, world,      {.drafted = c.drafted, .accepted = 1.0 + 0.5 * c.drafted}};
    const StepTable table(deployment, 65536);
    double worst = 0, worst_energy = 0, sum = 0;
    constexpr int kShapes = 2000;
    for (int i = 0; i < kShapes; ++i) {
      const StepShape s = random_shape(random);
      const StepLine line = table.line(s);
      const Direct direct = cost_directly(deployment, s);
      const double time = static_cast<double>(line.time) / (1 << kFineBits) * 1e-12;
      const double error = std::abs(time / direct.seconds - 1);
      worst = std::max(worst, error);
      sum += error;
      worst_energy = std::max(
          worst_energy, std::abs(static_cast<double>(line.energy) * 1e-12 / direct.joules - 1));
    }
    EXPECT_LT(worst, c.worst) << c.model;
    EXPECT_LT(sum / kShapes, 0.006) << c.model;
    EXPECT_LT(worst_energy, 0.001) << c.model;
  }
}

TEST(StepTable, IsTheSameLineWhereverItIsAsked) {
  const catalog::Catalog catalog = *catalog::load("catalog");
  const costing::RooflineCosts costs;
  const catalog::Platform& platform = **catalog.platform("trn3-gen2");
  const model::Model model = *model::find_model("gemma-3-27b", "catalog/models");
  const auto precision =
      costing::precisions(model, catalog.chip_of(platform), costing::PrecisionChoice::kAuto, 16)
          .front();
  auto world = catalog::sample(catalog.chip_of(platform), platform, {});
  Random random(11);
  int crossed = 0;
  for (const double watts : {1.0, 0.3, 0.1}) {  // power that binds, and that does not
    world.tdp = world.active_power + (world.tdp - world.active_power) * watts;
    const StepTable table({model, {.tp = 8}, precision, costs, world}, 8192);
    for (int i = 0; i < 500; ++i) {
      StepShape s = random_shape(random);
      if (s.decode_sequences == 0) continue;
      const StepLine first = table.line(s);
      ASSERT_GT(first.context_end, s.decode_context);
      const std::int64_t start = s.decode_context;
      const std::int64_t span = std::min<std::int64_t>(first.context_end - start, 1'000'000'000);
      for (const std::int64_t ahead : {std::int64_t{1}, span / 3, span - 1}) {
        s.decode_context = start + ahead;
        const StepLine later = table.line(s);
        ASSERT_EQ(later.time, first.time + first.time_slope * ahead) << i;
        ASSERT_EQ(later.energy, first.energy + first.energy_slope * ahead) << i;
        ASSERT_EQ(later.context_end, first.context_end);
      }
      s.decode_context = first.context_end;
      crossed += table.line(s).time_slope != first.time_slope ? 1 : 0;
    }
  }
  EXPECT_GT(crossed, 5);
}

}  // namespace
}  // namespace switchyard::serving
