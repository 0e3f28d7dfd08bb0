#include "report/fleet_day_report.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "report/service_report.h"
#include "report/table.h"

namespace switchyard::report {

namespace {

using planner::AggregationError;
using planner::Estimated;
using planner::FleetDay;
using planner::FleetHour;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

std::string percent(double share, int digits = 3) {
  return format_significant(100 * share, digits) + " %";
}

// "-0.42 %": signed, so that an error shows its direction.
std::string signed_percent(double share) { return fmt::format("{:+.2f} %", 100 * share); }

std::string hours_table(const FleetDay& day) {
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < day.hours.size(); ++i) {
    const FleetHour& h = day.hours[i];
    rows.push_back({fmt::format("{:02}", i), format_grouped(h.requests_per_second),
                    format_si(h.output_tokens_per_second, "tok/s"),
                    format_significant(h.ttft_p50_ms), format_significant(h.ttft_p99_ms),
                    format_significant(h.tpot_p50_ms), format_significant(h.tpot_p99_ms),
                    percent(h.attainment, 4), percent(h.busy_share), format_grouped(h.megawatts)});
  }
  return table({{"hour"},
                {"req/s"},
                {"output"},
                {"TTFT p50"},
                {"p99"},
                {"TPOT p50"},
                {"p99"},
                {"in SLO"},
                {"busy"},
                {"MW"}},
               rows);
}

std::string with_error(const Estimated& e, const std::string& unit) {
  const double share = e.value > 0 ? e.standard_error / e.value : 0;
  return fmt::format("{} ± {}", format_si(e.value, unit), percent(share, 2));
}

std::string totals(const FleetDayReport& report) {
  const FleetDay& day = report.day;
  const planner::ServiceBill& bill = day.bill;
  std::string text = "\nThe day\n";
  text += fmt::format("requests    {}, output {}\n", with_error(day.requests, ""),
                      with_error(day.output_tokens, "tok"));
  text += fmt::format("within SLO  {} ± {}\n", percent(day.attainment.value, 4),
                      percent(day.attainment.standard_error, 2));
  text += fmt::format("energy      {} MWh drawn of {} MW provisioned, {} J an output token\n",
                      format_grouped(day.megawatt_hours.value, 4),
                      format_grouped(day.provisioned_megawatts, 4),
                      format_significant(bill.joules_per_output_token));
  text += fmt::format("cost ({})  ${}; ${} a million output tokens, ${} input, ${} over all\n",
                      economics::to_text(report.question.view), format_grouped(day.dollars, 4),
                      format_significant(bill.dollars_per_million_output_tokens),
                      format_significant(bill.dollars_per_million_input_tokens),
                      format_significant(bill.dollars_per_million_tokens));
  return text;
}

std::string errors(const AggregationError& e) {
  return fmt::format(
      "\nError of the sampling, {} replicas at the busiest hour for {} s against one router over "
      "all:\n  TTFT mean {}, p99 {}; TPOT mean {}, p99 {}; E2E {}; output tokens {}; energy {}\n",
      e.replicas, format_significant(e.seconds), signed_percent(e.ttft_mean),
      signed_percent(e.ttft_p99), signed_percent(e.tpot_mean), signed_percent(e.tpot_p99),
      signed_percent(e.e2e_mean), signed_percent(e.output_tokens), signed_percent(e.joules));
}

Json estimated(const Estimated& e) {
  return {{"value", number(e.value)}, {"standard_error", number(e.standard_error)}};
}

}  // namespace

std::string fleet_day_text(const FleetDayReport& report, bool colour) {
  const FleetDay& day = report.day;
  const std::string title = fmt::format(
      "{} on {} · {} replicas of {}, {} chips\n", report.question.model.name,
      report.service.platform->id, format_integer(day.replicas),
      deployment_text(report.service.deployment.sharding, report.service.precision.name),
      format_integer(static_cast<std::int64_t>(day.chips)));
  std::string text = colour ? "\x1b[1m" + title + "\x1b[0m" : title;
  text += wrap("traffic     " + report.traffic, 100, "            ");
  text += wrap("deployment  " + report.service.why, 100, "            ");
  text += fmt::format("sample      {} cells of {} replicas, {} requests simulated one by one\n\n",
                      day.cells, report.cell_replicas, format_integer(day.simulated_requests));
  text += hours_table(day) + totals(report) + errors(report.error);
  return text + fmt::format("\nMilliseconds, MW drawn at the utility. Base world. {} s.\n",
                            format_significant(day.wall_seconds));
}

Json fleet_day_json(const FleetDayReport& report) {
  const FleetDay& day = report.day;
  Json hours = Json::array();
  for (const FleetHour& h : day.hours) {
    hours.push_back({{"requests_per_second", h.requests_per_second},
                     {"output_tokens_per_second", h.output_tokens_per_second},
                     {"ttft_ms", {{"p50", h.ttft_p50_ms}, {"p99", h.ttft_p99_ms}}},
                     {"tpot_ms", {{"p50", h.tpot_p50_ms}, {"p99", h.tpot_p99_ms}}},
                     {"slo_attainment", h.attainment},
                     {"busy_share", h.busy_share},
                     {"megawatts", h.megawatts}});
  }
  const AggregationError& e = report.error;
  const model::Sharding& s = report.service.deployment.sharding;
  return {{"model", report.question.model.id},
          {"platform", report.service.platform->id},
          {"deployment",
           {{"tp", s.tp},
            {"pp", s.pp},
            {"dp", s.dp},
            {"cp", s.cp},
            {"ep", s.ep},
            {"precision", report.service.precision.name}}},
          {"traffic", report.traffic},
          {"replicas", day.replicas},
          {"chips", day.chips},
          {"sampled_cells", day.cells},
          {"cell_replicas", report.cell_replicas},
          {"simulated_requests", day.simulated_requests},
          {"hours", std::move(hours)},
          {"requests", estimated(day.requests)},
          {"output_tokens", estimated(day.output_tokens)},
          {"slo_attainment", estimated(day.attainment)},
          {"megawatt_hours", estimated(day.megawatt_hours)},
          {"provisioned_megawatts", number(day.provisioned_megawatts)},
          {"dollars", number(day.dollars)},
          {"joules_per_output_token", number(day.bill.joules_per_output_token)},
          {"dollars_per_million_output_tokens", number(day.bill.dollars_per_million_output_tokens)},
          {"dollars_per_million_tokens", number(day.bill.dollars_per_million_tokens)},
          {"sampling_error",
           {{"replicas", e.replicas},
            {"simulated_seconds", e.seconds},
            {"ttft_mean", e.ttft_mean},
            {"ttft_p99", e.ttft_p99},
            {"tpot_mean", e.tpot_mean},
            {"tpot_p99", e.tpot_p99},
            {"e2e_mean", e.e2e_mean},
            {"output_tokens", e.output_tokens},
            {"joules", e.joules}}},
          {"wall_seconds", day.wall_seconds}};
}

}  // namespace switchyard::report
