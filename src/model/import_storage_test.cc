#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "model/import.h"

namespace switchyard::model {
namespace {

using ::testing::HasSubstr;

Json base() {
  return Json{{"model_type", "deepseek_v3"}, {"hidden_size", 64},        {"intermediate_size", 128},
              {"num_hidden_layers", 6},      {"num_attention_heads", 8}, {"vocab_size", 1000}};
}

Json with(const Json& quantisation) {
  Json config = base();
  config["quantization_config"] = quantisation;
  return config;
}

// "attention dense expert", by name and bits.
std::string stored(const Json& config) {
  const auto model = import_config(config, "c.json", "m");
  if (!model) return to_text(model.error());
  EXPECT_EQ(model->stored_as(WeightClass::kEmbedding).width(), 16);
  EXPECT_EQ(model->stored_as(WeightClass::kSmall).width(), 16);
  std::string out;
  for (const WeightClass weights :
       {WeightClass::kAttention, WeightClass::kDense, WeightClass::kExpert}) {
    const StoredFormat& format = model->stored_as(weights);
    out += fmt::format("{} {:.5g} ", format.name, format.bits);
  }
  return out;
}

Json group(const Json& weights, const Json& targets = {"Linear"}) {
  return {{"weights", weights}, {"targets", targets}};
}

TEST(Storage, IsBf16UnlessTheConfigSaysOtherwise) {
  Json config = base();
  EXPECT_EQ(stored(config), "bf16 16 bf16 16 bf16 16 ");
  config["torch_dtype"] = "float16";
  EXPECT_EQ(stored(config), "fp16 16 fp16 16 fp16 16 ");
  config["dtype"] = "int3";
  EXPECT_THAT(stored(config), HasSubstr("dtype: is \"int3\""));
  const auto wide = import_config(
      Json{{"model_type", "llava"}, {"dtype", "float32"}, {"text_config", base()}}, "c.json", "m");
  ASSERT_TRUE(wide.has_value());
  EXPECT_EQ(wide->stored_as(WeightClass::kSmall).width(), 32);
}

TEST(Storage, CountsTheScalesOfFp8Blocks) {
  EXPECT_EQ(stored(with({{"quant_method", "fp8"}})), "fp8 8 fp8 8 fp8 8 ");
  EXPECT_EQ(stored(with({{"quant_method", "fp8"}, {"weight_block_size", {128, 128}}})),
            "fp8 8.002 fp8 8.002 fp8 8.002 ");
  for (const Json& bad : {Json::array({128}), Json::array({0, 128}), Json::array({"a", "b"})})
    EXPECT_THAT(stored(with({{"quant_method", "fp8"}, {"weight_block_size", bad}})),
                HasSubstr("weight_block_size"));
}

TEST(Storage, KeepsNamedModulesAsTheyAre) {
  EXPECT_EQ(stored(with({{"quant_method", "fp8"},
                         {"modules_to_not_convert", {"gate", "lm_head", "self_attn"}}})),
            "bf16 16 fp8 8 fp8 8 ");
  // An exception for the first layer is not one for the class.
  EXPECT_EQ(stored(with({{"quant_method", "fp8"}, {"ignored_layers", {"model.layers.0"}}})),
            "fp8 8 fp8 8 fp8 8 ");
}

TEST(Storage, PacksOnlyExpertsInMxfp4) {
  EXPECT_EQ(stored(with({{"quant_method", "mxfp4"},
                         {"modules_to_not_convert", {"model.layers.*.self_attn", "lm_head"}}})),
            "bf16 16 bf16 16 mxfp4 4.25 ");
}

TEST(Storage, ReadsCompressedTensors) {
  const Json int4{{"num_bits", 4}, {"type", "int"}, {"group_size", 32}};
  Json config{{"quant_method", "compressed-tensors"},
              {"ignore",
               {"lm_head", "re:.*self_attn.*", "re:.*shared_experts.*",
                "re:.*mlp\\.(gate|up|gate_up|down)_proj.*"}},
              {"config_groups", {{"group_0", group(int4)}}}};
  EXPECT_EQ(stored(with(config)), "bf16 16 bf16 16 int4 4.5 ");
  config["ignore"] = Json::array();
  config["config_groups"] = {
      {"a", group({{"num_bits", 8}, {"type", "float"}}, {"re:.*self_attn.*"})},
      {"b", group({{"num_bits", 4}, {"type", "float"}, {"group_size", 16}})}};
  EXPECT_EQ(stored(with(config)), "fp8 8 nvfp4 4.5 nvfp4 4.5 ");
  config["config_groups"] = {{"a", group({{"num_bits", 5}, {"type", "int"}})}};
  EXPECT_THAT(stored(with(config)), HasSubstr("num_bits: is 5"));
  config.erase("config_groups");
  EXPECT_THAT(stored(with(config)), HasSubstr("config_groups: is missing"));
}

TEST(Storage, ReadsModeloptAwqAndGptq) {
  EXPECT_EQ(stored(with({{"quant_method", "modelopt"},
                         {"quant_algo", "NVFP4"},
                         {"ignore", {"model.layers.3.self_attn*"}}})),
            "bf16 16 nvfp4 4.5 nvfp4 4.5 ");
  EXPECT_THAT(stored(with({{"quant_method", "modelopt"}, {"quant_algo", "W4A8"}})),
              HasSubstr("quant_algo: is \"W4A8\""));
  EXPECT_EQ(stored(with({{"quant_method", "awq"}, {"bits", 4}, {"group_size", 128}})),
            "int4 4.1562 int4 4.1562 int4 4.1562 ");
  EXPECT_EQ(stored(with({{"quant_method", "gptq"}, {"bits", 8}, {"group_size", -1}})),
            "int8 8 int8 8 int8 8 ");
  EXPECT_THAT(stored(with({{"quant_method", "gptq"}, {"bits", 3}})), HasSubstr("bits: is 3"));
}

TEST(Storage, RefusesUnknownMethodsAndKinds) {
  EXPECT_THAT(stored(with({{"quant_method", "bitsandbytes"}})), HasSubstr("bitsandbytes"));
  EXPECT_THAT(stored(with(Json::object())), HasSubstr("quant_method: is missing"));
  EXPECT_THAT(stored(with("fp8")), HasSubstr("quantization_config: is \"fp8\""));
}

TEST(Storage, SaysWhichPatternItCouldNotRead) {
  const auto model =
      import_config(with({{"quant_method", "fp8"}, {"ignore", {"re:.*[abc]{2}"}}}), "c.json", "m");
  ASSERT_TRUE(model.has_value());
  EXPECT_THAT(model->note, HasSubstr("re:.*[abc]{2}"));
}

}  // namespace
}  // namespace switchyard::model
