#include "serving/knots.h"

#include <gtest/gtest.h>

namespace switchyard::serving {
namespace {

template <int Bits>
void expect_consistent() {
  using K = Knots<Bits>;
  for (std::int64_t x = 0; x < 100'000; ++x) {
    const std::size_t i = K::below(x);
    ASSERT_LE(K::at(i), x);
    ASSERT_GT(K::at(i + 1), x);
    ASSERT_EQ(K::at(i + 1) - K::at(i), std::int64_t{1} << K::gap_bits(i));
  }
}

TEST(Knots, EncloseEveryNumberAtPowersOfTwo) {
  expect_consistent<2>();
  expect_consistent<3>();
  expect_consistent<4>();
}

}  // namespace
}  // namespace switchyard::serving
