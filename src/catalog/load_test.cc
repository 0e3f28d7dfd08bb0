// Reading of whole files: what is accepted, and every fault by name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "catalog/small_catalog.h"

namespace switchyard::catalog {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  SWITCHYARD_CHECK(at != std::string::npos, "{}", from);
  return text.replace(at, from.size(), to);
}

// The small catalog with the file of `key` exchanged.
Result<Catalog> load_with(const std::string& key, const std::string& text) {
  Json tree = Json::object();
  FileNames files;
  small::lay(tree, files, key);
  SWITCHYARD_TRY_STATUS(lay_over_text(text, key, key + ".toml", tree, files));
  return build(tree, files);
}

// The error text after one replacement in the file of `key`; empty if it loads.
std::string fault(const std::string& key, const std::string& from, const std::string& to) {
  for (const small::File& file : small::kFiles) {
    if (file.key != key) continue;
    const auto catalog = load_with(key, replaced(file.text, from, to));
    return catalog ? "" : to_text(catalog.error(), 1000);
  }
  SWITCHYARD_CHECK(false, "{}", key);
}
std::string chip_fault(const std::string& from, const std::string& to) {
  return fault("chips/small", from, to);
}
std::string platform_fault(const std::string& from, const std::string& to) {
  return fault("platforms/small-8", from, to);
}

TEST(Load, ReadsAChipAndItsPlatform) {
  const auto catalog = load_with("economy", small::kEconomy);
  ASSERT_TRUE(catalog) << to_text(catalog.error());
  const Platform* p = *catalog->platform("small-8");
  EXPECT_EQ(p->name, "Eight small chips");
  EXPECT_EQ(p->available, "2025-12");
  EXPECT_EQ(p->domain_chips, 8);
  EXPECT_EQ(p->host_chips, 4);
  ASSERT_EQ(p->fabric.tiers.size(), 3u);
  EXPECT_EQ(p->fabric.tiers[0].name, "board");
  EXPECT_EQ(p->fabric.tiers[0].sides, (std::vector<int>{2, 2}));
  EXPECT_EQ(p->fabric.tiers[0].latency.id, "fabrics/small-net/tiers/board/latency");
  EXPECT_EQ(p->owner_capex.id, "prices/small-8/owner_capex");
  const Chip& chip = catalog->chip_of(*p);
  EXPECT_EQ(chip.vendor, "Nobody");
  EXPECT_EQ(chip.source_note, "invented");
  EXPECT_EQ(chip.peak.size(), 2u);
  EXPECT_EQ(chip.peak.at("bf16").id, "chips/small/peak/bf16");
  ASSERT_EQ(chip.formats.size(), 2u);
  EXPECT_EQ(chip.formats[1].name, "mxfp4");
  EXPECT_EQ(chip.formats[1].bits, 4.25);
  EXPECT_EQ(chip.formats[1].compute, "fp8");
  EXPECT_EQ(catalog->economy.pue.id, "economy/pue");
}

// Whether a file may lack the value at `pointer`.
bool optional(const std::string& pointer) {
  for (const char* end :
       {"/low", "/high", "/note", "/available", "/aliases/0", "/sides/0", "/sides/1"}) {
    if (pointer.ends_with(end)) return true;
  }
  return false;
}

TEST(Load, WantsEveryFieldOfEveryFile) {
  for (const small::File& file : small::kFiles) {
    Json whole = Json::object();
    FileNames files;
    small::lay(whole, files);
    const auto path = Json::json_pointer("/" + std::string(file.key));
    const Json flat = whole.at(path).flatten();
    for (const auto& [pointer, value] : flat.items()) {
      if (optional(pointer)) continue;
      const Json::json_pointer field(pointer);
      Json cut = whole;
      cut.at(path / field.parent_pointer()).erase(field.back());
      const auto catalog = build(cut, files);
      ASSERT_FALSE(catalog) << file.key << pointer;
      EXPECT_THAT(to_text(catalog.error(), 1000), HasSubstr(field.back())) << file.key << pointer;
    }
  }
}

TEST(Load, WantsEveryFile) {
  for (const small::File& file : small::kFiles) {
    Json tree = Json::object();
    FileNames files;
    small::lay(tree, files, file.key);
    const auto catalog = build(tree, files);
    ASSERT_FALSE(catalog) << file.key;
    const bool chip = file.key == std::string("chips/small");
    const bool platform = file.key == std::string("platforms/small-8");
    const bool fabric = file.key == std::string("fabrics/small-net");
    EXPECT_THAT(to_text(catalog.error()), HasSubstr(chip       ? "chip: is \"small\""
                                                    : fabric   ? "fabric: is \"small-net\""
                                                    : platform ? "is not a platform"
                                                               : "is missing"));
  }
}

TEST(Load, RefusesUnknownKeysEverywhere) {
  EXPECT_THAT(chip_fault("vendor =", "vendr = 'x'\nvendor ="), HasSubstr("did you mean vendor?"));
  EXPECT_THAT(chip_fault("[peak]", "[peek]\n[peak]"), HasSubstr("did you mean peak?"));
  EXPECT_THAT(chip_fault("[peak]", "[peak]\nfp16 = 1"), HasSubstr("fp16"));
  EXPECT_THAT(chip_fault("bits = 16", "bits = 16\nbit = 1"), HasSubstr("did you mean bits?"));
  EXPECT_THAT(chip_fault("[energy]", "[energy]\nint8 = 1"), HasSubstr("int8"));
  EXPECT_THAT(fault("fabrics/small-net", "\nchips = 4", "\nchips = 4\nchip = 4"),
              HasSubstr("did you mean chips?"));
  EXPECT_THAT(fault("fabrics/small-net", "[algorithms.direct]", "[algorithms.direct]\nlunch = 1"),
              HasSubstr("did you mean launch?"));
  EXPECT_THAT(fault("prices/small-8", "id =", "cloud = 1\nid ="), HasSubstr("cloud"));
  EXPECT_THAT(fault("economy", "pue =", "peu = 1\npue ="), HasSubstr("did you mean pue?"));
}

TEST(Load, WantsTheFileNameAsId) {
  EXPECT_THAT(chip_fault("\"small\"", "\"big\""), HasSubstr("the file's name, \"small\""));
  EXPECT_THAT(platform_fault("\"small-8\"", "\"8\""), HasSubstr("the file's name, \"small-8\""));
  EXPECT_THAT(fault("prices/small-8", "\"small-8\"", "\"8\""), HasSubstr("the file's name"));
}

TEST(Load, SuggestsTheChipAndThePlatformMeant) {
  EXPECT_THAT(platform_fault("chip = \"small\"", "chip = \"smal\""),
              HasSubstr("did you mean small?"));
  Json tree = Json::object();
  FileNames files;
  small::lay(tree, files);
  ASSERT_TRUE(lay_over_text(small::kPrices, "prices/small-9", "prices/small-9.toml", tree, files));
  const auto catalog = build(tree, files);
  ASSERT_FALSE(catalog);
  EXPECT_THAT(to_text(catalog.error()), AllOf(HasSubstr("\"small-9\" is not a platform"),
                                              HasSubstr("did you mean small-8?")));
}

TEST(Load, WantsFormatsThatCanBeComputed) {
  EXPECT_THAT(chip_fault("compute = \"fp8\"", "compute = \"fp4\""), HasSubstr("a key of [peak]"));
  EXPECT_THAT(chip_fault("name = \"mxfp4\"", "name = \"bf16\""), HasSubstr("stands twice"));
  EXPECT_THAT(chip_fault("bits = 16", "bits = 8"), HasSubstr("no 16-bit format"));
  EXPECT_THAT(chip_fault("bits = 4.25", "bits = 2.9"), HasSubstr("from 3 to 16"));
  EXPECT_EQ(chip_fault("bits = 4.25", "bits = 3"), "");
  EXPECT_THAT(chip_fault("bits = 16", "bits = 16.1"), HasSubstr("from 3 to 16"));
}

TEST(Load, RefusesFormatsAndTiersOfTheWrongKind) {
  const std::string chip = small::kChip;
  const std::string formats =
      chip.substr(chip.find("[[formats]]"), chip.find("[memory]") - chip.find("[[formats]]"));
  EXPECT_THAT(chip_fault(formats, ""), HasSubstr("formats: is missing"));
  EXPECT_THAT(chip_fault(formats, "[formats]\n"), HasSubstr("formats: is an object"));
  for (const char* wrong : {"formats = []", "formats = [1]", "formats = 'x'", "formats = [[]]"}) {
    const auto result = load_with("chips/small", std::string(wrong) + replaced(chip, formats, ""));
    ASSERT_FALSE(result) << wrong;
    EXPECT_THAT(to_text(result.error()), HasSubstr("formats")) << wrong;
  }
}

TEST(Load, WantsMoreThanZeroWhereItDivides) {
  EXPECT_THAT(chip_fault("low = 80", "low = 0"), HasSubstr("bf16: reaches down to 0"));
  EXPECT_THAT(chip_fault("low = 1.5", "low = 0"), HasSubstr("bandwidth: reaches down to 0"));
  EXPECT_THAT(chip_fault("base = 16,", "base = 0,"), HasSubstr("capacity: reaches down to 0"));
  EXPECT_THAT(chip_fault("low = 300", "low = 0"), HasSubstr("tdp: reaches down to 0"));
  EXPECT_THAT(fault("fabrics/small-net", "base = 400", "base = 0"),
              HasSubstr("bandwidth: reaches down to 0"));
  EXPECT_THAT(platform_fault("low = 1, high = 1.5", "low = 0, high = 1.5"),
              HasSubstr("all_in: reaches down to 0"));
  EXPECT_THAT(fault("economy", "low = 3,", "low = 0,"), HasSubstr("it_life: reaches down to 0"));
  EXPECT_EQ(fault("fabrics/small-net", "low = 0.5, high = 2", "low = 0, high = 2"),
            "");  // a latency may be 0
}

TEST(Load, KeepsSharesWithinOne) {
  EXPECT_EQ(chip_fault("low = 0.7, high = 0.95", "low = 0.7, high = 1"), "");
  EXPECT_THAT(chip_fault("high = 0.95", "high = 1.01"), HasSubstr("at most 1"));
  EXPECT_THAT(chip_fault("low = 0.5, high = 1,", "low = 0, high = 1,"),
              HasSubstr("efficiency: bf16: reaches down to 0"));
  EXPECT_THAT(fault("fabrics/small-net", "high = 0.9", "high = 1.1"), HasSubstr("at most 1"));
  EXPECT_THAT(fault("economy", "base = 0.6", "base = 60"), HasSubstr("utilisation"));
  EXPECT_EQ(fault("economy", "low = 1.1", "low = 1"), "");
  EXPECT_THAT(fault("economy", "low = 1.1", "low = 0.9"), HasSubstr("pue: reaches down to 0.9"));
}

TEST(Load, WantsIdleActiveAndTdpToRise) {
  EXPECT_EQ(chip_fault("base = 100, low = 0", "base = 300, low = 0"), "");
  EXPECT_THAT(chip_fault("base = 100, low = 0", "base = 301, low = 0"),
              HasSubstr("at most active, 300 W"));
  EXPECT_EQ(chip_fault("base = 300, low = 200", "base = 500, low = 200"), "");
  EXPECT_THAT(chip_fault("base = 300, low = 200", "base = 501, low = 200"),
              HasSubstr("at most tdp, 500 W"));
}

std::string fabric_fault(const std::string& from, const std::string& to) {
  return fault("fabrics/small-net", from, to);
}

TEST(Load, WantsTiersThatReachFurtherAndFurther) {
  EXPECT_THAT(fabric_fault("\nchips = 4", "\nchips = 8"), HasSubstr("reach 8 after 8"));
  EXPECT_THAT(fabric_fault("chips = 1000\n", "chips = 8\n"), HasSubstr("reach 8 after 8"));
  EXPECT_EQ(fabric_fault("chips = 1000\n", "chips = 9\n"), "");
  EXPECT_THAT(fabric_fault("name = \"rack\"", "name = \"board\""), HasSubstr("stands twice"));
  EXPECT_THAT(fabric_fault("\nchips = 4", "\nchips = 4.5"), HasSubstr("a whole number"));
}

TEST(Load, WantsTheDomainWithinTheLastScaleUpTier) {
  EXPECT_EQ(platform_fault("domain_chips = 8", "domain_chips = 7"), "");
  EXPECT_THAT(platform_fault("domain_chips = 8", "domain_chips = 9"),
              HasSubstr("at most 8, the reach of fabric \"small-net\" before scale-out"));
}

TEST(Load, WantsToriWhoseSidesMakeTheirGroups) {
  EXPECT_THAT(fabric_fault("sides = [2, 2]", "sides = [2, 3]"), HasSubstr("6 places"));
  EXPECT_THAT(fabric_fault("sides = [2, 2]\n", ""), HasSubstr("sides"));
  EXPECT_THAT(fabric_fault("\"full-mesh\"", "\"ring\"\nsides = [2, 2]"), HasSubstr("sides"));
  EXPECT_THAT(fabric_fault("\"full-mesh\"", "\"fullmesh\""), HasSubstr("did you mean full-mesh?"));
}

TEST(Load, RefusesANameForTwoPlatforms) {
  Json tree = Json::object();
  FileNames files;
  small::lay(tree, files);
  const std::string twin =
      replaced(replaced(small::kPlatform, "small-8", "twin"), "Little", "LITTLE");
  ASSERT_TRUE(lay_over_text(twin, "platforms/twin", "twin.toml", tree, files));
  ASSERT_TRUE(lay_over_text(replaced(small::kPrices, "small-8", "twin"), "prices/twin", "p.toml",
                            tree, files));
  const auto catalog = build(tree, files);
  ASSERT_FALSE(catalog);
  EXPECT_THAT(to_text(catalog.error()), HasSubstr("\"LITTLE\" already names \"small-8\""));
}

TEST(Load, ReportsAllFaultsOfAllFilesAtOnce) {
  Json tree = Json::object();
  FileNames files;
  small::lay(tree, files);
  ASSERT_TRUE(lay_over_text("vendr = 1\nname = ''", "chips/small", "my/chip.toml", tree, files));
  ASSERT_TRUE(lay_over_text("chip = 'x'", "platforms/small-8", "my/platform.toml", tree, files));
  ASSERT_TRUE(lay_over_text("pue = 2", "economy", "my/economy.toml", tree, files));
  const auto catalog = build(tree, files);
  ASSERT_FALSE(catalog);
  const std::string text = to_text(catalog.error());
  EXPECT_THAT(text, AllOf(HasSubstr("my/chip.toml: \"vendr\""), HasSubstr("my/chip.toml: name"),
                          HasSubstr("my/platform.toml: chip"), HasSubstr("my/economy.toml: pue")));
  EXPECT_EQ(catalog.error().also.size(), 3u);  // and nothing that only follows from these
}

TEST(Load, RefusesTablesThatAreNone) {
  const std::string memory = "[memory]\ncapacity";
  EXPECT_THAT(chip_fault(memory, "[memroy]\ncapacity"),
              AllOf(HasSubstr("memory: is missing"), HasSubstr("did you mean memory?")));
  const auto result = load_with("chips/small", "memory = 3\nid = 'small'");
  ASSERT_FALSE(result);
  EXPECT_THAT(to_text(result.error()), HasSubstr("memory: is 3; wanted a table"));
}

TEST(CatalogPlatform, AnswersToIdAndAliasInAnyCase) {
  const auto catalog = load_with("economy", small::kEconomy);
  ASSERT_TRUE(catalog);
  for (const char* name : {"small-8", "SMALL-8", "Little", "little"}) {
    const auto found = catalog->platform(name);
    ASSERT_TRUE(found) << name;
    EXPECT_EQ((*found)->id, "small-8");
  }
  EXPECT_THAT(catalog->platform_ids(), testing::ElementsAre("small-8"));
}

TEST(CatalogPlatform, SuggestsNamesForAnUnknownOne) {
  const auto catalog = load_with("economy", small::kEconomy);
  ASSERT_TRUE(catalog);
  const auto found = catalog->platform("smal-8");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::kUnknown);
  EXPECT_EQ(found.error().where, "platform");
  EXPECT_EQ(found.error().found, "\"smal-8\"");
  EXPECT_EQ(found.error().hint, "did you mean small-8?");
  EXPECT_EQ(catalog->platform("litle").error().hint, "did you mean Little?");
  EXPECT_FALSE(catalog->platform(""));
}

TEST(Format, ClassesBitsByWidth) {
  EXPECT_EQ((Format{.bits = 16}.width()), 16);
  EXPECT_EQ((Format{.bits = 12}.width()), 16);
  EXPECT_EQ((Format{.bits = 11.9}.width()), 8);
  EXPECT_EQ((Format{.bits = 6}.width()), 8);
  EXPECT_EQ((Format{.bits = 5.9}.width()), 4);
}

}  // namespace
}  // namespace switchyard::catalog
