#include "model/module_pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace switchyard::model {
namespace {

constexpr auto kName = "model.layers.12.mlp.experts.0.gate_proj";

bool covers(const std::string& pattern) {
  return matches_module(pattern, kName) == PatternMatch::kYes;
}

TEST(ModulePattern, PlainPathsCoverWhatLiesBelow) {
  for (const char* yes : {"model.layers.12", "mlp", "experts", "model", "gate_proj",
                          "language_model.model.layers.12.mlp", "language_model.layers.12"})
    EXPECT_TRUE(covers(yes)) << yes;
  for (const char* no : {"", "gate", "model.layers.1", "layers.12.self_attn", "lm_head", "."})
    EXPECT_FALSE(covers(no)) << no;
}

TEST(ModulePattern, WildcardsStandForAnyText) {
  for (const char* yes : {"model.layers.*.mlp", "*experts*", "model.layers.12*", "*", "*.gate_*"})
    EXPECT_TRUE(covers(yes)) << yes;
  for (const char* no : {"model.layers.*.self_attn", "*shared*", "model.layers.13*"})
    EXPECT_FALSE(covers(no)) << no;
}

TEST(ModulePattern, RegularExpressionsMatchFromTheStart) {
  for (const char* yes : {"re:.*experts.*", "re:model\\.layers\\.\\d+\\.mlp", "re:.*proj$",
                          "re:.*\\.(up|gate|down)_proj", "re:^model", "re:.*(?:gate)_proj$",
                          "re:mo?del", "re:.*experts\\.0.gate_proj"})
    EXPECT_TRUE(covers(yes)) << yes;
  for (const char* no : {"re:experts", "re:.*self_attn.*", "re:.*mlp$", "re:.*mlp\\.(gate|up)_proj",
                         "re:model\\.layers\\.\\d\\.mlp"})
    EXPECT_FALSE(covers(no)) << no;
}

TEST(ModulePattern, AdmitsWhatItDoesNotUnderstand) {
  for (const char* odd : {"re:[a-z]+", "re:(model", "re:(a|b)*", "re:\\", "re:*", "re:m{2}"})
    EXPECT_EQ(matches_module(odd, kName), PatternMatch::kNotUnderstood) << odd;
  EXPECT_EQ(matches_module(std::string(1000, '*'), kName), PatternMatch::kNotUnderstood);
}

TEST(ModulePattern, BoundsTheWorkOfHostilePatterns) {
  std::string hostile = "re:";
  for (int i = 0; i < 60; ++i) hostile += ".*";
  EXPECT_EQ(matches_module(hostile + "!", kName), PatternMatch::kNotUnderstood);
  EXPECT_EQ(matches_module("re:" + std::string(250, '('), kName), PatternMatch::kNotUnderstood);
}

}  // namespace
}  // namespace switchyard::model
