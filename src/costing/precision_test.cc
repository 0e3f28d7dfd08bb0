#include "costing/precision.h"

#include <gtest/gtest.h>

#include "model/import.h"

namespace switchyard::costing {
namespace {

using model::WeightClass;

catalog::Chip chip(std::vector<catalog::Format> formats) {
  catalog::Chip c;
  c.id = "test";
  c.formats = std::move(formats);
  for (const auto& f : c.formats) c.peak[f.compute].base = 16 / f.bits;
  return c;
}
const catalog::Format kBf16 = {.name = "bf16", .bits = 16, .compute = "bf16"};
const catalog::Format kFp8 = {.name = "fp8", .bits = 8, .compute = "fp8"};
const catalog::Format kInt8 = {.name = "int8", .bits = 8, .compute = "int8"};
const catalog::Format kMxfp4 = {.name = "mxfp4", .bits = 4.25, .compute = "fp4"};

model::Model named(const char* id) { return *model::find_model(id, "catalog/models"); }

TEST(Precision, ReadsItsNamesInAnyCase) {
  EXPECT_EQ(*parse_precision("FP8"), PrecisionChoice::k8);
  EXPECT_EQ(*parse_precision("auto"), PrecisionChoice::kAuto);
  const auto wrong = parse_precision("fp9");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().where, "--precision");
}

TEST(Precision, AutoAddsEightBitsWherePublishedWider) {
  const auto found =
      precisions(named("llama-3.1-8b"), chip({kBf16, kInt8, kFp8}), PrecisionChoice::kAuto, 16);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].name, "bf16");
  EXPECT_EQ(found[1].name, "fp8");  // floating point before integers
  EXPECT_EQ(found[1].bits.of(WeightClass::kEmbedding), 16);
  EXPECT_EQ(found[1].bits.of(WeightClass::kDense), 8);
}

TEST(Precision, OfAChipWithoutNarrowFormatsStaysWide) {
  for (const auto choice : {PrecisionChoice::kAuto, PrecisionChoice::kNative, PrecisionChoice::k16,
                            PrecisionChoice::k8, PrecisionChoice::k4}) {
    for (const char* id : {"llama-3.1-8b", "gpt-oss-120b"}) {
      const auto found = precisions(named(id), chip({kBf16}), choice, 8);
      ASSERT_EQ(found.size(), 1u) << id;
      EXPECT_EQ(found[0].name, "bf16");
      EXPECT_EQ(found[0].bits.cache, 8);
    }
  }
}

TEST(Precision, KeepsTheFormatOfTheCheckpointOrTheNextWider) {
  const auto own =
      precisions(named("gpt-oss-120b"), chip({kBf16, kFp8, kMxfp4}), PrecisionChoice::kNative, 16);
  ASSERT_EQ(own.size(), 1u);
  EXPECT_EQ(own[0].bits.of(WeightClass::kExpert), 4.25);
  EXPECT_EQ(own[0].bits.of(WeightClass::kAttention), 16);
  const auto wider =
      precisions(named("gpt-oss-120b"), chip({kBf16, kFp8}), PrecisionChoice::kNative, 16);
  EXPECT_EQ(wider[0].bits.of(WeightClass::kExpert), 8);
}

TEST(Precision, AskedForSixteenBitsWidensWhatIsStoredNarrow) {
  const auto found =
      precisions(named("gpt-oss-120b"), chip({kBf16, kFp8, kMxfp4}), PrecisionChoice::k16, 16);
  ASSERT_EQ(found.size(), 1u);
  for (const double bits : found[0].bits.weights) EXPECT_EQ(bits, 16);
}

}  // namespace
}  // namespace switchyard::costing
