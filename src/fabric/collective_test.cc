#include "fabric/collective.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/random.h"
#include "base/text.h"
#include "catalog/catalog.h"
#include "catalog/sample.h"

namespace switchyard::fabric {
namespace {

using catalog::FabricNumbers;

const catalog::Catalog& shipped() {
  static const catalog::Catalog kCatalog = *catalog::load("catalog");
  return kCatalog;
}

FabricNumbers numbers(const char* id) { return sample(shipped().fabrics.at(id), catalog::World{}); }

constexpr Collective kAll[] = {Collective::kAllReduce,     Collective::kAllGather,
                               Collective::kReduceScatter, Collective::kAllToAll,
                               Collective::kPermute,       Collective::kBroadcast,
                               Collective::kSendReceive};

// Calls visit(fabric, collective, ranks, way) for fabrics and rank sets as they are used.
template <class Visit>
void for_each_case(const Visit& visit) {
  for (const auto& [id, fabric] : shipped().fabrics) {
    const FabricNumbers f = sample(fabric, catalog::World{});
    const int domain = std::min(144, fabric.domain_chips());
    for (const RankSet ranks : {RankSet{2, 1}, RankSet{3, 1}, RankSet{4, 2}, RankSet{8, 1},
                                RankSet{16, 1}, RankSet{domain, 1}, RankSet{2 * domain, 1}}) {
      if (ranks.count > 72) continue;
      for (const Collective collective : kAll) {
        for (const Way& way : ways(f, collective, ranks)) visit(f, collective, ranks, way);
      }
    }
  }
}

std::string note(const FabricNumbers& f, Collective c, const RankSet& ranks, const Way& way) {
  return fmt::format("{} {} over {} by {}, {} {}", f.id, to_text(c), ranks.count, ranks.stride,
                     catalog::to_text(way.algorithm), way.variant);
}

double simulated(const Topology& t, Collective c, const Way& way, const RankSet& r, double bytes) {
  const auto timing = simulate(t, c, way, r, Bytes(bytes));
  EXPECT_TRUE(timing.has_value());
  return timing->seconds.value();
}

TEST(Schedule, GivesEveryRankItsShareAndNoMoreThanItMust) {
  for_each_case([](const FabricNumbers& f, Collective c, const RankSet& ranks, const Way& way) {
    if (c == Collective::kSendReceive || c == Collective::kBroadcast) return;
    const Topology topology(f, ranks.chip(ranks.count - 1) + 1);
    std::vector<double> in(ranks.count), out(ranks.count);
    for (const Step& step : schedule(topology, c, way, ranks)) {
      for (const Transfer& t : step.transfers) {
        if (t.to < Transfer::kSwitch) in[t.to] += t.share * step.repeat;
        if (t.from < Transfer::kSwitch) out[t.from] += t.share * step.repeat;
      }
    }
    const double n = ranks.count;
    double expected = (n - 1) / n;
    if (c == Collective::kAllReduce) expected *= 2;
    if (c == Collective::kPermute) expected = 1;
    if (way.algorithm == Algorithm::kInFabric) expected = 1 + 1 / n;
    if (way.variant == 1) expected = n - 1;
    for (int rank = 0; rank < ranks.count; ++rank) {
      EXPECT_NEAR(in[rank], expected, 1e-9) << note(f, c, ranks, way) << " rank " << rank;
      EXPECT_NEAR(out[rank], expected, 1e-9) << note(f, c, ranks, way) << " rank " << rank;
    }
  });
}

TEST(Collective, NeverBeatsBandwidthOrLatency) {
  for_each_case([](const FabricNumbers& f, Collective c, const RankSet& ranks, const Way& way) {
    const Topology topology(f, ranks.chip(ranks.count - 1) + 1);
    const auto& a = f.algorithms[static_cast<std::size_t>(way.algorithm)];
    double bandwidth = 0, latency = 1;
    for (std::size_t t = 0; t < f.tiers.size() && topology.has_tier(static_cast<int>(t)); ++t) {
      bandwidth += f.tiers[t].bandwidth.value();
      latency = std::min(latency, f.tiers[t].latency.value());
    }
    const double n = ranks.count;
    // What a rank must at least send, or receive: half of it where the switch adds.
    double share = c == Collective::kAllReduce && way.algorithm != Algorithm::kInFabric ? 2 : 1;
    share *= (n - 1) / n;
    for (const double bytes : {1e3, 1e6, 1e9}) {
      const double least = a.launch.value() + latency + share * bytes / (bandwidth * a.efficiency);
      EXPECT_GE(simulated(topology, c, way, ranks, bytes) * (1 + 1e-9), least)
          << note(f, c, ranks, way) << " " << bytes;
    }
  });
}

// plan.h's form is a bound from below. Through switches and full meshes it is nearly exact. On tori
// and rings, where flows of one step have ways of different length, it is low by up to 31 % at the
// sizes at which latency and bytes weigh alike.
TEST(ClosedForm, BoundsTheSimulationAndIsExactWithoutTori) {
  std::vector<double> errors;
  for_each_case([&](const FabricNumbers& f, Collective c, const RankSet& ranks, const Way& way) {
    const bool alike = std::none_of(f.tiers.begin(), f.tiers.end(), [](const auto& tier) {
      return tier.topology == catalog::Topology::kTorus ||
             tier.topology == catalog::Topology::kRing;
    });
    const Topology topology(f, ranks.chip(ranks.count - 1) + 1);
    for (const Plan& plan : plans_of(f, c, ranks).plans()) {
      if (plan.way.algorithm != way.algorithm || plan.way.variant != way.variant) continue;
      for (const double bytes : {1e3, 1e5, 3e6, 1e8}) {
        const double form = closed_form(plan, f, Bytes(bytes)).total.value();
        const double run = simulated(topology, c, way, ranks, bytes);
        errors.push_back(1 - form / run);
        EXPECT_GT(errors.back(), -0.02) << note(f, c, ranks, way) << " " << bytes;
        EXPECT_LT(errors.back(), alike ? 0.02 : 0.31)
            << note(f, c, ranks, way) << " " << bytes << ": " << form << " against " << run;
      }
    }
  });
  std::sort(errors.begin(), errors.end());
  EXPECT_LT(errors[errors.size() * 9 / 10], 0.05);
}

TEST(Collective, IsNoFasterOnDegradedLinks) {
  for_each_case([](const FabricNumbers& f, Collective c, const RankSet& ranks, const Way& way) {
    if (ranks.count != 8) return;
    const Topology whole(f, 8);
    Topology half(f, 8);
    for (const LinkIndex link : half.links_out(0, 1)) half.degrade(link, 0.5);
    EXPECT_GE(simulated(half, c, way, ranks, 1e8) * (1 + 1e-6),
              simulated(whole, c, way, ranks, 1e8))
        << note(f, c, ranks, way);
  });
}

TEST(Collective, DoesNotDependOnWhichOfTheAlikeRanksIsWhich) {
  const Topology topology(numbers("nvlink5-72-400g"), 72);
  Random random(3);
  FlowSet plain, relabelled;
  std::vector<int> label(72);
  for (int i = 0; i < 72; ++i) label[i] = i;
  for (int i = 71; i > 0; --i) std::swap(label[i], label[random.below(i + 1)]);
  for (int a = 0; a < 72; ++a) {
    for (int b = 0; b < 72; ++b) {
      const double bytes = 1e6 * (1 + (a * 7 + b * 13) % 10);
      plain.add(topology, a, b, bytes);
      relabelled.add(topology, label[a], label[b], bytes);
    }
  }
  const auto one = finish_times(topology.capacities(), plain);
  const auto two = finish_times(topology.capacities(), relabelled);
  for (std::size_t f = 0; f < one.size(); ++f) EXPECT_NEAR(one[f].ns(), two[f].ns(), 0.1);
}

TEST(Collective, OnATorusDependsOnPlacement) {
  // Eight ranks of a 16 x 16 torus side by side, or four apart: an exchange needs the near links.
  const FabricNumbers f = numbers("ici-v5e");
  const auto time = [&](int stride) {
    return plans_of(f, Collective::kAllToAll, {8, stride}).choose(f, Bytes(1e8)).time.total;
  };
  EXPECT_LT(time(1), time(8));
}

TEST(Collective, ChoosesBySizeAsDocumentedForTrn2) {
  const FabricNumbers f = numbers("trn2");
  const Plans& plans = plans_of(f, Collective::kAllReduce, {16, 1});
  const auto at = [&](double bytes) { return plans.choose(f, Bytes(bytes)).plan->way.algorithm; };
  EXPECT_EQ(at(999e3), Algorithm::kMesh);
  EXPECT_EQ(at(1e6), Algorithm::kRdh);
  EXPECT_EQ(at(55.9e6), Algorithm::kRdh);
  EXPECT_EQ(at(56e6), Algorithm::kKangaRing);
}

// Beyond the domain: full simulation at small scale, the same form at 1,000 UltraServers.
TEST(ScaleOut, FormAgreesWithSimulationAndGrowsAsItMust) {
  const FabricNumbers f = numbers("trn3-gen2");
  const RankSet small{.count = 4 * 144};
  const Topology topology(f, small.count);
  const Way way{Algorithm::kHierarchical};
  for (const double bytes : {1e6, 1e9}) {
    const Plans& plans = plans_of(f, Collective::kAllReduce, small);
    const auto plan = std::find_if(plans.plans().begin(), plans.plans().end(), [](const Plan& p) {
      return p.way.algorithm == Algorithm::kHierarchical;
    });
    ASSERT_NE(plan, plans.plans().end());
    const double form = closed_form(*plan, f, Bytes(bytes)).total.value();
    EXPECT_NEAR(form / simulated(topology, Collective::kAllReduce, way, small, bytes), 1, 0.01);
  }
  const RankSet large{.count = 144000};
  const auto choice = plans_of(f, Collective::kAllReduce, large).choose(f, Bytes(1e9));
  EXPECT_EQ(choice.plan->way.algorithm, Algorithm::kHierarchical);
  const auto within = plans_of(f, Collective::kAllReduce, {.count = 144}).choose(f, Bytes(1e9));
  // Outside, each of 144 network links carries 2 x 999 / 1000 of a 144th of the vector.
  const double outside = 2 * 0.999 * 1e9 / 144 / (25e9 * 0.65);
  EXPECT_NEAR(choice.time.transfer.value() - within.time.transfer.value(), outside, 0.01 * outside);
}

}  // namespace
}  // namespace switchyard::fabric
