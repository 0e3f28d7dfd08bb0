#include "numeric/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "base/random.h"
#include "numeric/exact_reference.h"
#include "numeric/kernels.h"
#include "numeric/stochastic.h"

namespace switchyard::numeric {
namespace {

using testing::ElementsAre;

// Words from all over: every exponent, specials, and values around the integers' limits.
std::vector<float> mixed_values(std::size_t count, std::uint64_t seed) {
  static constexpr float kCorners[] = {0.0f,     -0.0f,     0.5f,   1.5f,         -2.5f,  127.5f,
                                       128.5f,   -128.5f,   255.5f, 65535.5f,     464.0f, 248.0f,
                                       32767.5f, -32768.5f, 7.0f,   2147483648.0f};
  Random random(seed);
  std::vector<float> values(count);
  for (float& v : values) {
    const std::uint64_t draw = random.next();
    v = draw % 4 == 0   ? std::bit_cast<float>(static_cast<std::uint32_t>(draw >> 32))
        : draw % 4 == 1 ? kCorners[(draw >> 8) % std::size(kCorners)]
                        : static_cast<float>(random.normal() * 100);
  }
  return values;
}

bool is_scalar(const ElementTraits& t) { return t.kind != ElementKind::kPacked; }

template <class T>
std::vector<T> converted(const std::vector<float>& values, ElementType type,
                         const Rounding& rounding = {}) {
  std::vector<T> out(values.size());
  convert(ElementType::kFloat32, values.data(), type, out.data(), values.size(), rounding);
  return out;
}

TEST(Convert, EveryVectorWidthGivesTheSameBytes) {
  ASSERT_GE(vector_widths().size(), 1u);
  for (const ElementTraits& t : element_types()) {
    if (!is_scalar(t)) continue;
    for (const std::size_t count : {1u, 7u, 16u, 63u, 1000u}) {
      const auto values = mixed_values(count, count);
      std::vector<std::uint32_t> words(count);
      random_words({.seed = 5}, words.data(), count);
      const std::size_t bytes = bytes_of(t.type, count);
      std::vector<std::vector<std::uint8_t>> nearest, stochastic;
      std::vector<std::vector<std::uint32_t>> back;
      for (const VectorWidth width : vector_widths()) {
        auto& n = nearest.emplace_back(bytes);
        auto& s = stochastic.emplace_back(bytes);
        auto& b = back.emplace_back(count);
        encode_nearest_values(t.type, values.data(), n.data(), count, OverflowRule::kNeuron, width);
        encode_stochastic_values(t.type, values.data(), words.data(), s.data(), count,
                                 OverflowRule::kNeuron, width);
        decode_values(t.type, n.data(), b.data(), count, width);
        EXPECT_EQ(n, nearest[0]) << t.name;
        EXPECT_EQ(s, stochastic[0]) << t.name;
        EXPECT_EQ(b, back[0]) << t.name;
      }
    }
  }
}

TEST(Convert, AnArrayIsItsValuesOneByOneAtAnyAlignment) {
  for (const ElementTraits& t : element_types()) {
    if (!is_scalar(t)) continue;
    const std::size_t count = 2100;  // over two chunks
    const auto values = mixed_values(count, 9);
    const auto size = static_cast<std::size_t>(t.storage_bytes);
    std::vector<std::uint8_t> from(count * 4 + 1), to(count * size + 1), back(count * 4 + 1);
    std::memcpy(from.data() + 1, values.data(), count * 4);
    convert(ElementType::kFloat32, from.data() + 1, t.type, to.data() + 1, count);
    convert(t.type, to.data() + 1, ElementType::kFloat32, back.data() + 1, count);
    for (std::size_t i = 0; i < count; ++i) {
      std::uint32_t code = 0;
      std::memcpy(&code, to.data() + 1 + i * size, size);
      EXPECT_EQ(code, encode(t.type, values[i])) << t.name << " " << values[i];
      std::uint32_t word = 0;
      std::memcpy(&word, back.data() + 1 + i * 4, 4);
      EXPECT_EQ(word, std::bit_cast<std::uint32_t>(decode(t.type, code))) << t.name << " " << code;
    }
  }
}

TEST(Convert, ThroughFloat32AndBackChangesNothing) {
  for (const ElementTraits& t : element_types()) {
    if (!is_scalar(t) || t.bits > 16) continue;
    for (std::uint32_t code = 0; code < 1u << t.bits; ++code) {
      const float value = decode(t.type, code);
      if (std::isnan(value)) continue;
      const std::uint32_t wanted = t.kind == ElementKind::kBool ? (code != 0 ? 1 : 0) : code;
      EXPECT_EQ(encode(t.type, value), wanted) << t.name;
    }
  }
}

TEST(Convert, EqualTypesAreCopiedBitForBit) {
  const std::vector<std::uint16_t> codes = {0x7f81, 0xffff, 0x8000, 0x0001};
  std::vector<std::uint16_t> copy(4);
  convert(ElementType::kBfloat16, codes.data(), ElementType::kBfloat16, copy.data(), 4,
          {.overflow = OverflowRule::kSaturate});
  EXPECT_EQ(copy, codes);
  const std::vector<std::int32_t> large = {16777217, -2147483647};
  std::vector<std::int32_t> same(2);
  convert(ElementType::kInt32, large.data(), ElementType::kInt32, same.data(), 2);
  EXPECT_EQ(same, large);
}

TEST(Convert, WideIntegersPassThroughFloat32) {
  const std::vector<std::int32_t> from = {16777216, 16777217, 16777219, -5, 2147483647};
  std::vector<std::uint32_t> to(5);
  convert(ElementType::kInt32, from.data(), ElementType::kUint32, to.data(), 5);
  EXPECT_THAT(to, ElementsAre(16777216u, 16777216u, 16777220u, 0u, 2147483648u));
  std::vector<std::int16_t> narrow(5);
  convert(ElementType::kInt32, from.data(), ElementType::kInt16, narrow.data(), 5);
  EXPECT_THAT(narrow, ElementsAre(32767, 32767, 32767, -5, 32767));
}

TEST(Convert, FloatsBecomeTheNearestEvenIntegerInsideTheLimits) {
  const std::vector<float> x = {0.5f,   1.5f,    -0.5f,   -1.5f, 2.5f,      126.5f,
                                127.5f, -128.5f, -129.0f, 1e20f, -INFINITY, std::nanf("")};
  EXPECT_THAT(converted<std::int8_t>(x, ElementType::kInt8),
              ElementsAre(0, 2, 0, -2, 2, 126, 127, -128, -128, 127, -128, 0));
  EXPECT_THAT(converted<std::uint8_t>(x, ElementType::kUint8),
              ElementsAre(0, 2, 0, 0, 2, 126, 128, 0, 0, 255, 0, 0));
  const std::vector<float> wide = {2147483520.0f,  2147483648.0f, -2147483648.0f, -2147483904.0f,
                                   4294967040.0f,  4294967296.0f, 8388607.5f,     -4194304.5f,
                                   std::nanf("1"), INFINITY};
  EXPECT_THAT(converted<std::int32_t>(wide, ElementType::kInt32),
              ElementsAre(2147483520, 2147483647, -2147483647 - 1, -2147483647 - 1, 2147483647,
                          2147483647, 8388608, -4194304, 0, 2147483647));
  EXPECT_THAT(converted<std::uint32_t>(wide, ElementType::kUint32),
              ElementsAre(2147483520u, 2147483648u, 0u, 0u, 4294967040u, 4294967295u, 8388608u, 0u,
                          0u, 4294967295u));
}

TEST(Convert, IntegersAgreeWithTheObviousRounding) {
  for (const float x : mixed_values(20000, 77)) {
    EXPECT_EQ(static_cast<std::int32_t>(encode(ElementType::kInt32, x)),
              reference::encode_integer(x, -2147483648LL, 2147483647LL))
        << x;
    EXPECT_EQ(encode(ElementType::kUint32, x), reference::encode_integer(x, 0, 4294967295LL)) << x;
    EXPECT_EQ(static_cast<std::int16_t>(encode(ElementType::kInt16, x)),
              reference::encode_integer(x, -32768, 32767))
        << x;
    EXPECT_EQ(encode(ElementType::kUint16, x), reference::encode_integer(x, 0, 65535)) << x;
  }
}

TEST(Convert, AnythingButZeroIsTrue) {
  const std::vector<float> x = {0.0f, -0.0f, 1e-45f, -2.0f, std::nanf(""), INFINITY};
  EXPECT_THAT(converted<std::uint8_t>(x, ElementType::kBool), ElementsAre(0, 0, 1, 1, 1, 1));
  const std::vector<std::uint8_t> bytes = {0, 1, 255};
  std::vector<float> values(3);
  convert(ElementType::kBool, bytes.data(), ElementType::kFloat32, values.data(), 3);
  EXPECT_THAT(values, ElementsAre(0.0f, 1.0f, 1.0f));
}

TEST(Packed, FourFp8AreConsecutiveBytesAndFourFp4AreNibblesLowFirst) {
  const std::vector<float> x = {1.0f, -2.0f, 0.5f, 6.0f};
  EXPECT_THAT(converted<std::uint8_t>(x, ElementType::kFloat8E4m3fnX4),
              ElementsAre(0x38, 0xc0, 0x30, 0x4c));
  std::vector<std::uint8_t> fp4(2);
  convert(ElementType::kFloat32, x.data(), ElementType::kFloat4E2m1fnX4, fp4.data(), 4);
  EXPECT_THAT(fp4, ElementsAre(0xc2, 0x71));
  std::vector<float> back(4);
  convert(ElementType::kFloat4E2m1fnX4, fp4.data(), ElementType::kFloat32, back.data(), 4);
  EXPECT_EQ(back, x);
  std::vector<std::uint16_t> bf16(4);
  convert(ElementType::kFloat4E2m1fnX4, fp4.data(), ElementType::kBfloat16, bf16.data(), 4);
  EXPECT_THAT(bf16, ElementsAre(0x3f80, 0xc000, 0x3f00, 0x40c0));
}

TEST(Packed, EveryWordOfFourFp4ComesBack) {
  std::vector<std::uint16_t> words(65536), again(65536);
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = static_cast<std::uint16_t>(i);
  std::vector<float> values(words.size() * 4);
  convert(ElementType::kFloat4E2m1fnX4, words.data(), ElementType::kFloat32, values.data(),
          values.size());
  EXPECT_EQ(values[4 * 0x4321], 0.5f);
  convert(ElementType::kFloat32, values.data(), ElementType::kFloat4E2m1fnX4, again.data(),
          values.size());
  EXPECT_EQ(again, words);
}

TEST(Packed, APartOfAWordIsOurOwnError) {
  float x[6] = {};
  std::uint8_t out[8];
  EXPECT_DEATH(convert(ElementType::kFloat32, x, ElementType::kFloat8E5m2X4, out, 6), "6 values");
  EXPECT_DEATH(decode(ElementType::kFloat8E5m2X4, 0), "not one value");
}

TEST(Convert, NothingToDoIsFine) {
  convert(ElementType::kFloat32, nullptr, ElementType::kBfloat16, nullptr, 0);
  convert(ElementType::kInt8, nullptr, ElementType::kInt8, nullptr, 0);
}

}  // namespace
}  // namespace switchyard::numeric
