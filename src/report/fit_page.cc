#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/portable_math.h"
#include "base/text.h"
#include "report/fit_report.h"

namespace switchyard::report {

namespace {

using namespace fitting;

double log10_of(double x) { return portable_log(x) / std::numbers::ln10; }

constexpr double kSide = 260, kMargin = 42;

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += c;
    }
  }
  return out;
}

// Logarithmic axes in microseconds; both alike, so the diagonal is a perfect prediction.
class Plot {
 public:
  explicit Plot(const SeriesFit& s) {
    double least = 1e9, most = 1e-9;
    for (const Case& c : s.sample) {
      least = std::min({least, c.measured, c.predicted});
      most = std::max({most, c.measured, c.predicted});
    }
    low_ = std::floor(log10_of(least * 1e6));
    high_ = std::max(low_ + 1, std::ceil(log10_of(most * 1e6)));
  }

  std::string draw(const SeriesFit& s) const {
    const double all = kSide + 2 * kMargin;
    std::string out = fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\">", all, all);
    for (double decade = low_; decade <= high_; ++decade) {
      const double at = place(portable_pow(10, decade) * 1e-6);
      out += fmt::format(
          "<path class=g d=\"M{0:.1f} {2:.1f}V{3:.1f}M{2:.1f} {1:.1f}H{3:.1f}\"/>"
          "<text x={0:.1f} y={4:.1f} text-anchor=middle>{5}</text>"
          "<text x={6:.1f} y={1:.1f} text-anchor=end dy=3>{5}</text>",
          at, all - at, kMargin, kMargin + kSide, all - kMargin + 13, label(decade), kMargin - 4);
    }
    for (const double factor : {0.8, 1.0, 1.25}) line(out, factor, all);
    for (const Case& c : s.sample) {
      out += fmt::format("<circle cx={:.1f} cy={:.1f} r=1.6 />", place(c.measured),
                         all - place(c.predicted));
    }
    return out + "</svg>";
  }

 private:
  double place(double seconds) const {
    const double share = (log10_of(seconds * 1e6) - low_) / (high_ - low_);
    return kMargin + std::clamp(share, 0.0, 1.0) * kSide;
  }

  static std::string label(double decade) {
    if (decade < 3) return fmt::format("{:g} µs", portable_pow(10, decade));
    return decade < 6 ? fmt::format("{:g} ms", portable_pow(10, decade - 3))
                      : fmt::format("{:g} s", portable_pow(10, decade - 6));
  }

  void line(std::string& out, double factor, double all) const {
    const double low = portable_pow(10, low_) * 1e-6, high = portable_pow(10, high_) * 1e-6;
    const double from = factor < 1 ? low / factor : low, to = factor > 1 ? high / factor : high;
    out += fmt::format("<path class={} d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\"/>",
                       factor == 1.0 ? "d" : "e", place(from), all - place(from * factor),
                       place(to), all - place(to * factor));
  }

  double low_ = 0, high_ = 1;
};

std::string worst_list(const SeriesFit& s) {
  std::string out = "<details><summary>worst cases</summary><ul>";
  for (const Case& c : s.worst) {
    out += fmt::format("<li>{}: measured {}, predicted {}</li>", escape(costing::to_text(c.shape)),
                       format_si(c.measured, "s"), format_si(c.predicted, "s"));
  }
  return out + "</ul></details>";
}

constexpr const char* kHead =
    "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport "
    "content=\"width=device-width\"><title>Fits of measured operators</title><style>"
    ":root{color-scheme:light dark}"
    "body{font:14px/1.45 system-ui,sans-serif;max-width:78rem;margin:2rem auto;padding:0 1rem}"
    ".grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(17.5rem,1fr));gap:1rem}"
    "figure{margin:0;border:1px solid #8884;border-radius:6px;padding:.6rem}"
    "figcaption b{display:block}svg{width:100%;height:auto}svg "
    "text{font-size:9px;fill:currentColor;"
    "opacity:.7}svg circle{fill:#2b6cb0;opacity:.45}.g{stroke:#8883;stroke-width:.5}"
    ".d{stroke:currentColor;stroke-width:1}.e{stroke:currentColor;stroke-width:.6;"
    "stroke-dasharray:3 3;opacity:.6}li{font-size:12px}</style>";

}  // namespace

std::string fit_page(const FitReport& report) {
  std::string out = kHead;
  out += fmt::format(
      "<h1>Fits of measured operators</h1><p>{} rows. Held out by whole configurations: median "
      "error {:.1f} %, p90 {:.1f} %, {:.0f} % inside the 80 % interval; plain roofline "
      "{:.0f} %.</p><p>Across: measured. Up: predicted, held out. Dashed: 25 % off.</p>",
      format_integer(report.all.rows), report.all.held_out.median * 100,
      report.all.held_out.p90 * 100, report.all.coverage * 100, report.all.roofline.median * 100);
  std::string chip;
  for (const SeriesFit& s : report.series) {
    if (s.chip != chip) {
      if (!chip.empty()) out += "</div>";
      chip = s.chip;
      out += fmt::format("<h2>{}</h2><div class=grid>", escape(chip));
    }
    const auto& f = s.fit;
    out += fmt::format(
        "<figure>{}<figcaption><b>{} {}{}</b>{}{}{}<br>{} rows, median {:.1f} %, p90 {:.1f} %, "
        "in 80 %: {:.0f} %{}</figcaption></figure>",
        Plot(s).draw(s), costing::to_text(f.family), escape(f.element),
        f.cached.empty() ? "" : ", cache " + escape(f.cached), escape(f.engine),
        f.kernel.empty() ? "" : ", ", escape(f.kernel), format_integer(f.rows),
        f.held_out.median * 100, f.held_out.p90 * 100, f.coverage * 100, worst_list(s));
  }
  return out + (chip.empty() ? "" : "</div>") + "</html>\n";
}

}  // namespace switchyard::report
