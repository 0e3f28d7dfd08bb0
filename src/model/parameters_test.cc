#include "model/parameters.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace switchyard::model {
namespace {

// Sizes small enough to count by hand.
Model tiny() {
  Model model{.id = "tiny", .hidden = 10, .vocabulary = 100};
  model.layers = {{.count = 3,
                   .attention = {.heads = 4, .kv_heads = 2, .head_dim = 5, .v_head_dim = 5},
                   .feed_forward = {.width = 7}}};
  return model;
}

TEST(Parameters, CountADenseLayer) {
  const Model model = tiny();
  const LayerParameters layer = parameters(model, model.layers[0]);
  EXPECT_EQ(layer.attention, 10 * 20 + 2 * 10 * 10 + 20 * 10);
  EXPECT_EQ(layer.dense, 3 * 10 * 7);
  EXPECT_EQ(layer.experts, 0);
  EXPECT_EQ(layer.small, 2 * 10);
  const Parameters all = parameters(model);
  EXPECT_EQ(all.total, 3 * layer.total() + 2 * 1000 + 10);
  EXPECT_EQ(all.active, all.total - 1000);
}

TEST(Parameters, CountATiedTableOnceAndAlwaysActive) {
  Model model = tiny();
  const std::int64_t untied = parameters(model).total;
  model.tied_embeddings = true;
  EXPECT_EQ(parameters(model).total, untied - 1000);
  EXPECT_EQ(parameters(model).active, parameters(model).total);
}

TEST(Parameters, CountBiasesNormsAndSinks) {
  Model model = tiny();
  const LayerParameters plain = parameters(model, model.layers[0]);
  Attention& a = model.layers[0].attention;
  a.qkv_bias = a.output_bias = a.qk_norm = a.sinks = true;
  model.layers[0].feed_forward.bias = true;
  model.layers[0].norms = 4;
  const LayerParameters full = parameters(model, model.layers[0]);
  EXPECT_EQ(full.attention - plain.attention, 20 + 10 + 10 + 10);
  EXPECT_EQ(full.dense - plain.dense, 7 + 7 + 10);
  EXPECT_EQ(full.small - plain.small, 2 * 10 + 2 * 5 + 4);
  a.qk_norm = false;
  a.qk_norm_full = true;
  EXPECT_EQ(parameters(model, model.layers[0]).small - plain.small, 2 * 10 + 20 + 10 + 4);
}

TEST(Parameters, CountChosenExpertsAsActive) {
  Model model = tiny();
  model.layers[0].feed_forward = {.experts = 8,
                                  .experts_per_token = 2,
                                  .expert_width = 6,
                                  .shared_width = 9,
                                  .shared_gate = true,
                                  .router_bias = true};
  const LayerParameters layer = parameters(model, model.layers[0]);
  EXPECT_EQ(layer.experts, 8 * 3 * 10 * 6);
  EXPECT_EQ(layer.dense, 3 * 10 * 9);
  EXPECT_EQ(layer.small, 2 * 10 + 8 * 10 + 8 + 10);
  const Parameters all = parameters(model);
  EXPECT_EQ(all.active, all.total - 1000 - 3 * 6 * 180);
  model.layers[0].feed_forward.experts_per_token = 8;
  EXPECT_EQ(parameters(model).active, parameters(model).total - 1000);
}

TEST(Parameters, CountLatentAttentionAndItsIndexer) {
  Model model = tiny();
  Attention& a = model.layers[0].attention;
  a = {.kind = AttentionKind::kLatent,
       .heads = 4,
       .head_dim = 5,
       .v_head_dim = 3,
       .kv_lora_rank = 6,
       .rope_head_dim = 2};
  const std::int64_t keys = 10 * (6 + 2) + 6 * 4 * (3 + 3) + 4 * 3 * 10;
  EXPECT_EQ(parameters(model, model.layers[0]).attention, 10 * 20 + keys);
  EXPECT_EQ(parameters(model, model.layers[0]).small, 2 * 10 + 6);
  a.q_lora_rank = 7;
  EXPECT_EQ(parameters(model, model.layers[0]).attention, 10 * 7 + 7 * 20 + keys);
  a.index_heads = 2;
  a.index_head_dim = 4;
  a.index_top_k = 100;
  EXPECT_EQ(parameters(model, model.layers[0]).attention,
            10 * 7 + 7 * 20 + keys + 7 * 2 * 4 + 10 * (4 + 2));
}

TEST(Parameters, EstimateInFloatingPointAgrees) {
  Random random(7);
  for (int i = 0; i < 200; ++i) {
    Model model = tiny();
    model.hidden = 1 + static_cast<std::int64_t>(random.below(8192));
    model.vocabulary = 1 + static_cast<std::int64_t>(random.below(200000));
    model.layers[0].feed_forward.width = static_cast<std::int64_t>(random.below(30000));
    const double exact = static_cast<double>(parameters(model).total);
    EXPECT_DOUBLE_EQ(approximate_parameters(model), exact);
  }
}

TEST(StoredBytes, WeighEachClassByItsFormat) {
  Model model = tiny();
  const Parameters counts = parameters(model);
  EXPECT_DOUBLE_EQ(stored_bytes(model).value(), 2.0 * static_cast<double>(counts.total));
  EXPECT_DOUBLE_EQ(bytes_at(model, 16).value(), 2.0 * static_cast<double>(counts.total));
  model.stored[static_cast<std::size_t>(WeightClass::kDense)] = {"mxfp4", 4.25};
  const double dense = 3 * 210;
  EXPECT_DOUBLE_EQ(stored_bytes(model).value(),
                   2.0 * static_cast<double>(counts.total) - dense * (16 - 4.25) / 8);
  const double narrow = dense + 3 * 600;
  EXPECT_DOUBLE_EQ(bytes_at(model, 8).value(), 2.0 * static_cast<double>(counts.total) - narrow);
}

TEST(StoredFormat, NamesItsNominalWidth) {
  EXPECT_EQ((StoredFormat{"mxfp4", 4.25}.width()), 4);
  EXPECT_EQ((StoredFormat{"nvfp4", 4.5}.width()), 4);
  EXPECT_EQ((StoredFormat{"fp8", 8.002}.width()), 8);
  EXPECT_EQ((StoredFormat{"bf16", 16}.width()), 16);
  EXPECT_EQ((StoredFormat{"fp32", 32}.width()), 32);
}

TEST(KvBytes, StopGrowingAtTheWindow) {
  Model model = tiny();
  EXPECT_DOUBLE_EQ(kv_bytes_per_token(model, 16).value(), 3 * 2 * 10 * 2);
  EXPECT_DOUBLE_EQ(kv_bytes(model, 50, 16).value(), 50 * 120);
  model.layers.push_back(model.layers[0]);
  model.layers[1].attention.window = 20;
  EXPECT_DOUBLE_EQ(kv_bytes_per_token(model, 8).value(), 120);
  EXPECT_DOUBLE_EQ(kv_bytes(model, 20, 8).value(), 20 * 120);
  EXPECT_DOUBLE_EQ(kv_bytes(model, 50, 8).value(), 50 * 60 + 20 * 60);
  EXPECT_DOUBLE_EQ(kv_bytes(model, 0, 8).value(), 0);
}

TEST(KvBytes, KeepTheCompressedVectorOfMla) {
  Model model = tiny();
  model.layers[0].attention = {.kind = AttentionKind::kLatent,
                               .heads = 4,
                               .head_dim = 5,
                               .kv_lora_rank = 6,
                               .rope_head_dim = 2};
  EXPECT_DOUBLE_EQ(kv_bytes_per_token(model, 16).value(), 3 * 8 * 2);
  model.layers[0].attention.index_top_k = 9;
  model.layers[0].attention.index_head_dim = 4;
  EXPECT_DOUBLE_EQ(kv_bytes_per_token(model, 16).value(), 3 * 12 * 2);
}

}  // namespace
}  // namespace switchyard::model
