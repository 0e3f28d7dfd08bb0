// Speed of the flow simulation and of the closed form, on one core. One JSON object a line.
#include <fmt/core.h>

#include <cmath>
#include <cstring>

#include "base/bench_timer.h"
#include "base/check.h"
#include "base/text.h"
#include "catalog/catalog.h"
#include "catalog/sample.h"
#include "fabric/collective.h"
#include "fabric/ranks.h"

namespace switchyard::fabric {
namespace {

constexpr int kRuns = 9;

void print(const char* name, double value, const char* unit, const std::string& note) {
  fmt::print("{{\"name\":\"{}\",\"value\":{},\"unit\":\"{}\",\"note\":\"{}\"}}\n", name,
             format_significant(value), unit, note);
}

catalog::FabricNumbers numbers(const catalog::Catalog& catalog, const char* id) {
  const auto fabric = catalog.fabric(id);
  SWITCHYARD_CHECK(fabric.has_value());
  return sample(**fabric, catalog::World{});
}

void bench_unequal(const catalog::Catalog& catalog) {
  const Topology topology(numbers(catalog, "trn3-gen2"), 144);
  const RankSet ranks{.count = 144};
  std::vector<double> times;
  double windowed = 0, exact = 0;
  for (int run = 0; run < kRuns; ++run) {
    times.push_back(seconds_of([&] {
      windowed = simulate_unequal(topology, ranks, Bytes(64 << 20), 0.5, 1, {.window = 0.03})
                     ->simulated.seconds.value();
    }));
  }
  const double slow = seconds_of([&] {
    exact = simulate_unequal(topology, ranks, Bytes(64 << 20), 0.5, 1)->simulated.seconds.value();
  });
  print("fabric_unequal_all_to_all_144", median(times) * 1e3, "ms",
        fmt::format("sizes +-50 %, routes and closed form included; off the exact simulation "
                    "({:.0f} ms) by {:.4f} %",
                    slow * 1e3, 100 * std::abs(windowed / exact - 1)));
}

void bench_sweep(const catalog::Catalog& catalog) {
  const catalog::FabricNumbers fabric = numbers(catalog, "gb200-nvl72");
  const Topology topology(fabric, 72);
  const RankSet ranks{.count = 72};
  const Plans& plans = plans_of(fabric, Collective::kAllReduce, ranks);
  for (const Plan& plan : plans.plans()) {
    std::vector<double> times;
    for (int run = 0; run < 3; ++run) {
      times.push_back(seconds_of([&] {
        for (int size = 0; size < 30; ++size) {
          const auto timing = simulate(topology, Collective::kAllReduce, plan.way, ranks,
                                       Bytes(std::ldexp(1024.0, size)));
          SWITCHYARD_CHECK(timing.has_value());
        }
      }));
    }
    print("fabric_sweep_72x30", median(times) * 1e3, "ms",
          fmt::format("all-reduce over 72 ranks, 30 sizes, every size simulated, {}{}",
                      catalog::to_text(plan.way.algorithm),
                      plan.way.variant == 1 ? " in one step" : ""));
  }
}

void bench_ring(const catalog::Catalog& catalog) {
  catalog::FabricNumbers fabric = numbers(catalog, "gb200-nvl72");
  fabric.tiers[0].chips = 1024;
  const Topology topology(fabric, 1024);
  const double time = seconds_of([&] {
    const auto timing = simulate(topology, Collective::kAllReduce, {Algorithm::kRing},
                                 {.count = 1024}, Bytes(1 << 20));
    SWITCHYARD_CHECK(timing.has_value());
  });
  print("fabric_ring_1024", time * 1e3, "ms", "one 1 MiB ring all-reduce over 1,024 ranks");
}

// All ranks at once on one thread: the exchange without their waiting.
void bench_values() {
  constexpr std::size_t kRanks = 8;
  constexpr std::size_t kBytes = 64 << 20;
  std::vector<std::vector<std::uint8_t>> src(kRanks, std::vector<std::uint8_t>(kBytes, 1));
  std::vector<std::vector<std::uint8_t>> dst(kRanks, std::vector<std::uint8_t>(kBytes, 2));
  const double copy = seconds_of([&] {
    for (std::size_t r = 0; r < kRanks; ++r) std::memcpy(dst[r].data(), src[r].data(), kBytes);
  });
  std::vector<std::span<const std::uint8_t>> sources(src.begin(), src.end());
  std::vector<std::span<std::uint8_t>> destinations(dst.begin(), dst.end());
  for (const auto& [type, name] : {std::pair(numeric::ElementType::kFloat32, "float32"),
                                   std::pair(numeric::ElementType::kBfloat16, "bfloat16")}) {
    const double time = seconds_of([&] { reduce(ReduceOp::kAdd, type, sources, destinations); });
    print("fabric_all_reduce_values", copy / time, "of memcpy",
          fmt::format("8 ranks, 64 MiB of {}, {:.3g} s", name, time));
  }
}

void bench_closed_form(const catalog::Catalog& catalog) {
  for (const char* id : {"trn3-gen2", "h100", "trn2-ultra"}) {
    const catalog::FabricNumbers fabric = numbers(catalog, id);
    const RankSet ranks{.count = 8};
    constexpr int kCalls = 200000;
    double sum = 0;
    const auto call = [&] {
      for (int i = 0; i < kCalls; ++i) {
        sum += plans_of(fabric, Collective::kAllReduce, ranks)
                   .choose(fabric, Bytes(1000.0 + i))
                   .time.total.value();
      }
    };
    call();
    const double each = seconds_of(call) / kCalls;
    print("fabric_closed_form", each * 1e9, "ns",
          fmt::format("look-up and choice among the algorithms of {}, mean {:.3g} us", id,
                      sum / kCalls / 2 * 1e6));
  }
}

}  // namespace
}  // namespace switchyard::fabric

int main() {
  using namespace switchyard;
  const auto catalog = catalog::load("catalog");
  SWITCHYARD_CHECK(catalog.has_value(), "{}", to_text(catalog.error()));
  fabric::bench_unequal(*catalog);
  fabric::bench_sweep(*catalog);
  fabric::bench_ring(*catalog);
  fabric::bench_closed_form(*catalog);
  fabric::bench_values();
}
