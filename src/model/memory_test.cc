#include "model/memory.h"

#include <gtest/gtest.h>

#include "model/import.h"
#include "model/parameters.h"

namespace switchyard::model {
namespace {

Model named(const char* id) { return *find_model(id, "catalog/models"); }

double cache(const Model& model, const Sharding& sharding, double tokens, double bits = 16) {
  const StorageBits storage{.cache = bits};
  return memory_footprint(model, sharding, storage, tokens, 1).cache_per_sequence.value();
}

TEST(MemoryFootprint, OfOneChipHoldsAllParameters) {
  for (const char* id : {"llama-3.1-8b", "mixtral-8x7b", "gemma-2-27b", "deepseek-r1"}) {
    const Model model = named(id);
    const Bytes weights = memory_footprint(model, {}, {}, 1, 1).weights;
    EXPECT_NEAR(weights.value() / (2.0 * static_cast<double>(parameters(model).total)), 1, 1e-4)
        << id;
  }
}

TEST(MemoryFootprint, CacheAgreesWithTheModelsOwnCount) {
  for (const char* id : {"llama-3.1-8b", "gemma-3-27b", "deepseek-r1", "gpt-oss-120b"}) {
    const Model model = named(id);
    for (const double tokens : {100.0, 5000.0}) {
      EXPECT_NEAR(cache(model, {}, tokens, 8) / kv_bytes(model, tokens, 8).value(), 1, 1e-9) << id;
    }
  }
}

TEST(MemoryFootprint, WindowsCapTheCache) {
  Model model = named("llama-3.1-8b");
  for (LayerKind& layer : model.layers) layer.attention.window = 1000;
  EXPECT_LT(cache(model, {}, 999), cache(model, {}, 1000));
  EXPECT_EQ(cache(model, {}, 1000), cache(model, {}, 100000));
}

TEST(MemoryFootprint, KvHeadsAreCutUntilEachRankHasOne) {
  const Model model = named("llama-3.1-8b");  // 8 KV heads
  EXPECT_DOUBLE_EQ(cache(model, {.tp = 8}, 500), cache(model, {}, 500) / 8);
  EXPECT_DOUBLE_EQ(cache(model, {.tp = 16}, 500), cache(model, {.tp = 8}, 500));
}

TEST(MemoryFootprint, LatentCacheIsReplicatedOverTensorRanks) {
  const Model model = named("deepseek-r1");
  EXPECT_DOUBLE_EQ(cache(model, {.tp = 8}, 500), cache(model, {}, 500));
  EXPECT_DOUBLE_EQ(cache(model, {.dp = 8, .ep = 8}, 500), cache(model, {}, 500) / 8);
  EXPECT_DOUBLE_EQ(cache(model, {.cp = 2}, 500), cache(model, {}, 500) / 2);
}

TEST(MemoryFootprint, WeightsShrinkWithEveryCut) {
  const Model model = named("deepseek-r1");
  const auto weights = [&](const Sharding& s) {
    return memory_footprint(model, s, {}, 1, 1).weights;
  };
  EXPECT_LT(weights({.tp = 2}), weights({}));
  EXPECT_LT(weights({.pp = 2}), weights({}));
  EXPECT_LT(weights({.dp = 2, .ep = 2}), weights({}));
  // Attention is whole in each data-parallel group.
  EXPECT_GT(weights({.dp = 2, .ep = 2}), weights({.tp = 2}));
}

TEST(MemoryFootprint, AddsUpOverSequences) {
  const MemoryFootprint m = memory_footprint(named("llama-3.1-8b"), {}, {}, 100, 64);
  EXPECT_DOUBLE_EQ(m.total(3).value(),
                   m.weights.value() + m.activations.value() + 3 * m.cache_per_sequence.value());
}

}  // namespace
}  // namespace switchyard::model
