#include "neuroncore/bit_rows.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"

namespace switchyard::neuroncore {
namespace {

TEST(BitRows, IsAListOfFlagsARow) {
  constexpr int kRows = 3;
  constexpr std::int64_t kBits = 200;
  BitRows bits(kRows, kBits);
  std::vector<bool> plain(kRows * kBits);
  Random random(1);
  for (int round = 0; round < 3000; ++round) {
    const int row = static_cast<int>(random.below(kRows));
    // Both sides of the words' ends come up often.
    const auto first = static_cast<std::int64_t>(random.below(2) == 0 ? random.below(kBits)
                                                                      : 63 + random.below(3));
    const auto count = static_cast<std::int64_t>(1 + random.below(kBits - first));
    const auto begin = plain.begin() + row * kBits + first;
    const auto set = std::count(begin, begin + count, true);
    EXPECT_EQ(bits.any(row, first, count), set > 0);
    const auto clear = std::find(begin, begin + count, false) - begin;
    EXPECT_EQ(bits.first_clear(row, first, count), clear == count ? -1 : first + clear);
    EXPECT_EQ(bits.coverage(row, first, count), set == count ? Coverage::kAll
                                                : set > 0    ? Coverage::kSome
                                                             : Coverage::kNone);
    const bool sets = random.below(2) == 0;
    sets ? bits.set(row, first, count) : bits.clear(row, first, count);
    std::fill(begin, begin + count, sets);
  }
}

}  // namespace
}  // namespace switchyard::neuroncore
