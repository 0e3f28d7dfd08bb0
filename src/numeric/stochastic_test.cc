#include "numeric/stochastic.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"
#include "numeric/convert.h"
#include "numeric/exact_reference.h"
#include "numeric/kernels.h"

namespace switchyard::numeric {
namespace {

std::uint32_t encode_with_word(ElementType type, float x, std::uint32_t word) {
  std::uint32_t code = 0;
  encode_stochastic_values(type, &x, &word, &code, 1, OverflowRule::kNeuron,
                           VectorWidth::kBaseline);
  return code;
}

Rounding stochastic(std::uint64_t seed, std::uint64_t position = 0, std::uint64_t stream = 0) {
  return {RoundingMode::kStochastic, OverflowRule::kNeuron, {seed, stream, position}};
}

// Known answers published with the generator (Random123).
TEST(Philox, GivesThePublishedWords) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}),
            (PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(philox({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomWords, DependOnTheAddressOnly) {
  const std::uint64_t start = (std::uint64_t{1} << 34) - 10;  // the low counter word carries here
  std::vector<std::uint32_t> all(200);
  random_words({7, 3, start}, all.data(), all.size());
  for (const VectorWidth width : vector_widths()) {
    for (std::size_t first = 0; first < 9; ++first) {
      for (const std::size_t count : {0u, 1u, 2u, 3u, 4u, 5u, 64u, 131u}) {
        std::vector<std::uint32_t> part(count);
        random_words({7, 3, start + first}, part.data(), count, width);
        for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(part[i], all[first + i]);
      }
    }
  }
  const std::uint64_t block = start / 4 + 1;
  const PhiloxBlock words = philox(
      {static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), 3, 0}, {7, 0});
  EXPECT_EQ(all[4 - start % 4], words[0]);
  std::vector<std::uint32_t> other_seed(200), other_stream(200);
  random_words({8, 3, start}, other_seed.data(), 200);
  random_words({7, 4, start}, other_stream.data(), 200);
  EXPECT_NE(other_seed, all);
  EXPECT_NE(other_stream, all);
}

// The definition word for word, for random values and words and the words at the threshold.
TEST(StochasticRounding, GoesUpExactlyWhenTheWordCarries) {
  Random random(11);
  for (const reference::Format& f : reference::formats()) {
    const reference::ValueTable table(f);
    for (int i = 0; i < 4000; ++i) {
      const auto m = static_cast<std::uint32_t>(random.below(table.max_finite()));
      const double low = table.values[m];
      const double high = table.values[m + 1];
      const auto x = static_cast<float>(low + (high - low) * random.uniform());
      const auto share =
          static_cast<std::uint64_t>(std::floor((x - low) / (high - low) * 4294967296.0));
      const auto threshold = static_cast<std::uint32_t>(0 - share);  // the first word that carries
      for (const std::uint32_t word :
           {static_cast<std::uint32_t>(random.next()), threshold, threshold - 1, 0u, 0xffffffffu}) {
        const auto up = static_cast<std::uint32_t>((share + word) >> 32);
        EXPECT_EQ(encode_with_word(f.type, x, word), (m + up) << f.low_zeros)
            << name(f.type) << " " << x << " word " << word;
        EXPECT_EQ(encode_with_word(f.type, -x, word), (m + up + f.sign_bit()) << f.low_zeros)
            << name(f.type) << " " << -x << " word " << word;
      }
    }
  }
}

TEST(StochasticRounding, LeavesWhatFitsAlone) {
  for (const ElementTraits& t : element_types()) {
    if (t.kind == ElementKind::kPacked || t.bits > 16) continue;
    for (std::uint32_t code = 0; code < 1u << t.bits; ++code) {
      const float x = decode(t.type, code);
      for (const std::uint32_t word : {0u, 0x80000000u, 0xffffffffu})
        EXPECT_EQ(encode_with_word(t.type, x, word), encode(t.type, x)) << t.name << " " << code;
    }
  }
}

TEST(StochasticRounding, OverflowsByChanceBetweenTheLargestAndTheNext) {
  const auto code = [](ElementType type, float x, std::uint32_t word) {
    return encode_with_word(type, x, word);
  };
  EXPECT_EQ(code(ElementType::kFloat8E4m3, 248, 0x7fffffff), 0x77u);
  EXPECT_EQ(code(ElementType::kFloat8E4m3, 248, 0x80000000), 0x7cu);
  EXPECT_EQ(code(ElementType::kFloat8E4m3, 256, 0), 0x7cu);
  EXPECT_EQ(code(ElementType::kFloat8E4m3fn, 456, 0xbfffffff), 0x7eu);
  EXPECT_EQ(code(ElementType::kFloat8E4m3fn, 456, 0xc0000000), 0x7fu);
  EXPECT_EQ(code(ElementType::kFloat8E5m2, 1e30f, 0), 0x7cu);
  EXPECT_EQ(code(ElementType::kFloat4E2m1fn, 7, 0xffffffff), 0x7u);
  EXPECT_EQ(code(ElementType::kFloat16, INFINITY, 0), 0x7c00u);
}

TEST(StochasticRounding, TinyValuesSeldomRiseFromZero) {
  // 2^-48 is 2^-24 of the smallest float16: it rises for 256 of the 2^32 words.
  const float x = std::ldexp(1.0f, -48);
  EXPECT_EQ(encode_with_word(ElementType::kFloat16, x, 0xffffff00), 1u);
  EXPECT_EQ(encode_with_word(ElementType::kFloat16, x, 0xfffffeff), 0u);
  // Below 2^-32 of the smallest value the chance is cut to none.
  EXPECT_EQ(encode_with_word(ElementType::kFloat16, std::ldexp(1.9f, -57), 0xffffffff), 0u);
  EXPECT_EQ(encode_with_word(ElementType::kFloat16, std::ldexp(1.0f, -56), 0xffffffff), 1u);
}

TEST(StochasticRounding, OfIntegersAndScales) {
  const auto signed_code = [](float x, std::uint32_t word) {
    return static_cast<std::int8_t>(encode_with_word(ElementType::kInt8, x, word));
  };
  EXPECT_EQ(signed_code(2.25f, 0xbfffffff), 2);
  EXPECT_EQ(signed_code(2.25f, 0xc0000000), 3);
  EXPECT_EQ(signed_code(-2.25f, 0xc0000000), -3);
  EXPECT_EQ(signed_code(127.5f, 0xffffffff), 127);
  EXPECT_EQ(signed_code(-200, 0), -128);
  EXPECT_EQ(signed_code(std::nanf(""), 0xffffffff), 0);
  EXPECT_EQ(encode_with_word(ElementType::kUint8, -0.5f, 0xffffffff), 0u);
  EXPECT_EQ(encode_with_word(ElementType::kInt32, -3e9f, 0xffffffff), 0x80000000u);
  EXPECT_EQ(encode_with_word(ElementType::kUint32, 3e9f, 0xffffffff), 3000000000u);
  EXPECT_EQ(encode_with_word(ElementType::kFloat8E8m0fnu, 1.25f, 0xbfffffff), 127u);
  EXPECT_EQ(encode_with_word(ElementType::kFloat8E8m0fnu, 1.25f, 0xc0000000), 128u);
  EXPECT_EQ(encode_with_word(ElementType::kFloat8E8m0fnu, std::ldexp(1.25f, -127), 0xc0000000), 1u);
  EXPECT_EQ(encode_with_word(ElementType::kFloat8E8m0fnu, std::ldexp(1.25f, -127), 0xbfffffff), 0u);
  EXPECT_EQ(encode_with_word(ElementType::kFloat8E8m0fnu, std::ldexp(1.0f, -140), 0xffffffff), 0u);
}

TEST(StochasticRounding, IsRightOnAverage) {
  constexpr std::size_t kCount = 1 << 18;
  for (const float x : {1.001f, 1.27f, 3.3f, 100.7f, -0.013f, 0.0011f}) {
    for (const ElementType type : {ElementType::kBfloat16, ElementType::kFloat8E4m3fn,
                                   ElementType::kFloat8E5m2, ElementType::kFloat16}) {
      const std::vector<float> values(kCount, x);
      std::vector<std::uint16_t> codes(kCount);
      std::vector<float> back(kCount);
      convert(ElementType::kFloat32, values.data(), type, codes.data(), kCount, stochastic(42));
      convert(type, codes.data(), ElementType::kFloat32, back.data(), kCount);
      double sum = 0, low = back[0], high = back[0];
      for (const float v : back) {
        sum += v;
        low = std::min<double>(low, v);
        high = std::max<double>(high, v);
      }
      // Five deviations of a coin between the two neighbours.
      const double bound = 5 * 0.5 * (high - low) / std::sqrt(double{kCount});
      EXPECT_NEAR(sum / kCount, x, bound + 1e-12) << name(type);
      EXPECT_LT(low, high) << name(type);
    }
  }
}

TEST(StochasticRounding, DependsOnSeedAndPositionNotOnTheCut) {
  std::vector<float> values(3000);
  Random random(1);
  for (float& v : values) v = static_cast<float>(random.normal());
  std::vector<std::uint16_t> whole(3000), parts(3000), other(3000);
  convert(ElementType::kFloat32, values.data(), ElementType::kBfloat16, whole.data(), 3000,
          stochastic(9, 100, 2));
  for (std::size_t first = 0; first < 3000; first += 37) {
    const std::size_t count = std::min<std::size_t>(37, 3000 - first);
    convert(ElementType::kFloat32, values.data() + first, ElementType::kBfloat16,
            parts.data() + first, count, stochastic(9, 100 + first, 2));
  }
  EXPECT_EQ(parts, whole);
  convert(ElementType::kFloat32, values.data(), ElementType::kBfloat16, other.data(), 3000,
          stochastic(10, 100, 2));
  EXPECT_NE(other, whole);
  EXPECT_EQ(encode(ElementType::kBfloat16, values[5], stochastic(9, 105, 2)), whole[5]);
}

}  // namespace
}  // namespace switchyard::numeric
