// switchyard compare
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/costs.h"
#include "cli/output.h"
#include "cli/plan.h"
#include "cli/question.h"
#include "cli/service_options.h"
#include "cli/traffic.h"
#include "planner/comparison.h"
#include "report/html.h"
#include "report/json.h"
#include "report/sizing_report.h"
#include "report/terminal.h"

namespace switchyard::cli {

namespace {

Status check_answer(const planner::Comparison& comparison) {
  for (const auto& r : comparison.results) {
    if (r.feasible || r.probability_feasible > 0) return {};
  }
  FaultList faults;
  for (const auto& r : comparison.results) {
    faults.add({.kind = ErrorKind::kImpossible, .where = r.id, .found = r.why_not});
  }
  Error error = faults.error();
  error.also.push_back({.where = "no platform can do this",
                        .wanted = "looser --ttft or --tpot, a smaller model, or more chips "
                                  "(--chips-max)"});
  return fail(std::move(error));
}

// Simulates the finalists of every platform on the trace and ranks the platforms by that.
Result<std::vector<planner::Sizing>> rank_on_trace(const CompareOptions& o, const Asked& asked,
                                                   const catalog::Catalog& catalog,
                                                   const costing::CostModel& costs,
                                                   planner::Comparison& comparison) {
  SimulateOptions simulate{.base = o};
  SWITCHYARD_TRY(engine, engine_options(simulate));
  const planner::SizingOptions options{
      .traffic = traffic_plan(simulate, asked), .engine = engine, .engine_name = simulate.engine};
  std::vector<std::string> platforms;
  for (const planner::PlatformResult& r : comparison.results) platforms.push_back(r.id);
  SWITCHYARD_TRY(sizings, size_platforms(platforms, "simulating the finalists",
                                         [&](const std::string& platform, const auto& progress) {
                                           return planner::largest_rate(asked.question, options,
                                                                        catalog, platform, costs,
                                                                        progress);
                                         }));
  const auto place = [&sizings](const planner::PlatformResult& r) {
    return std::find_if(sizings.begin(), sizings.end(),
                        [&r](const planner::Sizing& s) { return s.platform == r.id; });
  };
  std::stable_sort(comparison.results.begin(), comparison.results.end(),
                   [&](const auto& a, const auto& b) { return place(a) < place(b); });
  return sizings;
}

std::string trace_title(const Asked& asked, const planner::SizingOptions& options) {
  const workload::Slo& slo = asked.question.workload.slo;
  return fmt::format(
      "\nThe trace itself, simulated: the highest rate at which {} replicas keep {} % of requests "
      "within\nTTFT {} s and TPOT {} ms. This ranks the platforms.\n\n",
      options.fleet_replicas, format_significant(100 * options.attainment),
      format_significant(slo.ttft.value()), format_significant(slo.tpot.value() * 1e3));
}

}  // namespace

Status run_compare(const CompareOptions& options) {
  const std::string directory = catalog::default_directory().string();
  SWITCHYARD_TRY(catalog, load_catalog(options.common));
  SWITCHYARD_TRY(asked, make_question(options, directory));
  const planner::Question& question = asked.question;
  SWITCHYARD_TRY(costs, make_costs(options.evidence, catalog, options.common.catalog_overlay));
  Progress progress("comparing platforms");
  SWITCHYARD_TRY(comparison, planner::compare(question, catalog, *costs,
                                              [&](double share) { progress.update(share); }));
  SWITCHYARD_TRY_STATUS(check_answer(comparison));
  std::string simulated;
  Json json;
  if (asked.trace) {
    SWITCHYARD_TRY(sizings, rank_on_trace(options, asked, catalog, *costs, comparison));
    simulated = report::sizing_text(sizings, trace_title(asked, {}), colour_wanted());
    json = report::to_json(comparison);
    for (std::size_t i = 0; i < sizings.size(); ++i) {
      json["results"][i]["traffic"] = report::sizing_json(sizings[i]);
    }
  } else {
    json = report::to_json(comparison);
  }
  if (!options.html_file.empty()) {
    SWITCHYARD_TRY(page_template, read_file(report::default_template(), 16ULL << 20));
    SWITCHYARD_TRY(page, report::comparison_page(comparison, page_template));
    SWITCHYARD_TRY_STATUS(write_file_atomically(options.html_file, page));
  }
  return emit(report::comparison_table(comparison, colour_wanted()) + simulated, json,
              options.common.json_file);
}

}  // namespace switchyard::cli
