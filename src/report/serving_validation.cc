#include "report/serving_validation.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace switchyard::report {

namespace {

using validation::Quantity;
using validation::Score;
using validation::Scores;
using Groups = std::map<std::string, std::map<Quantity, Score>>;

std::string cells(const Score& s) {
  return fmt::format("{:.1f} | {:.1f} | {:+.1f}", 100 * s.median_ape, 100 * s.p90_ape,
                     100 * s.bias);
}

std::string row(const std::string& name, const Score& simulated, const Score& steady) {
  return fmt::format("| {} | {} | {} | {} |\n", name, simulated.n, cells(simulated), cells(steady));
}

void add_table(std::string& text, const std::string& title, const Groups& simulated,
               const Groups& steady, Quantity quantity) {
  std::string rows;
  for (const auto& [name, group] : simulated) {
    const auto ours = group.find(quantity);
    const auto theirs = steady.find(name);
    if (ours == group.end() || theirs == steady.end()) continue;
    const auto other = theirs->second.find(quantity);
    if (other == theirs->second.end() || ours->second.n == 0) continue;
    rows += row(name, ours->second, other->second);
  }
  if (rows.empty()) return;
  text += fmt::format(
      "\n### {} by {}\n\n| | rows | simulated: median | p90 | bias | steady state: median | p90 | "
      "bias |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n{}",
      to_text(quantity), title, rows);
}

Json scores_json(const Scores& scores) {
  Json out = Json::object();
  for (const auto& [quantity, s] : scores.all) {
    out[to_text(quantity)] = {
        {"n", s.n}, {"median_ape", s.median_ape}, {"p90_ape", s.p90_ape}, {"bias", s.bias}};
  }
  return out;
}

}  // namespace

std::string serving_validation_markdown(const validation::SimulatedValidation& v) {
  std::string text = fmt::format(
      "# Simulated serving against measured\n\n"
      "Made by `switchyard validate-serving DIR --markdown docs/validation-serving.md`. {} "
      "measured "
      "rows, of which {} are closed loops of a known deployment; {} of them are simulated, {} "
      "requests. Costing evidence: {}, base world, engine constants of `catalog/engines/`.\n\n"
      "Errors are predicted over measured - 1, in percent: median and 90th percentile of their "
      "size, and their median as bias (above 0: too slow, or too high a rate). The steady state "
      "column is `switchyard validate` on the same rows. TTFT is scored below saturation only; "
      "what an engine takes before its scheduler sees a request (request_overhead, poll_steps) "
      "is in the steady state and not in the simulation.\n",
      format_integer(v.rows), format_integer(v.cases),
      format_integer(static_cast<std::int64_t>(v.simulated.size())), format_integer(v.requests),
      v.evidence);
  text +=
      "\n| | rows | simulated: median | p90 | bias | steady state: median | p90 | bias |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
  for (const auto& [quantity, score] : v.simulated_scores.all) {
    const auto other = v.steady_scores.all.find(quantity);
    if (score.n == 0 || other == v.steady_scores.all.end()) continue;
    text += row(to_text(quantity), score, other->second);
  }
  for (const Quantity quantity : {Quantity::kTpot, Quantity::kTtft, Quantity::kThroughput}) {
    add_table(text, "platform", v.simulated_scores.by_platform, v.steady_scores.by_platform,
              quantity);
    add_table(text, "engine", v.simulated_scores.by_engine, v.steady_scores.by_engine, quantity);
  }
  if (!v.skipped.empty()) text += "\nLeft out:\n\n";
  for (const auto& [reason, count] : v.skipped) {
    text += fmt::format("- {} rows: {}\n", format_integer(count), reason);
  }
  return text;
}

Json serving_validation_json(const validation::SimulatedValidation& v) {
  return {{"evidence", v.evidence},
          {"rows", v.rows},
          {"closed_loops", v.cases},
          {"simulated", v.simulated.size()},
          {"requests", v.requests},
          {"skipped", v.skipped},
          {"simulation", scores_json(v.simulated_scores)},
          {"steady_state", scores_json(v.steady_scores)}};
}

}  // namespace switchyard::report
