#include "report/table.h"

#include <gtest/gtest.h>

namespace switchyard::report {
namespace {

TEST(Wrap, KeepsLeadingBlanksAndBreaksAtTheWidth) {
  EXPECT_EQ(wrap("  a bb ccc", 6, "   "), "  a bb\n   ccc\n");
  EXPECT_EQ(wrap("  a bb ccc", 10, "   "), "  a bb ccc\n");
  EXPECT_EQ(wrap("  a bb ccc", 9, "   "), "  a bb\n   ccc\n");
}

TEST(Wrap, LeavesAWordLongerThanTheWidthWhole) {
  EXPECT_EQ(wrap("abcdefgh ij", 4, " "), "abcdefgh\n ij\n");
  EXPECT_EQ(wrap("", 4, " "), "\n");
}

TEST(Table, AlignsByDisplayWidthWithoutTrailingBlanks) {
  EXPECT_EQ(table({{"name", Align::kLeft}, {"n"}}, {{"\u00e9", "10"}, {"abcde", "1"}}),
            "name    n\n\u00e9      10\nabcde   1\n");
}

}  // namespace
}  // namespace switchyard::report
