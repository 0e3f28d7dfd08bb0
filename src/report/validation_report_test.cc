// The pages and the JSON of a small directory of measured rows.
#include "report/validation_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "costing/roofline.h"
#include "report/validation_page.h"

namespace switchyard::report {
namespace {

using testing::HasSubstr;
using testing::Not;

class ValidationReport : public testing::Test {
 protected:
  void SetUp() override {
    const auto directory = std::filesystem::path(testing::TempDir()) / "validation_report";
    std::filesystem::create_directories(directory);
    const std::string rows =
        "source_set,platform,chip_count,model,parallelism,engine,isl,osl,concurrency,ttft_ms,"
        "tpot_ms,quality\n"
        "made,H100-SXM-80GB,1,llama-3.1-8b,TP1,vllm,1024,512,8,60,8.2,ok\n"
        "made,H100-SXM-80GB,1,llama-3.1-8b,TP1,vllm,1024,512,64,140,17,ok\n"
        "made,H100-SXM-80GB,1,<script>,TP1,vllm,1024,512,64,140,17,ok\n"
        "made,H100-SXM-80GB,1,llama-3.1-8b,TP1,vllm,1024,512,64,140,quick,ok\n";
    ASSERT_TRUE(write_file_atomically(directory / "rows.csv", rows));
    ASSERT_TRUE(write_file_atomically(directory / "<b>.txt", "other"));
    auto result =
        validation::validate(directory, "catalog/models", {&*catalog_, &costs_, *engine_, 16});
    ASSERT_TRUE(result) << to_text(result.error());
    result_ = std::make_unique<validation::Validation>(std::move(*result));
  }

  Result<catalog::Catalog> catalog_ = catalog::load("catalog");
  Result<serving::Engine> engine_ = serving::load_engine("catalog/engine.toml");
  costing::RooflineCosts costs_;
  std::unique_ptr<validation::Validation> result_;
};

TEST_F(ValidationReport, JsonCountsEveryRowOnce) {
  const Json json = to_json(*result_);
  EXPECT_EQ(json["rows"], 4);
  EXPECT_EQ(json["scored"], 2);
  EXPECT_EQ(json["skipped"]["malformed"], 1);
  EXPECT_EQ(json["skipped"]["model not known"], 1);
  EXPECT_EQ(json["tpot"]["n"], 2);
  EXPECT_EQ(json["power"]["n"], 0);
  for (const char* key : {"operators", "by_platform", "by_model", "rank_correlation"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  EXPECT_THAT(json["malformed"][0].get<std::string>(), HasSubstr("rows.csv:5: tpot_ms is"));
}

TEST_F(ValidationReport, PagesHoldTablesAndPlots) {
  const std::string markdown = validation_markdown(*result_, *result_, *catalog_);
  EXPECT_THAT(markdown, HasSubstr("2 of 4 rows scored"));
  EXPECT_THAT(markdown, HasSubstr("| h100 | 2 |"));
  const std::string html = validation_html(*result_, *result_, *catalog_);
  EXPECT_THAT(html, HasSubstr("<svg"));
  EXPECT_THAT(html, HasSubstr("&lt;b&gt;.txt"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_EQ(scatter_svg(*result_, validation::Quantity::kPower), "");
}

TEST_F(ValidationReport, RowsFileHasALineARow) {
  const std::string rows = validation_rows(*result_);
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 3);
}

}  // namespace
}  // namespace switchyard::report
