// switchyard simulate
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/costs.h"
#include "cli/output.h"
#include "cli/question.h"
#include "cli/records.h"
#include "cli/service_options.h"
#include "cli/traffic.h"
#include "planner/simulation.h"
#include "report/html.h"
#include "report/service_report.h"

namespace switchyard::cli {

namespace {

// Share of the steady-state rate that is asked for when the user names none.
constexpr double kDefaultLoad = 0.7;

Status check_options(const SimulateOptions& o) {
  SWITCHYARD_TRY_STATUS(check_traffic(o));
  const std::string& platforms = o.base.platforms;
  if (platforms.empty() || platforms.find(',') != std::string::npos) {
    return fail({.kind = ErrorKind::kUsage,
                 .where = "--on",
                 .found = platforms.empty() ? "is missing" : "names several platforms",
                 .wanted = "one platform (see `switchyard catalog`)",
                 .hint = platforms.empty() ? "" : "switchyard plan and compare rank several"});
  }
  return {};
}

// The rate of the traffic where the user leaves it open.
void set_default_rate(const SimulateOptions& o, const planner::ServiceDeployment& service,
                      workload::TrafficPlan& plan, std::vector<std::string>& notes) {
  if (plan.concurrency > 0 || plan.knows_rate()) return;
  plan.rate = kDefaultLoad * o.replicas * planner::steady_rate(service, plan.workload);
  notes.push_back(fmt::format(
      "no --rate or --concurrency is given and the traffic has no times of its own: {} requests a "
      "second are {:.0f} % of what the service holds at steady state",
      format_significant(plan.rate), 100 * kDefaultLoad));
}

// About how long the traffic lasts; what the timeline's samples are spaced by.
double expected_seconds(const SimulateOptions& o, const workload::TrafficPlan& plan,
                        const planner::ServiceDeployment& service) {
  const auto requests = static_cast<double>(plan.request_count());
  if (plan.concurrency == 0) return requests / plan.mean_rate();
  return requests / (o.replicas * std::max(planner::steady_rate(service, plan.workload), 1e-6));
}

Result<planner::ServiceDeployment> deployment(const SimulateOptions& o,
                                              const planner::Question& question,
                                              const catalog::Catalog& catalog,
                                              const costing::CostModel& costs) {
  planner::Question asked = question;
  if (o.concurrency > 0) {
    asked.concurrency = std::max(1.0, static_cast<double>(o.concurrency) / o.replicas);
  }
  return planner::choose_deployment(asked, catalog, o.base.platforms, costs,
                                    {.tp = o.tp, .pp = o.pp, .dp = o.dp, .cp = o.cp, .ep = o.ep});
}

class ProgressSink : public serving::RecordSink {
 public:
  explicit ProgressSink(std::int64_t requests) : requests_(requests), line_("simulating") {}
  void finished(const workload::RequestRecord&) override {}
  void progress(std::int64_t done, SimTime now) override {
    line_.update(static_cast<double>(done) / static_cast<double>(requests_),
                 fmt::format("{} requests, {} s of service", format_integer(done),
                             format_grouped(static_cast<double>(now.ps()) * 1e-12)));
  }

 private:
  std::int64_t requests_;
  Progress line_;
};

}  // namespace

Status run_simulate(const SimulateOptions& o) {
  SWITCHYARD_TRY_STATUS(check_options(o));
  const std::string directory = catalog::default_directory().string();
  SWITCHYARD_TRY(catalog, load_catalog(o.base.common));
  SWITCHYARD_TRY(asked, make_question(o.base, directory));
  const planner::Question& question = asked.question;
  SWITCHYARD_TRY(costs, make_costs(o.base.evidence, catalog, o.base.common.catalog_overlay));
  SWITCHYARD_TRY(service, deployment(o, question, catalog, *costs));
  SWITCHYARD_TRY(engine, engine_options(o));
  const planner::SimulatedService simulated(question, service, engine, *costs, o.expert_imbalance);
  serving::ServiceOptions options = simulated.options(o.replicas, o.prefill_replicas);
  SWITCHYARD_TRY_STATUS(set_service_options(o, options));

  workload::TrafficPlan plan = traffic_plan(o, asked);
  std::vector<std::string> notes;
  add_trace_notes(asked, notes);
  set_default_rate(o, service, plan, notes);
  SWITCHYARD_TRY_STATUS(check_span(o, plan));
  constexpr double kSamples = 1000;
  options.sample_interval_s = std::max(expected_seconds(o, plan, service) / kSamples, 1e-3);

  SWITCHYARD_TRY(files, RecordFiles::create(o, question, service));
  std::vector<serving::RecordSink*> sinks = files.sinks();
  const auto progress = std::make_unique<ProgressSink>(plan.request_count());
  sinks.push_back(progress.get());
  SWITCHYARD_TRY(run, simulated.run(options, plan, sinks));
  run.engine = o.engine;
  run.notes = std::move(notes);
  SWITCHYARD_TRY_STATUS(files.commit(run));
  if (!o.html_file.empty()) {
    SWITCHYARD_TRY(page_template, read_file(report::default_template(), 16ULL << 20));
    SWITCHYARD_TRY(page, report::service_page(run, page_template));
    SWITCHYARD_TRY_STATUS(write_file_atomically(o.html_file, page));
  }
  return emit(report::service_text(run, colour_wanted()), report::service_json(run, true),
              o.base.common.json_file);
}

}  // namespace switchyard::cli
