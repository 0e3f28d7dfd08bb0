#include "report/json.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace switchyard::report {

namespace {

using planner::Spread;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json deployment(const planner::Deployment& d) {
  const model::Sharding& s = d.sharding;
  return {{"chips", s.chips()}, {"tp", s.tp}, {"pp", s.pp},       {"ep", s.ep},
          {"dp", s.dp},         {"cp", s.cp}, {"batch", d.batch}, {"precision", d.precision}};
}

Json step(const costing::StepCost& s) {
  return {{"seconds", number(s.seconds.value())},
          {"compute_seconds", number(s.compute.value())},
          {"memory_seconds", number(s.memory.value())},
          {"link_seconds", number(s.link.value())},
          {"overhead_seconds", number(s.overhead.value())}};
}

Json frontier(const planner::PlatformResult& r) {
  Json points = Json::array();
  for (const planner::FrontierPoint& p : r.frontier) {
    points.push_back(
        {{"deployment", deployment(p.deployment)},
         {"output_tokens_per_second_per_user", spread_json(p.tokens_per_second_per_user)},
         {"output_tokens_per_second_per_chip", spread_json(p.output_tokens_per_second_per_chip)},
         {"output_tokens_per_second_per_megawatt",
          spread_json(p.output_tokens_per_second_per_megawatt)},
         {"dollars_per_million_output_tokens", spread_json(p.dollars_per_million_output)},
         {"ttft_ms", number(p.ttft_ms)},
         {"meets_slo", p.meets_slo}});
  }
  return points;
}

Json views(const planner::PlatformResult& r) {
  Json list = Json::array();
  for (const planner::ViewCost& v : r.views) {
    list.push_back(
        {{"view", economics::to_text(v.view)},
         {"dollars_per_million_output_tokens", spread_json(v.dollars_per_million_output)},
         {"dollars_per_million_input_tokens", spread_json(v.dollars_per_million_input)},
         {"dollars_per_chip_hour", spread_json(v.dollars_per_chip_hour)}});
  }
  return list;
}

constexpr const char* kQuantities[] = {"ttft_ms",
                                       "tpot_ms",
                                       "output_tokens_per_second_per_chip",
                                       "output_tokens_per_second_per_megawatt",
                                       "output_tokens_per_second_per_megawatt_drawn",
                                       "dollars_per_million_output_tokens",
                                       "dollars_per_million_input_tokens",
                                       "joules_per_output_token",
                                       "carbon_grams_per_million_output_tokens",
                                       "chip_watts"};

Json result(const planner::PlatformResult& r) {
  Json out = {{"platform", r.id},
              {"name", r.name},
              {"evidence", costing::to_text(r.evidence)},
              {"feasible", r.feasible},
              {"why_not", r.feasible ? Json(nullptr) : Json(r.why_not)},
              {"deployment", r.feasible ? deployment(r.deployment) : Json(nullptr)}};
  const Spread* spreads[] = {&r.ttft_ms,
                             &r.tpot_ms,
                             &r.output_tokens_per_second_per_chip,
                             &r.output_tokens_per_second_per_megawatt,
                             &r.output_tokens_per_second_per_megawatt_drawn,
                             &r.dollars_per_million_output,
                             &r.dollars_per_million_input,
                             &r.joules_per_output_token,
                             &r.carbon_grams_per_million_output,
                             &r.chip_watts};
  for (std::size_t i = 0; i < std::size(kQuantities); ++i) {
    out[kQuantities[i]] = r.feasible ? spread_json(*spreads[i]) : Json(nullptr);
  }
  out["probability_feasible"] = number(r.probability_feasible);
  out["probability_cheapest"] = number(r.probability_cheapest);
  out["views"] = views(r);
  out["frontier"] = frontier(r);
  if (!r.feasible) return out;
  const economics::OwnerCost& c = r.owner_cost;
  out["owner_dollars_per_chip_hour"] = {{"capital", number(c.capital.value())},
                                        {"facility", number(c.facility.value())},
                                        {"maintenance", number(c.maintenance.value())},
                                        {"energy", number(c.energy.value())},
                                        {"total", number(c.total.value())}};
  out["memory_bytes"] = {{"weights", number(r.memory.weights_bytes)},
                         {"kv_cache", number(r.memory.cache_bytes)},
                         {"activations", number(r.memory.activation_bytes)},
                         {"reserved", number(r.memory.reserved_bytes)},
                         {"capacity", number(r.memory.capacity_bytes)}};
  out["decode_step"] = step(r.decode_step);
  out["prefill_time_share"] = number(r.prefill_time_share);
  return out;
}

Json workload_json(const workload::Workload& w) {
  return {{"name", w.name},
          {"input_tokens_mean", number(w.input.mean)},
          {"output_tokens_mean", number(w.output.mean)},
          {"prefix_share", number(w.prefix_share)},
          {"note", w.note}};
}

}  // namespace

Json spread_json(const Spread& s) {
  return {{"p10", number(s.p10)},
          {"p50", number(s.p50)},
          {"p90", number(s.p90)},
          {"base", number(s.base)}};
}

Json to_json(const planner::Comparison& comparison) {
  const planner::Question& q = comparison.question;
  Json out = {{"model", q.model.id},
              {"workload", workload_json(q.workload)},
              {"slo",
               {{"ttft_ms", number(q.workload.slo.ttft.value() * 1e3)},
                {"tpot_ms", number(q.workload.slo.tpot.value() * 1e3)}}},
              {"seed", q.seed},
              {"samples", q.samples},
              {"objective", planner::to_text(q.objective)},
              {"cost_view", economics::to_text(q.view)},
              {"speculation",
               {{"drafted", q.speculation.drafted}, {"accepted", number(q.speculation.accepted)}}},
              {"kv_cache_bits", number(q.cache_bits)},
              {"deployments_evaluated", comparison.deployments},
              {"results", Json::array()},
              {"drivers", Json::array()}};
  for (const auto& r : comparison.results) out["results"].push_back(result(r));
  for (const planner::Driver& d : comparison.drivers) {
    out["drivers"].push_back({{"platform", d.platform},
                              {"estimate", d.estimate},
                              {"mark", d.mark},
                              {"share", number(d.share)},
                              {"correlation", number(d.correlation)}});
  }
  return out;
}

std::string to_text(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace switchyard::report
