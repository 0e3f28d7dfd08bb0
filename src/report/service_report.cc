#include "report/service_report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "report/table.h"

namespace switchyard::report {

namespace {

using planner::ServiceRun;
using serving::TimelinePoint;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

double seconds(SimTime time) { return static_cast<double>(time.ps()) * 1e-12; }

Json latency(const Histogram& values_s) {
  return {{"mean", values_s.mean() * 1e3},
          {"p50", values_s.quantile(0.5) * 1e3},
          {"p90", values_s.quantile(0.9) * 1e3},
          {"p99", values_s.quantile(0.99) * 1e3},
          {"count", values_s.count()}};
}

// Points of a cumulative distribution, enough for a smooth line.
Json distribution(const Histogram& values_s) {
  Json points = Json::array();
  if (values_s.count() == 0) return points;
  constexpr int kPoints = 200;
  for (int i = 0; i <= kPoints; ++i) {
    const double p = static_cast<double>(i) / kPoints;
    points.push_back({values_s.quantile(p) * 1e3, p});
  }
  for (const double p : {0.998, 0.999, 0.9999}) points.push_back({values_s.quantile(p) * 1e3, p});
  std::stable_sort(points.begin(), points.end(),
                   [](const Json& a, const Json& b) { return a[1] < b[1]; });
  return points;
}

Json timeline(const std::vector<TimelinePoint>& points) {
  Json out = {{"start_s", Json::array()}};
  const auto add = [&](const char* name, auto value) {
    Json& list = out[name] = Json::array();
    for (const TimelinePoint& point : points) list.push_back(number(value(point)));
  };
  add("start_s", [](const TimelinePoint& p) { return p.start_s; });
  add("requests_waiting", [](const TimelinePoint& p) { return p.waiting; });
  add("requests_running", [](const TimelinePoint& p) { return p.running; });
  add("kv_used_share",
      [](const TimelinePoint& p) { return p.blocks > 0 ? p.blocks_used / p.blocks : 0; });
  add("kv_cached_share",
      [](const TimelinePoint& p) { return p.blocks > 0 ? p.blocks_cached / p.blocks : 0; });
  add("replicas_up", [](const TimelinePoint& p) { return p.replicas_up; });
  add("arrived", [](const TimelinePoint& p) { return static_cast<double>(p.arrived); });
  add("completed", [](const TimelinePoint& p) { return static_cast<double>(p.completed); });
  add("output_tokens", [](const TimelinePoint& p) { return p.output_tokens; });
  add("ttft_p50_ms", [](const TimelinePoint& p) { return p.ttft_p50_s * 1e3; });
  add("ttft_p99_ms", [](const TimelinePoint& p) { return p.ttft_p99_s * 1e3; });
  add("tpot_p50_ms", [](const TimelinePoint& p) { return p.tpot_p50_s * 1e3; });
  return out;
}

Json deployment_json(const ServiceRun& run) {
  const model::Sharding& s = run.service.deployment.sharding;
  return {{"platform", run.service.platform->id},
          {"replicas", run.options.replicas},
          {"prefill_replicas", run.options.disaggregation.prefill_replicas},
          {"chips_per_replica", s.chips()},
          {"tp", s.tp},
          {"pp", s.pp},
          {"dp", s.dp},
          {"cp", s.cp},
          {"ep", s.ep},
          {"precision", run.service.precision.name},
          {"kv_cache_tokens_per_replica",
           run.options.blocks * run.options.ranks * run.options.engine.block_tokens},
          {"chosen", run.service.why}};
}

std::string quantile_cell(double value_s) { return format_significant(value_s * 1e3); }

std::vector<std::string> latency_row(const char* name, const Histogram& h) {
  if (h.count() == 0) return {name, "-", "-", "-", "-"};
  return {name, quantile_cell(h.mean()), quantile_cell(h.quantile(0.5)),
          quantile_cell(h.quantile(0.9)), quantile_cell(h.quantile(0.99))};
}

std::string percent(double share) { return format_significant(100 * share) + " %"; }

std::string count_line(const ServiceRun& run) {
  const serving::SimulationResult& r = run.result;
  std::string text = fmt::format("requests     {} completed of {}", format_integer(r.completed),
                                 format_integer(r.requests));
  if (r.shed > 0) text += fmt::format(", {} shed", format_integer(r.shed));
  if (r.failed > 0) text += fmt::format(", {} failed", format_integer(r.failed));
  if (r.retries > 0) text += fmt::format(", {} retries", format_integer(r.retries));
  return text + fmt::format("; {} simulated s\n", format_grouped(seconds(r.end), 4));
}

std::string facts(const ServiceRun& run) {
  const serving::SimulationResult& r = run.result;
  const auto& slo = run.question.workload.slo;
  std::string text = count_line(run);
  text += fmt::format(
      "throughput   {} requests/s, {} output tok/s, {} per chip\n",
      format_significant(run.requests_per_second()), format_grouped(run.output_tokens_per_second()),
      format_grouped(static_cast<double>(r.output_tokens) / (run.bill.chip_hours * 3600)));
  text += fmt::format("goodput      {} requests/s within TTFT {} s and TPOT {} ms: {} of all\n",
                      format_significant(run.goodput()), format_significant(slo.ttft.value()),
                      format_significant(slo.tpot.value() * 1e3), percent(run.slo_attainment()));
  text += fmt::format(
      "engine       {} sequences decode in a step on average, busy {} of the time,\n"
      "             prefix hits {} of input tokens, {} preemptions\n",
      format_significant(run.metrics.batch_mean()), percent(run.busy_share()),
      percent(run.prefix_hit_rate()), format_integer(r.preemptions));
  text += fmt::format("energy       {} J an output token at the utility, {} W a chip on average\n",
                      format_significant(run.bill.joules_per_output_token),
                      format_significant(run.bill.chip_watts_mean));
  text +=
      fmt::format("cost ({})  ${} a million output tokens, ${} input; ${} a thousand requests\n",
                  economics::to_text(run.question.view),
                  format_significant(run.bill.dollars_per_million_output_tokens),
                  format_significant(run.bill.dollars_per_million_input_tokens),
                  format_significant(run.bill.dollars_per_request * 1e3));
  return text;
}

}  // namespace

std::string deployment_text(const model::Sharding& s, const std::string& precision) {
  std::string text = fmt::format("{}x", s.chips());
  if (s.tp > 1) text += fmt::format(" tp{}", s.tp);
  if (s.pp > 1) text += fmt::format(" pp{}", s.pp);
  if (s.cp > 1) text += fmt::format(" cp{}", s.cp);
  if (s.dp > 1) text += fmt::format(" dp{}", s.dp);
  if (s.ep > 1) text += fmt::format(" ep{}", s.ep);
  return text + " " + precision;
}

std::string service_text(const ServiceRun& run, bool colour) {
  const auto strong = [colour](const std::string& text) {
    return colour ? "\x1b[1m" + text + "\x1b[0m" : text;
  };
  std::string replicas =
      fmt::format("{} replica{}", run.options.replicas, run.options.replicas == 1 ? "" : "s");
  if (const int prefill = run.options.disaggregation.prefill_replicas; prefill > 0) {
    replicas = fmt::format("{} prefill and {} decode replicas", prefill, run.options.replicas);
  }
  std::string text = strong(fmt::format(
      "{} on {} · {} of {} · engine {}\n", run.question.model.name, run.service.platform->id,
      replicas, deployment_text(run.service.deployment.sharding, run.service.precision.name),
      run.engine));
  text += wrap("traffic      " + run.traffic, 100, "             ");
  text += wrap("deployment   " + run.service.why, 100, "             ") + "\n";
  text +=
      table({{"ms", Align::kLeft}, {"mean"}, {"p50"}, {"p90"}, {"p99"}},
            {latency_row("TTFT", run.metrics.ttft_s()), latency_row("TPOT", run.metrics.tpot_s()),
             latency_row("ITL", run.metrics.itl_s()), latency_row("E2E", run.metrics.e2e_s()),
             latency_row("queue", run.metrics.queue_s())});
  text += "\n" + facts(run);
  for (const std::string& note : run.notes) text += wrap("note: " + note, 100, "  ");
  text += fmt::format("\nEvidence: {}, base world. {} requests simulated in {} s.\n",
                      costing::to_text(run.service.evidence), format_integer(run.result.requests),
                      format_significant(run.wall_seconds));
  return text;
}

Json service_json(const ServiceRun& run, bool with_curves) {
  const serving::SimulationResult& r = run.result;
  const auto& slo = run.question.workload.slo;
  Json json = {
      {"model", run.question.model.id},
      {"deployment", deployment_json(run)},
      {"engine", run.engine},
      {"traffic", run.traffic},
      {"seed", run.options.seed},
      {"slo", {{"ttft_ms", slo.ttft.value() * 1e3}, {"tpot_ms", slo.tpot.value() * 1e3}}},
      {"requests", r.requests},
      {"completed", r.completed},
      {"failed", r.failed + r.shed},
      {"shed", r.shed},
      {"retries", r.retries},
      {"simulated_seconds", seconds(r.end)},
      {"wall_seconds", run.wall_seconds},
      {"ttft_ms", latency(run.metrics.ttft_s())},
      {"tpot_ms", latency(run.metrics.tpot_s())},
      {"itl_ms", latency(run.metrics.itl_s())},
      {"e2e_ms", latency(run.metrics.e2e_s())},
      {"queue_ms", latency(run.metrics.queue_s())},
      {"input_tokens", r.input_tokens},
      {"output_tokens", r.output_tokens},
      {"output_tokens_per_second", run.output_tokens_per_second()},
      {"requests_per_second", run.requests_per_second()},
      {"goodput", run.goodput()},
      {"slo_attainment", run.slo_attainment()},
      {"prefix_hit_rate", run.prefix_hit_rate()},
      {"preemptions", r.preemptions},
      {"batch_mean", run.metrics.batch_mean()},
      {"busy_share", run.busy_share()},
      {"steps", r.steps},
      {"chip_hours", run.bill.chip_hours},
      {"chip_watts_mean", run.bill.chip_watts_mean},
      {"joules_per_output_token", number(run.bill.joules_per_output_token)},
      {"cost_view", economics::to_text(run.question.view)},
      {"dollars_per_million_output_tokens", number(run.bill.dollars_per_million_output_tokens)},
      {"dollars_per_million_input_tokens", number(run.bill.dollars_per_million_input_tokens)},
      {"dollars_per_million_tokens", number(run.bill.dollars_per_million_tokens)},
      {"dollars_per_request", number(run.bill.dollars_per_request)},
      {"dollars_per_chip_joule", run.bill.dollars_per_chip_joule},
      {"utility_joules_per_chip_joule", run.bill.utility_joules_per_chip_joule},
      {"evidence", costing::to_text(run.service.evidence)},
      {"notes", run.notes},
  };
  if (with_curves) {
    json["timeline"] = timeline(run.metrics.timeline());
    json["distributions"] = {{"ttft_ms", distribution(run.metrics.ttft_s())},
                             {"tpot_ms", distribution(run.metrics.tpot_s())},
                             {"itl_ms", distribution(run.metrics.itl_s())},
                             {"e2e_ms", distribution(run.metrics.e2e_s())}};
  }
  return json;
}

}  // namespace switchyard::report
