#include "catalog/estimate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/check.h"

namespace switchyard::catalog {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct Reading {
  Estimate estimate;
  std::string faults;  // empty: none
};

Reading read(const std::string& table, Dimension dimension) {
  const auto json = parse_toml("x = " + table, "f.toml");
  SWITCHYARD_CHECK(json.has_value(), "{}", table);
  FaultList faults;
  ObjectReader reader(*json, "f.toml", faults);
  Estimate estimate = read_estimate(reader, "x", dimension, "chips/a/x");
  return {std::move(estimate), faults.empty() ? "" : to_text(faults.error())};
}

std::string with(const std::string& numbers, const std::string& unit = "W") {
  return "{ " + numbers + ", unit = \"" + unit + "\", mark = \"vendor\", source = \"s\" }";
}

Estimate range(double low, double base, double high, double scale = 1) {
  return {.base = base, .low = low, .high = high, .unit = "W", .scale = scale};
}

TEST(ReadEstimate, TakesAllFields) {
  const auto [e, faults] = read(
      R"({ base = 4.9, low = 4.7, high = 5, unit = "TB/s", mark = "measured", source = "a; b" })",
      Dimension::kByteRate);
  EXPECT_EQ(faults, "");
  EXPECT_EQ(e.base, 4.9);
  EXPECT_EQ(e.low, 4.7);
  EXPECT_EQ(e.high, 5);
  EXPECT_EQ(e.unit, "TB/s");
  EXPECT_EQ(e.mark, Mark::kMeasured);
  EXPECT_EQ(e.source, "a; b");
  EXPECT_EQ(e.id, "chips/a/x");
  EXPECT_DOUBLE_EQ(e.si(), 4.9e12);
  EXPECT_FALSE(e.certain());
  EXPECT_TRUE(e.well_read());
}

TEST(ReadEstimate, TakesBaseForAbsentBounds) {
  EXPECT_TRUE(read(with("base = 3"), Dimension::kPower).estimate.certain());
  const Estimate low_only = read(with("base = 3, low = 1"), Dimension::kPower).estimate;
  EXPECT_EQ(low_only.low, 1);
  EXPECT_EQ(low_only.high, 3);
}

TEST(ReadEstimate, ScalesEveryUnitToSi) {
  const struct {
    const char* unit;
    Dimension dimension;
    double scale;
  } kUnits[] = {
      {"GFLOP/s", Dimension::kFlopRate, 1e9},
      {"TFLOP/s", Dimension::kFlopRate, 1e12},
      {"PFLOP/s", Dimension::kFlopRate, 1e15},
      {"B", Dimension::kBytes, 1},
      {"KB", Dimension::kBytes, 1e3},
      {"MB", Dimension::kBytes, 1e6},
      {"GB", Dimension::kBytes, 1e9},
      {"TB", Dimension::kBytes, 1e12},
      {"KiB", Dimension::kBytes, 1024},
      {"MiB", Dimension::kBytes, 1048576},
      {"GiB", Dimension::kBytes, 1073741824},
      {"TiB", Dimension::kBytes, 1099511627776},
      {"GB/s", Dimension::kByteRate, 1e9},
      {"TB/s", Dimension::kByteRate, 1e12},
      {"GiB/s", Dimension::kByteRate, 1073741824},
      {"TiB/s", Dimension::kByteRate, 1099511627776},
      {"Gb/s", Dimension::kByteRate, 1.25e8},
      {"W", Dimension::kPower, 1},
      {"kW", Dimension::kPower, 1e3},
      {"s", Dimension::kTime, 1},
      {"ms", Dimension::kTime, 1e-3},
      {"us", Dimension::kTime, 1e-6},
      {"ns", Dimension::kTime, 1e-9},
      {"pJ/B", Dimension::kEnergyPerByte, 1e-12},
      {"J/B", Dimension::kEnergyPerByte, 1},
      {"pJ/FLOP", Dimension::kEnergyPerFlop, 1e-12},
      {"$/h", Dimension::kDollarsPerHour, 1},
      {"$", Dimension::kDollars, 1},
      {"$/kW", Dimension::kDollarsPerWatt, 1e-3},
      {"$/MW", Dimension::kDollarsPerWatt, 1e-6},
      {"$/kWh", Dimension::kDollarsPerJoule, 1 / 3.6e6},
      {"$/MWh", Dimension::kDollarsPerJoule, 1 / 3.6e9},
      {"kg/kWh", Dimension::kCarbonPerJoule, 1 / 3.6e6},
      {"years", Dimension::kYears, 1},
      {"fraction", Dimension::kFraction, 1},
      {"count", Dimension::kCount, 1},
  };
  for (const auto& [unit, dimension, scale] : kUnits) {
    const auto [e, faults] = read(with("base = 2", unit), dimension);
    EXPECT_EQ(faults, "") << unit;
    EXPECT_DOUBLE_EQ(e.si(), 2 * scale) << unit;
  }
}

TEST(ReadEstimate, ListsTheUnitsOfTheDimension) {
  const auto [e, faults] = read(with("base = 2", "TB/s"), Dimension::kPower);
  EXPECT_THAT(faults, AllOf(HasSubstr("f.toml: x: unit"), HasSubstr("W, kW")));
  EXPECT_FALSE(e.well_read());
  EXPECT_THAT(read(with("base = 2", "TFLOPs"), Dimension::kFlopRate).faults,
              HasSubstr("did you mean TFLOP/s?"));
}

TEST(ReadEstimate, WantsBaseUnitMarkAndSource) {
  const std::string faults = read("{ low = 1 }", Dimension::kPower).faults;
  for (const char* key : {"base", "unit", "mark", "source"}) {
    EXPECT_THAT(faults, HasSubstr(std::string("x: ") + key + ": is missing")) << key;
  }
  EXPECT_THAT(faults, testing::Not(HasSubstr("low")));  // nothing false follows from the gaps
}

TEST(ReadEstimate, RefusesWhatIsNoTable) {
  EXPECT_THAT(read("3.5", Dimension::kPower).faults,
              AllOf(HasSubstr("is 3.5"), HasSubstr("an estimate {")));
  FaultList faults;
  const Json empty = Json::object();
  ObjectReader reader(empty, "f.toml", faults);
  EXPECT_FALSE(read_estimate(reader, "x", Dimension::kPower, "x").well_read());
  EXPECT_THAT(to_text(faults.error()), HasSubstr("x: is missing"));
}

TEST(ReadEstimate, RefusesUnknownKeysWithASuggestion) {
  EXPECT_THAT(read(with("base = 3, hihg = 4"), Dimension::kPower).faults,
              AllOf(HasSubstr("hihg"), HasSubstr("did you mean high?")));
}

TEST(ReadEstimate, RefusesNumbersThatAreNone) {
  for (const char* number : {"nan", "inf", "-inf", "-1", "-1e-9", "1.1e18", "\"4\"", "true", "[1]",
                             "{}", "9223372036854775807"}) {
    for (const char* key : {"base", "low", "high"}) {
      const std::string others = key == std::string("base") ? "" : "base = 1, ";
      const auto [e, faults] =
          read(with(others + std::string(key) + " = " + number), Dimension::kPower);
      EXPECT_THAT(faults, HasSubstr(std::string("x: ") + key)) << key << " = " << number;
      EXPECT_TRUE(std::isfinite(e.base) && e.low <= e.base && e.base <= e.high);
    }
  }
  EXPECT_EQ(read(with("base = 0"), Dimension::kPower).faults, "");
  EXPECT_EQ(read(with("base = 1e18"), Dimension::kPower).faults, "");
}

TEST(ReadEstimate, WantsBaseWithinItsRange) {
  EXPECT_EQ(read(with("base = 3, low = 3, high = 3"), Dimension::kPower).faults, "");
  EXPECT_THAT(read(with("base = 3, low = 3.01"), Dimension::kPower).faults,
              HasSubstr("low 3.01 <= base <= high 3"));
  EXPECT_THAT(read(with("base = 3, high = 2.99"), Dimension::kPower).faults,
              HasSubstr("low 3 <= base <= high 2.99"));
}

TEST(ReadEstimate, KnowsEveryMark) {
  for (const Mark mark : {Mark::kVendor, Mark::kMeasured, Mark::kFitted, Mark::kAnalyst,
                          Mark::kInferred, Mark::kAssumption}) {
    const auto [e, faults] =
        read("{ base = 1, unit = \"W\", mark = \"" + to_text(mark) + "\", source = \"s\" }",
             Dimension::kPower);
    EXPECT_EQ(faults, "");
    EXPECT_EQ(e.mark, mark);
  }
  EXPECT_THAT(
      read("{ base = 1, unit = \"W\", mark = \"vendro\", source = \"s\" }", Dimension::kPower)
          .faults,
      HasSubstr("did you mean vendor?"));
}

TEST(ReadEstimate, WantsASourceThatSaysSomething) {
  for (const char* source : {"''", "'  '", "\"a\\u001b[2J\"", "7"}) {
    const auto [e, faults] =
        read(std::string("{ base = 1, unit = 'W', mark = 'vendor', source = ") + source + " }",
             Dimension::kPower);
    EXPECT_THAT(faults, HasSubstr("source")) << source;
  }
}

TEST(EstimateAt, RisesFromLowToHigh) {
  for (const Estimate& e : {range(1, 3, 8, 1e3), range(0, 3, 8), range(1, 1, 8), range(1, 8, 8),
                            range(0, 0, 8), range(0, 8, 8), range(0.5, 0.99, 1)}) {
    EXPECT_NEAR(e.at(1e-12), e.low * e.scale, 1e-4 * e.high * e.scale);
    EXPECT_NEAR(e.at(1 - 1e-12), e.high * e.scale, 1e-4 * e.high * e.scale);
    double last = e.low * e.scale;
    for (int i = 1; i < 1000; ++i) {
      const double value = e.at(i / 1000.0);
      EXPECT_GE(value, last);
      EXPECT_LE(value, e.high * e.scale);
      last = value;
    }
  }
}

TEST(EstimateAt, IsTriangularInTheLogarithm) {
  const Estimate e = range(1, 10, 1000);
  EXPECT_NEAR(e.at(1.0 / 3), 10, 1e-9);  // a third of the log range lies below the mode
  // Below the mode the share of worlds grows with the square of the distance: 1/12 is halfway.
  EXPECT_NEAR(e.at(1.0 / 12), std::sqrt(10.0), 1e-9);
  EXPECT_NEAR(e.at(5.0 / 6), 100, 1e-7);  // half of the upper side, a quarter of its weight above
}

TEST(EstimateAt, IsTriangularLinearlyFromZero) {
  const Estimate e = range(0, 2, 8);
  EXPECT_NEAR(e.at(0.25), 2, 1e-12);
  EXPECT_NEAR(e.at(0.0625), 1, 1e-12);
  EXPECT_NEAR(e.at(1 - 0.75 / 4), 5, 1e-12);
}

TEST(EstimateAt, StaysWithinItsRangeDespiteRounding) {
  const Estimate e = range(0.1, 0.3, 0.7);
  EXPECT_LE(e.at(std::nextafter(1.0, 0.0)), 0.7);
  EXPECT_GE(e.at(std::numeric_limits<double>::min()), 0.1);
  // A range so narrow that both logarithms agree.
  const Estimate narrow = range(1e15, 1e15, std::nextafter(1e15, 2e15));
  EXPECT_EQ(narrow.at(0.5), 1e15);
  EXPECT_EQ(range(5, 5, 5, 10).at(0.9), 50);
}

TEST(EstimateAtDeathTest, RefusesQuantilesOutsideTheOpenInterval) {
  EXPECT_DEATH(range(1, 2, 3).at(0), "u 0");
  EXPECT_DEATH(range(1, 2, 3).at(1), "u 1");
}

}  // namespace
}  // namespace switchyard::catalog
