#include "catalog/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "catalog/sample.h"

namespace switchyard::catalog {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

// A user's directory, removed at the end of the test.
class OverlayOnShipped : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    directory_ =
        fs::temp_directory_path() / (std::string(test->name()) + "." + std::to_string(::getpid()));
    fs::create_directories(directory_ / "prices");
  }
  void TearDown() override { fs::remove_all(directory_); }

  void write(const char* name, const char* text) const { std::ofstream(directory_ / name) << text; }

  fs::path directory_;
};

TEST(CatalogFolder, LoadsWithItsPlatformsAndAliases) {
  const auto c = load("catalog");
  ASSERT_TRUE(c) << to_text(c.error());
  EXPECT_EQ(c->platforms.size(), 17u);
  EXPECT_TRUE(std::is_sorted(c->platforms.begin(), c->platforms.end(),
                             [](const auto& a, const auto& b) { return a.id < b.id; }));
  ASSERT_TRUE(c->platform("trn3"));
  EXPECT_EQ((*c->platform("TRN3"))->id, "trn3-gen2");
}

TEST(CatalogFolder, GivesEveryUncertainEstimateASourceAndAPath) {
  const auto c = load("catalog");
  ASSERT_TRUE(c) << to_text(c.error());
  for (const Platform& p : c->platforms) {
    std::set<std::string> ids;
    for (const Estimate* e : uncertain_estimates(c->chip_of(p), p, c->economy)) {
      EXPECT_FALSE(e->source.empty()) << e->id;
      EXPECT_TRUE(ids.insert(e->id).second) << e->id << " names two draws";
    }
    EXPECT_FALSE(ids.empty()) << p.id;
  }
}

TEST(CatalogFolder, SuggestsANameForAMisspeltOne) {
  const auto c = load("catalog");
  ASSERT_TRUE(c) << to_text(c.error());
  const auto found = c->platform("h1000");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::kUnknown);
  EXPECT_THAT(to_text(found.error()), AllOf(HasSubstr("h1000"), HasSubstr("h100")));
}

TEST_F(OverlayOnShipped, ReplacesTheKeysItNames) {
  write("prices/h100.toml",
        "id = 'h100'\ncloud_committed = { base = 3.1, mark = 'vendor', source = 'our quote' }\n");
  const auto shipped = load("catalog");
  const auto mine = load("catalog", directory_);
  ASSERT_TRUE(mine) << to_text(mine.error());
  const Platform& p = **mine->platform("h100");
  EXPECT_DOUBLE_EQ(p.cloud_committed.si(), 3.1);
  EXPECT_TRUE(p.cloud_committed.certain()) << "the old range should go";
  EXPECT_EQ(p.cloud_committed.source, "our quote");
  EXPECT_EQ(p.owner_capex.si(), (*shipped->platform("h100"))->owner_capex.si());
}

TEST_F(OverlayOnShipped, NamesTheUsersFileInItsFaults) {
  write("prices/h100.toml", "id = 'h100'\ncloud_comitted = 3\n");
  const auto mine = load("catalog", directory_);
  ASSERT_FALSE(mine);
  EXPECT_THAT(to_text(mine.error()),
              AllOf(HasSubstr((directory_ / "prices/h100.toml").string()),
                    HasSubstr("cloud_comitted"), HasSubstr("cloud_committed")));
}

TEST_F(OverlayOnShipped, RefusesADirectoryWithoutCatalogFiles) {
  EXPECT_FALSE(load("catalog", directory_));
  EXPECT_FALSE(load("catalog", directory_ / "absent"));
}

TEST(Format, IsClassedByItsNominalWidth) {
  EXPECT_EQ((Format{.bits = 16}).width(), 16);
  EXPECT_EQ((Format{.bits = 8.25}).width(), 8);
  EXPECT_EQ((Format{.bits = 4.25}).width(), 4);
}

}  // namespace
}  // namespace switchyard::catalog
