// Real models of shared/data/models on simulated cores.
#include "runtime/generate.h"

#include <gmock/gmock.h>

#include "base/files.h"

namespace switchyard::runtime {
namespace {

const std::filesystem::path kModels = "../shared/data/models";

Seconds no_time(Bytes, int) { return Seconds(0); }

struct Case {
  isa::Generation generation;
  int ranks;
};

class StoriesTest : public testing::TestWithParam<Case> {};

TEST_P(StoriesTest, GreedyTextIsThePublishedOne) {
  if (!std::filesystem::exists(kModels)) GTEST_SKIP() << "needs " << kModels;
  const auto checkpoint = open_checkpoint(kModels / "stories260K.bin");
  ASSERT_TRUE(checkpoint) << to_text(checkpoint.error());
  const auto tokenizer =
      find_tokenizer(kModels / "stories260K.bin", (*checkpoint)->shape().vocabulary);
  ASSERT_TRUE(tokenizer) << to_text(tokenizer.error());
  const auto core = neuroncore::load_core(GetParam().generation);
  ASSERT_TRUE(core);
  const auto generated =
      generate(**checkpoint, **tokenizer, *core, "", {.steps = 256, .ranks = GetParam().ranks},
               no_time, [](const std::string&) {});
  ASSERT_TRUE(generated) << to_text(generated.error());
  EXPECT_EQ(generated->completion + "\n", *read_file(kModels / "stories260K.greedy256.txt"));
  EXPECT_GT(generated->ttft.value(), 0);
}

// Narrower weights tell another story, but the same language: most of the pieces are still words of
// the story's world, and the text starts as stories do.
TEST(PrecisionTest, NarrowWeightsStillTellAStory) {
  if (!std::filesystem::exists(kModels)) GTEST_SKIP() << "needs " << kModels;
  const auto checkpoint = open_checkpoint(kModels / "stories260K.bin");
  ASSERT_TRUE(checkpoint);
  const auto tokenizer = find_tokenizer(kModels / "stories260K.bin", 512);
  ASSERT_TRUE(tokenizer);
  const auto core = *neuroncore::load_core(isa::Generation::kV4);
  for (const RunPrecision precision :
       {RunPrecision::kBfloat16, RunPrecision::kMxfp8, RunPrecision::kMxfp4}) {
    for (const int ranks : {1, 2}) {
      const auto generated = generate(**checkpoint, **tokenizer, core, "",
                                      {.steps = 60, .ranks = ranks, .precision = precision},
                                      no_time, [](const std::string&) {});
      ASSERT_TRUE(generated) << to_text(generated.error());
      EXPECT_THAT(generated->completion, testing::StartsWith("Once upon"));
    }
  }
}

TEST(PrecisionTest, MxFormatsNeedNeuronCoreV4) {
  if (!std::filesystem::exists(kModels)) GTEST_SKIP() << "needs " << kModels;
  const auto checkpoint = open_checkpoint(kModels / "stories260K.bin");
  ASSERT_TRUE(checkpoint);
  const auto tokenizer = find_tokenizer(kModels / "stories260K.bin", 512);
  const auto core = *neuroncore::load_core(isa::Generation::kV3);
  const auto generated =
      generate(**checkpoint, **tokenizer, core, "", {.steps = 2, .precision = RunPrecision::kMxfp8},
               no_time, [](const std::string&) {});
  ASSERT_FALSE(generated);
  EXPECT_THAT(to_text(generated.error()), testing::HasSubstr("NeuronCore-v3"));
}

INSTANTIATE_TEST_SUITE_P(Cores, StoriesTest,
                         testing::Values(Case{isa::Generation::kV2, 1},
                                         Case{isa::Generation::kV3, 1},
                                         Case{isa::Generation::kV4, 1},
                                         Case{isa::Generation::kV4, 2},
                                         Case{isa::Generation::kV3, 4}));

}  // namespace
}  // namespace switchyard::runtime
