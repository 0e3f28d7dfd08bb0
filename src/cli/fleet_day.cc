// switchyard fleet-day
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/costs.h"
#include "cli/output.h"
#include "cli/question.h"
#include "cli/service_options.h"
#include "cli/traffic.h"
#include "report/fleet_day_report.h"

namespace switchyard::cli {

namespace {

// Both are simulated in full for the measured error: large enough for a router to have a choice,
// small enough for seconds.
constexpr int kCheckReplicas = 128;
constexpr double kCheckSeconds = 600;

Result<std::int64_t> replica_count(const FleetDayCommand& o,
                                   const planner::ServiceDeployment& service) {
  if (o.megawatts <= 0) return o.replicas;
  const economics::PowerUse power =
      economics::power_use(service.numbers, service.economy, Watts(0));
  const std::int64_t chips = economics::chips_within(Watts(o.megawatts * 1e6), power);
  const std::int64_t replicas = chips / service.deployment.sharding.chips();
  if (replicas >= o.cell_replicas) return replicas;
  return fail({.kind = ErrorKind::kImpossible,
               .where = "--megawatts",
               .found = fmt::format("feeds {} replicas", replicas),
               .wanted = fmt::format("at least the {} of a cell (--cell)", o.cell_replicas)});
}

Status check_options(const FleetDayCommand& o) {
  const std::string& platforms = o.simulate.base.platforms;
  if (platforms.empty() || platforms.find(',') != std::string::npos) {
    return fail({.kind = ErrorKind::kUsage,
                 .where = "--on",
                 .found = platforms.empty() ? "is missing" : "names several platforms",
                 .wanted = "one platform (see `switchyard catalog`)"});
  }
  if ((o.megawatts > 0) == (o.replicas > 0)) {
    return fail(
        {.kind = ErrorKind::kUsage,
         .where = "fleet-day",
         .found = o.replicas > 0 ? "--megawatts and --replicas are given" : "no size is given",
         .wanted = "--megawatts MW or --replicas N"});
  }
  if (o.replicas > 0 && o.replicas < o.cell_replicas) {
    return fail({.kind = ErrorKind::kUsage,
                 .where = "--replicas",
                 .found = fmt::format("is {}", o.replicas),
                 .wanted = fmt::format("at least the {} of a cell (--cell)", o.cell_replicas)});
  }
  return {};
}

}  // namespace

Status run_fleet_day(const FleetDayCommand& o) {
  SWITCHYARD_TRY_STATUS(check_options(o));
  const SimulateOptions& s = o.simulate;
  const std::string directory = catalog::default_directory().string();
  SWITCHYARD_TRY(catalog, load_catalog(s.base.common));
  SWITCHYARD_TRY(asked, make_question(s.base, directory));
  SWITCHYARD_TRY(day, planner::load_day(o.day_file.empty() ? directory + "/day.toml" : o.day_file));
  SWITCHYARD_TRY(costs, make_costs(s.base.evidence, catalog, s.base.common.catalog_overlay));
  SWITCHYARD_TRY(service, planner::choose_deployment(
                              asked.question, catalog, s.base.platforms, *costs,
                              {.tp = s.tp, .pp = s.pp, .dp = s.dp, .cp = s.cp, .ep = s.ep}));
  SWITCHYARD_TRY(engine, engine_options(s));
  const planner::SimulatedService simulated(asked.question, service, engine, *costs);

  planner::FleetDayOptions options;
  SWITCHYARD_TRY(replicas, replica_count(o, service));
  options.replicas = replicas;
  options.cell_replicas = o.cell_replicas;
  options.cells = o.cells;
  options.day = day;
  options.traffic = traffic_plan(s, asked);
  options.peak_rate = s.rate;
  if (options.peak_rate <= 0) {
    options.peak_rate = o.peak_load * static_cast<double>(replicas) *
                        planner::steady_rate(service, asked.question.workload);
  }
  report::FleetDayReport report{
      .question = asked.question,
      .service = service,
      .traffic = fmt::format(
          "{}, up to {} requests a second, {} at the least busy hour", asked.question.workload.name,
          format_grouped(options.peak_rate),
          format_grouped(options.peak_rate * *std::min_element(day.begin(), day.end()))),
      .cell_replicas = o.cell_replicas};
  {
    Progress progress("simulating the day of sampled cells");
    SWITCHYARD_TRY(found, planner::fleet_day(asked.question, simulated, options,
                                             [&](double share) { progress.update(share); }));
    report.day = std::move(found);
  }
  const Waiting waiting("measuring the error of the sampling");
  SWITCHYARD_TRY(error, planner::aggregation_error(asked.question, simulated, options,
                                                   kCheckReplicas, kCheckSeconds));
  report.error = error;
  return emit(report::fleet_day_text(report, colour_wanted()), report::fleet_day_json(report),
              s.base.common.json_file);
}

}  // namespace switchyard::cli
