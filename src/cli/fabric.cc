// switchyard topology, switchyard collective
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/text.h"
#include "catalog/sample.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "fabric/collective.h"
#include "report/fabric_report.h"

namespace switchyard::cli {

namespace {

using catalog::FabricNumbers;
using fabric::RankSet;
using fabric::Topology;
using report::CollectivePoint;

// Of unequal all-to-alls: their ends are off by less than 1e-3, see FlowOptions.
constexpr double kWindow = 0.03;

double now_s() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(since).count();
}

tl::unexpected<Error> wrong_bytes(const std::string& text) {
  return fail({.kind = ErrorKind::kUsage,
               .where = "--bytes",
               .found = quote(text),
               .wanted = "a size from 1 B to 1 TiB as in 64MiB, or a range as in 1KiB..1GiB"});
}

Result<double> bytes_of(const std::string& text) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  const std::string unit(trim(end));
  constexpr std::pair<const char*, double> kUnits[] = {{"", 1},
                                                       {"B", 1},
                                                       {"KB", 1e3},
                                                       {"MB", 1e6},
                                                       {"GB", 1e9},
                                                       {"KiB", 1024.0},
                                                       {"MiB", 1048576.0},
                                                       {"GiB", 1073741824.0},
                                                       {"TiB", 1099511627776.0}};
  for (const auto& [name, scale] : kUnits) {
    const double bytes = number * scale;
    const bool good = end != text.c_str() && to_lower(unit) == to_lower(name);
    if (good && bytes >= 1 && bytes <= 1099511627776.0) return bytes;
  }
  return wrong_bytes(text);
}

Result<std::vector<double>> sizes_of(const std::string& text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string::npos) {
    SWITCHYARD_TRY(one, bytes_of(text));
    return std::vector<double>{one};
  }
  SWITCHYARD_TRY(from, bytes_of(text.substr(0, dots)));
  SWITCHYARD_TRY(to, bytes_of(text.substr(dots + 2)));
  if (to < from) return wrong_bytes(text);
  std::vector<double> out;
  for (double bytes = from; bytes <= to; bytes *= 2) out.push_back(bytes);
  return out;
}

Result<RankSet> ranks_of(const CollectiveOptions& o, const FabricNumbers& fabric, int domain) {
  const RankSet ranks{.count = o.ranks > 0 ? o.ranks : std::max(1, domain / o.stride),
                      .stride = o.stride};
  const std::int64_t last = static_cast<std::int64_t>(ranks.count - 1) * ranks.stride;
  if (last < fabric.tiers.back().chips) return ranks;
  return fail({.kind = ErrorKind::kImpossible,
               .where = "--ranks",
               .found = fmt::format("{} ranks, {} chips apart", ranks.count, ranks.stride),
               .wanted = fmt::format("at most {} chips", fabric.tiers.back().chips)});
}

// TIER:CHIP:PORT=SHARE
Status degrade(Topology& topology, const catalog::Fabric& fabric, const std::string& text) {
  const auto wrong = [&](const std::string& hint) {
    return fail({.kind = ErrorKind::kUsage,
                 .where = "--degrade",
                 .found = quote(text),
                 .wanted = "TIER:CHIP:PORT=SHARE, as in rack:3:0=0.5; a share of 0 is a failure",
                 .hint = hint});
  };
  const std::size_t equals = text.find('=');
  const std::vector<std::string_view> parts = split(std::string_view(text).substr(0, equals), ':');
  if (equals == std::string::npos || parts.size() != 3) return wrong("");
  std::vector<std::string> names;
  int tier = -1;
  for (std::size_t t = 0; t < fabric.tiers.size(); ++t) {
    names.push_back(fabric.tiers[t].name);
    if (fabric.tiers[t].name == parts[0]) tier = static_cast<int>(t);
  }
  if (tier < 0) return wrong(did_you_mean(std::string(parts[0]), names));
  const double share = std::strtod(text.c_str() + equals + 1, nullptr);
  const int chip = std::atoi(std::string(parts[1]).c_str());
  const int port = std::atoi(std::string(parts[2]).c_str());
  if (!(share >= 0 && share <= 1) || chip < 0 || chip >= topology.chips()) return wrong("");
  if (!topology.has_tier(tier)) return wrong("the ranks do not use that tier");
  const auto links = topology.links_out(tier, chip);
  if (port < 0 || port >= static_cast<int>(links.size())) {
    return wrong(fmt::format("chip {} has ports 0 to {} there", chip, links.size() - 1));
  }
  topology.degrade(links[static_cast<std::size_t>(port)], share);
  return {};
}

class Runner {
 public:
  Runner(const CollectiveOptions& o, const catalog::Fabric& fabric, fabric::Collective collective,
         const RankSet& ranks)
      : o_(o),
        collective_(collective),
        ranks_(ranks),
        numbers_(sample(fabric, catalog::World{})),
        plans_(fabric::plans_of(numbers_, collective, ranks)) {
    const std::int64_t chips = static_cast<std::int64_t>(ranks.count - 1) * ranks.stride + 1;
    if (chips <= Topology::kChipsMax - fabric.domain_chips()) {
      topology_.emplace(numbers_, static_cast<int>(chips));
    }
  }

  Status degrade_all(const catalog::Fabric& fabric) {
    for (const std::string& link : o_.degraded) {
      if (!topology_) {
        return fail({.kind = ErrorKind::kImpossible,
                     .where = "--degrade",
                     .found = "more chips than are simulated",
                     .wanted = fmt::format("at most {}", Topology::kChipsMax)});
      }
      SWITCHYARD_TRY_STATUS(degrade(*topology_, fabric, link));
    }
    return {};
  }

  Result<CollectivePoint> point(double bytes) const {
    CollectivePoint p{
        .collective = collective_, .platform = o_.platform, .bytes = bytes, .ranks = ranks_.count};
    const double start = now_s();
    SWITCHYARD_TRY(choice, choose(Bytes(bytes)));
    p.algorithm = catalog::to_text(choice.plan->way.algorithm);
    p.closed_form = choice.time.total;
    p.seconds = p.closed_form;
    p.simulated = topology_.has_value();
    if (topology_ && o_.unequal > 0) {
      SWITCHYARD_TRY(timing, fabric::simulate_unequal(*topology_, ranks_, Bytes(bytes), o_.unequal,
                                                      o_.seed, {.window = kWindow}));
      p.seconds = timing.simulated.seconds;
      p.closed_form = timing.closed_form;
    } else if (topology_) {
      SWITCHYARD_TRY(timing, fabric::simulate(*topology_, collective_, choice.plan->way, ranks_,
                                              Bytes(bytes)));
      p.seconds = timing.seconds;
    }
    p.wall_seconds = now_s() - start;
    return p;
  }

 private:
  Result<fabric::Plans::Choice> choose(Bytes payload) const {
    if (o_.algorithm.empty()) return plans_.choose(numbers_, payload);
    fabric::Plans::Choice best;
    std::vector<std::string> names;
    for (const fabric::Plan& plan : plans_.plans()) {
      names.push_back(catalog::to_text(plan.way.algorithm));
      const fabric::PlanTime time = fabric::closed_form(plan, numbers_, payload);
      if (names.back() != o_.algorithm) continue;
      if (!best.plan || time.total < best.time.total) best = {&plan, time};
    }
    if (best.plan) return best;
    return fail({.kind = ErrorKind::kImpossible,
                 .where = "--algorithm",
                 .found = quote(o_.algorithm),
                 .wanted = "one that does this here: " + join(names, ", "),
                 .hint = did_you_mean(o_.algorithm, names)});
  }

  const CollectiveOptions& o_;
  fabric::Collective collective_;
  RankSet ranks_;
  FabricNumbers numbers_;
  const fabric::Plans& plans_;
  std::optional<Topology> topology_;
};

}  // namespace

Status run_topology(const TopologyOptions& options) {
  SWITCHYARD_TRY(catalog, load_catalog(options.common));
  SWITCHYARD_TRY(fabric, catalog.fabric(options.platform));
  if (!options.html_file.empty()) {
    SWITCHYARD_TRY_STATUS(write_file_atomically(options.html_file, report::topology_page(*fabric)));
  }
  return emit(report::topology_text(*fabric), report::topology_json(*fabric),
              options.common.json_file);
}

Status run_collective(const CollectiveOptions& options) {
  SWITCHYARD_TRY(collective, fabric::collective_named(options.collective));
  SWITCHYARD_TRY(sizes, sizes_of(options.bytes));
  SWITCHYARD_TRY(catalog, load_catalog(options.common));
  SWITCHYARD_TRY(fabric, catalog.fabric(options.platform));
  const FabricNumbers numbers = sample(*fabric, catalog::World{});
  SWITCHYARD_TRY(ranks, ranks_of(options, numbers, fabric->domain_chips()));
  if (options.unequal > 0 && collective != fabric::Collective::kAllToAll) {
    return fail({.kind = ErrorKind::kUsage,
                 .where = "--unequal",
                 .found = "with " + options.collective,
                 .wanted = "all-to-all"});
  }
  Runner runner(options, *fabric, collective, ranks);
  SWITCHYARD_TRY_STATUS(runner.degrade_all(*fabric));
  std::vector<CollectivePoint> points;
  Progress progress("simulating");
  for (const double bytes : sizes) {
    SWITCHYARD_TRY(point, runner.point(bytes));
    points.push_back(std::move(point));
    progress.update(static_cast<double>(points.size()) / static_cast<double>(sizes.size()));
  }
  if (!options.html_file.empty()) {
    SWITCHYARD_TRY_STATUS(
        write_file_atomically(options.html_file, report::collective_page(points)));
  }
  return emit(report::collective_text(points), report::collective_json(points),
              options.common.json_file);
}

}  // namespace switchyard::cli
