#include "report/fabric_report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "report/svg.h"
#include "report/table.h"

namespace switchyard::report {

using catalog::Estimate;
using catalog::Fabric;

namespace {

std::string range_text(const Estimate& e) {
  if (e.certain()) return format_significant(e.base);
  return fmt::format("{} ({}-{})", format_significant(e.base), format_significant(e.low),
                     format_significant(e.high));
}

Json estimate_json(const Estimate& e) {
  return {{"base", e.base},
          {"low", e.low},
          {"high", e.high},
          {"unit", e.unit},
          {"mark", catalog::to_text(e.mark)},
          {"source", e.source}};
}

std::string form_text(const catalog::Tier& tier) {
  std::string out = catalog::to_text(tier.topology);
  for (std::size_t i = 0; i < tier.sides.size(); ++i) {
    out += fmt::format("{}{}", i == 0 ? " " : "x", tier.sides[i]);
  }
  if (tier.reduces) out += ", reduces";
  return out;
}

std::string tiers_text(const Fabric& fabric) {
  std::vector<std::vector<std::string>> rows;
  for (const catalog::Tier& tier : fabric.tiers) {
    rows.push_back(
        {tier.name, format_integer(tier.chips), form_text(tier),
         tier.links * tier.lanes == 1 ? "" : fmt::format("{} x {}", tier.links, tier.lanes),
         range_text(tier.bandwidth) + " " + tier.bandwidth.unit,
         range_text(tier.latency) + " " + tier.latency.unit});
  }
  return table({{"tier", Align::kLeft},
                {"chips"},
                {"joined by", Align::kLeft},
                {"links x lanes"},
                {"per chip and direction"},
                {"latency of a step"}},
               rows);
}

std::string size_range_text(const catalog::AlgorithmNumbers& a) {
  if (!a.from && !a.up_to) return "any size";
  if (!a.from) return fmt::format("below {} {}", a.up_to->base, a.up_to->unit);
  if (!a.up_to) return fmt::format("from {} {}", a.from->base, a.from->unit);
  return fmt::format("{} to {} {}", a.from->base, a.up_to->base, a.up_to->unit);
}

std::string algorithms_text(const Fabric& fabric) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [algorithm, a] : fabric.algorithms) {
    rows.push_back({catalog::to_text(algorithm), size_range_text(a), range_text(a.launch),
                    range_text(a.efficiency), range_text(a.chunk)});
  }
  return table({{"algorithm", Align::kLeft},
                {"meant for", Align::kLeft},
                {"launch us"},
                {"efficiency"},
                {"chunk start us"}},
               rows);
}

std::string checks_text(const Fabric& fabric, const fabric::Shape& shape) {
  std::vector<std::vector<std::string>> rows;
  for (const fabric::ShapeCheck& c : fabric::check(fabric, shape)) {
    rows.push_back(
        {c.what, format_significant(c.computed, 4),
         range_text(*c.published) + (c.published->unit == "count" ? "" : " " + c.published->unit),
         c.agrees ? "agrees" : "DIFFERS", std::string(catalog::to_text(c.published->mark))});
  }
  if (rows.empty()) return "No published figures of its form are on file.\n";
  return table(
      {{"check", Align::kLeft}, {"here"}, {"published"}, {"", Align::kLeft}, {"by", Align::kLeft}},
      rows);
}

std::string sources_text(const Fabric& fabric) {
  std::string out = "\nSources\n";
  for (const catalog::Tier& tier : fabric.tiers) {
    out += wrap(fmt::format("  {}: {} [{}]", tier.name, tier.bandwidth.source,
                            catalog::to_text(tier.bandwidth.mark)),
                100, "    ");
    if (!out.ends_with('\n')) out += '\n';
  }
  return out;
}

}  // namespace

std::string bytes_text(double bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < std::size(kUnits)) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{} {}", format_significant(bytes), kUnits[unit]);
}

std::string topology_text(const Fabric& fabric) {
  const fabric::Shape shape = fabric::shape(fabric);
  std::string out = fmt::format("{}: {}\n", fabric.id, fabric.name);
  if (!fabric.note.empty()) out += wrap(fabric.note, 100, "") + "\n";
  out += "\n" + tiers_text(fabric) + "\n";
  out += fmt::format(
      "{} chips in the scale-up domain; a chip sends {} over {} links.\n"
      "Routes: {} hops at most, {} on average, {} us at most. Bisection {} each way.\n\n",
      shape.chips, format_si(shape.bandwidth.value(), "B/s"), shape.links, shape.hops_max,
      format_significant(shape.hops_mean), format_significant(shape.latency_max.value() * 1e6),
      format_si(shape.bisection.value(), "B/s"));
  return out + checks_text(fabric, shape) + "\n" + algorithms_text(fabric) + sources_text(fabric);
}

Json topology_json(const Fabric& fabric) {
  const fabric::Shape shape = fabric::shape(fabric);
  Json tiers = Json::array();
  for (const catalog::Tier& t : fabric.tiers) {
    tiers.push_back({{"name", t.name},
                     {"chips", t.chips},
                     {"topology", catalog::to_text(t.topology)},
                     {"sides", t.sides},
                     {"links", t.links},
                     {"lanes", t.lanes},
                     {"reduces", t.reduces},
                     {"bandwidth", estimate_json(t.bandwidth)},
                     {"latency", estimate_json(t.latency)},
                     {"oversubscription", estimate_json(t.oversubscription)}});
  }
  Json algorithms = Json::object();
  for (const auto& [algorithm, a] : fabric.algorithms) {
    Json& one = algorithms[catalog::to_text(algorithm)];
    one = {{"launch", estimate_json(a.launch)},
           {"efficiency", estimate_json(a.efficiency)},
           {"chunk", estimate_json(a.chunk)}};
    if (a.from) one["from"] = estimate_json(*a.from);
    if (a.up_to) one["up_to"] = estimate_json(*a.up_to);
  }
  Json checks = Json::array();
  for (const fabric::ShapeCheck& c : fabric::check(fabric, shape)) {
    checks.push_back({{"what", c.what},
                      {"computed", c.computed},
                      {"published", estimate_json(*c.published)},
                      {"agrees", c.agrees}});
  }
  return {{"id", fabric.id},
          {"name", fabric.name},
          {"ranks_per_chip", fabric.ranks_per_chip},
          {"tiers", tiers},
          {"algorithms", algorithms},
          {"shape",
           {{"chips", shape.chips},
            {"links", shape.links},
            {"bandwidth_bytes_per_second", shape.bandwidth.value()},
            {"hops_max", shape.hops_max},
            {"hops_mean", shape.hops_mean},
            {"latency_max_seconds", shape.latency_max.value()},
            {"bisection_bytes_per_second", shape.bisection.value()}}},
          {"checks", checks}};
}

std::string collective_text(const std::vector<CollectivePoint>& points) {
  const CollectivePoint& first = points.front();
  std::string out = fmt::format("{} over {} ranks of {}\n\n", fabric::to_text(first.collective),
                                format_integer(first.ranks), first.platform);
  std::vector<std::vector<std::string>> rows;
  for (const CollectivePoint& p : points) {
    const double off = p.closed_form / p.seconds - 1;
    rows.push_back({bytes_text(p.bytes), p.algorithm,
                    format_significant(p.seconds.value() * 1e6, 4),
                    format_significant(p.bus_bytes_per_second() / 1e9),
                    format_significant(p.closed_form.value() * 1e6, 4),
                    p.simulated ? fmt::format("{:+.1f} %", 100 * off) : "not simulated"});
  }
  out += table({{"payload"},
                {"algorithm", Align::kLeft},
                {"us"},
                {"bus GB/s"},
                {"closed form us"},
                {"against simulated"}},
               rows);
  return out;
}

Json collective_json(const std::vector<CollectivePoint>& points) {
  Json list = Json::array();
  for (const CollectivePoint& p : points) {
    list.push_back({{"collective", fabric::to_text(p.collective)},
                    {"bytes", p.bytes},
                    {"ranks", p.ranks},
                    {"platform", p.platform},
                    {"algorithm", p.algorithm},
                    {"seconds", p.seconds.value()},
                    {"bus_bytes_per_second", p.bus_bytes_per_second()},
                    {"closed_form_seconds", p.closed_form.value()},
                    {"wall_seconds", p.wall_seconds},
                    {"simulated", p.simulated}});
  }
  return {{"points", list}};
}

namespace {

std::string seconds_tick(double seconds) { return format_si(seconds, "s"); }
std::string rate_tick(double rate) { return format_si(rate, "B/s"); }

}  // namespace

std::string collective_page(const std::vector<CollectivePoint>& points) {
  const CollectivePoint& first = points.front();
  Series simulated{.name = "simulated", .points = {}}, form{.name = "closed form", .points = {}};
  Series bus{.name = "bus bandwidth", .points = {}};
  std::string rows;
  for (const CollectivePoint& p : points) {
    simulated.points.emplace_back(p.bytes, p.seconds.value());
    form.points.emplace_back(p.bytes, p.closed_form.value());
    bus.points.emplace_back(p.bytes, p.bus_bytes_per_second());
    rows += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                        bytes_text(p.bytes), p.algorithm, seconds_tick(p.seconds.value()),
                        rate_tick(p.bus_bytes_per_second()));
  }
  const std::string title = fmt::format("{} over {} ranks of {}", fabric::to_text(first.collective),
                                        first.ranks, first.platform);
  std::string body = log_plot(
      {simulated, form},
      {.title = "Time", .x = "payload", .y = "", .x_tick = bytes_text, .y_tick = seconds_tick});
  body += log_plot({bus}, {.title = "Bus bandwidth (nccl-tests convention)",
                           .x = "payload",
                           .y = "",
                           .x_tick = bytes_text,
                           .y_tick = rate_tick});
  body +=
      "<table><tr><th>payload</th><th>algorithm</th><th>time</th><th>bus bandwidth</th></tr>\n" +
      rows + "</table>\n";
  return plain_page(title, body);
}

}  // namespace switchyard::report
