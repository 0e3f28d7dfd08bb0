#include "model/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/parameters.h"

namespace switchyard::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Json llama() {
  return Json{{"model_type", "llama"},    {"hidden_size", 64},
              {"intermediate_size", 128}, {"num_hidden_layers", 4},
              {"num_attention_heads", 8}, {"num_key_value_heads", 2},
              {"vocab_size", 1000},       {"max_position_embeddings", 2048}};
}

Json of_type(const std::string& type) {
  Json config = llama();
  config["model_type"] = type;
  return config;
}

Json deepseek(const std::string& type = "deepseek_v3") {
  Json config = of_type(type);
  config["n_routed_experts"] = 16;
  config["num_experts_per_tok"] = 4;
  config["first_k_dense_replace"] = 1;
  return config;
}

Model imported(const Json& config) {
  const auto model = import_config(config, "c.json", "m");
  EXPECT_TRUE(model.has_value()) << (model ? "" : to_text(model.error()));
  return model.value_or(Model{});
}

std::string error_of(const Json& config) {
  const auto model = import_config(config, "c.json", "m");
  return model ? "imported" : to_text(model.error());
}

TEST(Import, ReadsADenseModel) {
  const Model model = imported(llama());
  EXPECT_EQ(model.id, "m");
  EXPECT_EQ(model.family, "llama");
  EXPECT_EQ(model.note, "");
  EXPECT_EQ(model.hidden, 64);
  EXPECT_EQ(model.vocabulary, 1000);
  EXPECT_FALSE(model.tied_embeddings);
  ASSERT_EQ(model.layers.size(), 1u);
  const LayerKind& layer = model.layers[0];
  EXPECT_EQ(layer.count, 4);
  EXPECT_EQ(layer.norms, 2);
  EXPECT_EQ(layer.attention,
            (Attention{.heads = 8, .kv_heads = 2, .head_dim = 8, .v_head_dim = 8}));
  EXPECT_EQ(layer.feed_forward, FeedForward{.width = 128});
}

TEST(Import, TakesClassDefaultsForOmittedKeys) {
  Json config = llama();
  config.erase("num_key_value_heads");
  EXPECT_EQ(imported(config).layers[0].attention.kv_heads, 8);  // llama: as many as heads
  config["model_type"] = "mistral";
  const Attention mistral = imported(config).layers[0].attention;
  EXPECT_EQ(mistral.kv_heads, 8);
  EXPECT_EQ(mistral.window, 4096);
  config["sliding_window"] = nullptr;
  config["num_key_value_heads"] = nullptr;
  EXPECT_EQ(imported(config).layers[0].attention.window, 0);
  EXPECT_EQ(imported(of_type("qwen3")).layers[0].attention.head_dim, 128);
  const FeedForward mixtral = imported(of_type("mixtral")).layers[0].feed_forward;
  EXPECT_EQ(mixtral.experts, 8);
  EXPECT_EQ(mixtral.experts_per_token, 2);
  EXPECT_EQ(mixtral.expert_width, 128);
}

TEST(Import, DemandsTheCoreSizesOfACompleteConfig) {
  for (const char* key : {"hidden_size", "intermediate_size", "num_hidden_layers",
                          "num_attention_heads", "vocab_size"}) {
    Json config = llama();
    config.erase(key);
    EXPECT_THAT(error_of(config), HasSubstr(std::string("c.json: ") + key + ": is missing"));
  }
}

TEST(Import, LetsATextConfigOmitThem) {
  const Json config{{"model_type", "gemma3"},
                    {"vision_config", Json::object()},
                    {"text_config", {{"hidden_size", 2560}, {"num_hidden_layers", 12}}}};
  const Model model = imported(config);
  EXPECT_EQ(model.family, "gemma3_text");
  EXPECT_EQ(model.vocabulary, 262208);
  EXPECT_TRUE(model.tied_embeddings);
  EXPECT_THAT(model.note, HasSubstr("vision tower is left out"));
  ASSERT_EQ(model.layers.size(), 2u);
  EXPECT_EQ(model.layers[0].count, 10);  // five of six have the window
  EXPECT_EQ(model.layers[0].attention.window, 4096);
  EXPECT_EQ(model.layers[1].count, 2);
  EXPECT_EQ(model.layers[1].attention.window, 0);
  EXPECT_EQ(model.layers[1].norms, 4);
  EXPECT_TRUE(model.layers[1].attention.qk_norm);
}

TEST(Import, TakesTheTextPartOfAnySupportedFamily) {
  Json config{{"model_type", "llava"}, {"text_config", llama()}, {"tie_word_embeddings", true}};
  EXPECT_EQ(imported(config).family, "llama");
  EXPECT_TRUE(imported(config).tied_embeddings);
  config["text_config"]["model_type"] = "gemma4_text";
  EXPECT_THAT(error_of(config), AllOf(HasSubstr("llava"), HasSubstr("gemma4_text")));
  EXPECT_THAT(error_of({{"model_type", "mistral3"}}), HasSubstr("text_config: is missing"));
}

TEST(Import, RefusesOtherFamiliesByName) {
  for (const char* type : {"qwen3_5_moe", "nemotron_h", "deepseek_v4", "gemma4", "nemotron-nas",
                           "mamba", "phi3", "", "LLAMA"}) {
    const auto model = import_config(of_type(type), "c.json", "m");
    ASSERT_FALSE(model.has_value()) << type;
    EXPECT_EQ(model.error().kind, ErrorKind::kUnknown);
    EXPECT_THAT(to_text(model.error()), AllOf(HasSubstr(type), HasSubstr("minimax_m2")));
  }
  EXPECT_THAT(error_of(Json::object()), HasSubstr("model_type: is missing"));
  EXPECT_THAT(error_of({{"model_type", 3}}), HasSubstr("model_type: is 3"));
  EXPECT_THAT(error_of(Json::array()), HasSubstr("an object"));
  EXPECT_THAT(error_of(nullptr), HasSubstr("an object"));
}

TEST(Import, AlternatesWindowsInGptOssAndGemma2) {
  for (const char* type : {"gpt_oss", "gemma2"}) {
    const Model model = imported(of_type(type));
    ASSERT_EQ(model.layers.size(), 2u) << type;
    EXPECT_GT(model.layers[0].attention.window, 0);
    EXPECT_EQ(model.layers[0].count, 2);
    EXPECT_EQ(model.layers[1].attention.window, 0);
  }
}

TEST(Import, ObeysLayerTypesAndChecksTheirLength) {
  Json config = of_type("gpt_oss");
  const std::string full = "full_attention", sliding = "sliding_attention";
  config["layer_types"] = {full, full, full, sliding};
  EXPECT_EQ(imported(config).layers[0].count, 3);
  config["layer_types"] = {full, full, full};
  EXPECT_THAT(error_of(config), HasSubstr("layer_types: has 3 entries"));
  config["layer_types"] = {full, full, full, "linear_attention"};
  EXPECT_THAT(error_of(config), HasSubstr("linear_attention"));
  config["layer_types"] = {full, full, full, 4};
  EXPECT_THAT(error_of(config), HasSubstr("layer_types: holds 4"));
  config["layer_types"] = {full, full, full, sliding};
  config["sliding_window"] = nullptr;
  EXPECT_THAT(error_of(config), HasSubstr("sliding_window"));
}

TEST(Import, UsesQwenWindowsOnlyWhenAskedTo) {
  Json config = of_type("qwen2");
  config["sliding_window"] = 100;
  config["max_window_layers"] = 3;
  EXPECT_EQ(imported(config).layers.size(), 1u);
  config["use_sliding_window"] = true;
  const Model model = imported(config);
  ASSERT_EQ(model.layers.size(), 2u);
  EXPECT_EQ(model.layers[0].attention.window, 0);
  EXPECT_EQ(model.layers[0].count, 3);
  EXPECT_EQ(model.layers[1].attention.window, 100);
}

TEST(Import, PlacesQwenMoeLayersByStepAndExceptions) {
  Json config = of_type("qwen3_moe");
  config["decoder_sparse_step"] = 2;
  const Model every_second = imported(config);
  ASSERT_EQ(every_second.layers.size(), 2u);
  EXPECT_FALSE(every_second.layers[0].feed_forward.is_moe());
  EXPECT_EQ(every_second.layers[1].count, 2);
  config["mlp_only_layers"] = {3};
  EXPECT_EQ(imported(config).layers[1].count, 1);
  for (const Json& bad : {Json(4), Json(-1), Json("3"), Json(1e300), Json(1.5)}) {
    config["mlp_only_layers"] = Json::array({bad});
    EXPECT_THAT(error_of(config), HasSubstr("mlp_only_layers")) << bad;
  }
}

TEST(Import, GivesQwen2MoeItsGatedSharedExpert) {
  const FeedForward moe = imported(of_type("qwen2_moe")).layers[0].feed_forward;
  EXPECT_EQ(moe.experts, 60);
  EXPECT_EQ(moe.shared_width, 5632);
  EXPECT_TRUE(moe.shared_gate);
  Json config = of_type("qwen2_moe");
  config["shared_expert_intermediate_size"] = 0;
  EXPECT_FALSE(imported(config).layers[0].feed_forward.shared_gate);
}

TEST(Import, ReadsLatentAttention) {
  const Model model = imported(deepseek());
  ASSERT_EQ(model.layers.size(), 2u);
  EXPECT_EQ(model.layers[0].count, 1);
  EXPECT_EQ(model.layers[0].feed_forward.width, 128);
  const Attention& a = model.layers[1].attention;
  EXPECT_EQ(a.kind, AttentionKind::kLatent);
  EXPECT_EQ(a.head_dim, 192);
  EXPECT_EQ(a.rope_head_dim, 64);
  EXPECT_EQ(a.v_head_dim, 128);
  EXPECT_EQ(a.q_lora_rank, 1536);
  EXPECT_EQ(a.kv_lora_rank, 512);
  EXPECT_EQ(a.index_top_k, 0);
  EXPECT_TRUE(model.layers[1].feed_forward.router_bias);
  Json lite = deepseek("deepseek_v2");
  lite["q_lora_rank"] = nullptr;
  EXPECT_EQ(imported(lite).layers[1].attention.q_lora_rank, 0);
  EXPECT_FALSE(imported(lite).layers[1].feed_forward.router_bias);
  lite["n_routed_experts"] = nullptr;
  EXPECT_FALSE(imported(lite).layers[0].feed_forward.is_moe());
}

TEST(Import, ReadsTheIndexerOfSparseAttention) {
  Json config = deepseek("glm_moe_dsa");
  EXPECT_EQ(imported(config).layers[1].attention.index_heads, 32);
  EXPECT_EQ(imported(deepseek("deepseek_v32")).layers[1].attention.index_heads, 64);
  config["index_topk_freq"] = 4;
  EXPECT_THAT(error_of(config), HasSubstr("index_topk_freq"));
  config["index_topk_freq"] = 1;
  config["mlp_layer_types"] = {"dense", "sparse", "dense", "sparse"};
  EXPECT_EQ(imported(config).layers[1].count, 2);
  config["mlp_layer_types"] = {"dense"};
  EXPECT_THAT(error_of(config), HasSubstr("mlp_layer_types: has 1 entries"));
}

TEST(Import, SaysThatDraftLayersAreLeftOut) {
  Json config = deepseek();
  EXPECT_EQ(imported(config).note, "");
  config["num_nextn_predict_layers"] = 1;
  EXPECT_THAT(imported(config).note, HasSubstr("multi-token-prediction"));
}

TEST(Import, RefusesShapesThatDoNotFit) {
  Json config = llama();
  config["num_key_value_heads"] = 3;
  EXPECT_THAT(error_of(config), HasSubstr("num_key_value_heads: is 3"));
  config = llama();
  config["hidden_size"] = 65;
  EXPECT_THAT(error_of(config), HasSubstr("head_dim: is missing"));
  config["head_dim"] = 8;
  EXPECT_EQ(error_of(config), "imported");
  config = of_type("mixtral");
  config["num_local_experts"] = 4;
  config["num_experts_per_tok"] = 5;
  EXPECT_THAT(error_of(config), HasSubstr("num_experts_per_tok: is 5"));
  config["num_experts_per_tok"] = 4;
  EXPECT_EQ(error_of(config), "imported");
  config = of_type("minimax_m2");
  config["attn_type_list"] = {1, 1, 0, 1};
  EXPECT_THAT(error_of(config), HasSubstr("attn_type_list"));
}

TEST(Import, ReportsAllFaultsAtOnce) {
  Json config = llama();
  config["hidden_size"] = -1;
  config["vocab_size"] = "many";
  config.erase("num_hidden_layers");
  EXPECT_THAT(error_of(config),
              AllOf(HasSubstr("hidden_size: is -1"), HasSubstr("vocab_size: is \"many\""),
                    HasSubstr("num_hidden_layers: is missing")));
}

TEST(Import, BoundsEachSizeAndTheirProduct) {
  Json config = llama();
  config["vocab_size"] = 1e8;
  EXPECT_EQ(error_of(config), "imported");
  config["vocab_size"] = 1e8 + 1;
  EXPECT_THAT(error_of(config), HasSubstr("vocab_size"));
  config = of_type("mixtral");
  config["hidden_size"] = 1000000;
  EXPECT_THAT(error_of(config), HasSubstr("head_dim: comes to 125000"));
  config["head_dim"] = 128;
  EXPECT_EQ(error_of(config), "imported");
  config["intermediate_size"] = 10000000;
  config["num_hidden_layers"] = 10000;
  config["num_local_experts"] = 100000;
  EXPECT_THAT(error_of(config), HasSubstr("3e+22 parameters; wanted at most 1e+15"));
}

// Every key of every kind of config takes every bad value: an Error that names the key, or a Model
// whose counts hold; never a crash.
TEST(Import, SurvivesAnyValueUnderAnyKey) {
  const std::vector<Json> values = {nullptr,
                                    true,
                                    -1,
                                    0,
                                    1.5,
                                    1e300,
                                    "x",
                                    Json::array(),
                                    Json::object(),
                                    9223372036854775807,
                                    Json::array({nullptr})};
  for (const char* type : {"llama", "qwen2", "qwen2_moe", "gpt_oss", "gemma3_text", "glm4_moe",
                           "minimax_m2", "deepseek_v2", "glm_moe_dsa"}) {
    Json config = deepseek(type);
    for (const char* key : {"layer_types", "sliding_window", "quantization_config", "dtype",
                            "head_dim", "num_experts", "use_sliding_window", "mlp_only_layers",
                            "q_lora_rank", "index_topk", "tie_word_embeddings"})
      config[key] = nullptr;
    for (const auto& [key, before] : config.items()) {
      for (const Json& value : values) {
        Json changed = config;
        changed[key] = value;
        const auto model = import_config(changed, "c.json", "m");
        if (!model) {
          EXPECT_THAT(to_text(model.error()), HasSubstr("c.json")) << key << " = " << value;
        } else {
          EXPECT_GT(parameters(*model).total, 0) << key << " = " << value;
        }
      }
    }
  }
}

TEST(Import, RefusesWrongKindsUnderCoreKeys) {
  for (const char* key : {"hidden_size", "intermediate_size", "num_hidden_layers",
                          "num_attention_heads", "vocab_size", "num_key_value_heads"}) {
    for (const Json& value :
         {Json(-1), Json(0), Json(1.5), Json("8"), Json(1e300), Json(true), Json::array({8})}) {
      Json config = llama();
      config[key] = value;
      EXPECT_THAT(error_of(config), HasSubstr(std::string("c.json: ") + key)) << value;
    }
  }
}

}  // namespace
}  // namespace switchyard::model
