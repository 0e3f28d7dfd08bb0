#include "catalog/estimate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/portable_math.h"
#include "base/text.h"
#include "catalog/table.h"

namespace switchyard::catalog {

namespace {

struct Unit {
  const char* name;
  Dimension dimension;
  double scale;
};

constexpr double kSecondsPerHour = 3600;
constexpr double kKibi = 1024;

constexpr std::array kUnits = {
    Unit{"GFLOP/s", Dimension::kFlopRate, 1e9},
    Unit{"TFLOP/s", Dimension::kFlopRate, 1e12},
    Unit{"PFLOP/s", Dimension::kFlopRate, 1e15},
    Unit{"B", Dimension::kBytes, 1},
    Unit{"KB", Dimension::kBytes, 1e3},
    Unit{"MB", Dimension::kBytes, 1e6},
    Unit{"GB", Dimension::kBytes, 1e9},
    Unit{"TB", Dimension::kBytes, 1e12},
    Unit{"KiB", Dimension::kBytes, kKibi},
    Unit{"MiB", Dimension::kBytes, kKibi* kKibi},
    Unit{"GiB", Dimension::kBytes, kKibi* kKibi* kKibi},
    Unit{"TiB", Dimension::kBytes, kKibi* kKibi* kKibi* kKibi},
    Unit{"GB/s", Dimension::kByteRate, 1e9},
    Unit{"TB/s", Dimension::kByteRate, 1e12},
    Unit{"GiB/s", Dimension::kByteRate, kKibi* kKibi* kKibi},
    Unit{"TiB/s", Dimension::kByteRate, kKibi* kKibi* kKibi* kKibi},
    Unit{"Gb/s", Dimension::kByteRate, 1e9 / 8},
    Unit{"B/ns", Dimension::kByteRate, 1e9},
    Unit{"W", Dimension::kPower, 1},
    Unit{"kW", Dimension::kPower, 1e3},
    Unit{"s", Dimension::kTime, 1},
    Unit{"ms", Dimension::kTime, 1e-3},
    Unit{"us", Dimension::kTime, 1e-6},
    Unit{"ns", Dimension::kTime, 1e-9},
    Unit{"pJ/B", Dimension::kEnergyPerByte, 1e-12},
    Unit{"J/B", Dimension::kEnergyPerByte, 1},
    Unit{"pJ/FLOP", Dimension::kEnergyPerFlop, 1e-12},
    Unit{"$/h", Dimension::kDollarsPerHour, 1},
    Unit{"$", Dimension::kDollars, 1},
    Unit{"$/kW", Dimension::kDollarsPerWatt, 1e-3},
    Unit{"$/MW", Dimension::kDollarsPerWatt, 1e-6},
    Unit{"$/kWh", Dimension::kDollarsPerJoule, 1e-3 / kSecondsPerHour},
    Unit{"$/MWh", Dimension::kDollarsPerJoule, 1e-6 / kSecondsPerHour},
    Unit{"kg/kWh", Dimension::kCarbonPerJoule, 1e-3 / kSecondsPerHour},
    Unit{"years", Dimension::kYears, 1},
    Unit{"fraction", Dimension::kFraction, 1},
    Unit{"count", Dimension::kCount, 1},
    Unit{"GHz", Dimension::kFrequency, 1e9},
    Unit{"cycles", Dimension::kCycles, 1},
};

const std::vector<std::string> kMarks = {"vendor",  "measured", "fitted",
                                         "analyst", "inferred", "assumption"};

void read_unit(ObjectReader& reader, Dimension dimension, Estimate& estimate) {
  const std::string text = reader.string("unit");
  std::vector<std::string> accepted;
  for (const Unit& unit : kUnits) {
    if (unit.dimension != dimension) continue;
    if (text == unit.name) {
      estimate.unit = text;
      estimate.scale = unit.scale;
      return;
    }
    accepted.emplace_back(unit.name);
  }
  if (const Json* given = reader.find("unit"); given && given->is_string()) {
    reader.fault("unit", "is " + quote(text), join(accepted, ", "), did_you_mean(text, accepted));
  }
}

void read_mark(ObjectReader& reader, Estimate& estimate) {
  const std::string text = reader.string("mark");
  for (std::size_t i = 0; i < kMarks.size(); ++i) {
    if (text != kMarks[i]) continue;
    estimate.mark = static_cast<Mark>(i);
    return;
  }
  if (const Json* given = reader.find("mark"); given && given->is_string()) {
    reader.fault("mark", "is " + quote(text), join(kMarks, ", "), did_you_mean(text, kMarks));
  }
}

constexpr Range kAny = {0, 1e18};

// False after a fault in base: the rest of the numbers then says nothing.
bool read_numbers(ObjectReader& reader, Estimate& estimate) {
  const auto valid = [&](const char* key) {
    const Json* value = reader.find(key);
    if (!value || !value->is_number()) return false;
    const auto number = value->get<double>();
    return number >= kAny.low && number <= kAny.high;
  };
  const auto bound = [&](const char* key) {
    const double number = reader.number_or(key, estimate.base, kAny);
    return valid(key) ? number : estimate.base;
  };
  estimate.base = reader.number("base", kAny);
  estimate.low = bound("low");
  estimate.high = bound("high");
  if (!valid("base")) return false;
  if (estimate.low > estimate.base || estimate.base > estimate.high) {
    reader.fault("base", "is " + format_significant(estimate.base, 6),
                 fmt::format("low {} <= base <= high {}", format_significant(estimate.low, 6),
                             format_significant(estimate.high, 6)));
    return false;
  }
  return true;
}

}  // namespace

std::string to_text(Mark mark) { return kMarks[static_cast<std::size_t>(mark)]; }

double Estimate::at(double u) const {
  SWITCHYARD_CHECK(u > 0 && u < 1, "u {}", u);
  const bool logarithmic = low > 0;
  const auto forward = [&](double x) { return logarithmic ? portable_log(x) : x; };
  const double a = forward(low), b = forward(high), mode = forward(base);
  if (b <= a) return si();  // certain, or as near as makes no difference
  const double split = (mode - a) / (b - a);
  const double x = u < split ? a + std::sqrt(u * (b - a) * (mode - a))
                             : b - std::sqrt((1 - u) * (b - a) * (b - mode));
  // Rounding must not leave the range: an efficiency above 1 would be nonsense.
  return std::clamp(logarithmic ? portable_exp(x) : x, low, high) * scale;
}

Estimate read_estimate(ObjectReader& parent, std::string_view key, Dimension dimension,
                       std::string id) {
  Estimate estimate;
  estimate.id = std::move(id);
  const Json* table = parent.find(key);
  if (!table || !table->is_object()) {
    parent.fault(key, table ? "is " + describe(*table) : "is missing",
                 "an estimate { base, low, high, unit, mark, source }");
    return estimate;
  }
  ObjectReader reader = parent.inside(key, *table);
  const bool numbers = read_numbers(reader, estimate);
  read_unit(reader, dimension, estimate);
  read_mark(reader, estimate);
  estimate.source = reader.string("source");
  check_text(reader, "source", estimate.source);
  reader.reject_unknown();
  if (!numbers) estimate.unit.clear();
  return estimate;
}

}  // namespace switchyard::catalog
