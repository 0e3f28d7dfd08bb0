#include "report/sizing_report.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "report/service_report.h"
#include "report/table.h"

namespace switchyard::report {

namespace {

using planner::SizedService;
using planner::Sizing;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

std::string fleet(const SizedService& s) {
  const std::string replica =
      deployment_text(s.run.service.deployment.sharding, s.run.service.precision.name);
  if (s.prefill_replicas == 0) return fmt::format("{} of {}", s.replicas, replica);
  return fmt::format("{}P+{}D of {}", s.prefill_replicas, s.replicas, replica);
}

std::string milliseconds_cell(double seconds) { return format_significant(seconds * 1e3); }

std::vector<std::string> row(const Sizing& sizing) {
  const SizedService& s = sizing.held.front();
  const planner::ServiceBill& bill = s.run.bill;
  return {sizing.platform,
          fleet(s),
          format_significant(s.rate),
          format_grouped(s.chips, 9),
          milliseconds_cell(s.run.metrics.ttft_s().quantile(0.9)),
          milliseconds_cell(s.run.metrics.tpot_s().quantile(0.9)),
          format_grouped(s.run.output_tokens_per_second() / s.chips),
          format_significant(bill.joules_per_output_token),
          format_significant(bill.dollars_per_million_output_tokens),
          format_significant(bill.dollars_per_million_tokens)};
}

Json service(const SizedService& s) {
  Json json = service_json(s.run, false);
  json["rate"] = s.rate;
  json["replicas"] = s.replicas;
  json["prefill_replicas"] = s.prefill_replicas;
  json["chips"] = s.chips;
  json["dollars_per_hour"] = number(s.dollars_per_hour);
  json["provisioned_megawatts"] = s.provisioned_megawatts;
  json.erase("wall_seconds");  // the same question gives the same bytes
  return json;
}

}  // namespace

std::string sizing_text(const std::vector<Sizing>& sizings, const std::string& title, bool colour) {
  std::string text = colour ? "\x1b[1m" + title + "\x1b[0m" : title;
  std::vector<std::vector<std::string>> rows;
  std::string without;
  int simulations = 0;
  for (const Sizing& sizing : sizings) {
    simulations += sizing.simulations;
    if (sizing.held.empty()) {
      without += wrap(fmt::format("{}: {}", sizing.platform, sizing.why_not), 100, "  ");
    } else {
      rows.push_back(row(sizing));
    }
  }
  if (!rows.empty()) {
    text += table({{"platform", Align::kLeft},
                   {"fleet", Align::kLeft},
                   {"req/s"},
                   {"chips"},
                   {"TTFT"},
                   {"TPOT"},
                   {"tok/s/chip"},
                   {"J/tok"},
                   {"$/M out"},
                   {"$/M"}},
                  rows);
    text += "TTFT and TPOT: 90th percentiles, ms. $/M: over all tokens, input and output.\n";
  }
  if (!without.empty()) text += "\nNot possible:\n" + without;
  return text + fmt::format("\n{} simulations, base world.\n", format_integer(simulations));
}

Json sizing_json(const Sizing& sizing) {
  Json list = Json::array();
  for (const SizedService& s : sizing.held) list.push_back(service(s));
  return {{"platform", sizing.platform},
          {"why_not", sizing.why_not.empty() ? Json(nullptr) : Json(sizing.why_not)},
          {"simulations", sizing.simulations},
          {"fleets", std::move(list)}};
}

}  // namespace switchyard::report
