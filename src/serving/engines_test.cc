#include "serving/engines.h"

#include <gtest/gtest.h>

namespace switchyard::serving {
namespace {

TEST(Engines, AllPresetsLoadAndDifferAsTheirSourcesSay) {
  const auto load = [](const char* name) {
    const auto engine = load_engine_options(name, "catalog/engines");
    EXPECT_TRUE(engine.has_value());
    return engine.value_or(EngineOptions{});
  };
  EXPECT_EQ(load("vllm").policy, BatchPolicy::kMixed);
  EXPECT_EQ(load("vllm").block_tokens, 16);
  EXPECT_EQ(load("sglang").policy, BatchPolicy::kPrefillFirst);
  EXPECT_TRUE(load("sglang").free_blocks_first);
  EXPECT_TRUE(load("trtllm").reserve_output);
  EXPECT_FALSE(load("trtllm").chunked_prefill);
  EXPECT_EQ(load("neuron").prefill_sequences_max, 1);
  EXPECT_EQ(load("neuron").pad_tokens_min, 128);
}

TEST(Engines, AnUnknownNameGetsASuggestion) {
  const auto engine = load_engine_options("vlm", "catalog/engines");
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().kind, ErrorKind::kUnknown);
  EXPECT_NE(to_text(engine.error()).find("vllm"), std::string::npos);
}

}  // namespace
}  // namespace switchyard::serving
