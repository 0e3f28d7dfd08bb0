#include "report/svg.h"

#include <algorithm>
#include <cmath>

#include "base/portable_math.h"
#include "base/text.h"

namespace switchyard::report {

namespace {

constexpr double kWidth = 860, kHeight = 380, kLeft = 80, kRight = 20, kTop = 20, kBottom = 60;
constexpr double kLog10 = 2.302585092994046;

double log10_of(double value) { return portable_log(value) / kLog10; }

struct Axis {
  double low = 0, high = 1;  // logarithms
  double from = 0, to = 1;   // pixels
  double at(double value) const {
    return from + (log10_of(value) - low) / (high - low) * (to - from);
  }
};

Axis axis_of(const std::vector<Series>& series, bool x, double from, double to) {
  Axis axis{.low = 1e9, .high = -1e9, .from = from, .to = to};
  for (const Series& s : series) {
    for (const auto& [px, py] : s.points) {
      const double value = log10_of(x ? px : py);
      axis.low = std::min(axis.low, value);
      axis.high = std::max(axis.high, value);
    }
  }
  const double room = std::max(0.05, (axis.high - axis.low) * 0.05);
  axis.low -= room;
  axis.high += room;
  return axis;
}

std::vector<double> decades(const Axis& axis) {
  std::vector<double> out;
  for (int e = static_cast<int>(std::ceil(axis.low)); e <= axis.high; ++e) {
    out.push_back(portable_pow(10, std::abs(e)));
    if (e < 0) out.back() = 1 / out.back();
  }
  return out;
}

constexpr const char* kColours[] = {"#2b6cb0", "#c05621", "#2f855a",
                                    "#6b46c1", "#b83280", "#718096"};

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string log_plot(const std::vector<Series>& series, const PlotText& text) {
  const Axis x = axis_of(series, true, kLeft, kWidth - kRight);
  const Axis y = axis_of(series, false, kHeight - kBottom, kTop);
  std::string out = fmt::format(
      "<figure><figcaption>{}</figcaption>\n<svg viewBox=\"0 0 {} {}\" role=\"img\" "
      "aria-label=\"{}\">\n",
      escape_html(text.title), kWidth, kHeight, escape_html(text.title));
  for (const double tick : decades(x)) {
    out += fmt::format(
        "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>"
        "<text x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\">{4}</text>\n",
        x.at(tick), kTop, kHeight - kBottom, kHeight - kBottom + 18,
        escape_html(text.x_tick(tick)));
  }
  for (const double tick : decades(y)) {
    out += fmt::format(
        "<line class=\"grid\" x1=\"{1}\" x2=\"{2}\" y1=\"{0:.1f}\" y2=\"{0:.1f}\"/>"
        "<text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n",
        y.at(tick), kLeft, kWidth - kRight, kLeft - 8, y.at(tick) + 4,
        escape_html(text.y_tick(tick)));
  }
  for (std::size_t i = 0; i < series.size(); ++i) {
    const char* colour = kColours[i % std::size(kColours)];
    std::string line;
    for (const auto& [px, py] : series[i].points) {
      line += fmt::format("{:.1f},{:.1f} ", x.at(px), y.at(py));
    }
    out += fmt::format("<polyline fill=\"none\" stroke=\"{}\" stroke-width=\"2\" points=\"{}\"/>\n",
                       colour, line);
    for (const auto& [px, py] : series[i].points) {
      out += fmt::format(
          "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" fill=\"{}\"><title>{}: {}, "
          "{}</title></circle>\n",
          x.at(px), y.at(py), colour, escape_html(series[i].name), escape_html(text.x_tick(px)),
          escape_html(text.y_tick(py)));
    }
    out +=
        fmt::format("<text x=\"{}\" y=\"{}\" fill=\"{}\" class=\"key\">{}</text>\n", kLeft + 10,
                    kTop + 16 + 18 * static_cast<double>(i), colour, escape_html(series[i].name));
  }
  return out +
         fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n</svg></figure>\n",
                     (kLeft + kWidth) / 2, kHeight - 14, escape_html(text.x));
}

std::string plain_page(const std::string& title, const std::string& body) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title>\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<style>\n"
      ":root {{ color-scheme: light dark; --ink: #1a202c; --paper: #fff; --grid: #cbd5e0; }}\n"
      "@media (prefers-color-scheme: dark) {{ :root {{ --ink: #e2e8f0; --paper: #171923; "
      "--grid: #4a5568; }} }}\n"
      "body {{ font: 15px/1.45 system-ui, sans-serif; max-width: 920px; margin: 2em auto; "
      "padding: 0 1em; color: var(--ink); background: var(--paper); }}\n"
      "table {{ border-collapse: collapse; margin: 1em 0; font-variant-numeric: tabular-nums; }}\n"
      "td, th {{ padding: 2px 10px; border-bottom: 1px solid var(--grid); text-align: right; }}\n"
      "td:first-child, th:first-child {{ text-align: left; }}\n"
      "figure {{ margin: 1.5em 0; }} svg {{ width: 100%; height: auto; }}\n"
      "svg text {{ font-size: 12px; }} svg text:not([fill]) {{ fill: var(--ink); }} "
      ".key {{ font-weight: 600; }}\n"
      ".grid {{ stroke: var(--grid); }} .note {{ color: #718096; font-size: 13px; }}\n"
      "</style></head><body>\n<h1>{0}</h1>\n{1}</body></html>\n",
      escape_html(title), body);
}

}  // namespace switchyard::report
