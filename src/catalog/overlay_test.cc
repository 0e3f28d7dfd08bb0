// Directories: the shipped catalog, a user's laid over it, and hostile ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "catalog/small_catalog.h"

namespace switchyard::catalog {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class Directory {
 public:
  Directory() {
    std::string name = (fs::temp_directory_path() / "catalog_test_XXXXXX").string();
    SWITCHYARD_CHECK(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Directory() {
    std::error_code code;
    fs::remove_all(path_, code);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  void write(const std::string& name, std::string_view text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

class LaidOver : public testing::Test {
 protected:
  LaidOver() {
    for (const small::File& file : small::kFiles) {
      shipped_.write(std::string(file.key) + ".toml", file.text);
    }
  }
  Result<Catalog> load() const { return catalog::load(shipped_.path(), own_.path()); }
  std::string fault() const {
    const auto catalog = load();
    return catalog ? "" : to_text(catalog.error(), 1000);
  }

  Directory shipped_, own_;
};

TEST_F(LaidOver, TakesANewBaseAloneAsCertain) {
  own_.write("prices/small-8.toml", "id = 'small-8'\ncloud_committed = { base = 9 }");
  const auto catalog = load();
  ASSERT_TRUE(catalog) << to_text(catalog.error());
  const Platform& p = catalog->platforms.front();
  EXPECT_EQ(p.cloud_committed.base, 9);
  EXPECT_TRUE(p.cloud_committed.certain());
  EXPECT_EQ(p.cloud_committed.unit, "$/h");
  EXPECT_EQ(p.cloud_on_demand.high, 5);  // the others stay
}

TEST_F(LaidOver, KeepsTheRangeItIsGiven) {
  own_.write("economy.toml", "pue = { base = 1.3, low = 1.2 }\nit_life.high = 9\n");
  const auto catalog = load();
  ASSERT_TRUE(catalog) << to_text(catalog.error());
  EXPECT_EQ(catalog->economy.pue.low, 1.2);
  EXPECT_EQ(catalog->economy.pue.high, 1.3);
  EXPECT_EQ(catalog->economy.it_life.low, 3);
  EXPECT_EQ(catalog->economy.it_life.base, 4);
  EXPECT_EQ(catalog->economy.it_life.high, 9);
}

TEST_F(LaidOver, ReplacesArraysWhole) {
  own_.write("chips/small.toml", "[[formats]]\nname = 'fp16'\nbits = 16\ncompute = 'bf16'\n");
  own_.write("platforms/small-8.toml", "aliases = ['other']");
  const auto catalog = load();
  ASSERT_TRUE(catalog) << to_text(catalog.error());
  ASSERT_EQ(catalog->chips.at("small").formats.size(), 1u);
  EXPECT_EQ(catalog->chips.at("small").formats[0].name, "fp16");
  EXPECT_FALSE(catalog->platform("Little"));
  EXPECT_TRUE(catalog->platform("other"));
}

TEST_F(LaidOver, AddsPlatformsInOrderOfId) {
  std::string platform = small::kPlatform;
  platform.replace(platform.find("small-8"), 7, "another");
  platform.replace(platform.find("[\"Little\"]"), 10, "[]");
  own_.write("platforms/another.toml", platform);
  std::string prices = small::kPrices;
  prices.replace(prices.find("small-8"), 7, "another");
  own_.write("prices/another.toml", prices);
  const auto catalog = load();
  ASSERT_TRUE(catalog) << to_text(catalog.error());
  EXPECT_THAT(catalog->platform_ids(), testing::ElementsAre("another", "small-8"));
}

TEST_F(LaidOver, NamesItsOwnFileInFaults) {
  own_.write("economy.toml", "pue = { bsae = 1.3 }");
  EXPECT_THAT(fault(), AllOf(HasSubstr((own_.path() / "economy.toml").string()),
                             HasSubstr("did you mean base?")));
}

TEST_F(LaidOver, RefusesADirectoryWithoutCatalogFiles) {
  EXPECT_THAT(fault(), HasSubstr("holds no catalog file"));
  own_.write("README.md", "notes");
  EXPECT_THAT(fault(), HasSubstr("holds no catalog file"));
  EXPECT_THAT(to_text(catalog::load(own_.path() / "none").error()), HasSubstr("cannot be listed"));
  EXPECT_THAT(to_text(catalog::load(shipped_.path() / "economy.toml").error()),
              HasSubstr("cannot be listed"));
}

TEST_F(LaidOver, DoesNotVouchForANumberOfTheUser) {
  own_.write("prices/small-8.toml", "id = 'small-8'\ncloud_committed = { base = 9 }");
  const auto catalog = load();
  ASSERT_TRUE(catalog);
  EXPECT_EQ(catalog->platforms[0].cloud_committed.mark, Mark::kAssumption);
  EXPECT_THAT(catalog->platforms[0].cloud_committed.source, HasSubstr("set by the user"));
}

TEST_F(LaidOver, RefusesWhatItWouldNotRead) {
  own_.write("economy.toml", "");
  own_.write("models/mine.toml", "x");
  EXPECT_THAT(fault(),
              AllOf(HasSubstr("models"), HasSubstr("is not read"), HasSubstr("config.json")));
}

TEST_F(LaidOver, RefusesMisnamedFolders) {
  own_.write("economy.toml", "");
  EXPECT_EQ(fault(), "");
  own_.write("price/small-8.toml", "");
  EXPECT_THAT(fault(),
              AllOf(HasSubstr("is not part of a catalog"), HasSubstr("did you mean prices?")));
}

TEST_F(LaidOver, LeavesOtherFilesAlone) {
  own_.write("economy.toml", "");
  own_.write(".git/config.toml", "x");
  own_.write("notes.txt", "x");
  own_.write("chips/notes.md", "x");
  EXPECT_EQ(fault(), "");
}

TEST_F(LaidOver, ReportsEveryUnreadableFile) {
  own_.write("economy.toml", "pue = {");
  own_.write("chips/small.toml", "id = \xff\xfe");
  own_.write("prices/small-8.toml", std::string(200 << 10, '#'));
  EXPECT_THAT(fault(), AllOf(HasSubstr("economy.toml:1"), HasSubstr("small.toml"),
                             HasSubstr("small-8.toml")));
}

TEST_F(LaidOver, RefusesFilesOverTheBound) {
  constexpr std::size_t kBytesMax = 16 << 10;
  own_.write("economy.toml", std::string(kBytesMax, '#'));
  EXPECT_EQ(fault(), "");
  own_.write("economy.toml", std::string(kBytesMax + 1, '#'));
  EXPECT_THAT(fault(), AllOf(HasSubstr("economy.toml"), HasSubstr("16384 bytes")));
}

TEST_F(LaidOver, RefusesHostileContentWithoutFalling) {
  const std::string deep(10000, '[');
  std::string dotted = "pue";
  for (int i = 0; i < 8000; ++i) dotted += ".a";
  std::string many;
  for (int i = 0; i < 1200; ++i) many += fmt::format("k{} = 1\n", i);
  for (const std::string& text :
       {std::string("pue = nan"), "pue = " + deep, dotted + " = 1", many,
        std::string("[pue.base.base]\nbase = 1"), std::string("pue = { base = 1e400 }"),
        std::string("pue = { base = -0.5 }"), std::string("pue = [[1]]"),
        std::string("pue = 1979-05-27"), std::string("pue = ''"), std::string("\xff"),
        std::string("\0", 1), std::string("pue.low = 7")}) {
    own_.write("economy.toml", text);
    EXPECT_THAT(fault(), HasSubstr("economy.toml")) << text.substr(0, 40);
  }
}

TEST(Merge, ReplacesValuesAndMergesTables) {
  Json target = {{"a", {{"x", 1}, {"y", {1, 2, 3}}}}, {"b", "old"}};
  merge(target, {{"a", {{"y", {4}}, {"z", 5}}}, {"b", {{"c", 1}}}});
  EXPECT_EQ(target, Json({{"a", {{"x", 1}, {"y", {4}}, {"z", 5}}}, {"b", {{"c", 1}}}}));
}

TEST(Merge, TwiceIsMergeOnce) {
  const Json patch = {{"p", {{"base", 2}, {"low", 1}}}, {"q", {1}}};
  Json once = {{"p", {{"base", 5}, {"low", 4}, {"high", 6}}}};
  merge(once, patch);
  Json twice = once;
  merge(twice, patch);
  EXPECT_EQ(once, twice);
  EXPECT_FALSE(once["p"].contains("high"));
}

}  // namespace
}  // namespace switchyard::catalog
