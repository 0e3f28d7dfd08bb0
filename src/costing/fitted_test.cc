#include "costing/fitted.h"

#include <gtest/gtest.h>

#include "costing/roofline.h"
#include "model/import.h"

namespace switchyard::costing {
namespace {

const catalog::Catalog& shipped() {
  static const catalog::Catalog loaded = *catalog::load(catalog::default_directory());
  return loaded;
}

const FittedCosts& fitted() {
  static const FittedCosts costs(*load_fits(catalog::default_directory() / "fits"), shipped());
  return costs;
}

model::Model known(const std::string& id) {
  return *model::find_model(id, (catalog::default_directory() / "models").string());
}

struct Setting {
  const catalog::Chip* chip;
  catalog::PlatformNumbers world;
  Precision precision;
  std::vector<model::Operator> operators;
};

Setting setting(const std::string& platform_id, const std::string& model_id,
                const model::Sharding& sharding, double sequences) {
  const catalog::Platform& platform = **shipped().platform(platform_id);
  const catalog::Chip& chip = shipped().chip_of(platform);
  const model::Model model = known(model_id);
  const model::StepBatch batch = {.sequences = sequences, .decode_context = 2000};
  return {.chip = &chip,
          .world = catalog::sample(chip, platform, {}),
          .precision = precisions(model, chip, PrecisionChoice::kAuto, 16).back(),
          .operators = model::step_operators(model, sharding, batch)};
}

TEST(Fitted, MeasuredChipsAnswerByTheirKernelsAndNeuronByTheRoofline) {
  for (const char* id : {"h100", "h200", "b200", "gb200"}) {
    EXPECT_EQ(fitted().evidence(shipped().chips.at(id)), Evidence::kFitted) << id;
  }
  EXPECT_EQ(fitted().evidence(shipped().chips.at("trn2")), Evidence::kRoofline);
  const Setting s = setting("trn2", "llama-3.1-8b", {.tp = 4}, 16);
  const auto plain = RooflineCosts().prepare(s.operators, s.precision)->cost(s.world);
  const auto ours = fitted().prepare(s.operators, s.precision)->cost(s.world);
  EXPECT_DOUBLE_EQ(ours.seconds.value(), plain.seconds.value());
}

TEST(Fitted, AStepIsTheSumOfItsOperatorsAndNearTheRoofline) {
  for (const char* platform : {"h200", "b200", "mi355x", "tpu-v6e"}) {
    const Setting s = setting(platform, "llama-3.3-70b", {.tp = 8}, 64);
    const auto step = fitted().prepare(s.operators, s.precision)->cost(s.world);
    Seconds sum;
    for (const auto& op : s.operators) {
      sum += fitted().cost(op, s.precision, s.world).seconds * op.count;
    }
    EXPECT_NEAR(step.seconds / sum, 1, 1e-9) << platform;
    EXPECT_NEAR((step.compute + step.memory + step.link + step.overhead) / step.seconds, 1, 1e-9);
    const auto plain = RooflineCosts().prepare(s.operators, s.precision)->cost(s.world);
    EXPECT_GT(step.seconds / plain.seconds, 0.5) << platform;
    EXPECT_LT(step.seconds / plain.seconds, 2.5) << platform;
    EXPECT_DOUBLE_EQ(step.dynamic.value(), plain.dynamic.value());
  }
}

TEST(Fitted, AnExpertLayerIsTimedOnce) {
  const Setting s = setting("h200", "qwen3-30b-a3b", {.tp = 1}, 64);
  Seconds first, rest;
  for (const auto& op : s.operators) {
    if (op.kind == model::OperatorKind::kGroupedMatmul && op.experts.tokens > 0) {
      first += fitted().cost(op, s.precision, s.world).seconds;
    }
  }
  std::vector<model::Operator> later;
  for (const auto& op : s.operators) {
    if (op.experts.tokens > 0 || op.inside_experts) later.push_back(op);
  }
  ASSERT_EQ(later.size(), 3u);
  for (auto& op : later) op.count = 1;
  rest = fitted().prepare(later, s.precision)->cost(s.world).seconds;
  EXPECT_GT(first.value(), 0);
  EXPECT_DOUBLE_EQ(rest.value(), first.value());
}

TEST(Fitted, SourcesSayWhoAnswersAndTransfersAreWider) {
  const Setting own = setting("b200", "llama-3.3-70b", {.tp = 8}, 64);
  const Setting other = setting("b300", "llama-3.3-70b", {.tp = 8}, 64);
  const model::Operator& matmul = own.operators[1];
  ASSERT_EQ(matmul.kind, model::OperatorKind::kMatmul);
  EXPECT_EQ(fitted().source(matmul, own.precision), "fitted");
  EXPECT_EQ(fitted().source(matmul, other.precision), "fitted on b200");
  EXPECT_EQ(fitted().source(own.operators[0], own.precision), "roofline");  // norms
  const CostInterval narrow = fitted().interval(matmul, own.precision);
  const CostInterval wide = fitted().interval(matmul, other.precision);
  EXPECT_LT(narrow.low, 1);
  EXPECT_GT(narrow.high, 1);
  EXPECT_LT(wide.low, narrow.low);
  EXPECT_GT(wide.high, narrow.high);
}

TEST(Fitted, ABandwidthLaidOverTheCatalogCounts) {
  catalog::Catalog faster = shipped();
  auto& bandwidth = faster.chips.at("h200").memory_bandwidth;
  bandwidth.base = bandwidth.low = bandwidth.high = 2 * bandwidth.base;
  const FittedCosts costs(*load_fits(catalog::default_directory() / "fits"), faster);
  const Setting s = setting("h200", "llama-3.3-70b", {.tp = 2}, 8);
  const auto before = fitted().prepare(s.operators, s.precision)->cost(s.world);
  const auto after = costs.prepare(s.operators, s.precision)->cost(s.world);
  EXPECT_LT(after.seconds / before.seconds, 0.85);
}

TEST(Fitted, CollectivesAreTheFabrics) {
  const Setting s = setting("h200", "llama-3.3-70b", {.tp = 8}, 64);
  int collectives = 0;
  for (const model::Operator& op : s.operators) {
    if (!model::is_collective(op.kind)) continue;
    ++collectives;
    EXPECT_EQ(fitted().source(op, s.precision), "roofline");
    EXPECT_DOUBLE_EQ(fitted().cost(op, s.precision, s.world).seconds.value(),
                     RooflineCosts().cost(op, s.precision, s.world).seconds.value());
  }
  EXPECT_EQ(collectives, 2);
}

}  // namespace
}  // namespace switchyard::costing
