// The shipped catalog against the measured rows of ../shared/data, which are not part of the
// project: errors and coverage stay where docs/validation.md says.
#include <gtest/gtest.h>

#include <filesystem>

#include "costing/fitted.h"
#include "validation/validate.h"

namespace switchyard::validation {
namespace {

TEST(EndToEnd, StaysAsCloseToMeasuredServingAsThePageSays) {
  const std::filesystem::path data = "../shared/data/endtoend";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "no measured data at " << data;
  const auto catalog = catalog::load("catalog");
  const auto engine = serving::load_engine("catalog/engine.toml");
  auto fits = costing::load_fits("catalog/fits");
  ASSERT_TRUE(catalog && engine && fits);
  const costing::FittedCosts costs(std::move(*fits), *catalog);
  const auto result = validate(data, "catalog/models", {&*catalog, &costs, *engine, 64});
  ASSERT_TRUE(result) << to_text(result.error());
  EXPECT_GE(result->points.size(), 2200u);
  const auto& all = result->scores.all;
  EXPECT_LE(all.at(Quantity::kTpot).median_ape, 0.11);
  EXPECT_LE(all.at(Quantity::kTtft).median_ape, 0.32);
  EXPECT_LE(all.at(Quantity::kPower).median_ape, 0.12);
  for (const auto& [quantity, score] : all) {
    EXPECT_LE(std::abs(score.bias), 0.08) << to_text(quantity);
    EXPECT_GE(score.coverage80, 0.7) << to_text(quantity);
    EXPECT_LE(score.coverage80, 0.9) << to_text(quantity);
  }
  EXPECT_GE(result->scores.rank.median, 0.95);
}

}  // namespace
}  // namespace switchyard::validation
