#include "runtime/tokenizer.h"

#include <gmock/gmock.h>

#include "base/random.h"
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

TEST(TokenizerTest, TheOneOfTheRightSizeBesideACheckpointIsFound) {
  if (!std::filesystem::exists(kModels)) GTEST_SKIP() << "needs " << kModels;
  const auto large = find_tokenizer(kModels / "stories260K.bin", 512);
  ASSERT_TRUE(large) << to_text(large.error());
  EXPECT_EQ((*large)->vocabulary(), 512);
  const auto small = find_tokenizer(kModels / "baby105.bin", 105);
  ASSERT_TRUE(small) << to_text(small.error());
  EXPECT_EQ((*small)->vocabulary(), 105);
  EXPECT_FALSE(find_tokenizer(kModels / "stories260K.bin", 99));
}

}  // namespace
}  // namespace switchyard::runtime
