#include "report/catalog_report.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/text.h"
#include "report/table.h"
#include "report/terminal.h"

namespace switchyard::report {

namespace {

using catalog::Catalog;
using catalog::Chip;
using catalog::Estimate;
using catalog::Platform;

using Named = std::vector<std::pair<std::string, const Estimate*>>;

Named chip_estimates(const Chip& c) {
  Named out;
  for (const auto& [type, peak] : c.peak) out.emplace_back("peak " + type, &peak);
  out.insert(out.end(), {{"memory capacity", &c.memory_capacity},
                         {"memory bandwidth", &c.memory_bandwidth},
                         {"TDP", &c.tdp},
                         {"idle power", &c.idle_power},
                         {"active power", &c.active_power},
                         {"memory energy", &c.memory_energy}});
  for (const auto& [type, energy] : c.compute_energy) out.emplace_back("energy " + type, &energy);
  for (const auto& [type, share] : c.compute_efficiency) {
    out.emplace_back("efficiency " + type, &share);
  }
  out.insert(out.end(), {{"attention efficiency", &c.attention_efficiency},
                         {"experts' products", &c.grouped_compute},
                         {"experts' bytes", &c.grouped_memory},
                         {"memory efficiency", &c.memory_efficiency},
                         {"operator overhead", &c.operator_overhead}});
  return out;
}

Named platform_estimates(const Platform& p) {
  Named out;
  for (const auto& [name, estimate] : catalog::estimates_of(p.fabric)) {
    out.emplace_back(name, estimate);
  }
  out.insert(out.end(), {{"all-in power per chip", &p.all_in_power},
                         {"host power / TDP", &p.host_power_fraction},
                         {"step overhead", &p.serving.step_overhead},
                         {"sequence overhead", &p.serving.sequence_overhead},
                         {"model error", &p.serving.model_error}});
  return out;
}

Named price_estimates(const Platform& p) {
  return {{"cloud on demand", &p.cloud_on_demand},
          {"cloud committed", &p.cloud_committed},
          {"owner's capital", &p.owner_capex},
          {"owner's hour (InferenceX)", &p.owner_hourly}};
}

Named economy_estimates(const catalog::Economy& e) {
  return {{"electricity", &e.electricity},
          {"PUE", &e.pue},
          {"carbon intensity", &e.carbon_intensity},
          {"discount rate", &e.discount_rate},
          {"IT life", &e.it_life},
          {"facility life", &e.facility_life},
          {"facility capital", &e.facility_capex},
          {"maintenance", &e.maintenance_fraction},
          {"utilisation", &e.utilisation},
          {"availability", &e.availability}};
}

std::string value_text(const Estimate& e) {
  std::string text = format_significant(e.base, 4);
  if (!e.certain()) {
    text += fmt::format(" [{}-{}]", format_significant(e.low, 4), format_significant(e.high, 4));
  }
  return text + " " + e.unit;
}

std::string section(const std::string& title, const Named& estimates) {
  std::string out = "\n" + title + "\n";
  for (const auto& [name, e] : estimates) {
    out += fmt::format("  {:<30} {:<34} {}\n", name, value_text(*e), to_text(e->mark));
    out += wrap("      " + e->source, kTerminalColumns, "      ");
  }
  return out;
}

Json estimates_json(const Named& estimates) {
  Json out = Json::object();
  for (const auto& [name, e] : estimates) {
    out[e->id] = {{"name", name},       {"base", e->base}, {"low", e->low},
                  {"high", e->high},    {"unit", e->unit}, {"mark", to_text(e->mark)},
                  {"source", e->source}};
  }
  return out;
}

}  // namespace

std::string catalog_text(const Catalog& catalog) {
  const std::vector<Column> columns = {{"platform", Align::kLeft},
                                       {"domain"},
                                       {"bf16 TF"},
                                       {"best TF"},
                                       {"memory"},
                                       {"TB/s"},
                                       {"TDP W"},
                                       {"all-in"},
                                       {"rent $/h"},
                                       {"own $/h"},
                                       {"mark", Align::kLeft}};
  std::vector<std::vector<std::string>> rows;
  for (const Platform& p : catalog.platforms) {
    const Chip& c = catalog.chip_of(p);
    double best = 0;
    for (const auto& [type, peak] : c.peak) best = std::max(best, peak.si());
    rows.push_back(
        {p.id, std::to_string(p.domain_chips), format_significant(c.peak.at("bf16").si() / 1e12, 4),
         format_significant(best / 1e12, 5),
         fmt::format("{} {}", format_significant(c.memory_capacity.base), c.memory_capacity.unit),
         format_significant(c.memory_bandwidth.si() / 1e12), format_significant(c.tdp.si(), 4),
         format_significant(p.all_in_power.si() / 1e3) + " kW",
         format_significant(p.cloud_committed.si()), format_significant(p.owner_hourly.si()),
         to_text(p.owner_hourly.mark)});
  }
  return table(columns, rows) +
         "\nPer chip, dense TFLOP/s, base values; rent is committed, the mark is that of owning. "
         "`switchyard\ncatalog ID` shows every range, mark and source.\n";
}

std::string platform_text(const Catalog& catalog, const Platform& p) {
  const Chip& c = catalog.chip_of(p);
  std::string out = fmt::format("{}: {} ({}, {}), {} chips a scale-up domain, {} a host\n", p.id,
                                p.name, c.name, c.vendor, p.domain_chips, p.host_chips);
  if (!c.source_note.empty()) out += wrap(c.source_note, kTerminalColumns, "");
  out += "storage formats:";
  for (const auto& f : c.formats)
    out += fmt::format(" {} ({} bits, {} rate)", f.name, f.bits, f.compute);
  out += "\n" + section("Chip " + c.id, chip_estimates(c));
  out += section("Platform", platform_estimates(p));
  out += section("Prices, per chip", price_estimates(p));
  return out + section("Economy, the same for all platforms", economy_estimates(catalog.economy));
}

Json platform_json(const Catalog& catalog, const Platform& p) {
  const Chip& c = catalog.chip_of(p);
  Json formats = Json::array();
  for (const auto& f : c.formats) {
    formats.push_back({{"name", f.name}, {"bits", f.bits}, {"compute", f.compute}});
  }
  Json tiers = Json::array();
  for (const auto& t : p.fabric.tiers) {
    tiers.push_back({{"name", t.name},
                     {"chips", t.chips},
                     {"topology", to_text(t.topology)},
                     {"sides", t.sides}});
  }
  return {{"id", p.id},
          {"name", p.name},
          {"chip", {{"id", c.id}, {"name", c.name}, {"vendor", c.vendor}, {"note", c.source_note}}},
          {"available", p.available},
          {"aliases", p.aliases},
          {"fabric", p.fabric.id},
          {"domain_chips", p.domain_chips},
          {"host_chips", p.host_chips},
          {"formats", formats},
          {"tiers", tiers},
          {"chip_estimates", estimates_json(chip_estimates(c))},
          {"platform_estimates", estimates_json(platform_estimates(p))},
          {"price_estimates", estimates_json(price_estimates(p))}};
}

Json catalog_json(const Catalog& catalog) {
  Json platforms = Json::array();
  for (const Platform& p : catalog.platforms) platforms.push_back(platform_json(catalog, p));
  return {{"platforms", platforms},
          {"economy", estimates_json(economy_estimates(catalog.economy))}};
}

}  // namespace switchyard::report
