#include "report/terminal.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "report/table.h"

namespace switchyard::report {

namespace {

using planner::Comparison;
using planner::PlatformResult;

std::string paint(bool colour, const char* code, const std::string& text) {
  return colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

std::string deployment_text(const planner::Deployment& d) {
  const model::Sharding& s = d.sharding;
  std::string text = fmt::format("{}x", s.chips());
  if (s.tp > 1) text += fmt::format(" tp{}", s.tp);
  if (s.pp > 1) text += fmt::format(" pp{}", s.pp);
  if (s.cp > 1) text += fmt::format(" cp{}", s.cp);
  if (s.dp > 1) text += fmt::format(" dp{}", s.dp);
  if (s.ep > 1) text += fmt::format(" ep{}", s.ep);
  return text + fmt::format(" b{} {}", d.batch, d.precision);
}

std::string header(const Comparison& c) {
  const planner::Question& q = c.question;
  const workload::Workload& w = q.workload;
  std::string out = fmt::format(
      "{} · {}: {} tokens in ({} % cached), {} out · TTFT <= {} s, TPOT <= {} ms\n", q.model.name,
      w.name, format_grouped(w.input.mean, 4), format_significant(100 * w.prefix_share),
      format_grouped(w.output.mean, 4), format_significant(w.slo.ttft.value()),
      format_significant(w.slo.tpot.value() * 1e3));
  out += fmt::format("best by {} · cost view {} · {} worlds, seed {} · {} deployments\n",
                     to_text(q.objective), economics::to_text(q.view), q.samples, q.seed,
                     format_grouped(static_cast<double>(c.deployments), 9));
  if (q.speculation.drafted > 0) {
    out += fmt::format("speculative decoding: {} drafted, {} accepted a step\n",
                       q.speculation.drafted, format_significant(q.speculation.accepted));
  }
  return out;
}

std::string interval(const planner::Spread& s) {
  return fmt::format("{} [{}-{}]", format_significant(s.p50), format_significant(s.p10, 2),
                     format_significant(s.p90, 2));
}

std::string results_table(const Comparison& c) {
  const std::vector<Column> columns = {{"platform", Align::kLeft},
                                       {"deployment", Align::kLeft},
                                       {"tok/s/chip"},
                                       {"Mtok/s/MW"},
                                       {"$/M out [P10-P90]"},
                                       {"P(best)"}};
  std::vector<std::vector<std::string>> rows;
  for (const PlatformResult& r : c.results) {
    if (!r.feasible) continue;
    rows.push_back({r.id, deployment_text(r.deployment),
                    format_grouped(r.output_tokens_per_second_per_chip.p50),
                    format_significant(r.output_tokens_per_second_per_megawatt.p50 / 1e6),
                    interval(r.dollars_per_million_output),
                    fmt::format("{:.0f} %", 100 * r.probability_cheapest)});
  }
  return rows.empty() ? "No platform meets the targets in the base world.\n" : table(columns, rows);
}

std::string infeasible_text(const Comparison& c) {
  std::string out;
  for (const PlatformResult& r : c.results) {
    if (!r.feasible)
      out += wrap(fmt::format("  {}: {}", r.id, r.why_not), kTerminalColumns, "    ");
  }
  return out.empty() ? out : "\nNot possible:\n" + out;
}

// Whose numbers the best few answers hang on.
std::string drivers_text(const Comparison& c) {
  constexpr std::size_t kPlatforms = 3;
  constexpr int kPerPlatform = 3;
  std::string out;
  std::size_t shown = 0;
  for (const PlatformResult& r : c.results) {
    if (!r.feasible || shown++ >= kPlatforms) continue;
    std::string line = fmt::format("  {}:", r.id);
    int listed = 0;
    for (const planner::Driver& d : c.drivers) {
      if (d.platform != r.id || listed >= kPerPlatform) continue;
      line += fmt::format("{} {} ({}) {:.0f} %", listed++ > 0 ? "," : "", d.estimate, d.mark,
                          100 * d.share);
    }
    if (listed > 0) out += wrap(line, kTerminalColumns, "    ");
  }
  return out.empty() ? out : "\nWhat drives the spread (share of rank variance explained):\n" + out;
}

// Latency, energy, input price, and $/M out by the other cost views.
std::string details_table(const Comparison& c) {
  std::vector<Column> columns = {
      {"platform", Align::kLeft}, {"TTFT ms"}, {"TPOT ms"}, {"W/chip"}, {"J/tok"}, {"$/M in"}};
  for (const economics::CostView view : economics::kCostViews) {
    columns.push_back({economics::to_text(view)});
  }
  std::vector<std::vector<std::string>> rows;
  for (const PlatformResult& r : c.results) {
    if (!r.feasible) continue;
    rows.push_back({r.id, format_grouped(r.ttft_ms.p50), format_significant(r.tpot_ms.p50),
                    format_grouped(r.chip_watts.p50),
                    format_significant(r.joules_per_output_token.p50),
                    format_significant(r.dollars_per_million_input.p50)});
    for (const auto& v : r.views) {
      rows.back().push_back(format_significant(v.dollars_per_million_output.p50));
    }
  }
  return rows.empty() ? ""
                      : "\nThe last four columns: $/M out by cost view.\n" + table(columns, rows);
}

// Colours whole lines after layout, so that widths stay right.
std::string coloured(const std::string& text, bool colour) {
  if (!colour) return text;
  std::string out;
  int row = 0;
  for (const std::string_view line : split(text, '\n')) {
    const char* code = row == 0 ? "1" : row == 1 ? "32" : nullptr;
    out += code && !line.empty() ? paint(true, code, std::string(line)) : std::string(line);
    out += '\n';
    ++row;
  }
  out.pop_back();
  return out;
}

}  // namespace

std::string comparison_table(const Comparison& c, bool colour) {
  std::string out = header(c) + "\n" + coloured(results_table(c), colour);
  out += paint(colour, "33", infeasible_text(c));
  out += details_table(c);
  out += drivers_text(c);
  std::map<std::string, int> evidence;
  for (const PlatformResult& r : c.results) ++evidence[costing::to_text(r.evidence)];
  out += "\nEvidence:";
  for (const auto& [name, count] : evidence) out += fmt::format(" {} ({} platforms)", name, count);
  out +=
      ".\n" +
      wrap(
          "Figures are medians over worlds; in each world every platform runs its best "
          "deployment there. Dollars rank by all tokens of a request, input and output together. "
          "MW is provisioned at the utility; J/tok is drawn there. The deployment shown is that "
          "of the base world: chips of a replica, parallelism, sequences decoding, weight format.",
          kTerminalColumns, "");
  return out;
}

}  // namespace switchyard::report
