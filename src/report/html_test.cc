#include "report/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "report/json.h"

namespace switchyard::report {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kOpening = "<script type=\"application/json\" id=\"data\">";
constexpr std::string_view kClosing = "</script><p>after</p>";

std::string page_template() {
  return std::string(kOpening) + "\"SWITCHYARD_DATA\"" + std::string(kClosing);
}

// One platform that cannot do it, with `text` as its name and in the note of the workload.
planner::Comparison comparison_with(const std::string& text) {
  planner::Comparison comparison;
  comparison.question.workload.note = text;
  planner::PlatformResult result;
  result.id = "a";
  result.name = text;
  result.why_not = "too small";
  comparison.results.push_back(result);
  return comparison;
}

// What stands between the tags.
std::string data_of(const std::string& page) {
  return page.substr(kOpening.size(), page.size() - kOpening.size() - kClosing.size());
}

TEST(ComparisonPage, PutsTheJsonInPlaceOfTheMarker) {
  const planner::Comparison comparison = comparison_with("plain");
  const Result<std::string> page = comparison_page(comparison, page_template());
  ASSERT_TRUE(page.has_value());
  EXPECT_THAT(*page, StartsWith(std::string(kOpening)));
  EXPECT_THAT(*page, EndsWith(std::string(kClosing)));
  EXPECT_THAT(*page, Not(HasSubstr("SWITCHYARD_DATA")));
  EXPECT_EQ(data_of(*page), to_json(comparison).dump());
}

TEST(ComparisonPage, RefusesATemplateWithoutTheMarker) {
  for (const std::string_view text : {"", "<html></html>", "SWITCHYARD_DATA"}) {
    const Result<std::string> page = comparison_page(comparison_with("plain"), text);
    ASSERT_FALSE(page.has_value()) << text;
    EXPECT_EQ(page.error().kind, ErrorKind::kIo);
    EXPECT_THAT(to_text(page.error()), HasSubstr("SWITCHYARD_DATA"));
  }
}

TEST(ComparisonPage, LetsNoNameEndOrConfuseTheScriptElement) {
  for (const std::string name : {"</script><script>alert(1)</script>", "</SCRIPT >", "<!--<script>",
                                 "<", "ends with <", "a</", "\"SWITCHYARD_DATA\""}) {
    const planner::Comparison comparison = comparison_with(name);
    const Result<std::string> page = comparison_page(comparison, page_template());
    ASSERT_TRUE(page.has_value());
    const std::string data = data_of(*page);
    EXPECT_THAT(data, Not(HasSubstr("</"))) << name;
    EXPECT_THAT(data, Not(HasSubstr("<!--"))) << name;
    EXPECT_EQ(Json::parse(data), to_json(comparison)) << name;
  }
}

TEST(ComparisonPage, ReplacesBytesThatAreNotUtf8) {
  const Result<std::string> page = comparison_page(comparison_with("a\xff z"), page_template());
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(Json::parse(data_of(*page))["results"][0]["name"], "a\xef\xbf\xbd z");
}

TEST(DefaultTemplate, TakesTheEnvironmentBeforeTheBuild) {
  ASSERT_EQ(setenv("SWITCHYARD_REPORT_TEMPLATE", "/somewhere/page.html", 1), 0);
  EXPECT_EQ(default_template(), "/somewhere/page.html");
  ASSERT_EQ(setenv("SWITCHYARD_REPORT_TEMPLATE", "", 1), 0);
  EXPECT_EQ(default_template().filename(), "report.html");
  ASSERT_EQ(unsetenv("SWITCHYARD_REPORT_TEMPLATE"), 0);
  EXPECT_EQ(default_template().filename(), "report.html");
}

}  // namespace
}  // namespace switchyard::report
