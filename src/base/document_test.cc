#include "base/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace switchyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string fault_of(const Result<Json>& result) {
  EXPECT_FALSE(result.has_value());
  return result ? "" : to_text(result.error());
}

std::string nested(int levels) { return std::string(levels, '[') + std::string(levels, ']'); }

TEST(ParseJson, ReadsWhatIsValid) {
  const auto document = parse_json(R"({"b": [1, 2.5, "x"], "a": null})", "f.json");
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ(document->begin().key(), "b") << "the order of the file is kept";
  EXPECT_EQ(document->at("b")[1], 2.5);
}

TEST(ParseJson, NamesFileAndLineOfAFault) {
  EXPECT_THAT(fault_of(parse_json("{\n  \"a\": 1,\n  oops\n}", "f.json")),
              StartsWith("f.json:3:3"));
  EXPECT_THAT(fault_of(parse_json("", "f.json")), StartsWith("f.json:1:1: is not valid JSON"));
}

TEST(ParseJson, BoundsTheNesting) {
  EXPECT_TRUE(parse_json(nested(kNestingMax), "f").has_value());
  EXPECT_THAT(fault_of(parse_json(nested(kNestingMax + 1), "f")),
              HasSubstr("nested 65 deep; wanted at most 64 levels"));
  EXPECT_FALSE(parse_json(std::string(1 << 20, '['), "f").has_value());
  EXPECT_TRUE(parse_json(R"(["\"[[[[", "]"])", "f").has_value()) << "brackets in strings";
  const std::string text = '"' + std::string(100, '[') + '"';
  EXPECT_TRUE(parse_json(text, "f").has_value());
}

TEST(ParseJson, RefusesHostileText) {
  for (const char* text : {"1e999", "\"\xff\"", "{\"a\":1", "nan", "[1,]", "\"\x01\"", "{}{}"}) {
    EXPECT_FALSE(parse_json(text, "f").has_value()) << text;
  }
}

TEST(ParseToml, ReadsTablesListsAndDates) {
  const auto document = parse_toml("day = 2026-11-02\n[a]\nb = [1, 2.5, true, 'x']\n", "f.toml");
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ(document->at("day"), "2026-11-02");
  EXPECT_EQ(document->at("a").at("b"), Json::parse(R"([1, 2.5, true, "x"])"));
}

TEST(ParseToml, NamesFileAndLineOfAFault) {
  EXPECT_THAT(fault_of(parse_toml("a = 1\nb = \n", "f.toml")), StartsWith("f.toml:2:"));
  EXPECT_THAT(fault_of(parse_toml("a = 1\na = 2\n", "f.toml")), StartsWith("f.toml:2:"));
}

TEST(ParseToml, TakesWhatTheLibraryThinksImpossible) {
  EXPECT_THAT(fault_of(parse_toml("\u018B*i = 1\n", "f.toml")), StartsWith("f.toml:1:1:"));
  EXPECT_THAT(fault_of(parse_toml("a = 1 \u3042\n", "f.toml")), StartsWith("f.toml:1:7:"));
  const auto document = parse_toml("a = \"\"\"b\\\n  \u3042\"\"\"  # \u018B\n", "f.toml");
  ASSERT_TRUE(document.has_value()) << fault_of(document);
  EXPECT_EQ(document->at("a"), "b\u3042");
  EXPECT_FALSE(parse_toml("a = \"\xff\"\n", "f.toml").has_value());
  EXPECT_THAT(fault_of(parse_toml("[=1]\n", "f.toml")), StartsWith("f.toml:1:2:"));
}

TEST(ParseToml, BoundsTheNesting) {
  EXPECT_FALSE(parse_toml("a = " + nested(100000), "f").has_value());
}

TEST(ParseToml, BoundsTheDotsOfAKey) {
  const auto key = [](int dots) {
    std::string text = "a";
    for (int i = 0; i < dots; ++i) text += ".a";
    return text;
  };
  EXPECT_TRUE(parse_toml(key(kNestingMax) + " = 1", "f").has_value());
  EXPECT_FALSE(parse_toml(key(100000) + " = 1", "f").has_value());
  EXPECT_FALSE(parse_toml("[" + key(100000) + "]", "f").has_value());
}

TEST(ReadDocument, GoesByTheEndingOfTheFile) {
  EXPECT_THAT(fault_of(read_document("no/such.toml")), HasSubstr("no such file"));
  EXPECT_TRUE(read_document("catalog/economy.toml").has_value());
}

class Reader : public ::testing::Test {
 protected:
  ObjectReader read(const std::string& text) {
    json_ = *parse_json(text, "f");
    return {json_, "f.json", faults_};
  }
  std::string faults() const { return faults_.empty() ? "" : to_text(faults_.error()); }

  Json json_;
  FaultList faults_;
};

TEST_F(Reader, TakesWhatIsThere) {
  auto reader = read(R"({"i": 3, "n": 2.5, "s": "x", "b": true, "l": ["p", "q"], "o": {}})");
  EXPECT_EQ(reader.integer("i", {0, 10}), 3);
  EXPECT_EQ(reader.number("n", {0, 10}), 2.5);
  EXPECT_EQ(reader.string("s"), "x");
  EXPECT_TRUE(reader.boolean_or("b", false));
  EXPECT_THAT(reader.strings_or_empty("l"), ElementsAre("p", "q"));
  EXPECT_NE(reader.object("o"), nullptr);
  reader.reject_unknown();
  EXPECT_EQ(faults(), "");
}

TEST_F(Reader, TakesTheFallbackForAbsenceAndNull) {
  auto reader = read(R"({"gone": null})");
  EXPECT_FALSE(reader.has("gone"));
  EXPECT_EQ(reader.integer_or("gone", 7, {0, 10}), 7);
  EXPECT_EQ(reader.number_or("none", 0.5, {0, 1}), 0.5);
  EXPECT_EQ(reader.string_or("none", "d"), "d");
  EXPECT_TRUE(reader.boolean_or("none", true));
  EXPECT_THAT(reader.strings_or_empty("none"), ElementsAre());
  EXPECT_EQ(reader.array("none"), nullptr);
  EXPECT_EQ(faults(), "");
}

TEST_F(Reader, HoldsNumbersToBothEndsOfTheRange) {
  auto reader = read(R"({"low": 1, "high": 4, "below": 0.5, "above": 4.5, "part": 2.5})");
  EXPECT_EQ(reader.number("low", {1, 4}), 1);
  EXPECT_EQ(reader.integer("high", {1, 4}), 4);
  EXPECT_EQ(faults(), "");
  EXPECT_EQ(reader.number("below", {1, 4}), 1);
  EXPECT_EQ(reader.number("above", {1, 4}), 1);
  EXPECT_EQ(reader.integer("part", {1, 4}), 1);
  EXPECT_EQ(faults(),
            "f.json: below: is 0.5; wanted a number from 1 to 4\n"
            "f.json: above: is 4.5; wanted a number from 1 to 4\n"
            "f.json: part: is 2.5; wanted a whole number from 1 to 4");
}

TEST_F(Reader, GathersAllFaultsAndGoesOn) {
  auto reader = read(R"({"n": "ten", "s": 1, "b": 0, "l": ["a", 1], "o": []})");
  EXPECT_EQ(reader.integer("missing", {2, 5}), 2);
  reader.number("n", {0, 1});
  reader.string("s");
  EXPECT_TRUE(reader.boolean_or("b", true));
  reader.strings_or_empty("l");
  EXPECT_EQ(reader.object("o"), nullptr);
  EXPECT_EQ(faults(),
            "f.json: missing: is missing; wanted a whole number from 2 to 5\n"
            "f.json: n: is \"ten\"; wanted a number from 0 to 1\n"
            "f.json: s: is 1; wanted a string\n"
            "f.json: b: is 0; wanted true or false\n"
            "f.json: l: holds 1; wanted strings only\n"
            "f.json: o: is an array of 0; wanted an object");
  EXPECT_FALSE(faults_.status().has_value());
}

TEST_F(Reader, SuggestsTheKeyThatWasMeant) {
  auto reader = read(R"({"bandwith": 1})");
  reader.number_or("bandwidth", 0, {0, 1});
  reader.reject_unknown();
  EXPECT_EQ(faults(), "f.json: \"bandwith\": is not a known key - did you mean bandwidth?");
}

TEST_F(Reader, ReadsWithinAMember) {
  auto reader = read(R"({"power": {"tdp": -1}})");
  auto power = reader.inside("power", *reader.object("power"));
  EXPECT_EQ(power.number("tdp", {0, 9}), 0);
  EXPECT_THAT(faults(), StartsWith("f.json: power: tdp: is -1"));
}

TEST_F(Reader, TreatsAnotherKindAsEmpty) {
  auto reader = read("[1, 2]");
  EXPECT_FALSE(reader.has("a"));
  reader.reject_unknown();
  EXPECT_EQ(faults(), "f.json: is an array of 2; wanted an object");
}

TEST(FaultList, KeepsABoundedNumber) {
  FaultList faults;
  EXPECT_TRUE(faults.status().has_value());
  for (int i = 0; i < 300; ++i) faults.add({.found = fmt::format("fault {}", i)});
  EXPECT_EQ(faults.error().also.size(), 199U);
  EXPECT_THAT(to_text(faults.error(), 3), HasSubstr("fault 2\n... and 197 more"));
  EXPECT_EQ(to_text(faults.error(), 200).find("more"), std::string::npos);
}

TEST(ToText, LeavesOutWhatIsEmpty) {
  EXPECT_EQ(to_text({.where = "a", .found = "b", .wanted = "c", .hint = "d"}),
            "a: b; wanted c - d");
  EXPECT_EQ(to_text({.found = "b"}), "b");
}

}  // namespace
}  // namespace switchyard
