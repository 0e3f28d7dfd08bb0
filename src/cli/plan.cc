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

Status check_held(const std::vector<planner::Sizing>& sizings) {
  if (!sizings.empty() && !sizings.front().held.empty()) return {};
  FaultList faults;
  for (const planner::Sizing& sizing : sizings) {
    faults.add({.kind = ErrorKind::kImpossible, .where = sizing.platform, .found = sizing.why_not});
  }
  return faults.status();
}

std::string title(const planner::Question& question, const planner::SizingOptions& options) {
  const workload::Slo& slo = question.workload.slo;
  return fmt::format(
      "{} · {}\nsmallest fleets that keep {} % of requests within TTFT {} s and TPOT {} ms, "
      "best by {}\n\n",
      question.model.name, describe(options.traffic), format_significant(100 * options.attainment),
      format_significant(slo.ttft.value()), format_significant(slo.tpot.value() * 1e3),
      to_text(question.objective));
}

Json plan_json(const planner::Question& question, const planner::SizingOptions& options,
               const std::vector<planner::Sizing>& sizings) {
  Json json = {{"model", question.model.id},
               {"traffic", describe(options.traffic)},
               {"attainment", options.attainment},
               {"objective", to_text(question.objective)},
               {"platforms", Json::array()}};
  for (const planner::Sizing& sizing : sizings) {
    json["platforms"].push_back(report::sizing_json(sizing));
  }
  return json;
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
  SWITCHYARD_TRY_STATUS(check_held(sizings));
  const std::string text =
      report::sizing_text(sizings, title(asked.question, options), colour_wanted());
  return emit(text, plan_json(asked.question, options, sizings), s.base.common.json_file);
}

}  // namespace switchyard::cli
