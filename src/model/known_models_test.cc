#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "model/import.h"
#include "model/parameters.h"

namespace switchyard::model {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

const fs::path kModels = "catalog/models";

const std::vector<KnownModel>& known() {
  static const auto models = load_known_models(kModels);
  EXPECT_TRUE(models.has_value()) << (models ? "" : to_text(models.error(), 100));
  static const std::vector<KnownModel> none;
  return models ? *models : none;
}

TEST(KnownModels, AgreeWithPublishedCounts) {
  ASSERT_GE(known().size(), 49u);
  for (const KnownModel& one : known()) {
    const Parameters counts = parameters(one.model);
    const Published& published = one.published;
    EXPECT_GT(published.total, 0) << one.model.id;
    EXPECT_FALSE(published.source.empty()) << one.model.id;
    EXPECT_NEAR(static_cast<double>(counts.total) / published.total, 1, 0.005) << one.model.id;
    if (published.active > 0) {
      EXPECT_NEAR(static_cast<double>(counts.active), published.active,
                  std::max(0.005 * published.active, published.active_rounding))
          << one.model.id;
    }
    EXPECT_FALSE(one.model.name.empty()) << one.model.id;
    EXPECT_FALSE(one.aliases.empty()) << one.model.id;
  }
}

TEST(KnownModels, KeepTheFormatsTheyAreServedIn) {
  const auto stored = [](const char* id, WeightClass weights) {
    const auto model = find_model(id, kModels);
    return model ? model->stored_as(weights).name : to_text(model.error());
  };
  EXPECT_EQ(stored("gpt-oss-120b", WeightClass::kExpert), "mxfp4");
  EXPECT_EQ(stored("gpt-oss-120b", WeightClass::kAttention), "bf16");
  EXPECT_EQ(stored("deepseek-r1", WeightClass::kAttention), "fp8");
  EXPECT_EQ(stored("kimi-k2.5", WeightClass::kExpert), "int4");
  EXPECT_EQ(stored("kimi-k2.5", WeightClass::kDense), "bf16");
  EXPECT_EQ(stored("minimax-m2", WeightClass::kExpert), "fp8");
}

TEST(KnownModels, HaveThePublishedKvCacheSizes) {
  // Insights into DeepSeek-V3, arXiv 2505.09343, table 1: KV cache per token in bf16.
  const auto bytes = [](const char* id) {
    return kv_bytes_per_token(find_model(id, kModels).value(), 16).value();
  };
  EXPECT_NEAR(bytes("deepseek-v3"), 70272, 1);
  EXPECT_NEAR(bytes("llama-3.1-405b"), 516096, 1);
  EXPECT_NEAR(bytes("qwen2.5-72b"), 327680, 1);
}

TEST(FindModel, KnowsShortNamesAndAliasesInAnyCase) {
  for (const char* name : {"gpt-oss-120b", "GPT-OSS-120B", "openai/gpt-oss-120b"})
    EXPECT_EQ(find_model(name, kModels).value().id, "gpt-oss-120b") << name;
}

TEST(FindModel, SuggestsForMisspeltNames) {
  const auto model = find_model("gpt-os-120b", kModels);
  ASSERT_FALSE(model.has_value());
  EXPECT_EQ(model.error().kind, ErrorKind::kUnknown);
  EXPECT_THAT(model.error().hint, HasSubstr("gpt-oss-120b"));
  const auto missing = find_model("./no/such/config.json", kModels);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().kind, ErrorKind::kIo);
}

class InDirectory : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    directory_ = fs::path(::testing::TempDir()) / ("switchyard_model_" + std::string(info->name()));
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }
  fs::path write(const std::string& name, const std::string& text) {
    std::ofstream(directory_ / name) << text;
    return directory_ / name;
  }
  static constexpr auto kConfig = R"({"model_type": "llama", "hidden_size": 64,
    "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 99})";
  static constexpr auto kToml =
      R"(name = "A"
aliases = ["x"]
config = { model_type = "llama", hidden_size = 64, intermediate_size = 128,)"
      R"( num_hidden_layers = 2, num_attention_heads = 4, vocab_size = 99 }
)";
  fs::path directory_;
};

using FindModelInDirectory = InDirectory;
using LoadKnownModels = InDirectory;

TEST_F(FindModelInDirectory, TakesAConfigFileOrItsDirectory) {
  const fs::path file = write("config.json", kConfig);
  EXPECT_EQ(find_model(file.string(), kModels).value().id, directory_.filename().string());
  EXPECT_EQ(find_model(directory_.string(), kModels).value().vocabulary, 99);
  EXPECT_EQ(find_model(write("mine.json", kConfig).string(), kModels).value().id, "mine");
  const auto broken = find_model(write("broken.json", "{").string(), kModels);
  ASSERT_FALSE(broken.has_value());
  EXPECT_THAT(broken.error().where, HasSubstr("broken.json"));
}

TEST_F(LoadKnownModels, ReportTheFaultsOfAllFilesTogether) {
  write("a.toml", std::string("id = \"b\"\n") + kToml);
  write("c.toml", std::string("id = \"c\"\nalias = 1\n") + kToml);
  write("d.toml", "id = \"d\"\nname = \"D\"\n");
  write("notes.txt", "not a model");
  const auto models = load_known_models(directory_);
  ASSERT_FALSE(models.has_value());
  const std::string text = to_text(models.error());
  EXPECT_THAT(text, HasSubstr("a.toml: id: is \"b\""));
  EXPECT_THAT(text, HasSubstr("\"alias\": is not a known key"));
  EXPECT_THAT(text, HasSubstr("d.toml: config: is missing"));
  EXPECT_THAT(text, HasSubstr("\"x\" also names"));
}

TEST_F(LoadKnownModels, RefuseAMisspeltConfigKey) {
  std::string text = std::string("id = \"a\"\n") + kToml;
  write("a.toml", text);
  EXPECT_TRUE(load_known_models(directory_).has_value());
  text.replace(text.find("vocab_size"), 10, "vocab_size = 99, rope_teta");
  write("a.toml", text);
  EXPECT_THAT(to_text(load_known_models(directory_).error()), HasSubstr("rope_teta"));
}

TEST(LoadKnownModelsFrom, NoDirectoryIsAnError) {
  const auto models = load_known_models("no/such/directory");
  ASSERT_FALSE(models.has_value());
  EXPECT_EQ(models.error().kind, ErrorKind::kIo);
}

// Real configs, where a copy of them stands beside the repository.
TEST(RealConfigs, ImportOrAreRefusedByName) {
  const fs::path directory = "../shared/data/models/configs";
  if (!fs::is_directory(directory)) GTEST_SKIP() << "no model configs at " << directory;
  int imported = 0, refused = 0;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() != ".json") continue;
    const auto model = find_model(entry.path().string(), kModels);
    if (model) {
      ++imported;
      continue;
    }
    ++refused;
    // Python writes Infinity, which is not JSON; the two configs that have it are Nemotrons.
    if (model.error().kind != ErrorKind::kUnknown) {
      EXPECT_THAT(to_text(model.error()), AllOf(HasSubstr("emotron"), HasSubstr("valid JSON")));
    }
  }
  EXPECT_EQ(imported, 18);
  EXPECT_EQ(refused, 9);
}

TEST(RealConfigs, DescribeTheSameModelsAsTheCatalog) {
  const fs::path directory = "../shared/data/models/configs";
  if (!fs::is_directory(directory)) GTEST_SKIP() << "no model configs at " << directory;
  int compared = 0;
  for (const KnownModel& one : known()) {
    for (std::string alias : one.aliases) {
      const auto slash = alias.find('/');
      if (slash == std::string::npos) continue;
      alias.replace(slash, 1, "--");
      const fs::path path = directory / (alias + "_config.json");
      if (!fs::exists(path)) continue;
      const auto model = find_model(path.string(), kModels);
      ASSERT_TRUE(model.has_value()) << path;
      ++compared;
      EXPECT_EQ(parameters(*model).by_class, parameters(one.model).by_class) << path;
      EXPECT_EQ(kv_bytes(*model, 1e5, 16), kv_bytes(one.model, 1e5, 16)) << path;
      EXPECT_EQ(stored_bytes(*model), stored_bytes(one.model)) << path;
      EXPECT_EQ(model->context_max, one.model.context_max) << path;
    }
  }
  EXPECT_GE(compared, 15);
}

}  // namespace
}  // namespace switchyard::model
