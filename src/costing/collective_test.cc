#include "costing/collective.h"

#include <gtest/gtest.h>

namespace switchyard::costing {
namespace {

using catalog::PlainTier;
using catalog::Topology;
using model::OperatorKind;

constexpr OperatorKind kKinds[] = {OperatorKind::kAllReduce, OperatorKind::kAllGather,
                                   OperatorKind::kReduceScatter, OperatorKind::kAllToAll,
                                   OperatorKind::kSendReceive};

PlainTier tier(int chips, Topology topology, double bandwidth, double latency, int dimensions = 1) {
  return {.chips = chips,
          .topology = topology,
          .dimensions = dimensions,
          .bandwidth = BytesPerSecond(bandwidth),
          .latency = Seconds(latency)};
}

TEST(Collective, OfOneRankTakesNoTime) {
  for (const OperatorKind kind : kKinds) {
    EXPECT_EQ(collective_time(kind, Bytes(1e9), 1, 1, {tier(8, Topology::kSwitch, 1e9, 1)}).value(),
              0);
  }
}

TEST(Collective, OnASwitchAgreesWithHandComputation) {
  const std::vector<PlainTier> tiers = {tier(8, Topology::kSwitch, 100, 0.5)};
  const auto time = [&](OperatorKind kind) {
    return collective_time(kind, Bytes(800), 8, 1, tiers).value();
  };
  EXPECT_DOUBLE_EQ(time(OperatorKind::kAllReduce), 2 * 7.0 / 8 * 8 + 2 * 0.5);
  EXPECT_DOUBLE_EQ(time(OperatorKind::kAllGather), 7.0 / 8 * 8 + 0.5);
  EXPECT_DOUBLE_EQ(time(OperatorKind::kReduceScatter), 7.0 / 8 * 8 + 0.5);
  EXPECT_DOUBLE_EQ(time(OperatorKind::kAllToAll), 7.0 / 8 * 8 + 0.5);
  EXPECT_DOUBLE_EQ(time(OperatorKind::kSendReceive), 8 + 0.5);
}

TEST(Collective, CarriesOnlyTheShareOfTheInnerTierOutwards) {
  const std::vector<PlainTier> tiers = {tier(4, Topology::kSwitch, 100, 0),
                                        tier(8, Topology::kSwitch, 10, 0)};
  // Inside: 2 * 3/4 of 800 at 100; across: 2 * 1/2 of a quarter of it at 10.
  EXPECT_DOUBLE_EQ(collective_time(OperatorKind::kAllReduce, Bytes(800), 8, 1, tiers).value(),
                   12 + 20);
  // Half of the bytes leave the inner tier, 3/8 stay in it.
  EXPECT_DOUBLE_EQ(collective_time(OperatorKind::kAllToAll, Bytes(800), 8, 1, tiers).value(),
                   3 + 40);
  // Ranks that stand four apart never meet inside.
  EXPECT_DOUBLE_EQ(collective_time(OperatorKind::kAllGather, Bytes(800), 2, 4, tiers).value(), 40);
}

TEST(Collective, UsesTheLinksOfAFullMeshThatTheGroupHas) {
  const std::vector<PlainTier> tiers = {tier(5, Topology::kFullMesh, 100, 0)};
  // Two of five chips share one of four links.
  EXPECT_DOUBLE_EQ(collective_time(OperatorKind::kAllGather, Bytes(100), 2, 1, tiers).value(), 2);
  EXPECT_DOUBLE_EQ(collective_time(OperatorKind::kAllGather, Bytes(100), 5, 1, tiers).value(), 0.8);
}

TEST(Collective, IsNeverSlowerOnMoreBandwidthOrLessLatencyOrFewerBytes) {
  for (const Topology topology :
       {Topology::kSwitch, Topology::kFullMesh, Topology::kTorus, Topology::kRing}) {
    for (const OperatorKind kind : kKinds) {
      for (const int ranks : {2, 3, 8, 16, 64}) {
        const auto time = [&](double bytes, double bandwidth, double latency) {
          return collective_time(kind, Bytes(bytes), ranks, 1,
                                 {tier(16, topology, bandwidth, latency, 2),
                                  tier(64, Topology::kSwitch, bandwidth / 8, latency)});
        };
        const Seconds base = time(1e6, 1e9, 1e-6);
        EXPECT_GT(base.value(), 0);
        EXPECT_LT(time(1e6, 2e9, 1e-6), base);
        EXPECT_LT(time(1e6, 1e9, 5e-7), base);
        EXPECT_LT(time(5e5, 1e9, 1e-6), base);
      }
    }
  }
}

}  // namespace
}  // namespace switchyard::costing
