// Small pictures as SVG text inside pages of their own: no scripts, nothing fetched.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace switchyard::report {

// The text safe inside HTML and attributes.
std::string escape_html(std::string_view text);

struct Series {
  std::string name;
  std::vector<std::pair<double, double>> points;  // x, y; all > 0
};
struct PlotText {
  std::string title, x, y;
  std::string (*x_tick)(double) = nullptr;
  std::string (*y_tick)(double) = nullptr;
};
// Lines on two logarithmic axes, every point with a tooltip. Contract: a point in all, and at most
// six series.
std::string log_plot(const std::vector<Series>& series, const PlotText& text);

// A whole page around `body`; follows the reader's light or dark setting.
std::string plain_page(const std::string& title, const std::string& body);

}  // namespace switchyard::report
