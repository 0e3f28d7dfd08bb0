// The catalog that ships with the program. Tests run in the repository's root.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <set>

#include "base/text.h"
#include "catalog/catalog.h"
#include "catalog/sample.h"

namespace switchyard::catalog {
namespace {

class Shipped : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto loaded = load("catalog");
    ASSERT_TRUE(loaded) << to_text(loaded.error(), 200);
    catalog_ = std::move(*loaded);
  }
  void SetUp() override { ASSERT_TRUE(catalog_) << "the catalog did not load"; }

  static std::optional<Catalog> catalog_;
};
std::optional<Catalog> Shipped::catalog_;

TEST_F(Shipped, HoldsThePlatformsABuyerWouldWeigh) {
  EXPECT_THAT(
      catalog_->platform_ids(),
      testing::UnorderedElementsAre("trn1", "inf2", "trn2", "trn2-ultra", "trn3-gen1", "trn3-gen2",
                                    "h100", "h200", "b200", "gb200-nvl72", "b300", "gb300-nvl72",
                                    "mi300x", "mi355x", "tpu-v5e", "tpu-v6e", "tpu-ironwood"));
  EXPECT_EQ((*catalog_->platform("trn3"))->id, "trn3-gen2");
  EXPECT_EQ((*catalog_->platform("TRN3"))->id, "trn3-gen2");
}

TEST_F(Shipped, UsesEveryChip) {
  std::set<std::string> used;
  for (const Platform& p : catalog_->platforms) used.insert(p.chip);
  for (const auto& [id, chip] : catalog_->chips) EXPECT_TRUE(used.contains(id)) << id;
}

TEST_F(Shipped, SaysOfEveryUncertainNumberWhyAndNamesItOnce) {
  std::set<std::string> ids;
  for (const Platform& p : catalog_->platforms) {
    std::set<std::string> own;
    for (const Estimate* e : uncertain_estimates(catalog_->chip_of(p), p, catalog_->economy)) {
      EXPECT_GE(e->source.size(), 5u) << e->id;
      EXPECT_TRUE(own.insert(e->id).second) << e->id << " names two numbers";
    }
    ids.insert(own.begin(), own.end());
  }
  EXPECT_GT(ids.size(), 100u);
}

TEST_F(Shipped, ComparesInPowerAndSpeedAsTheWorldDoes) {
  for (const Platform& p : catalog_->platforms) {
    const Chip& c = catalog_->chip_of(p);
    EXPECT_GE(p.all_in_power.si(), c.tdp.si()) << p.id;  // the chip's power is part of it
    EXPECT_GE(p.cloud_on_demand.si(), p.cloud_committed.si()) << p.id;
    EXPECT_EQ(p.fabric.tiers.back().name, "scale-out") << p.id;
    for (const auto& [type, peak] : c.peak) {
      EXPECT_GE(peak.si(), c.peak.at("bf16").si()) << c.id << " " << type;
    }
    for (const Format& format : c.formats) {
      EXPECT_GE(c.compute_energy.at("bf16").si(), c.compute_energy.at(format.compute).si())
          << c.id << " " << format.name;
    }
  }
}

TEST_F(Shipped, SamplesEveryPlatformToItsRanges) {
  for (const Platform& p : catalog_->platforms) {
    const Chip& c = catalog_->chip_of(p);
    for (int i = 0; i < 32; ++i) {
      const PlatformNumbers n = sample(c, p, {.base = false, .seed = 3, .index = i, .count = 32});
      EXPECT_GE(n.all_in_power.value(), p.all_in_power.low * p.all_in_power.scale) << p.id;
      EXPECT_LE(n.all_in_power.value(), p.all_in_power.high * p.all_in_power.scale) << p.id;
      EXPECT_LE(n.idle_power, n.active_power) << p.id;
      EXPECT_LE(n.active_power, n.tdp) << p.id;
    }
  }
}

TEST(DefaultDirectory, FollowsTheEnvironmentElseTheSources) {
  ASSERT_EQ(setenv("SWITCHYARD_CATALOG", "/else/where", 1), 0);
  EXPECT_EQ(default_directory(), "/else/where");
  ASSERT_EQ(setenv("SWITCHYARD_CATALOG", "", 1), 0);
  EXPECT_TRUE(std::filesystem::exists(default_directory() / "README.md"));
  ASSERT_EQ(unsetenv("SWITCHYARD_CATALOG"), 0);
  EXPECT_TRUE(std::filesystem::equivalent(default_directory(), "catalog"));
}

}  // namespace
}  // namespace switchyard::catalog
