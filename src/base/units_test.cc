#include "base/units.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <type_traits>

namespace switchyard {
namespace {

static_assert(sizeof(Bytes) == sizeof(double));
static_assert(std::is_trivially_copyable_v<Bytes>);
static_assert(!std::is_convertible_v<double, Bytes>);
static_assert(!std::is_convertible_v<Bytes, double>);
static_assert(!std::is_convertible_v<Bytes, Flops>);

TEST(Quantity, AddsAndScalesLikeItsNumber) {
  Seconds time = milliseconds(2) + microseconds(500);
  EXPECT_DOUBLE_EQ(time.value(), 0.0025);
  time += Seconds(1);
  time -= milliseconds(2.5);
  EXPECT_DOUBLE_EQ(time.value(), 1);
  EXPECT_DOUBLE_EQ((2 * time * 3 / 4).value(), 1.5);
  EXPECT_DOUBLE_EQ(Seconds(3) / Seconds(2), 1.5);
}

TEST(Quantity, StartsAtZeroAndCompares) {
  EXPECT_EQ(Bytes(), Bytes(0));
  EXPECT_LT(gigabytes(1), gibibytes(1));
  EXPECT_GE(gibibytes(1), Bytes(1073741824));
}

TEST(Quantity, KeepsIntegersExactUpTo2To53) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  EXPECT_EQ(static_cast<std::int64_t>(Bytes(kExact).value()), kExact);
  EXPECT_NE(static_cast<std::int64_t>(Bytes(kExact + 1).value()), kExact + 1);
}

TEST(Quantity, RelatesTimeWorkAndRate) {
  EXPECT_DOUBLE_EQ((gigabytes(10) / BytesPerSecond(5e9)).value(), 2);
  EXPECT_DOUBLE_EQ((Flops(6e12) / FlopsPerSecond(3e12)).value(), 2);
}

TEST(Quantity, RelatesPowerEnergyAndMoney) {
  EXPECT_DOUBLE_EQ((Watts(500) * Seconds(4)).value(), 2000);
  EXPECT_DOUBLE_EQ((Joules(2000) / Seconds(4)).value(), 500);
  EXPECT_DOUBLE_EQ((JoulesPerByte(2e-12) * Bytes(1e12)).value(), 2);
  EXPECT_DOUBLE_EQ((JoulesPerFlop(1e-12) * Flops(3e12)).value(), 3);
  EXPECT_DOUBLE_EQ((DollarsPerHour(36) * Seconds(100)).value(), 1);
}

}  // namespace
}  // namespace switchyard
