#include "costing/collective.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "catalog/catalog.h"

namespace switchyard::costing {
namespace {

using model::OperatorKind;

constexpr OperatorKind kKinds[] = {OperatorKind::kAllReduce, OperatorKind::kAllGather,
                                   OperatorKind::kReduceScatter, OperatorKind::kAllToAll,
                                   OperatorKind::kSendReceive};

const catalog::Catalog& shipped() {
  static const catalog::Catalog kCatalog = *catalog::load("catalog");
  return kCatalog;
}

TEST(Collective, OfOneRankTakesNoTime) {
  for (const catalog::Platform& p : shipped().platforms) {
    const catalog::FabricNumbers fabric = sample(p.fabric, catalog::World{});
    for (const OperatorKind kind : kKinds) {
      EXPECT_EQ(collective_time(kind, Bytes(1e9), 1, 1, fabric).value(), 0) << p.id;
    }
  }
}

TEST(Collective, GrowsWithBytesAndShrinksWithBandwidthOnEveryPlatform) {
  for (const catalog::Platform& p : shipped().platforms) {
    const catalog::FabricNumbers fabric = sample(p.fabric, catalog::World{});
    catalog::FabricNumbers wide = fabric;
    for (catalog::PlainTier& tier : wide.tiers) tier.bandwidth = tier.bandwidth * 2;
    for (const OperatorKind kind : kKinds) {
      for (const int ranks : {2, 3, 8, 16, 64}) {
        for (const int stride : {1, 4}) {
          const auto time = [&](double bytes, const catalog::FabricNumbers& on) {
            return collective_time(kind, Bytes(bytes), ranks, stride, on).value();
          };
          const auto note = fmt::format("{} {} {}", p.id, ranks, stride);
          EXPECT_GT(time(1e5, fabric), 0) << note;
          // Within the range of one algorithm: thresholds of the vendor need not be where the
          // curves meet.
          EXPECT_LT(time(1e5, fabric), time(9e5, fabric)) << note;
          EXPECT_LT(time(6e7, fabric), time(6e8, fabric)) << note;
          EXPECT_LT(time(6e8, wide), time(6e8, fabric)) << note;
        }
      }
    }
  }
}

// Why tensor-parallel ranks are numbered innermost: spread over the domain, theirs is a slower
// all-reduce wherever the domain is more than one switch. (On Trn3 Gen2 5 MB are about even: a
// sled's switch gives less than the rack's.)
TEST(Collective, OfTensorParallelRanksIsFasterSideBySide) {
  for (const char* id : {"trn3-gen2", "trn2-ultra", "tpu-v5e"}) {
    const auto platform = shipped().platform(id);
    ASSERT_TRUE(platform);
    const catalog::FabricNumbers fabric = sample((*platform)->fabric, catalog::World{});
    const int apart = (*platform)->domain_chips / 8;
    for (const double bytes : {1e5, 5e5}) {
      const Seconds near = collective_time(OperatorKind::kAllReduce, Bytes(bytes), 8, 1, fabric);
      const Seconds far = collective_time(OperatorKind::kAllReduce, Bytes(bytes), 8, apart, fabric);
      EXPECT_LT(near * 1.05, far) << id << " " << bytes;
    }
  }
}

}  // namespace
}  // namespace switchyard::costing
