#include "serving/engines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace switchyard::serving {
namespace {

using testing::AllOf;
using testing::HasSubstr;

EngineOptions shipped(const char* name) { return *load_engine_options(name, "catalog/engines"); }

TEST(Engines, OfTheCatalogDifferWhereTheyShould) {
  EXPECT_EQ(shipped("vllm").policy, BatchPolicy::kMixed);
  EXPECT_EQ(shipped("sglang").policy, BatchPolicy::kPrefillFirst);
  EXPECT_TRUE(shipped("trtllm").reserve_output);
  EXPECT_FALSE(shipped("neuron").chunked_prefill);
}

TEST(Engines, UnknownOnesGetASuggestion) {
  const auto none = load_engine_options("vlm", "catalog/engines");
  ASSERT_FALSE(none);
  EXPECT_THAT(to_text(none.error()), HasSubstr("did you mean vllm?"));
  EXPECT_FALSE(load_engine_options("../economy", "catalog/engines"));
}

TEST(Engines, NameEveryFault) {
  const std::filesystem::path directory =
      std::filesystem::path(testing::TempDir()) / "engine_faults";
  std::filesystem::create_directories(directory);
  std::ofstream(directory / "mine.toml")
      << "[scheduler]\npolicy = \"prefil-first\"\nstep_tokens_max = 1\nblok_tokens = 16\n";
  const auto faulty = load_engine_options("mine", directory);
  ASSERT_FALSE(faulty);
  EXPECT_THAT(to_text(faulty.error()),
              AllOf(HasSubstr("did you mean prefill-first?"), HasSubstr("step_tokens_max"),
                    HasSubstr("did you mean block_tokens?"), HasSubstr("source: is missing")));
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace switchyard::serving
