#include "report/fit_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "report/table.h"

namespace switchyard::report {

namespace {

using namespace fitting;

std::string percent(double share) { return fmt::format("{:.1f}", share * 100); }

std::string type_of(const costing::KernelFit& fit) {
  return fit.cached.empty() ? fit.element : fmt::format("{}, cache {}", fit.element, fit.cached);
}

std::string engine_of(const costing::KernelFit& fit) {
  return fit.kernel.empty() ? fit.engine : fmt::format("{}, {}", fit.engine, fit.kernel);
}

Json error_json(const costing::FitError& e) {
  return {{"median_ape", e.median}, {"p90_ape", e.p90}, {"bias", e.bias}};
}

Json case_json(const Case& c) {
  return {{"shape", costing::to_text(c.shape)},
          {"measured_s", c.measured},
          {"predicted_s", c.predicted}};
}

Json series_json(const SeriesFit& s) {
  const costing::KernelFit& f = s.fit;
  Json coefficients = Json::object();
  const auto specs = costing::coefficients(f.family);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    coefficients[specs[i].name] = {{"value", f.coefficients[i]}, {"unit", specs[i].unit}};
  }
  Json bands = Json::array();
  for (const BandSummary& b : s.bands) {
    bands.push_back({{"predicted_s_max", b.seconds_max},
                     {"rows", b.rows},
                     {"p10", b.q10},
                     {"p50", b.q50},
                     {"p90", b.q90}});
  }
  Json worst = Json::array();
  for (const Case& c : s.worst) worst.push_back(case_json(c));
  return {{"chip", s.chip},
          {"operator", costing::to_text(f.family)},
          {"element", f.element},
          {"cached", f.cached},
          {"engine", f.engine},
          {"kernel", f.kernel},
          {"preferred", f.preferred},
          {"policy", costing::policies(f.family)[static_cast<std::size_t>(f.policy)]},
          {"rows", f.rows},
          {"groups", f.groups},
          {"fitted", error_json(f.fitted)},
          {"held_out", error_json(f.held_out)},
          {"roofline", error_json(s.roofline)},
          {"coverage80", f.coverage},
          {"coefficients", coefficients},
          {"measured_over_predicted", bands},
          {"worst", worst}};
}

Json totals_json(const std::vector<Total>& totals) {
  Json out = Json::object();
  for (const Total& t : totals) {
    out[t.label] = {{"rows", t.rows},
                    {"fitted", error_json(t.fitted)},
                    {"held_out", error_json(t.held_out)},
                    {"roofline", error_json(t.roofline)},
                    {"coverage80", t.coverage}};
  }
  return out;
}

void append_totals(std::string& out, const char* title, const std::vector<Total>& totals) {
  out += fmt::format(
      "\n| {} | rows | fit | held out | p90 | bias | in 80 % | roofline |\n"
      "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
      title);
  for (const Total& t : totals) {
    out +=
        fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", t.label, format_integer(t.rows),
                    percent(t.fitted.median), percent(t.held_out.median), percent(t.held_out.p90),
                    percent(t.held_out.bias), percent(t.coverage), percent(t.roofline.median));
  }
}

}  // namespace

std::string fit_text(const FitReport& report) {
  std::vector<std::vector<std::string>> rows;
  for (const SeriesFit& s : report.series) {
    const auto& f = s.fit;
    rows.push_back({s.chip, std::string(costing::to_text(f.family)), type_of(f), engine_of(f),
                    std::to_string(f.rows), percent(f.fitted.median), percent(f.held_out.median),
                    percent(f.held_out.p90), percent(f.coverage), percent(s.roofline.median)});
  }
  std::string out = table({{"chip", Align::kLeft},
                           {"operator", Align::kLeft},
                           {"type", Align::kLeft},
                           {"engine, kernel", Align::kLeft},
                           {"rows"},
                           {"fit %"},
                           {"held out %"},
                           {"p90 %"},
                           {"in 80 %"},
                           {"roofline %"}},
                          rows);
  out += fmt::format(
      "\n{} of {} rows fitted. Median error {} % in the fit, {} % held out (p90 {} %, bias {} %); "
      "{} % of held-out rows lie in their 80 % interval. Plain roofline: {} %.\n",
      format_integer(report.all.rows), format_integer(report.rows),
      percent(report.all.fitted.median), percent(report.all.held_out.median),
      percent(report.all.held_out.p90), percent(report.all.held_out.bias),
      percent(report.all.coverage), percent(report.all.roofline.median));
  for (const auto& [reason, count] : report.skipped) {
    out += fmt::format("Left out: {} rows, {}.\n", format_integer(count), reason);
  }
  return out;
}

Json fit_json(const FitReport& report) {
  Json series = Json::array(), transfers = Json::array(), skipped = Json::object();
  for (const SeriesFit& s : report.series) series.push_back(series_json(s));
  for (const TransferScore& t : report.transfers) {
    transfers.push_back({{"from", t.from},
                         {"to", t.to},
                         {"operators", t.operators},
                         {"rows", t.rows},
                         {"error", error_json(t.error)},
                         {"coverage80", t.coverage}});
  }
  for (const auto& [reason, count] : report.skipped) skipped[reason] = count;
  return {{"rows", report.rows},
          {"fitted_rows", report.all.rows},
          {"skipped", skipped},
          {"fitted", error_json(report.all.fitted)},
          {"held_out", error_json(report.all.held_out)},
          {"roofline", error_json(report.all.roofline)},
          {"coverage80", report.all.coverage},
          {"by_chip", totals_json(report.by_chip)},
          {"by_operator", totals_json(report.by_family)},
          {"fits", series},
          {"transfers", transfers}};
}

std::string fit_markdown(const FitReport& report) {
  std::string out = fmt::format(
      "# Fits of measured operators: errors\n\n"
      "Written by `switchyard fit --markdown`; [fitting.md](fitting.md) says what stands behind. "
      "Errors are absolute percentage errors; *held out*: whole configurations never seen by the "
      "fit, a quarter at a time; *in 80 %*: share of held-out rows inside their interval; "
      "*roofline*: the same rows by nominal rates alone.\n\n"
      "All operators, {} rows: median **{} %** held out ({} % in the fit), p90 **{} %**, bias {} "
      "%, **{} %** inside the 80 % interval; plain roofline {} %.\n",
      format_integer(report.all.rows), percent(report.all.held_out.median),
      percent(report.all.fitted.median), percent(report.all.held_out.p90),
      percent(report.all.held_out.bias), percent(report.all.coverage),
      percent(report.all.roofline.median));
  append_totals(out, "chip", report.by_chip);
  append_totals(out, "operator", report.by_family);
  std::string chip;
  for (const SeriesFit& s : report.series) {
    const auto& f = s.fit;
    if (s.chip != chip) {
      chip = s.chip;
      out += fmt::format(
          "\n## {}\n\n| operator | type | engine, kernel | rows | fit | held out | p90 | in 80 % | "
          "roofline |\n| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
          chip);
    }
    out +=
        fmt::format("| {} | {} | {}{} | {} | {} | {} | {} | {} | {} |\n",
                    costing::to_text(f.family), type_of(f), engine_of(f), f.preferred ? " *" : "",
                    f.rows, percent(f.fitted.median), percent(f.held_out.median),
                    percent(f.held_out.p90), percent(f.coverage), percent(s.roofline.median));
  }
  out +=
      "\n`*` answers where nobody names an engine.\n\n## Chips left out\n\nEach chip predicted by "
      "another's fits of the same kernels and its own nominal rates; *in 80 %* with the interval "
      "widened as chips.toml says.\n\n| chip | from | operator | rows | median | p90 | bias | in "
      "80 % |\n| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |\n";
  for (const TransferScore& t : report.transfers) {
    out += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", t.to, t.from, t.operators,
                       t.rows, percent(t.error.median), percent(t.error.p90), percent(t.error.bias),
                       percent(t.coverage));
  }
  return out;
}

}  // namespace switchyard::report
