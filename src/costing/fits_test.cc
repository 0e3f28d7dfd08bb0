#include "costing/fits.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/text.h"
#include "catalog/catalog.h"

namespace switchyard::costing {
namespace {

FitSet shipped() {
  const auto set = load_fits(catalog::default_directory() / "fits");
  EXPECT_TRUE(set) << (set ? "" : to_text(set.error()));
  return set.value_or(FitSet{});
}

TEST(Fits, ShippedOnesLoadAndCoverTheMeasuredChips) {
  const FitSet set = shipped();
  for (const char* id : {"a100", "l40s", "h100", "h200", "b200", "gb200", "tpu-v6e"}) {
    ASSERT_TRUE(set.fits.contains(id)) << id;
    EXPECT_GE(set.fits.at(id).fits.size(), 3u) << id;
  }
  for (const char* id : {"b300", "gb300", "mi300x", "mi355x", "tpu-v5e", "tpu-ironwood"}) {
    ASSERT_TRUE(set.answering(id)) << id;
    EXPECT_NE(set.answering(id)->chip, id);
    EXPECT_GT(set.chips.at(id).widening, 1) << id;
  }
  EXPECT_FALSE(set.answering("trn2"));
}

TEST(Fits, OnePreferredFitAnswersForEachOperatorAndType) {
  for (const auto& [id, chip] : shipped().fits) {
    for (const KernelFit& fit : chip.fits) {
      int preferred = 0;
      for (const KernelFit& other : chip.fits) {
        const bool same = other.family == fit.family && other.element == fit.element &&
                          other.cached == fit.cached;
        preferred += same && other.preferred ? 1 : 0;
      }
      // Of collectives the fabric makes its own choice.
      if (fit.family == KernelFamily::kCollective) continue;
      EXPECT_EQ(preferred, 1) << id << " " << to_text(fit.family) << " " << fit.element;
    }
  }
}

// The fit scales by these rates, FittedCosts by the catalog's: they must agree.
TEST(Fits, RatesOfChipsAreThoseOfTheCatalog) {
  const auto catalog = catalog::load(catalog::default_directory());
  ASSERT_TRUE(catalog);
  for (const auto& [id, chip] : shipped().chips) {
    const auto known = catalog->chips.find(id);
    if (known == catalog->chips.end()) continue;
    EXPECT_DOUBLE_EQ(chip.bandwidth.si(), known->second.memory_bandwidth.si()) << id;
    for (const auto& [type, peak] : chip.peak) {
      const auto other = known->second.peak.find(type);
      if (other == known->second.peak.end()) continue;
      EXPECT_DOUBLE_EQ(peak.si(), other->second.si()) << id << " " << type;
    }
  }
}

TEST(Fits, WrittenFitsReadBackTheSame) {
  const FitSet set = shipped();
  const std::string text = to_toml(set.fits.at("h200"));
  const auto again = parse_chip_fits(text, "h200.toml");
  ASSERT_TRUE(again) << to_text(again.error());
  EXPECT_EQ(to_toml(*again), text);
}

TEST(Fits, ThoseLaidOverAnswerFirstAndTheRestStays) {
  FitSet set = shipped();
  const std::size_t before = set.fits.at("h200").fits.size();
  const auto directory = std::filesystem::path(testing::TempDir()) / "fits_laid_over";
  std::filesystem::create_directories(directory);
  ChipFits own = {.chip = "h200", .origin = "own", .date = "today", .fits = {}};
  for (const KernelFit& fit : set.fits.at("h200").fits) {
    const bool asked = fit.family == KernelFamily::kGemm && fit.element == "bf16";
    if (asked && fit.preferred) own.fits.push_back(fit);
  }
  ASSERT_EQ(own.fits.size(), 1u);
  own.fits[0].engine = "own";
  ASSERT_TRUE(write_file_atomically(directory / "h200.toml", to_toml(own)));
  ASSERT_TRUE(lay_over(set, directory));
  int preferred = 0;
  for (const KernelFit& fit : set.fits.at("h200").fits) {
    if (fit.family != KernelFamily::kGemm || fit.element != "bf16" || !fit.preferred) continue;
    ++preferred;
    EXPECT_EQ(fit.engine, "own");
  }
  EXPECT_EQ(preferred, 1);
  EXPECT_EQ(set.fits.at("h200").fits.size(), before + 1);
}

std::string small_fit(const std::string& change_from, const std::string& change_to) {
  ChipFits chip = {.chip = "h200", .origin = "test", .date = "2026-11-25", .fits = {}};
  KernelFit fit = {.family = KernelFamily::kCollective, .element = "all_reduce"};
  fit.engine = "nccl";
  fit.rows = 50;
  fit.groups = 5;
  fit.bands = {{.seconds_max = 1e9, .rows = 50, .low = 0.9, .high = 1.1}};
  const auto specs = coefficients(fit.family);
  for (std::size_t i = 0; i < specs.size(); ++i) fit.coefficients[i] = specs[i].start;
  chip.fits.push_back(fit);
  std::string text = to_toml(chip);
  const std::size_t at = text.find(change_from);
  EXPECT_NE(at, std::string::npos) << change_from;
  return text.replace(at, change_from.size(), change_to);
}

TEST(Fits, FaultsAreNamedWithTheirField) {
  const auto fault = [](const std::string& from, const std::string& to) {
    const auto parsed = parse_chip_fits(small_fit(from, to), "h200.toml");
    return parsed ? std::string("no fault") : to_text(parsed.error());
  };
  EXPECT_NE(fault("\"collective\"", "\"colective\"").find("collective"), std::string::npos);
  EXPECT_NE(fault("\nhop = ", "\nhops = ").find("hop"), std::string::npos);
  EXPECT_NE(fault("\nhop = 1e-06", "\nhop = -1").find("hop"), std::string::npos);
  EXPECT_NE(fault("\"plain\"", "\"fancy\"").find("policy"), std::string::npos);
  EXPECT_NE(fault("bands = [", "band = [").find("bands"), std::string::npos);
}

}  // namespace
}  // namespace switchyard::costing
