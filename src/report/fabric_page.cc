// The picture of a fabric: groups of its tiers as nested boxes, chips as squares, one chip's links
// drawn in full.
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "catalog/sample.h"
#include "report/fabric_report.h"
#include "report/svg.h"

namespace switchyard::report {

namespace {

using catalog::Fabric;
using fabric::Topology;
using Kind = catalog::Topology;

constexpr double kChip = 16, kGap = 6, kPad = 10, kTitle = 16;
constexpr int kChipsDrawnMax = 256;
constexpr const char* kTierColours[] = {"#2b6cb0", "#c05621", "#2f855a", "#6b46c1"};

struct Point {
  double x = 0, y = 0;
};

// Places chips of nested groups; grows boxes around them.
class Drawing {
 public:
  Drawing(const Fabric& fabric, const Topology& topology, int chips)
      : fabric_(fabric), topology_(topology), chips_(chips), at_(static_cast<std::size_t>(chips)) {}

  std::string draw() {
    int outer = 0;
    while (fabric_.tiers[static_cast<std::size_t>(outer)].chips < chips_) ++outer;
    const Point size = place(outer, 0, {kPad, kPad});
    std::string links = chip_links(0, outer);
    std::string squares;
    for (int c = 0; c < chips_; ++c) {
      const Point p = at_[static_cast<std::size_t>(c)];
      squares += fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" height=\"{}\" rx=\"3\" fill=\"{}\">"
          "<title>chip {}</title></rect>\n",
          p.x, p.y, kChip, kChip, c == 0 ? "#e53e3e" : "#a0aec0", c);
    }
    return fmt::format(
        "<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" "
        "aria-label=\"the fabric's chips and links\">\n{}{}{}</svg>\n",
        size.x + 2 * kPad, size.y + 2 * kPad, boxes_, squares, links);
  }

 private:
  // Draws the tier's group that starts at `first` with its corner at `corner`; returns its size.
  Point place(int tier, int first, Point corner) {
    if (tier < 0) {
      if (first < chips_) at_[static_cast<std::size_t>(first)] = corner;
      return {kChip, kChip};
    }
    const catalog::Tier& t = fabric_.tiers[static_cast<std::size_t>(tier)];
    const int inner = tier == 0 ? 1 : fabric_.tiers[static_cast<std::size_t>(tier) - 1].chips;
    const int groups = std::min(t.chips, chips_) / inner;
    Point cell;
    Point size;
    const std::size_t box_at = boxes_.size();
    for (int g = 0; g < groups; ++g) {
      const auto [column, row] = cell_of(t, tier, g, groups);
      const Point to{corner.x + kPad + column * (cell.x + kGap),
                     corner.y + kTitle + row * (cell.y + kGap)};
      cell = place(tier - 1, first + g * inner, to);
      size.x = std::max(size.x, column * (cell.x + kGap) + cell.x);
      size.y = std::max(size.y, row * (cell.y + kGap) + cell.y);
    }
    size = {size.x + 2 * kPad, size.y + kTitle + kPad};
    if (size.x < 110) size.x = std::max(size.x, 7.0 * static_cast<double>(t.name.size()) + 12);
    boxes_.insert(box_at,
                  fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
                              "rx=\"6\" fill=\"none\" stroke=\"{}\"/><text x=\"{:.1f}\" "
                              "y=\"{:.1f}\" fill=\"{}\" style=\"font-size:10px\">{}</text>\n",
                              corner.x, corner.y, size.x, size.y, colour(tier), corner.x + 6,
                              corner.y + 12, colour(tier), escape_html(t.name)));
    return size;
  }

  std::pair<int, int> cell_of(const catalog::Tier& t, int tier, int g, int groups) const {
    if (t.topology == Kind::kTorus) {
      const std::vector<int> p = topology_.place(tier, g);
      const int planes = p.size() == 3 ? p[2] : 0;
      return {p[0] + planes * (t.sides[0] + 1), p[1]};
    }
    const int columns = static_cast<int>(std::ceil(std::sqrt(groups * (tier == 0 ? 1.0 : 1.6))));
    return {g % columns, g / columns};
  }

  static const char* colour(int tier) { return kTierColours[static_cast<std::size_t>(tier) % 4]; }

  // Lines from a chip to those one link away; through a switch, to all it joins.
  std::string chip_links(int chip, int outer) const {
    std::string out;
    for (int to = 0; to < chips_; ++to) {
      if (to == chip) continue;
      std::vector<fabric::LinkIndex> path;
      topology_.route(chip, to, path);
      int hops = 0;
      for (const fabric::LinkIndex link : path) hops += topology_.starts_hop(link) ? 1 : 0;
      const int tier = topology_.tier_of(path.front());
      if (hops != 1 || tier > outer) continue;
      const Point a = at_[static_cast<std::size_t>(chip)];
      const Point b = at_[static_cast<std::size_t>(to)];
      out += fmt::format(
          "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" "
          "stroke-opacity=\"0.6\"><title>chip {} to chip {}: {}</title></line>\n",
          a.x + kChip / 2, a.y + kChip / 2, b.x + kChip / 2, b.y + kChip / 2, colour(tier), chip,
          to, escape_html(fabric_.tiers[static_cast<std::size_t>(tier)].name));
    }
    return out;
  }

  const Fabric& fabric_;
  const Topology& topology_;
  int chips_;
  std::vector<Point> at_;
  std::string boxes_;
};

std::string tier_rows(const Fabric& fabric) {
  std::string rows;
  for (const catalog::Tier& t : fabric.tiers) {
    rows += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{} {}</td><td>{} {}</td></tr>\n"
        "<tr><td class=\"note\" colspan=\"5\" style=\"text-align:left\">{}</td></tr>\n",
        escape_html(t.name), t.chips, catalog::to_text(t.topology),
        format_significant(t.bandwidth.base), t.bandwidth.unit, format_significant(t.latency.base),
        t.latency.unit, escape_html(t.bandwidth.source));
  }
  return rows;
}

}  // namespace

std::string topology_page(const Fabric& fabric) {
  const fabric::Shape shape = fabric::shape(fabric);
  const int chips = std::min(shape.chips, kChipsDrawnMax);
  const Topology topology(sample(fabric, catalog::World{}), shape.chips);
  std::string body = fmt::format(
      "<p>{} chips in the scale-up domain; each sends {} over {} links. Longest route {} hops, "
      "bisection {} each way.</p>\n",
      shape.chips, format_si(shape.bandwidth.value(), "B/s"), shape.links, shape.hops_max,
      format_si(shape.bisection.value(), "B/s"));
  body += "<figure>" + Drawing(fabric, topology, chips).draw();
  body += fmt::format(
      "<figcaption class=\"note\">Boxes are groups of a tier. Lines: what the red chip reaches in "
      "one hop{}.</figcaption></figure>\n",
      chips < shape.chips ? fmt::format("; the first {} chips are drawn", chips) : "");
  std::string checks;
  for (const fabric::ShapeCheck& c : fabric::check(fabric, shape)) {
    checks +=
        fmt::format("<tr><td>{}</td><td>{}</td><td>{} ({} to {}) {}</td><td>{}</td></tr>\n", c.what,
                    format_significant(c.computed, 4), format_significant(c.published->base),
                    format_significant(c.published->low), format_significant(c.published->high),
                    c.published->unit, c.agrees ? "agrees" : "differs");
  }
  body +=
      "<table><tr><th>tier</th><th>chips</th><th>joined by</th><th>per chip and direction</th>"
      "<th>latency</th></tr>\n" +
      tier_rows(fabric) + "</table>\n";
  if (!checks.empty()) {
    body += "<table><tr><th>check</th><th>here</th><th>published</th><th></th></tr>\n" + checks +
            "</table>\n";
  }
  return plain_page(fabric.name, body);
}

}  // namespace switchyard::report
