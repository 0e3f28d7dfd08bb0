#include "report/validation_page.h"

#include <functional>
#include <vector>

#include "base/text.h"

namespace switchyard::report {

namespace {

using validation::Quantity;
using validation::Score;
using validation::Validation;
using Row = std::vector<std::string>;
using Group = std::map<Quantity, Score>;

std::string percent(double share, bool sign = false) {
  return sign ? fmt::format("{:+.0f} %", share * 100) : fmt::format("{:.0f} %", share * 100);
}

Row cells(const std::string& name, const Score& s) {
  return {name,
          fmt::format("{}", s.n),
          percent(s.median_ape),
          percent(s.p90_ape),
          percent(s.bias, true),
          percent(s.coverage80)};
}

const Row kScoreTitles = {"of", "rows", "median error", "p90", "bias", "in P10-P90"};

// What both formats are made of.
class Page {
 public:
  virtual ~Page() = default;
  virtual void heading(const std::string& text) = 0;
  virtual void paragraph(const std::string& text) = 0;
  virtual void table(const Row& titles, const std::vector<Row>& rows) = 0;
  virtual void plot(const std::string& svg) = 0;
};

class MarkdownPage : public Page {
 public:
  void heading(const std::string& text) override { out += fmt::format("\n## {}\n", text); }
  void paragraph(const std::string& text) override { out += fmt::format("\n{}\n", text); }
  void table(const Row& titles, const std::vector<Row>& rows) override {
    out += "\n| " + join(titles, " | ") + " |\n|";
    for (std::size_t i = 0; i < titles.size(); ++i) out += i == 0 ? " --- |" : " ---: |";
    out += '\n';
    for (const Row& row : rows) out += "| " + join(row, " | ") + " |\n";
  }
  void plot(const std::string&) override {}
  std::string out;
};

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '&')
      safe += "&amp;";
    else
      safe += c;
  }
  return safe;
}

class HtmlPage : public Page {
 public:
  void heading(const std::string& text) override { out += "<h2>" + escaped(text) + "</h2>\n"; }
  void paragraph(const std::string& text) override { out += "<p>" + escaped(text) + "</p>\n"; }
  void table(const Row& titles, const std::vector<Row>& rows) override {
    out += "<table>";
    line("th", titles);
    for (const Row& row : rows) line("td", row);
    out += "</table>\n";
  }
  void plot(const std::string& svg) override { out += svg; }
  std::string out;

 private:
  void line(const char* tag, const Row& row) {
    out += "<tr>";
    for (const std::string& cell : row) out += fmt::format("<{0}>{1}</{0}>", tag, escaped(cell));
    out += "</tr>\n";
  }
};

std::vector<Row> rows_of(const std::map<std::string, Group>& groups, Quantity quantity,
                         int least = 1) {
  std::vector<Row> rows;
  for (const auto& [name, group] : groups) {
    const auto found = group.find(quantity);
    if (found != group.end() && found->second.n >= least)
      rows.push_back(cells(name, found->second));
  }
  return rows;
}

Score of(const Validation& v, Quantity quantity) {
  const auto found = v.scores.all.find(quantity);
  return found == v.scores.all.end() ? Score{} : found->second;
}

void write_summary(Page& page, const Validation& v, const Validation& plain) {
  page.heading("All rows");
  std::vector<Row> rows;
  for (const Quantity q : validation::kQuantities) {
    Row row = cells(to_text(q), of(v, q));
    row.push_back(percent(of(plain, q).median_ape));
    row.push_back(percent(of(plain, q).p90_ape));
    rows.push_back(std::move(row));
  }
  Row frontier = cells("throughput at equal TPOT", v.scores.frontier);
  frontier.push_back(percent(plain.scores.frontier.median_ape));
  frontier.push_back(percent(plain.scores.frontier.p90_ape));
  rows.push_back(std::move(frontier));
  Row titles = kScoreTitles;
  titles.push_back("plain roofline");
  titles.push_back("its p90");
  page.table(titles, rows);
  page.paragraph(fmt::format(
      "Rank correlation of throughput a chip within one use (platform, engine, model, format, "
      "lengths): median {:.3f}, tenth percentile {:.3f}, {} uses of five rows or more.",
      v.scores.rank.median, v.scores.rank.p10, v.scores.rank.uses));
}

void write_engines(Page& page, const catalog::Catalog& catalog) {
  page.heading("Engines");
  page.paragraph(
      "What engines add to their kernels, fitted by `switchyard fit-engines`; the sources give the "
      "errors of configurations and models held out of the fit.");
  std::vector<Row> rows;
  for (const auto& [id, n] : catalog.engines) {
    rows.push_back({id, format_significant(n.step_overhead.si() * 1e3) + " ms",
                    format_significant(n.sequence_overhead.si() * 1e6) + " us",
                    format_significant(n.request_overhead.si() * 1e3) + " ms",
                    format_significant(n.poll_steps.base), format_significant(n.wave_share.base),
                    format_significant(n.launch_share.base), format_significant(n.step_factor.base),
                    format_significant(n.prefill_factor.base), n.step_overhead.source});
  }
  page.table({"engine", "a step", "a sequence", "a request", "polls every", "waves", "launches",
              "decode kernels", "prefill kernels", "source"},
             rows);
}

void write_skipped(Page& page, const Validation& v) {
  page.heading("Rows not scored");
  std::vector<Row> rows;
  for (const auto& [reason, count] : v.skipped) rows.push_back({reason, fmt::format("{}", count)});
  for (const auto& file : v.skipped_files) rows.push_back({file.file + ": " + file.reason, "file"});
  page.table({"reason", "rows"}, rows);
}

void write_page(Page& page, const Validation& v, const Validation& plain,
                const catalog::Catalog& catalog) {
  page.paragraph(fmt::format(
      "{} of {} rows scored, evidence {}. Error is |predicted / measured - 1|, bias the median of "
      "predicted / measured - 1. TTFT is scored below saturation: where a request decodes for "
      "longer than it waits for its first token. Noise of the measurements: 3 % TPOT, 10 % TTFT.",
      v.points.size(), v.rows, v.evidence));
  write_summary(page, v, plain);
  for (const Quantity q : validation::kQuantities) page.plot(scatter_svg(v, q));
  for (const Quantity q : validation::kQuantities) {
    page.heading(fmt::format("{} by platform", to_text(q)));
    page.table(kScoreTitles, rows_of(v.scores.by_platform, q));
    page.heading(fmt::format("{} by source and engine", to_text(q)));
    page.table(kScoreTitles, rows_of(v.scores.by_engine, q));
  }
  page.heading("tpot by model");
  page.table(kScoreTitles, rows_of(v.scores.by_model, Quantity::kTpot));
  constexpr int kRowsOfGroup = 8;
  page.heading("tpot by platform, model, source and engine (8 rows or more)");
  page.table(kScoreTitles, rows_of(v.scores.by_group, Quantity::kTpot, kRowsOfGroup));
  write_engines(page, catalog);
  page.heading("Peers");
  page.paragraph(
      "Published by the peers of themselves, on their own rows: BLIS 7.1 % TPOT and 17.6 % TTFT on "
      "configurations not fitted, 13 to 16 % on unseen hardware from data sheets. No peer reports "
      "coverage of intervals.");
  write_skipped(page, v);
}

constexpr const char* kStyle =
    "body{font:14px system-ui,sans-serif;max-width:1000px;margin:2em auto;color:#222}"
    "table{border-collapse:collapse;margin:1em 0}td,th{padding:2px 10px;text-align:right;"
    "border-bottom:1px solid #ddd}td:first-child,th:first-child{text-align:left}"
    "svg{margin:8px}svg text{font-size:11px}.grid{stroke:#e4e4e4;fill:none}"
    ".equal{stroke:#444;fill:none}.near{stroke:#aaa;fill:none;stroke-dasharray:4 3}"
    ".dots{stroke-width:3.4;stroke-linecap:round;fill:none;opacity:.55}";

}  // namespace

std::string validation_markdown(const Validation& v, const Validation& plain,
                                const catalog::Catalog& catalog) {
  MarkdownPage page;
  page.out =
      "# How far predictions are from measured serving\n\nMade by `switchyard validate DIR "
      "--markdown FILE`; do not edit. `--html FILE` adds plots.\n";
  write_page(page, v, plain, catalog);
  return page.out;
}

std::string validation_html(const Validation& v, const Validation& plain,
                            const catalog::Catalog& catalog) {
  HtmlPage page;
  write_page(page, v, plain, catalog);
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Validation</title>"
      "<style>{}</style></head><body><h1>How far predictions are from measured serving</h1>\n{}"
      "</body></html>\n",
      kStyle, page.out);
}

}  // namespace switchyard::report
