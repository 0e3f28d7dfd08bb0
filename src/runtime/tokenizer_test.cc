#include "runtime/tokenizer.h"

#include <gmock/gmock.h>

#include "base/random.h"
#include "runtime/byte_tokenizer.h"
#include "runtime/score_tokenizer.h"

namespace switchyard::runtime {
namespace {

using testing::ElementsAre;

const std::filesystem::path kModels = "../shared/data/models";

std::unique_ptr<Tokenizer> letters() {
  std::vector<Piece> pieces = {{"<unk>", 0}, {"<s>", 0}, {"</s>", 0}};
  for (int byte = 0; byte < 256; ++byte) {
    char text[8];
    std::snprintf(text, sizeof text, "<0x%02X>", byte);
    pieces.push_back({text, 0});
  }
  for (const char* text : {" ", "a", "b", "ab", "abb", "ba"}) {
    pieces.push_back({text, -static_cast<float>(pieces.size())});
  }
  return std::make_unique<ScoreTokenizer>(std::move(pieces));
}

TEST(ScoreTokenizerTest, TheHighestScoreIsMergedFirst) {
  // " abb": ab before ba, then abb.
  EXPECT_THAT(letters()->encode("abb"), ElementsAre(1, 259, 263));
  EXPECT_THAT(letters()->encode("bab"), ElementsAre(1, 259, 261, 262));
}

TEST(ScoreTokenizerTest, CharactersWithoutAPieceBecomeBytes) {
  EXPECT_THAT(letters()->encode("\xc3\xa9"), ElementsAre(1, 259, 3 + 0xc3, 3 + 0xa9));
  EXPECT_EQ(letters()->decode(5, 3 + 0xc3), "\xc3");
}

TEST(ScoreTokenizerTest, DecodingGivesTheTextBack) {
  const auto tokenizer = letters();
  Random random(5);
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (std::uint64_t i = random.below(20); i > 0; --i) {
      text += static_cast<char>(32 + random.below(224));
    }
    const std::vector<int> tokens = tokenizer->encode(text);
    std::string back;
    for (std::size_t i = 1; i < tokens.size(); ++i) {
      back += tokenizer->decode(tokens[i - 1], tokens[i]);
    }
    EXPECT_EQ(back, text);
  }
}

TEST(ScoreTokenizerTest, TokensOfTheCheckpointsPaddingAddNothing) {
  const auto tokenizer = letters();
  EXPECT_EQ(tokenizer->decode(5, static_cast<int>(tokenizer->vocabulary()) - 1), "ba");
  EXPECT_EQ(tokenizer->decode(5, static_cast<int>(tokenizer->vocabulary())), "");
}

TEST(ScoreTokenizerTest, DamagedFilesAreRefused) {
  EXPECT_FALSE(parse_llama2c_tokenizer("", "t", 3));
  EXPECT_FALSE(parse_llama2c_tokenizer(std::string(40, '\xff'), "t", 3));
  EXPECT_FALSE(parse_sentencepiece("", "t"));
  Random random(9);
  for (int round = 0; round < 500; ++round) {
    std::string bytes;
    for (std::uint64_t i = random.below(60); i > 0; --i) {
      bytes += static_cast<char>(random.below(256));
    }
    (void)parse_sentencepiece(bytes, "t");
    (void)parse_llama2c_tokenizer(bytes, "t", 3);
  }
}

constexpr const char* kByteLevel = R"({
  "added_tokens": [{"id": 9, "content": "<|begin|>", "special": true},
                   {"id": 10, "content": "<|end|>", "special": true}],
  "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
    {"type": "Split", "pattern": {"Regex": "\\s?\\p{L}+|\\s"}, "behavior": "Isolated"},
    {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]},
  "post_processor": {"type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "<|begin|>", "type_id": 0}}, {"Sequence": {"id": "A"}}]},
  "model": {"type": "BPE",
    "vocab": {"a": 0, "b": 1, "\u0120": 2, "ab": 3, "\u0120ab": 4, "aba": 5, "\u00c3": 6,
              "\u00a9": 7, "ba": 8},
    "merges": ["a b", ["\u0120", "ab"], ["b", "a"], ["ab", "a"]]}})";

TEST(ByteTokenizerTest, MergesGoByRankInsideAPiece) {
  const auto tokenizer = parse_byte_tokenizer(kByteLevel, "t");
  ASSERT_TRUE(tokenizer) << to_text(tokenizer.error());
  EXPECT_THAT((*tokenizer)->encode("aba ab"), ElementsAre(9, 5, 4));
  EXPECT_THAT((*tokenizer)->encode("ba<|end|>\xc3\xa9"), ElementsAre(9, 8, 10, 6, 7));
  EXPECT_EQ((*tokenizer)->decode(-1, 4), " ab");
  EXPECT_EQ((*tokenizer)->decode(-1, 6) + (*tokenizer)->decode(6, 7), "\xc3\xa9");
  EXPECT_EQ((*tokenizer)->decode(-1, 10), "");
  EXPECT_TRUE((*tokenizer)->ends_text(10));
  EXPECT_FALSE((*tokenizer)->ends_text(4));
}

TEST(ByteTokenizerTest, OtherKindsAreRefusedWithTheReason) {
  const auto unigram = parse_byte_tokenizer(R"({"model": {"type": "Unigram"}})", "t");
  ASSERT_FALSE(unigram);
  EXPECT_THAT(to_text(unigram.error()), testing::HasSubstr("wanted BPE"));
  EXPECT_FALSE(parse_byte_tokenizer("{", "t"));
  EXPECT_FALSE(parse_byte_tokenizer(
      R"({"pre_tokenizer": null, "model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}})",
      "t"));
}

TEST(TokenizerTest, TheOneOfTheRightSizeBesideACheckpointIsFound) {
  if (!std::filesystem::exists(kModels)) GTEST_SKIP() << "needs " << kModels;
  const auto large = find_tokenizer(kModels / "stories260K.bin", 512);
  ASSERT_TRUE(large) << to_text(large.error());
  EXPECT_EQ((*large)->vocabulary(), 512);
  const auto small = find_tokenizer(kModels / "baby105.bin", 105);
  ASSERT_TRUE(small) << to_text(small.error());
  EXPECT_EQ((*small)->vocabulary(), 105);
  EXPECT_FALSE(find_tokenizer(kModels / "stories260K.bin", 99));
  EXPECT_TRUE(open_tokenizer(kModels / "tok105.model", 116));
  for (const std::int64_t vocabulary : {104, 118, 512}) {
    const auto other = open_tokenizer(kModels / "tok105.model", vocabulary);
    ASSERT_FALSE(other) << vocabulary;
    EXPECT_THAT(to_text(other.error()), testing::HasSubstr("105 pieces"));
  }
}

}  // namespace
}  // namespace switchyard::runtime
