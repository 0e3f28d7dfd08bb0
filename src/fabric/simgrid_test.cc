// Completion times against SimGrid (CM02, no TCP effects), flows of random size, start and ends.
// SimGrid shares by latency, so latencies are nought here. One engine a process: all cases stand
// side by side in one, on links of their own.
#include <gtest/gtest.h>

#ifdef SWITCHYARD_SIMGRID
#include <simgrid/s4u.hpp>

#include "base/random.h"
#include "catalog/catalog.h"
#include "catalog/sample.h"
#include "fabric/flows.h"

namespace switchyard::fabric {
namespace {

namespace sg4 = simgrid::s4u;

struct Planned {
  ChipIndex from = 0, to = 0;
  double bytes = 0, start = 0;
};

struct Case {
  std::string id;
  std::vector<Planned> flows;
  std::vector<double> simgrid;
  std::vector<SimTime> ours;
};

Case make_case(const std::string& id, int chips, int flows, std::uint64_t seed) {
  Case out{.id = id};
  Random random(seed);
  for (int f = 0; f < flows; ++f) {
    const auto from = static_cast<ChipIndex>(random.below(static_cast<std::uint64_t>(chips)));
    const auto hop =
        1 + static_cast<ChipIndex>(random.below(static_cast<std::uint64_t>(chips - 1)));
    out.flows.push_back({.from = from,
                         .to = (from + hop) % chips,
                         .bytes = 1e9 * (0.2 + random.uniform()),
                         .start = random.below(2) == 0 ? 0 : 1e-2 * random.uniform()});
  }
  return out;
}

void plan(sg4::NetZone* root, const Topology& topology, int number, Case& c) {
  std::vector<sg4::Link*> links;
  for (LinkIndex l = 0; l < topology.links(); ++l) {
    links.push_back(
        root->create_link(std::to_string(number) + "l" + std::to_string(l), topology.capacity(l)));
    links.back()->set_latency(0)->seal();
  }
  FlowSet set;
  c.simgrid.resize(c.flows.size());
  // A pair of hosts for each flow: its route is its own.
  for (std::size_t f = 0; f < c.flows.size(); ++f) {
    const Planned& flow = c.flows[f];
    const std::string name = std::to_string(number) + "f" + std::to_string(f);
    sg4::Host* from = root->create_host(name + "a", 1e9)->seal();
    sg4::Host* to = root->create_host(name + "b", 1e9)->seal();
    std::vector<LinkIndex> path;
    ASSERT_TRUE(topology.route(flow.from, flow.to, path));
    std::vector<sg4::LinkInRoute> route;
    for (const LinkIndex link : path) route.emplace_back(links[static_cast<std::size_t>(link)]);
    root->add_route(from->get_netpoint(), to->get_netpoint(), nullptr, nullptr, route, false);
    set.add(topology, flow.from, flow.to, flow.bytes, 0,
            SimTime(static_cast<std::int64_t>(flow.start * 1e12)));
    sg4::Actor::create(name, from, [&c, f, from, to] {
      if (c.flows[f].start > 0) sg4::this_actor::sleep_for(c.flows[f].start);
      sg4::Comm::sendto(from, to, static_cast<std::uint64_t>(c.flows[f].bytes));
      c.simgrid[f] = sg4::Engine::get_clock();
    });
  }
  c.ours = finish_times(topology.capacities(), set);
}

TEST(Flows, EndWhenSimGridSaysTheyDo) {
  const auto catalog = catalog::load("catalog");
  ASSERT_TRUE(catalog.has_value());
  std::vector<Case> cases;
  std::uint64_t seed = 1;
  for (const auto& [id, chips] : std::vector<std::pair<std::string, int>>{{"nvlink4-8", 8},
                                                                          {"xgmi-mi300x", 8},
                                                                          {"trn2", 16},
                                                                          {"trn2-ultra", 64},
                                                                          {"trn3-gen1", 64},
                                                                          {"nvlink5-72-400g", 64},
                                                                          {"inf2", 12}}) {
    for (const int flows : {12, 150}) cases.push_back(make_case(id, chips, flows, ++seed));
  }
  int argc = 4;
  char program[] = "test", model[] = "--cfg=network/model:CM02",
       cross[] = "--cfg=network/crosstraffic:0", gamma[] = "--cfg=network/TCP-gamma:0";
  char* argv[] = {program, model, cross, gamma, nullptr};
  sg4::Engine engine(&argc, argv);
  sg4::NetZone* root = sg4::create_full_zone("all");
  int number = 0;
  for (Case& c : cases) {
    catalog::FabricNumbers f = sample(catalog->fabrics.at(c.id), catalog::World{});
    for (catalog::PlainTier& tier : f.tiers) tier.latency = Seconds(0);
    plan(root, Topology(f, catalog->fabrics.at(c.id).domain_chips()), number++, c);
  }
  root->seal();
  engine.run();
  for (const Case& c : cases) {
    for (std::size_t f = 0; f < c.flows.size(); ++f) {
      // Bytes of SimGrid are whole.
      EXPECT_NEAR(c.ours[f].ns() * 1e-9 / c.simgrid[f], 1, 1e-3) << c.id << " flow " << f;
    }
  }
}

}  // namespace
}  // namespace switchyard::fabric
#else
TEST(Flows, EndWhenSimGridSaysTheyDo) { GTEST_SKIP() << "built without libsimgrid-dev"; }
#endif
