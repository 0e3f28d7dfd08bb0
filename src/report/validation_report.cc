#include "report/validation_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace switchyard::report {

namespace {

using validation::Quantity;
using validation::Score;
using Group = std::map<Quantity, Score>;

Json to_json(const Score& s) {
  return {{"n", s.n},
          {"median_ape", s.median_ape},
          {"p90_ape", s.p90_ape},
          {"bias", s.bias},
          {"coverage80", s.coverage80}};
}

Json to_json(const std::map<std::string, Group>& groups) {
  Json out = Json::object();
  for (const auto& [name, group] : groups) {
    Json one = Json::object();
    for (const auto& [quantity, score] : group) one[to_text(quantity)] = to_json(score);
    out[name] = std::move(one);
  }
  return out;
}

Json to_json(const validation::OperatorScores& operators) {
  Json out = to_json(operators.all);
  out["by_platform"] = Json::object();
  for (const auto& [chip, score] : operators.by_chip) out["by_platform"][chip] = to_json(score);
  out["by_family"] = Json::object();
  for (const auto& [family, score] : operators.by_family) out["by_family"][family] = to_json(score);
  out["skipped"] = Json::object();
  for (const auto& [reason, rows] : operators.skipped) out["skipped"][reason] = rows;
  return out;
}

std::string line(const std::string& name, const Score& s) {
  return fmt::format("  {:<34} {:>6} {:>8.1f} {:>8.1f} {:>+8.1f} {:>8.0f}\n", name, s.n,
                     s.median_ape * 100, s.p90_ape * 100, s.bias * 100, s.coverage80 * 100);
}

void add_section(std::string& out, const std::string& title,
                 const std::map<std::string, Group>& groups, Quantity quantity) {
  std::string lines;
  for (const auto& [name, group] : groups) {
    const auto found = group.find(quantity);
    if (found != group.end()) lines += line(name, found->second);
  }
  if (lines.empty()) return;
  out += fmt::format("\n{}, {}\n{}", to_text(quantity), title, lines);
}

// Text of a file in a CSV cell.
std::string cell(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c != '"' && c != '\n' && c != '\r') safe += c;
  }
  return safe.find(',') == std::string::npos ? safe : '"' + safe + '"';
}

}  // namespace

Json to_json(const validation::Validation& v) {
  Json out;
  out["evidence"] = v.evidence;
  out["rows"] = v.rows;
  out["scored"] = v.points.size();
  out["skipped"] = Json::object();
  for (const auto& [reason, count] : v.skipped) out["skipped"][reason] = count;
  for (const Quantity q : validation::kQuantities) {
    const auto found = v.scores.all.find(q);
    out[to_text(q)] = to_json(found == v.scores.all.end() ? Score{} : found->second);
  }
  out["operators"] = to_json(v.operators);
  out["by_platform"] = to_json(v.scores.by_platform);
  out["by_model"] = to_json(v.scores.by_model);
  out["by_engine"] = to_json(v.scores.by_engine);
  out["rank_correlation"] = {
      {"curves", v.scores.rank.uses}, {"median", v.scores.rank.median}, {"p10", v.scores.rank.p10}};
  out["frontier"] = to_json(v.scores.frontier);
  out["malformed"] = v.malformed;
  out["skipped_files"] = Json::object();
  for (const auto& file : v.skipped_files) out["skipped_files"][file.file] = file.reason;
  return out;
}

std::string validation_table(const validation::Validation& v) {
  std::string out =
      fmt::format("{} of {} rows scored, evidence {}\n", v.points.size(), v.rows, v.evidence);
  out += fmt::format("\n  {:<34} {:>6} {:>8} {:>8} {:>8} {:>8}\n", "", "rows", "median %", "p90 %",
                     "bias %", "in 80 %");
  for (const auto& [quantity, score] : v.scores.all) out += line(to_text(quantity), score);
  out += line("throughput at equal tpot", v.scores.frontier);
  out += fmt::format("  rank correlation within a use: median {:.3f}, P10 {:.3f}, {} uses\n",
                     v.scores.rank.median, v.scores.rank.p10, v.scores.rank.uses);
  if (v.operators.all.n > 0) {
    out += "\noperators\n" + line("all", v.operators.all);
    for (const auto& [chip, score] : v.operators.by_chip) out += line(chip, score);
    for (const auto& [family, score] : v.operators.by_family) out += line(family, score);
  }
  for (const Quantity q : validation::kQuantities) {
    add_section(out, "by platform", v.scores.by_platform, q);
    add_section(out, "by source and engine", v.scores.by_engine, q);
  }
  add_section(out, "by model", v.scores.by_model, Quantity::kTpot);
  out += "\nskipped\n";
  for (const auto& [reason, count] : v.skipped) out += fmt::format("  {:>6} {}\n", count, reason);
  for (const auto& file : v.skipped_files) {
    out += fmt::format("  file {}: {}\n", file.file, file.reason);
  }
  constexpr std::size_t kFaultsShown = 10;
  for (std::size_t i = 0; i < std::min(kFaultsShown, v.malformed.size()); ++i) {
    out += fmt::format("  {}\n", v.malformed[i]);
  }
  return out;
}

std::string validation_rows(const validation::Validation& v) {
  std::string out =
      "file,line,set,platform,engine,model,format,parallelism,chips,input,output,concurrency,batch,"
      "tpot_ms,tpot_ms_ours,tpot_ms_p10,tpot_ms_p90,ttft_ms,ttft_ms_ours,ttft_ms_p10,ttft_ms_p90,"
      "tok_s,tok_s_ours,tok_s_p10,tok_s_p90,chip_w,chip_w_ours,chip_w_p10,chip_w_p90\n";
  for (const validation::Point& p : v.points) {
    const validation::Case& c = *p.subject;
    out +=
        fmt::format("{},{},{},{},{},{},{},{},{},{:.0f},{:.0f},{:.6g},{:.6g}", cell(c.row->file),
                    c.row->line, c.set, c.platform->id, c.engine, c.model.id,
                    c.model.stored_as(model::WeightClass::kAttention).name,
                    cell(c.row->parallelism), c.chips, c.input, c.output, c.concurrency, c.batch);
    for (const Quantity q : validation::kQuantities) {
      const double scale = q == Quantity::kTpot || q == Quantity::kTtft ? 1e3 : 1;
      const validation::Prediction& ours = predicted_value(p, q);
      out += fmt::format(",{:.6g},{:.6g},{:.6g},{:.6g}", measured_value(c, q) * scale,
                         ours.base * scale, ours.p10 * scale, ours.p90 * scale);
    }
    out += '\n';
  }
  return out;
}

}  // namespace switchyard::report
