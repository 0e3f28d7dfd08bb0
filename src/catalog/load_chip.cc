#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "catalog/readers.h"

namespace switchyard::catalog {

namespace {

constexpr const char* kElementTypes[] = {"bf16", "fp8", "int8", "fp4"};

void read_peaks(Table& table, Chip& chip) {
  table.section("peak", [&](Table& t) {
    for (const char* type : kElementTypes) {
      if (!t.fields().find(type)) continue;
      chip.peak.emplace(type, t.positive(type, Dimension::kFlopRate));
    }
    if (!chip.peak.contains("bf16")) t.fields().fault("bf16", "is missing", "the bf16 peak");
  });
  table.section("energy", [&](Table& t) {
    chip.memory_energy = t.estimate("memory", Dimension::kEnergyPerByte);
    for (const auto& [type, peak] : chip.peak) {
      chip.compute_energy.emplace(type, t.estimate(type, Dimension::kEnergyPerFlop));
    }
  });
}

Format read_format(Table t, const Chip& chip) {
  constexpr Range kBits = {3, 16};  // what Format::width can class
  Format format{.name = t.text("name"),
                .bits = t.fields().number("bits", kBits),
                .compute = t.text("compute")};
  if (!format.compute.empty() && !chip.peak.contains(format.compute)) {
    std::vector<std::string> types;
    for (const auto& [type, peak] : chip.peak) types.push_back(type);
    t.fields().fault("compute", "is " + quote(format.compute), "a key of [peak]",
                     did_you_mean(format.compute, types));
  }
  const bool twice = std::any_of(chip.formats.begin(), chip.formats.end(),
                                 [&](const Format& f) { return f.name == format.name; });
  if (twice) t.fields().fault("name", quote(format.name) + " stands twice", "each format once");
  t.fields().reject_unknown();
  return format;
}

void read_formats(Table& table, Chip& chip) {
  ObjectReader& fields = table.fields();
  const Json* list = fields.array("formats");
  if (!list || list->empty()) {
    if (list || !fields.has("formats")) {
      fields.fault("formats", list ? "is empty" : "is missing", "at least one [[formats]]");
    }
    return;
  }
  for (const Json& item : *list) {
    chip.formats.push_back(
        read_format({fields.inside("formats", item), table.path() + "/formats"}, chip));
  }
  // Every model is at hand in 16 bits: without such a format nothing could be served.
  const bool wide = std::any_of(chip.formats.begin(), chip.formats.end(),
                                [](const Format& f) { return f.width() == 16; });
  if (!wide) fields.fault("formats", "has no 16-bit format", "bf16 among them");
}

void check_rises(Table& t, const char* lower_key, const Estimate& lower, const char* upper_key,
                 const Estimate& upper) {
  if (!lower.well_read() || !upper.well_read() || lower.si() <= upper.si()) return;
  t.fields().fault(lower_key, "is " + format_significant(lower.si()) + " W",
                   fmt::format("at most {}, {} W", upper_key, format_significant(upper.si())));
}

}  // namespace

void check_id(Table& table, const std::string& id) {
  ObjectReader& fields = table.fields();
  const std::string found = fields.string("id");
  if (found == id || !fields.has("id")) return;
  fields.fault("id", "is " + quote(found), "the file's name, " + quote(id));
}

Chip read_chip(Table& table, const std::string& id) {
  Chip chip{.id = id};
  check_id(table, id);
  chip.name = table.text("name");
  chip.vendor = table.text("vendor");
  chip.source_note = table.text_or_empty("note");
  chip.core = table.text_or_empty("core");
  if (!chip.core.empty()) {
    constexpr Range kCores = {1, 64};
    chip.core_count = static_cast<int>(table.fields().integer("core_count", kCores));
  }
  read_peaks(table, chip);
  read_formats(table, chip);
  table.section("memory", [&](Table& t) {
    chip.memory_capacity = t.positive("capacity", Dimension::kBytes);
    chip.memory_bandwidth = t.positive("bandwidth", Dimension::kByteRate);
  });
  table.section("power", [&](Table& t) {
    chip.tdp = t.positive("tdp", Dimension::kPower);
    chip.idle_power = t.estimate("idle", Dimension::kPower);
    chip.active_power = t.estimate("active", Dimension::kPower);
    check_rises(t, "idle", chip.idle_power, "active", chip.active_power);
    check_rises(t, "active", chip.active_power, "tdp", chip.tdp);
  });
  table.section("efficiency", [&](Table& t) {
    for (const auto& [type, peak] : chip.peak) {
      chip.compute_efficiency.emplace(type, t.share(type));
    }
    chip.attention_efficiency = t.share("attention");
    chip.grouped_compute = t.share("grouped_compute");
    chip.grouped_memory = t.share("grouped_memory");
    chip.memory_efficiency = t.share("memory");
    chip.operator_overhead = t.estimate("operator_overhead", Dimension::kTime);
  });
  table.fields().reject_unknown();
  return chip;
}

}  // namespace switchyard::catalog
