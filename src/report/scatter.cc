// The plots of the validation page: one <path> a platform, a dot a row.
#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "base/portable_math.h"
#include "base/text.h"
#include "report/validation_page.h"

namespace switchyard::report {

namespace {

using validation::Quantity;

constexpr double kSize = 420, kMargin = 52, kRight = 24;
constexpr const char* kColours[] = {"#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e",
                                    "#17becf", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22"};

struct Dot {
  double measured = 0, ours = 0;
};

const char* axis_of(Quantity quantity) {
  switch (quantity) {
    case Quantity::kTpot:
      return "TPOT, s";
    case Quantity::kTtft:
      return "TTFT, s";
    case Quantity::kThroughput:
      return "output tokens/s";
    case Quantity::kPower:
      return "W a chip";
  }
  return "";
}

double log10_of(double x) { return portable_log(x) / portable_log(10); }

// Both axes over the same range, in quarters of a decade.
class Axes {
 public:
  Axes(double low, double high)
      : low_(std::floor(low * 4) / 4), high_(std::max(std::ceil(high * 4) / 4, low_ + 0.25)) {}

  double x(double value) const { return kMargin + share(value) * (kSize - kMargin - kRight); }
  double y(double value) const {
    return kSize - kMargin - share(value) * (kSize - kMargin - kRight);
  }

  std::string grid() const {
    std::string out;
    for (const double value : ticks()) {
      out += fmt::format(
          "<path class=\"grid\" d=\"M{0:.1f} {2:.1f}V{3:.1f}M{4:.1f} {1:.1f}H{5:.1f}\"/>"
          "<text x=\"{0:.1f}\" y=\"{6:.1f}\" text-anchor=\"middle\">{7}</text>"
          "<text x=\"{8:.1f}\" y=\"{9:.1f}\" text-anchor=\"end\">{7}</text>\n",
          x(value), y(value), y(limit(high_)), y(limit(low_)), x(limit(low_)), x(limit(high_)),
          kSize - kMargin + 16, format_si(value, ""), kMargin - 6, y(value) + 4);
    }
    for (const double off : {1.0, 0.75, 1.25}) {
      out += fmt::format("<path class=\"{}\" d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\"/>\n",
                         off == 1 ? "equal" : "near", x(limit(low_)), y(limit(low_) * off),
                         x(limit(high_)), y(limit(high_) * off));
    }
    return out;
  }

 private:
  // Whole decades; where few fit, twos and fives besides.
  std::vector<double> ticks() const {
    std::vector<double> out;
    const bool few = high_ - low_ < 2;
    for (double decade = std::floor(low_); decade <= high_; ++decade) {
      for (const double step : {1.0, 2.0, 5.0}) {
        const double at = decade + log10_of(step);
        constexpr double kEdge = 1e-9;
        if (at < low_ - kEdge || at > high_ + kEdge || (step > 1 && !few)) continue;
        out.push_back(limit(at));
      }
    }
    return out;
  }
  static double limit(double decade) { return portable_pow(10, decade); }
  double share(double value) const { return (log10_of(value) - low_) / (high_ - low_); }

  double low_, high_;
};

std::map<std::string, std::vector<Dot>> dots_of(const validation::Validation& result,
                                                Quantity quantity) {
  std::map<std::string, std::vector<Dot>> out;
  const auto drawable = [](double x) { return x > 1e-9 && x < 1e12; };
  for (const validation::Point& p : result.points) {
    const Dot dot{measured_value(*p.subject, quantity), predicted_value(p, quantity).base};
    if (drawable(dot.measured) && drawable(dot.ours)) out[p.subject->platform->id].push_back(dot);
  }
  return out;
}

}  // namespace

std::string scatter_svg(const validation::Validation& result, Quantity quantity) {
  const auto series = dots_of(result, quantity);
  double low = 1e300, high = -1e300;
  for (const auto& [platform, dots] : series) {
    for (const Dot& d : dots) {
      low = std::min({low, log10_of(d.measured), log10_of(d.ours)});
      high = std::max({high, log10_of(d.measured), log10_of(d.ours)});
    }
  }
  if (series.empty()) return {};
  const Axes axes(low, high);
  std::string out = fmt::format(
      "<svg viewBox=\"0 0 {0} {0}\" width=\"{0}\" height=\"{0}\" role=\"img\" "
      "aria-label=\"predicted against measured {1}\">\n{2}",
      kSize, axis_of(quantity), axes.grid());
  std::size_t index = 0;
  for (const auto& [platform, dots] : series) {
    const char* colour = kColours[index % std::size(kColours)];
    out += fmt::format("<path class=\"dots\" stroke=\"{}\" d=\"", colour);
    for (const Dot& d : dots)
      out += fmt::format("M{:.1f} {:.1f}h0", axes.x(d.measured), axes.y(d.ours));
    out += fmt::format("\"/>\n<text x=\"{:.0f}\" y=\"{:.0f}\" fill=\"{}\">{}</text>\n", kMargin + 8,
                       22 + 14 * static_cast<double>(index), colour, platform);
    ++index;
  }
  out += fmt::format(
      "<text x=\"{0}\" y=\"{1}\" text-anchor=\"middle\">measured, {2}</text>"
      "<text transform=\"translate(12 {0}) rotate(-90)\" text-anchor=\"middle\">predicted</text>\n"
      "</svg>\n",
      kSize / 2, kSize - 14, axis_of(quantity));
  return out;
}

}  // namespace switchyard::report
