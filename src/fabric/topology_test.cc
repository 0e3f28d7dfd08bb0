#include "fabric/topology.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "catalog/catalog.h"
#include "catalog/sample.h"
#include "fabric/shape.h"

namespace switchyard::fabric {
namespace {

const catalog::Catalog& shipped() {
  static const catalog::Catalog kCatalog = *catalog::load("catalog");
  return kCatalog;
}

Topology domain_of(const catalog::Fabric& fabric) {
  return {sample(fabric, catalog::World{}), std::min(256, fabric.domain_chips())};
}

int hops(const Topology& topology, ChipIndex from, ChipIndex to) {
  std::vector<LinkIndex> path;
  EXPECT_TRUE(topology.route(from, to, path));
  return static_cast<int>(std::count_if(path.begin(), path.end(),
                                        [&](LinkIndex link) { return topology.starts_hop(link); }));
}

TEST(Topology, RoutesOnATorusTakeTheShorterWayInEachDimension) {
  const Topology t = domain_of(shipped().fabrics.at("trn2"));
  for (ChipIndex a = 0; a < 16; ++a) {
    for (ChipIndex b = 0; b < 16; ++b) {
      int expected = 0;
      for (int d = 0; d < 2; ++d) {
        const int gap = std::abs(t.place(0, a)[d] - t.place(0, b)[d]);
        expected += std::min(gap, 4 - gap);
      }
      EXPECT_EQ(hops(t, a, b), expected) << a << " " << b;
    }
  }
}

TEST(Topology, NumbersChipsSoThatPowersOfTwoAreBoxes) {
  const Topology t = domain_of(shipped().fabrics.at("ici-v5e"));
  for (const int count : {2, 4, 8, 16, 32, 64, 128}) {
    std::set<int> x, y;
    for (int chip = 0; chip < count; ++chip) {
      x.insert(t.place(0, chip)[0]);
      y.insert(t.place(0, chip)[1]);
    }
    EXPECT_EQ(static_cast<int>(x.size() * y.size()), count);
    EXPECT_LE(x.size(), 2 * y.size());
  }
}

TEST(Topology, CrossesRacksByTheChipOfTheSamePlace) {
  const Topology t = domain_of(shipped().fabrics.at("trn3-gen2"));
  EXPECT_EQ(hops(t, 0, 1), 1);    // one sled
  EXPECT_EQ(hops(t, 0, 71), 1);   // one rack
  EXPECT_EQ(hops(t, 0, 72), 1);   // its peer
  EXPECT_EQ(hops(t, 0, 100), 2);  // another chip of the other rack
  std::vector<LinkIndex> path;
  ASSERT_TRUE(t.route(0, 100, path));
  EXPECT_EQ(t.name(path.back()).text, "chip 28 to group 1");
}

TEST(Topology, SpreadsTheOppositeChipsOverBothDirections) {
  const Topology t = domain_of(shipped().fabrics.at("trn2"));
  std::vector<int> load(static_cast<std::size_t>(t.links()));
  for (ChipIndex a = 0; a < 16; ++a) {
    for (ChipIndex b = 0; b < 16; ++b) {
      std::vector<LinkIndex> path;
      ASSERT_TRUE(t.route(a, b, path));
      for (const LinkIndex link : path) ++load[static_cast<std::size_t>(link)];
    }
  }
  EXPECT_EQ(*std::min_element(load.begin(), load.end()),
            *std::max_element(load.begin(), load.end()));
}

TEST(Topology, GoesAroundFailedLinksAndSaysWhenThereIsNoWay) {
  for (const char* id : {"trn2", "trn2-ultra", "trn3-gen2", "xgmi-mi300x"}) {
    Topology t = domain_of(shipped().fabrics.at(id));
    std::vector<LinkIndex> path;
    ASSERT_TRUE(t.route(0, 1, path));
    t.degrade(path.front(), 0);
    std::vector<LinkIndex> around;
    ASSERT_TRUE(t.route(0, 1, around)) << id;
    EXPECT_EQ(std::count(around.begin(), around.end(), path.front()), 0) << id;
  }
  Topology star = domain_of(shipped().fabrics.at("nvlink4-8"));
  star.degrade(star.links_out(0, 3).front(), 0);
  std::vector<LinkIndex> path;
  EXPECT_FALSE(star.route(3, 5, path));
  EXPECT_TRUE(star.route(5, 3, path));
}

TEST(Shape, AgreesWithWhatIsPublishedOfEveryFabric) {
  for (const auto& [id, fabric] : shipped().fabrics) {
    const Shape s = shape(fabric);
    for (const ShapeCheck& c : check(fabric, s)) {
      EXPECT_TRUE(c.agrees) << id << ": " << c.what << " is " << c.computed;
    }
  }
}

TEST(Shape, OfKnownFabricsAgreesWithHandComputation) {
  EXPECT_DOUBLE_EQ(shape(shipped().fabrics.at("trn2")).bisection.value(), 8 * 128e9);
  EXPECT_DOUBLE_EQ(shape(shipped().fabrics.at("trn3-gen2")).bisection.value(), 72 * 128e9);
  EXPECT_DOUBLE_EQ(shape(shipped().fabrics.at("nvlink4-8")).bisection.value(), 4 * 450e9);
  EXPECT_EQ(shape(shipped().fabrics.at("trn2-ultra")).hops_max, 6);
}

}  // namespace
}  // namespace switchyard::fabric
