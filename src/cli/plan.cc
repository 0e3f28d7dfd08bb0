// switchyard plan, and the simulated part of switchyard compare --trace
#include "cli/plan.h"

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/parallel.h"
#include "base/text.h"
#include "cli/costs.h"
#include "cli/output.h"
#include "cli/question.h"
#include "cli/service_options.h"
#include "cli/traffic.h"
#include "report/sizing_report.h"

namespace switchyard::cli {

namespace {

// Best platform first; those on which nothing held last, by name.
bool better(const planner::Sizing& a, const planner::Sizing& b) {
  if (a.held.empty() != b.held.empty()) return b.held.empty();
  if (a.held.empty() || a.held.front().score == b.held.front().score) {
    return a.platform < b.platform;
  }
  return a.held.front().score < b.held.front().score;
}

}  // namespace

Result<std::vector<planner::Sizing>> size_platforms(const std::vector<std::string>& platforms,
                                                    const std::string& what, const SizeOne& one) {
  std::vector<Result<planner::Sizing>> found(platforms.size(), tl::unexpected<Error>(Error{}));
  std::mutex mutex;
  Progress line(what);
  int done = 0, simulations = 0;
  parallel_for(static_cast<int>(platforms.size()), [&](int i) {
    const auto at = static_cast<std::size_t>(i);
    found[at] = one(platforms[at], [&] {
      const std::lock_guard lock(mutex);
      line.update(static_cast<double>(done) / static_cast<double>(platforms.size()),
                  fmt::format("{} simulations", ++simulations));
    });
    const std::lock_guard lock(mutex);
    ++done;
  });
  std::vector<planner::Sizing> sizings;
  for (Result<planner::Sizing>& each : found) {
    SWITCHYARD_TRY(sizing, std::move(each));
    sizings.push_back(std::move(sizing));
  }
  std::sort(sizings.begin(), sizings.end(), better);
  return sizings;
}

Status run_plan(const PlanOptions& o) {
  const SimulateOptions& s = o.simulate;
  SWITCHYARD_TRY_STATUS(check_traffic(s));
  if (s.concurrency > 0) {
    return fail({.kind = ErrorKind::kUsage,
                 .where = "--concurrency",
                 .found = "is given",
                 .wanted = "--rate, or a trace with times",
                 .hint = "a closed loop slows down instead of missing its targets"});
  }
  SWITCHYARD_TRY(catalog, load_catalog(s.base.common));
  SWITCHYARD_TRY(asked, make_question(s.base, catalog::default_directory().string()));
  planner::SizingOptions options;
  options.traffic = traffic_plan(s, asked);
  if (!options.traffic.knows_rate()) {
    return fail({.kind = ErrorKind::kUsage,
                 .where = "plan",
                 .found = "the traffic has no times of its own",
                 .wanted = "--rate R, in requests a second"});
  }
  SWITCHYARD_TRY_STATUS(check_span(s, options.traffic));
  SWITCHYARD_TRY(engine, engine_options(s));
  options.engine = engine;
  options.engine_name = s.engine;
  options.attainment = o.attainment;
  options.finalists = o.finalists;
  options.disaggregate = o.disaggregate;
  std::vector<std::string> platforms = asked.question.platforms;
  if (platforms.empty()) {
    for (const catalog::Platform& p : catalog.platforms) platforms.push_back(p.id);
  }
  SWITCHYARD_TRY(costs, make_costs(s.base.evidence, catalog, s.base.common.catalog_overlay));
  SWITCHYARD_TRY(sizings, size_platforms(platforms, "sizing fleets",
                                         [&](const std::string& platform, const auto& progress) {
                                           return planner::size_fleet(asked.question, options,
                                                                      catalog, platform, *costs,
                                                                      progress);
                                         }));
  const workload::Slo& slo = asked.question.workload.slo;
  const std::string title = fmt::format(
      "{} · {}\nsmallest fleets that keep {} % of requests within TTFT {} s and TPOT {} ms, best "
      "by "
      "{}\n\n",
      asked.question.model.name, describe(options.traffic), format_significant(100 * o.attainment),
      format_significant(slo.ttft.value()), format_significant(slo.tpot.value() * 1e3),
      to_text(asked.question.objective));
  Json json = {{"model", asked.question.model.id},
               {"traffic", describe(options.traffic)},
               {"attainment", o.attainment},
               {"objective", to_text(asked.question.objective)},
               {"platforms", Json::array()}};
  for (const planner::Sizing& sizing : sizings) {
    json["platforms"].push_back(report::sizing_json(sizing));
  }
  if (sizings.empty() || sizings.front().held.empty()) {
    FaultList faults;
    for (const planner::Sizing& sizing : sizings) {
      faults.add(
          {.kind = ErrorKind::kImpossible, .where = sizing.platform, .found = sizing.why_not});
    }
    return fail(faults.error());
  }
  return emit(report::sizing_text(sizings, title, colour_wanted()), json, s.base.common.json_file);
}

}  // namespace switchyard::cli
