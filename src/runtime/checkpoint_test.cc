#include "runtime/checkpoint.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "numeric/convert.h"
#include "runtime/generate.h"
#include "runtime/numbers_tokenizer.h"
#include "runtime/rank_weights.h"
#include "runtime/safetensors.h"

namespace switchyard::runtime {
namespace {

using testing::HasSubstr;

class FolderTest : public testing::Test {
 protected:
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("switchyard-runtime-" + std::to_string(::getpid()));
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path write(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return folder_ / name;
  }
};

template <class T>
std::string raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

// A llama2.c file of dim 8, hidden 12, 1 layer, 2 heads, 1 KV head, 10 tokens, 16 positions.
std::string small_llama2c(std::int32_t vocabulary = 10) {
  const std::vector<std::int32_t> header = {8, 12, 1, 2, 1, vocabulary, 16};
  const std::size_t floats =
      10 * 8 + 8 + 64 + 32 + 32 + 64 + 8 + 96 * 3 + 8 + 16 * 4 + (vocabulary < 0 ? 80 : 0);
  std::vector<float> weights(floats);
  for (std::size_t i = 0; i < floats; ++i) weights[i] = static_cast<float>(i);
  return raw(header) + raw(weights);
}

TEST_F(FolderTest, Llama2cPartsComeInTheFilesOrder) {
  const auto checkpoint = open_checkpoint(write("a.bin", small_llama2c()));
  ASSERT_TRUE(checkpoint) << to_text(checkpoint.error());
  EXPECT_EQ((*checkpoint->get()).read(Part::kEmbedding, 0)->front(), 0);
  EXPECT_EQ((*checkpoint)->read(Part::kAttentionNorm, 0)->front(), 80);
  EXPECT_EQ((*checkpoint)->read(Part::kQuery, 0)->front(), 88);
  EXPECT_EQ((*checkpoint)->read(Part::kGate, 0)->front(), 88 + 64 + 32 + 32 + 64 + 8);
  EXPECT_EQ((*checkpoint)->read(Part::kHead, 0)->front(), 0);
  const auto own_head = open_checkpoint(write("b.bin", small_llama2c(-10)));
  ASSERT_TRUE(own_head) << to_text(own_head.error());
  EXPECT_EQ((*own_head)->read(Part::kHead, 0)->front(),
            80 + 8 + 64 + 32 + 32 + 64 + 8 + 288 + 8 + 64);
}

TEST_F(FolderTest, Llama2cFilesOfAnotherSizeAreRefused) {
  const std::string good = small_llama2c();
  for (const std::string& bad :
       {good.substr(0, good.size() - 1), good + "x", good.substr(0, 20), std::string("hello")}) {
    EXPECT_FALSE(open_checkpoint(write("bad.bin", bad)));
  }
  std::string header = good;
  header[0] = 0;
  const auto zero = open_checkpoint(write("zero.bin", header));
  ASSERT_FALSE(zero);
  EXPECT_THAT(to_text(zero.error()), HasSubstr("header value 1 is 0"));
}

std::string safetensors(const std::string& header, const std::string& data) {
  const std::uint64_t size = header.size();
  return raw(std::vector<std::uint64_t>{size}) + header + data;
}

TEST_F(FolderTest, SafetensorsAreReadInTheirTypes) {
  const std::vector<float> values = {1, -2.5F, 0.125F};
  std::string half(6, '\0'), brain(6, '\0');
  using numeric::ElementType;
  numeric::convert(ElementType::kFloat32, values.data(), ElementType::kFloat16, half.data(), 3);
  numeric::convert(ElementType::kFloat32, values.data(), ElementType::kBfloat16, brain.data(), 3);
  const auto file = write(
      "m.safetensors", safetensors(R"({"__metadata__":{"format":"pt"},)"
                                   R"("a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},)"
                                   R"("b":{"dtype":"F16","shape":[3,1],"data_offsets":[12,18]},)"
                                   R"("c":{"dtype":"BF16","shape":[1,3],"data_offsets":[18,24]},)"
                                   R"("d":{"dtype":"I8","shape":[2],"data_offsets":[24,26]}})",
                                   raw(values) + half + brain + "xy"));
  const auto listed = list_safetensors(file);
  ASSERT_TRUE(listed) << to_text(listed.error());
  for (const char* name : {"a", "b", "c"}) {
    EXPECT_EQ(*read_safetensor(name, listed->at(name)), values) << name;
  }
  EXPECT_FALSE(read_safetensor("d", listed->at("d")));
}

TEST_F(FolderTest, HostileSafetensorsAreRefused) {
  const std::string tensor = R"({"a":{"dtype":"F32","shape":[3],"data_offsets":)";
  for (const std::string& bad : {std::string("short"), safetensors("{", ""), safetensors("[1]", ""),
                                 safetensors(tensor + "[0,99]}}", std::string(12, 'x')),
                                 safetensors(tensor + "[8,4]}}", std::string(12, 'x')),
                                 safetensors(tensor + "[0,8]}}", std::string(12, 'x')),
                                 safetensors(tensor + "[-1,8]}}", std::string(12, 'x')),
                                 raw(std::vector<std::uint64_t>{~std::uint64_t{0}}) + "{}"}) {
    EXPECT_FALSE(list_safetensors(write("bad.safetensors", bad))) << bad;
  }
}

std::string config(const std::string& type) {
  return R"({"model_type":")" + type +
         R"(","hidden_size":16,"intermediate_size":24,"num_hidden_layers":2,)"
         R"("num_attention_heads":4,"num_key_value_heads":2,"vocab_size":20,"head_dim":4,)"
         R"("max_position_embeddings":64,"rope_theta":10000.0,"rms_norm_eps":1e-5})";
}

TEST_F(FolderTest, UnknownFamiliesAreNamedWithASuggestion) {
  const auto shape = random_checkpoint(write("config.json", config("lama")), 1);
  ASSERT_FALSE(shape);
  EXPECT_THAT(to_text(shape.error()), HasSubstr("did you mean llama?"));
}

// A random model with weights on disk in safetensors generates what its random source does, on one
// rank and on two.
TEST_F(FolderTest, RandomWeightsGenerateTheSameOnAnyNumberOfRanks) {
  const auto core = *neuroncore::load_core(isa::Generation::kV3);
  const auto tokenizer = numbers_tokenizer(20);
  for (const char* family : {"llama", "qwen2", "qwen3"}) {
    const auto checkpoint = random_checkpoint(write("config.json", config(family)), 3);
    ASSERT_TRUE(checkpoint) << to_text(checkpoint.error());
    std::vector<std::vector<int>> tokens;
    for (const int ranks : {1, 2, 4}) {
      const auto generated = generate(
          **checkpoint, *tokenizer, core, "3 1 4", {.steps = 12, .ranks = ranks},
          [](Bytes, int) { return Seconds(1e-6); }, [](const std::string&) {});
      ASSERT_TRUE(generated) << to_text(generated.error());
      tokens.push_back(generated->tokens);
      EXPECT_EQ(generated->collectives, ranks > 1 ? 12 * 4 : 0);
    }
    EXPECT_EQ(tokens[0], tokens[1]) << family;
    EXPECT_EQ(tokens[0], tokens[2]) << family;
  }
}

TEST_F(FolderTest, RanksThatDoNotDivideTheModelAreRefusedWithThoseThatDo) {
  const auto checkpoint = random_checkpoint(write("config.json", config("llama")), 3);
  ASSERT_TRUE(checkpoint);
  const Status status = check_ranks((*checkpoint)->shape(), 3);
  ASSERT_FALSE(status);
  EXPECT_THAT(to_text(status.error()), HasSubstr("one of 1, 2, 4"));
}

}  // namespace
}  // namespace switchyard::runtime
