#include "catalog/sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "catalog/small_catalog.h"

namespace switchyard::catalog {
namespace {

const Catalog& small_catalog() {
  static const Catalog kCatalog = [] {
    Json tree = Json::object();
    FileNames files;
    small::lay(tree, files);
    auto catalog = build(tree, files);
    SWITCHYARD_CHECK(catalog.has_value(), "{}", to_text(catalog.error()));
    return std::move(*catalog);
  }();
  return kCatalog;
}
const Platform& platform() { return small_catalog().platforms.front(); }
const Chip& chip() { return small_catalog().chip_of(platform()); }

constexpr int kCount = 64;
World world(int index, std::uint64_t seed = 1) {
  return {.base = false, .seed = seed, .index = index, .count = kCount};
}

TEST(Sample, MultipliesEfficienciesIntoTheBaseWorld) {
  const PlatformNumbers n = sample(chip(), platform(), {});
  ASSERT_EQ(n.formats.size(), 2u);
  EXPECT_DOUBLE_EQ(n.formats[0].rate.value(), 100e12 * 0.8);
  EXPECT_DOUBLE_EQ(n.formats[0].energy.value(), 0.5e-12);
  EXPECT_DOUBLE_EQ(n.formats[1].rate.value(), 0.2e15 * 0.5);  // mxfp4 computes at the fp8 rate
  EXPECT_DOUBLE_EQ(n.formats[1].energy.value(), 0.3e-12);
  EXPECT_DOUBLE_EQ(n.attention_rate.value(), 100e12 * 0.4);
  EXPECT_EQ(n.grouped_compute, 0.6);
  EXPECT_EQ(n.grouped_memory, 0.7);
  EXPECT_EQ(n.model_error, 1.1);
  EXPECT_EQ(n.memory_capacity.value(), 16.0 * (1 << 30));
  EXPECT_DOUBLE_EQ(n.memory_bandwidth.value(), 2e12 * 0.9);
  EXPECT_DOUBLE_EQ(n.memory_energy.value(), 50e-12);
  EXPECT_DOUBLE_EQ(n.operator_overhead.value(), 3e-6);
  EXPECT_DOUBLE_EQ(n.step_overhead.value(), 2e-3);
  EXPECT_DOUBLE_EQ(n.sequence_overhead.value(), 20e-6);
  EXPECT_EQ(n.idle_power, Watts(100));
  EXPECT_EQ(n.active_power, Watts(300));
  EXPECT_EQ(n.tdp, Watts(500));
  EXPECT_EQ(n.all_in_power, Watts(1200));
  EXPECT_EQ(n.host_power_fraction, 0.3);
  EXPECT_EQ(n.cloud_on_demand, DollarsPerHour(4));
  EXPECT_EQ(n.cloud_committed, DollarsPerHour(2));
  EXPECT_EQ(n.owner_hourly, DollarsPerHour(1.5));
  EXPECT_EQ(n.owner_capex, Dollars(20000));
}

TEST(Sample, GivesTheTiersInOrder) {
  const PlatformNumbers n = sample(chip(), platform(), {});
  ASSERT_EQ(n.fabric.tiers.size(), 3u);
  EXPECT_EQ(n.fabric.tiers[0].chips, 4);
  EXPECT_EQ(n.fabric.tiers[0].topology, Topology::kTorus);
  EXPECT_EQ(n.fabric.tiers[0].sides, (std::vector<int>{2, 2}));
  EXPECT_DOUBLE_EQ(n.fabric.tiers[0].bandwidth.value(), 400e9);
  EXPECT_DOUBLE_EQ(n.fabric.tiers[0].latency.value(), 1e-6);
  EXPECT_EQ(n.fabric.tiers[1].topology, Topology::kFullMesh);
  EXPECT_DOUBLE_EQ(n.fabric.tiers[2].bandwidth.value(), 200e9 / 8);
}

TEST(Sample, GivesTheEconomyInSi) {
  const EconomyNumbers e = sample(small_catalog().economy, {});
  EXPECT_DOUBLE_EQ(e.electricity_dollars_per_joule * 3.6e9, 72);
  EXPECT_DOUBLE_EQ(e.carbon_kg_per_joule * 3.6e6, 0.36);
  EXPECT_DOUBLE_EQ(e.facility_dollars_per_watt, 11);
  EXPECT_EQ(e.pue, 1.2);
  EXPECT_EQ(e.discount_rate, 0.1);
  EXPECT_EQ(e.it_life_years, 4);
  EXPECT_EQ(e.facility_life_years, 15);
  EXPECT_EQ(e.maintenance_fraction, 0.04);
  EXPECT_EQ(e.utilisation, 0.6);
  EXPECT_EQ(e.availability, 0.97);
}

TEST(Sample, KeepsPowerInOrderInEveryWorld) {
  int active_lowered = 0;
  int idle_lowered = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (int i = 0; i < kCount; ++i) {
      const PlatformNumbers n = sample(chip(), platform(), world(i, seed));
      EXPECT_LE(n.idle_power, n.active_power);
      EXPECT_LE(n.active_power, n.tdp * 0.8);
      active_lowered += n.active_power == n.tdp * 0.8;
      idle_lowered += n.idle_power == n.active_power;
    }
  }
  EXPECT_GT(active_lowered, 0);  // the ranges overlap: the clamps are at work
  EXPECT_GT(idle_lowered, 0);
}

TEST(Sample, SharesOneDrawAmongAllThatUseANumber) {
  for (int i = 0; i < kCount; ++i) {
    const PlatformNumbers n = sample(chip(), platform(), world(i));
    const Estimate& efficiency = chip().compute_efficiency.at("bf16");
    const Estimate& bf16 = chip().peak.at("bf16");
    const double peak = bf16.at(quantile_in(bf16, world(i)));
    EXPECT_DOUBLE_EQ(n.formats[0].rate.value(),
                     peak * efficiency.at(quantile_in(efficiency, world(i))));
    EXPECT_DOUBLE_EQ(n.attention_rate.value(), peak * 0.4);
    // Both tiers' bandwidths are certain: their ratio stays.
    EXPECT_DOUBLE_EQ(n.fabric.tiers[0].bandwidth / n.fabric.tiers[2].bandwidth, 16);
  }
}

TEST(Sample, DependsOnSeedAndIndexOnly) {
  const auto committed = [](const World& w) {
    return sample(chip(), platform(), w).cloud_committed.value();
  };
  EXPECT_EQ(committed(world(3)), committed(world(3)));
  EXPECT_NE(committed(world(3)), committed(world(4)));
  EXPECT_NE(committed(world(3)), committed(world(3, 2)));
}

TEST(Sample, GivesPlatformsOfOneChipTheSameChip) {
  Platform twin = platform();
  twin.id = "twin";
  twin.cloud_committed.id = "prices/twin/cloud_committed";
  const PlatformNumbers a = sample(chip(), platform(), world(5));
  const PlatformNumbers b = sample(chip(), twin, world(5));
  EXPECT_EQ(a.formats[0].rate, b.formats[0].rate);
  EXPECT_EQ(a.tdp, b.tdp);
  EXPECT_NE(a.cloud_committed, b.cloud_committed);
}

TEST(Sample, MovesTheSoftwareOfOneVendorTogether) {
  const Estimate& own = platform().serving.model_error;
  EXPECT_EQ(own.cause, "Nobody/model_error");
  Estimate other = own;
  other.id = "platforms/other/serving/model_error";
  EXPECT_EQ(quantile_in(own, world(5)), quantile_in(other, world(5)));
  other.cause = "Somebody/model_error";
  EXPECT_NE(quantile_in(own, world(5)), quantile_in(other, world(5)));
}

TEST(Sample, SpreadsWorldsEvenlyOverTheQuantiles) {
  std::vector<int> hits(kCount);
  for (int i = 0; i < kCount; ++i) {
    const double u = quantile_in(chip().tdp, world(i));
    ++hits[static_cast<std::size_t>(u * kCount)];
  }
  EXPECT_THAT(hits, testing::Each(1));
}

TEST(UncertainEstimates, AreThoseWithARange) {
  std::vector<std::string> ids;
  for (const Estimate* e : uncertain_estimates(chip(), platform(), small_catalog().economy)) {
    EXPECT_LT(e->low, e->high) << e->id;
    ids.push_back(e->id);
  }
  EXPECT_THAT(
      ids, testing::UnorderedElementsAre(
               "chips/small/peak/bf16", "chips/small/memory/bandwidth", "chips/small/power/tdp",
               "chips/small/power/idle", "chips/small/power/active", "chips/small/energy/bf16",
               "chips/small/efficiency/bf16", "chips/small/efficiency/memory",
               "chips/small/efficiency/operator_overhead", "fabrics/small-net/tiers/board/latency",
               "fabrics/small-net/tiers/rack/bandwidth", "platforms/small-8/power/all_in",
               "fabrics/small-net/algorithms/hierarchical/efficiency",
               "platforms/small-8/serving/step_overhead", "prices/small-8/cloud_on_demand",
               "prices/small-8/cloud_committed", "prices/small-8/owner_hourly",
               "economy/electricity", "economy/pue", "economy/discount_rate", "economy/it_life"));
}

}  // namespace
}  // namespace switchyard::catalog
