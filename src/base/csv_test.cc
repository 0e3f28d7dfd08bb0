#include "base/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace switchyard {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(CsvTable, ReadsQuotedCellsAndKeepsLineNumbers) {
  const auto table = CsvTable::parse("a,b\r\n1,\"x, \n y\"\r\n\n2,z\n", "t.csv");
  ASSERT_TRUE(table) << to_text(table.error());
  EXPECT_EQ(table->column("b"), 1);
  EXPECT_EQ(table->column("c"), -1);
  ASSERT_EQ(table->records().size(), 2u);
  EXPECT_THAT(table->records()[0].cells, ElementsAre("1", "x, \n y"));
  EXPECT_EQ(table->records()[0].line, 2);
  EXPECT_EQ(table->records()[1].line, 5);
}

TEST(CsvTable, NamesTheFaultOfARowAndGoesOn) {
  const auto table = CsvTable::parse("a,b\n1\n2,\"open\n3,4\n5,\"x\"y\n6,7\n", "t.csv");
  ASSERT_TRUE(table);
  std::vector<std::pair<std::int64_t, std::string>> faults;
  for (const CsvRecord& r : table->records()) faults.emplace_back(r.line, r.fault);
  using testing::Pair;
  EXPECT_THAT(faults, ElementsAre(Pair(2, HasSubstr("1 cells, the header 2")),
                                  Pair(3, HasSubstr("text after a closing quote")), Pair(4, ""),
                                  Pair(5, HasSubstr("text after a closing quote")), Pair(6, "")));
}

TEST(CsvTable, RefusesWhatIsNoTable) {
  EXPECT_FALSE(CsvTable::parse("", "t.csv"));
  EXPECT_FALSE(CsvTable::parse("\n\n", "t.csv"));
  const auto twice = CsvTable::parse("a,a\n1,2\n", "t.csv");
  ASSERT_FALSE(twice);
  EXPECT_THAT(to_text(twice.error()), HasSubstr("t.csv:1"));
  EXPECT_FALSE(CsvTable::parse("a,\"b", "t.csv"));
  EXPECT_FALSE(CsvTable::read("no/such/file.csv", 1000));
}

TEST(CsvTable, StaysValidWhenMoved) {
  auto table = CsvTable::parse("a\nshort\n", "t.csv");
  ASSERT_TRUE(table);
  const CsvTable moved = std::move(*table);
  EXPECT_EQ(moved.records()[0].cells[0], "short");
}

TEST(CsvTable, NeverReadsBeyondRandomText) {
  Random random(5);
  for (int round = 0; round < 2000; ++round) {
    std::string text = "a,b\n";
    const int length = static_cast<int>(random.below(40));
    for (int i = 0; i < length; ++i) text += "a,\"\n\r 1"[random.below(7)];
    const auto table = CsvTable::parse(text, "t.csv");
    ASSERT_TRUE(table);
    std::int64_t line = 1;
    for (const CsvRecord& r : table->records()) {
      EXPECT_GT(r.line, line);
      line = r.line;
      EXPECT_TRUE(r.cells.size() == 2 || !r.fault.empty());
    }
  }
}

}  // namespace
}  // namespace switchyard
