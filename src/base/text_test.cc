#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace switchyard {
namespace {

using ::testing::ElementsAre;

TEST(EditDistance, CountsEditsAndIgnoresCase) {
  EXPECT_EQ(edit_distance("trn3", "TRN3"), 0);
  EXPECT_EQ(edit_distance("trn3", "trn2"), 1);
  EXPECT_EQ(edit_distance("b200", "b20"), 1);
  EXPECT_EQ(edit_distance("h100", "h010"), 1) << "neighbours swapped are one mistake";
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
}

TEST(EditDistance, IsBoundedForHugeNames) {
  const std::string huge(1 << 20, 'a');
  EXPECT_EQ(edit_distance(huge, "a"), 255);
}

TEST(DidYouMean, NamesTheNearestOrListsAll) {
  const std::vector<std::string> known = {"trn2", "trn3-gen2", "h100"};
  EXPECT_EQ(did_you_mean("trn3gen2", known), "did you mean trn3-gen2?");
  EXPECT_EQ(did_you_mean("h10", known), "did you mean h100?");
  EXPECT_EQ(did_you_mean("mi355x", known), "known: trn2, trn3-gen2, h100");
  EXPECT_EQ(did_you_mean("x", {}), "");
}

TEST(DidYouMean, ListsAtMostTwentyFour) {
  std::vector<std::string> known(24, "aaaaaaaa");
  EXPECT_FALSE(did_you_mean("zzz", known).ends_with("..."));
  known.push_back("bbbbbbbb");
  EXPECT_TRUE(did_you_mean("zzz", known).ends_with(", ..."));
}

TEST(FormatSignificant, KeepsDigitsAndDropsZeros) {
  EXPECT_EQ(format_significant(0), "0");
  EXPECT_EQ(format_significant(0.0123), "0.0123");
  EXPECT_EQ(format_significant(1.95), "1.95");
  EXPECT_EQ(format_significant(2.0), "2");
  EXPECT_EQ(format_significant(11889), "11900");
  EXPECT_EQ(format_significant(-1.5), "-1.5");
  EXPECT_EQ(format_significant(3.14159, 4), "3.142");
}

TEST(FormatSignificant, UsesAnExponentOnlyAtTheEnds) {
  EXPECT_EQ(format_significant(0.0001), "0.0001");
  EXPECT_EQ(format_significant(0.00001), "1.00e-05");
  EXPECT_EQ(format_significant(9990000), "9990000");
  EXPECT_EQ(format_significant(1e7), "1.00e+07");
}

TEST(FormatSignificant, NamesWhatIsNoNumber) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(format_significant(kInfinity), "inf");
  EXPECT_EQ(format_significant(-kInfinity), "-inf");
  EXPECT_EQ(format_significant(std::numeric_limits<double>::quiet_NaN()), "n/a");
}

TEST(FormatGrouped, SeparatesThousands) {
  EXPECT_EQ(format_grouped(999), "999");
  EXPECT_EQ(format_integer(-999), "-999");
  EXPECT_EQ(format_integer(-1000), "-1,000");
  EXPECT_EQ(format_integer(32000000), "32,000,000");
  EXPECT_EQ(format_grouped(1000), "1,000");
  EXPECT_EQ(format_grouped(11889, 5), "11,889");
  EXPECT_EQ(format_grouped(-1234567, 7), "-1,234,567");
  EXPECT_EQ(format_grouped(-123), "-123");
  EXPECT_EQ(format_grouped(1234.5, 5), "1,234.5");
  EXPECT_EQ(format_grouped(1e9), "1.00e+09");
}

TEST(FormatSi, ChoosesThePrefix) {
  EXPECT_EQ(format_si(2.52e15, "FLOP/s"), "2.52 PFLOP/s");
  EXPECT_EQ(format_si(999, "B"), "999 B");
  EXPECT_EQ(format_si(999.4, "B"), "999 B");
  EXPECT_EQ(format_si(999.5, "B"), "1 kB");
  EXPECT_EQ(format_si(0, "W"), "0 W");
}

TEST(Quote, EscapesControlCharactersAndBounds) {
  EXPECT_EQ(quote("plain"), "\"plain\"");
  EXPECT_EQ(quote("\x1b[31m\n"), "\"\\x1b[31m\\x0a\"");
  EXPECT_EQ(quote("abcd", 4), "\"abcd\"");
  EXPECT_EQ(quote("abcde", 4), "\"abcd...\"");
}

TEST(DisplayWidth, CountsCodePoints) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("µs → €"), 6U);
}

TEST(Split, KeepsEmptyParts) {
  EXPECT_THAT(split("a,,b,", ','), ElementsAre("a", "", "b", ""));
  EXPECT_THAT(split("", ','), ElementsAre(""));
}

TEST(Trim, DropsSpaceAtBothEnds) {
  EXPECT_EQ(trim(" \ta b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
}

TEST(Join, PutsTheSeparatorBetween) {
  EXPECT_EQ(join(std::vector<std::string>{"a", "b"}, ", "), "a, b");
  EXPECT_EQ(join({}, ", "), "");
}

}  // namespace
}  // namespace switchyard
