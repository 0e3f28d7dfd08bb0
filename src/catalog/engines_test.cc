// Platforms that take their serving numbers from an engine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "catalog/small_catalog.h"

namespace switchyard::catalog {
namespace {

using ::testing::HasSubstr;

constexpr const char* kEngine = R"(
id = "fast"
name = "Fast engine"
[costs]
step_overhead = { base = 3, unit = "ms", mark = "fitted", source = "s" }
sequence_overhead = { base = 7, unit = "us", mark = "fitted", source = "s" }
poll_steps = { base = 9, unit = "count", mark = "fitted", source = "s" }
model_error = { base = 1, low = 0.5, high = 2, unit = "fraction", mark = "fitted", source = "s" }
)";

// The small catalog whose platform names `engine` and keeps only its own model error.
Result<Catalog> with_engine(const std::string& engine, const char* file = kEngine) {
  std::string text = small::kPlatform;
  const auto begin = text.find("step_overhead");
  text.replace(begin, text.find('\n', begin) - begin, "engine = \"" + engine + "\"");
  const auto other = text.find("sequence_overhead");
  text.erase(other, text.find('\n', other) - other);
  Json tree = Json::object();
  FileNames files;
  small::lay(tree, files, "platforms/small-8");
  SWITCHYARD_TRY_STATUS(lay_over_text(text, "platforms/small-8", "p.toml", tree, files));
  SWITCHYARD_TRY_STATUS(lay_over_text(file, "engines/fast", "fast.toml", tree, files));
  return build(tree, files);
}

TEST(Engines, GiveWhatThePlatformDoesNotState) {
  const auto catalog = with_engine("fast");
  ASSERT_TRUE(catalog) << to_text(catalog.error());
  const ServingNumbers& n = catalog->platforms[0].serving;
  EXPECT_EQ(n.step_overhead.base, 3);
  EXPECT_EQ(n.poll_steps.base, 9);
  EXPECT_EQ(n.model_error.base, 1.1);  // the platform's own
  EXPECT_EQ(n.step_factor.base, 1);    // stated by neither
}

TEST(Engines, CanBeExchangedButKeepThePlatformsErrors) {
  const auto catalog = with_engine("fast");
  ASSERT_TRUE(catalog);
  Catalog other = *catalog;
  other.engines["slow"].step_overhead.base = 30;
  const Platform swapped = other.with_engine(other.platforms[0], "slow");
  EXPECT_EQ(swapped.serving.step_overhead.base, 30);
  EXPECT_EQ(swapped.serving.model_error.base, 1.1);
  EXPECT_EQ(other.with_engine(other.platforms[0], "unknown").serving.step_overhead.base, 3);
}

TEST(Engines, AreNamedWithTheirFaults) {
  const auto unknown = with_engine("fats");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(to_text(unknown.error()), HasSubstr("an engine of engines/"));
  const auto strange = with_engine("fast", "id = \"fast\"\nname = \"F\"\n[costs]\nspeed = 3\n");
  ASSERT_FALSE(strange);
  EXPECT_THAT(to_text(strange.error()), HasSubstr("speed"));
  EXPECT_THAT(to_text(strange.error()), HasSubstr("step_overhead: is missing"));
}

}  // namespace
}  // namespace switchyard::catalog
