// Every code of every format of up to 19 bits, every middle between two values, every limit.
#include "numeric/float_codec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "numeric/convert.h"
#include "numeric/exact_reference.h"

namespace switchyard::numeric {
namespace {

using reference::Format;
using reference::ValueTable;

constexpr OverflowRule kRules[] = {OverflowRule::kNeuron, OverflowRule::kFormat,
                                   OverflowRule::kSaturate};
constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::uint32_t encode_by(ElementType type, float x, OverflowRule rule) {
  return encode(type, x, {.overflow = rule});
}

std::uint32_t code_count(const Format& f) { return f.sign_bit() * 2; }

TEST(Decode, GivesTheValueOfEveryCode) {
  for (const Format& f : reference::formats()) {
    const ValueTable table(f);
    for (std::uint32_t code = 0; code < code_count(f); ++code) {
      const std::uint32_t stored = code << f.low_zeros;
      const double wanted = reference::decode(table, stored);
      const float found = decode(f.type, stored);
      if (std::isnan(wanted)) {
        EXPECT_TRUE(std::isnan(found)) << name(f.type) << " code " << code;
        EXPECT_EQ(std::signbit(found), code >= f.sign_bit()) << name(f.type) << " code " << code;
      } else {
        EXPECT_EQ(found, wanted) << name(f.type) << " code " << code;
        EXPECT_EQ(std::signbit(found), std::signbit(wanted)) << name(f.type) << " code " << code;
      }
    }
  }
}

TEST(Encode, GivesBackEveryCodeAndOneNan) {
  for (const Format& f : reference::formats()) {
    const ValueTable table(f);
    for (std::uint32_t code = 0; code < code_count(f); ++code) {
      const std::uint32_t stored = code << f.low_zeros;
      const float value = decode(f.type, stored);
      const bool nan = std::isnan(value);
      const std::uint32_t wanted =
          nan ? reference::nan_code(f, std::signbit(value)) << f.low_zeros : stored;
      EXPECT_EQ(encode_by(f.type, value, OverflowRule::kNeuron), wanted)
          << name(f.type) << " code " << code;
      if (!nan && !std::isinf(value)) {
        EXPECT_EQ(encode_by(f.type, value, OverflowRule::kSaturate), stored)
            << name(f.type) << " code " << code;
      }
    }
  }
}

// The middle of two neighbours, and the float32 just below and above it, both signs.
TEST(Encode, RoundsToTheNearestAndFromTheMiddleToEven) {
  for (const Format& f : reference::formats()) {
    const ValueTable table(f);
    for (std::uint32_t m = 0; m < table.max_finite(); ++m) {
      const auto middle = static_cast<float>((table.values[m] + table.values[m + 1]) / 2);
      const std::uint32_t even = m % 2 == 0 ? m : m + 1;
      const auto check = [&](float x, std::uint32_t wanted) {
        EXPECT_EQ(encode(f.type, x), wanted << f.low_zeros) << name(f.type) << " " << x;
        EXPECT_EQ(encode(f.type, -x), (wanted | f.sign_bit()) << f.low_zeros)
            << name(f.type) << " " << -x;
      };
      check(middle, even);
      check(std::nextafterf(middle, 0), m);
      check(std::nextafterf(middle, kInfinity), m + 1);
    }
  }
}

TEST(Encode, OverflowsOnTheFarSideOfTheMiddleOnly) {
  for (const Format& f : reference::formats()) {
    const ValueTable table(f);
    const std::uint32_t max = table.max_finite();
    const auto middle = static_cast<float>((table.values[max] + table.values[max + 1]) / 2);
    for (const OverflowRule rule : kRules) {
      for (const bool negative : {false, true}) {
        const float sign = negative ? -1.0f : 1.0f;
        const std::uint32_t sign_bit = negative ? f.sign_bit() : 0;
        const std::uint32_t beyond = reference::overflow_code(table, negative, false, rule);
        const std::uint32_t infinite = reference::overflow_code(table, negative, true, rule);
        const auto found = [&](float x) {
          return encode_by(f.type, sign * x, rule) >> f.low_zeros;
        };
        EXPECT_EQ(found(static_cast<float>(table.values[max])), max | sign_bit);
        EXPECT_EQ(found(std::nextafterf(middle, 0)), max | sign_bit) << name(f.type);
        EXPECT_EQ(found(middle), max % 2 == 0 ? max | sign_bit : beyond) << name(f.type);
        EXPECT_EQ(found(std::nextafterf(middle, kInfinity)), beyond) << name(f.type);
        EXPECT_EQ(found(std::numeric_limits<float>::max()), beyond) << name(f.type);
        EXPECT_EQ(found(kInfinity), infinite) << name(f.type);
      }
    }
  }
}

// The published words, spelt out: the table above could share an error with the reference.
TEST(Encode, OverflowsAsDocumented) {
  const auto code = [](ElementType type, float x) { return encode(type, x); };
  EXPECT_EQ(code(ElementType::kFloat8E4m3, 240), 0x77u);
  EXPECT_EQ(code(ElementType::kFloat8E4m3, 247.9f), 0x77u);
  EXPECT_EQ(code(ElementType::kFloat8E4m3, 248), 0x7cu);
  EXPECT_EQ(code(ElementType::kFloat8E4m3, -1e30f), 0xfcu);
  EXPECT_EQ(code(ElementType::kFloat8E4m3, kInfinity), 0x78u);
  EXPECT_EQ(encode_by(ElementType::kFloat8E4m3, 248, OverflowRule::kFormat), 0x78u);
  EXPECT_EQ(encode_by(ElementType::kFloat8E4m3, 248, OverflowRule::kSaturate), 0x77u);
  EXPECT_EQ(code(ElementType::kFloat8E4m3fn, 448), 0x7eu);
  EXPECT_EQ(code(ElementType::kFloat8E4m3fn, 464), 0x7eu);
  EXPECT_EQ(code(ElementType::kFloat8E4m3fn, 464.1f), 0x7fu);
  EXPECT_EQ(code(ElementType::kFloat8E4m3fn, -kInfinity), 0xffu);
  EXPECT_EQ(encode_by(ElementType::kFloat8E4m3fn, -kInfinity, OverflowRule::kSaturate), 0xfeu);
  EXPECT_EQ(code(ElementType::kFloat8E5m2, 61439), 0x7bu);
  EXPECT_EQ(code(ElementType::kFloat8E5m2, 61440), 0x7cu);
  EXPECT_EQ(code(ElementType::kFloat8E3m4, 15.74f), 0x6fu);
  EXPECT_EQ(code(ElementType::kFloat8E3m4, 15.75f), 0x70u);
  EXPECT_EQ(code(ElementType::kFloat4E2m1fn, 1000), 0x7u);
  EXPECT_EQ(code(ElementType::kFloat4E2m1fn, -kInfinity), 0xfu);
  EXPECT_EQ(code(ElementType::kFloat16, 65519.996f), 0x7bffu);
  EXPECT_EQ(code(ElementType::kFloat16, 65520), 0x7c00u);
  EXPECT_EQ(code(ElementType::kBfloat16, std::numeric_limits<float>::max()), 0x7f80u);
  EXPECT_EQ(code(ElementType::kTfloat32, std::numeric_limits<float>::max()), 0x7f800000u);
}

TEST(Encode, TurnsEveryNanIntoTheQuietOneOfTheSameSign) {
  for (const Format& f : reference::formats()) {
    for (const std::uint32_t payload :
         {0x1u, 0x1000u, 0x200000u, 0x3fffffu, 0x400000u, 0x7fffffu}) {
      for (const std::uint32_t sign : {0u, 0x80000000u}) {
        const float nan = std::bit_cast<float>(sign | 0x7f800000 | payload);
        for (const OverflowRule rule : kRules) {
          EXPECT_EQ(encode_by(f.type, nan, rule), reference::nan_code(f, sign != 0) << f.low_zeros)
              << name(f.type) << " payload " << payload;
        }
      }
    }
  }
}

TEST(Encode, KeepsSubnormalsAndTheSignOfZero) {
  EXPECT_EQ(encode(ElementType::kBfloat16, std::ldexp(1.0f, -133)), 0x0001u);
  EXPECT_EQ(encode(ElementType::kTfloat32, std::ldexp(1.0f, -136)), 0x2000u);
  EXPECT_EQ(encode(ElementType::kFloat16, std::ldexp(1.0f, -24)), 0x0001u);
  EXPECT_EQ(encode(ElementType::kFloat8E5m2, std::ldexp(1.0f, -16)), 0x01u);
  EXPECT_EQ(encode(ElementType::kFloat8E4m3fn, std::numeric_limits<float>::denorm_min()), 0x00u);
  for (const Format& f : reference::formats()) {
    EXPECT_EQ(encode(f.type, 0.0f), 0u);
    EXPECT_EQ(encode(f.type, -0.0f), f.sign_bit() << f.low_zeros);
    EXPECT_EQ(encode(f.type, -std::numeric_limits<float>::denorm_min()), f.sign_bit()
                                                                             << f.low_zeros);
  }
}

TEST(Decode, IgnoresBitsOutsideTheCode) {
  EXPECT_EQ(decode(ElementType::kTfloat32, 0x3f801fff), 1.0f);
  EXPECT_EQ(decode(ElementType::kFloat4E2m1fn, 0xf2), 1.0f);
  EXPECT_EQ(decode(ElementType::kFloat4E2m1fn, 0x0a), -1.0f);
}

TEST(Scale, EveryCodeIsAPowerOfTwoOrNan) {
  for (std::uint32_t code = 0; code < 255; ++code) {
    const float value = decode(ElementType::kFloat8E8m0fnu, code);
    EXPECT_EQ(value, std::ldexp(1.0, static_cast<int>(code) - 127)) << code;
    EXPECT_EQ(encode(ElementType::kFloat8E8m0fnu, value), code);
  }
  EXPECT_TRUE(std::isnan(decode(ElementType::kFloat8E8m0fnu, 255)));
  EXPECT_EQ(encode(ElementType::kFloat8E8m0fnu, std::nanf("")), 0xffu);
}

TEST(Scale, RoundsFromTheMiddleUp) {
  for (int exponent = -127; exponent < 127; ++exponent) {
    const auto code = static_cast<std::uint32_t>(exponent + 127);
    const float middle = std::ldexp(1.5f, exponent);
    EXPECT_EQ(encode(ElementType::kFloat8E8m0fnu, std::nextafterf(middle, 0)), code);
    EXPECT_EQ(encode(ElementType::kFloat8E8m0fnu, middle), code + 1);
  }
}

TEST(Scale, HasNoZeroNoSignNoInfinity) {
  const float beyond = std::ldexp(1.5f, 127);
  for (const float x : {0.0f, -0.0f, -1.0f, -kInfinity, kInfinity, beyond})
    EXPECT_EQ(encode(ElementType::kFloat8E8m0fnu, x), 0xffu) << x;
  const auto held = [](float x) {
    return encode_by(ElementType::kFloat8E8m0fnu, x, OverflowRule::kSaturate);
  };
  EXPECT_EQ(held(std::nextafterf(beyond, 0)), 0xfeu);
  EXPECT_EQ(held(beyond), 0xfeu);
  EXPECT_EQ(held(kInfinity), 0xfeu);
  EXPECT_EQ(held(0.0f), 0x00u);
  EXPECT_EQ(held(-5.0f), 0x00u);
  EXPECT_EQ(held(std::numeric_limits<float>::denorm_min()), 0x00u);
}

}  // namespace
}  // namespace switchyard::numeric
