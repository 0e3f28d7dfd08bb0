#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "report/csv_records.h"
#include "report/sqlite_records.h"

namespace switchyard::report {
namespace {

namespace fs = std::filesystem;
using workload::RequestOutcome;
using workload::RequestRecord;

const workload::Slo kSlo = {.ttft = Seconds(1), .tpot = Seconds(0.1)};

RequestRecord served(std::int64_t id) {
  RequestRecord record{.id = id, .arrival = SimTime(1'000'000'000'000)};
  record.first_scheduled = SimTime(1'250'000'000'000);
  record.first_token = SimTime(1'500'000'000'000);
  record.finish = SimTime(2'000'000'000'000);
  record.input_tokens = 100;
  record.output_tokens = 11;
  record.replica = 3;
  record.joules = 2.5;
  return record;
}

class Records : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(testing::TempDir()) /
                 testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }
  std::string path(const char* name) const { return (directory_ / name).string(); }

  fs::path directory_;
};

TEST_F(Records, AreARowEachInCsv) {
  auto csv = *CsvRecords::create(path("r.csv"), kSlo);
  csv->finished(served(7));
  RequestRecord shed = served(8);
  shed.outcome = RequestOutcome::kShed;
  csv->finished(shed);
  ASSERT_TRUE(csv->commit());
  std::ifstream file(path("r.csv"));
  std::string header, first, second;
  std::getline(file, header);
  std::getline(file, first);
  std::getline(file, second);
  EXPECT_TRUE(header.starts_with("id,session,outcome,priority,arrival_s,"));
  EXPECT_EQ(first, "7,,completed,0,1,1.25,1.5,2,500,50,1000,100,11,0,0,0,3,,1,2.5");
  EXPECT_EQ(second, "8,,shed,0,1,1.25,,2,,,,100,11,0,0,0,3,,0,2.5");
}

TEST_F(Records, ThatAreNotCommittedLeaveNothing) {
  {
    auto csv = *CsvRecords::create(path("r.csv"), kSlo);
    auto sqlite = *SqliteRecords::create(path("r.db"), kSlo);
    csv->finished(served(1));
    sqlite->finished(served(1));
  }
  EXPECT_TRUE(fs::is_empty(directory_));
}

TEST_F(Records, AreRowsOfSqliteWithTheirCosts) {
  auto sqlite = *SqliteRecords::create(path("r.db"), kSlo);
  for (std::int64_t id = 0; id < 1000; ++id) sqlite->finished(served(id));
  catalog::Platform platform;
  platform.id = "p";
  planner::ServiceRun run{.metrics = serving::Metrics(kSlo, 1)};
  run.service.platform = &platform;
  run.bill.dollars_per_chip_joule = 0.5;
  run.bill.utility_joules_per_chip_joule = 1.5;
  ASSERT_TRUE(sqlite->commit(run));
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path("r.db").c_str(), &database), SQLITE_OK);
  const auto number = [&](const char* sql) {
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(database, sql, -1, &statement, nullptr), SQLITE_OK) << sql;
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
    const double value = sqlite3_column_double(statement, 0);
    sqlite3_finalize(statement);
    return value;
  };
  EXPECT_EQ(number("SELECT count(*) FROM requests"), 1000);
  EXPECT_EQ(number("SELECT sum(tpot_ms) FROM requests"), 50000);
  EXPECT_EQ(number("SELECT sum(dollars) FROM request_costs"), 1250);
  EXPECT_EQ(number("SELECT sum(utility_joules) FROM request_costs"), 3750);
  EXPECT_EQ(number("SELECT count(*) FROM run WHERE json_valid(summary_json)"), 1);
  sqlite3_close(database);
}

TEST_F(Records, RefuseADirectoryThatIsNotThere) {
  EXPECT_FALSE(SqliteRecords::create(path("no/such/r.db"), kSlo));
  EXPECT_FALSE(CsvRecords::create(path("no/such/r.csv"), kSlo));
}

}  // namespace
}  // namespace switchyard::report
