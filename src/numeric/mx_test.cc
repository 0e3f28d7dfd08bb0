#include "numeric/mx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"
#include "numeric/convert.h"
#include "numeric/mx_scale_layout.h"

namespace switchyard::numeric {
namespace {

using testing::Each;
using testing::HasSubstr;

constexpr ElementType kPackedTypes[] = {ElementType::kFloat8E4m3fnX4, ElementType::kFloat8E5m2X4,
                                        ElementType::kFloat4E2m1fnX4};
constexpr MxScaleRule kRules[] = {MxScaleRule::kNeuron, MxScaleRule::kOcp};

std::span<const std::uint8_t> bytes_of_values(const std::vector<float>& values) {
  return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(float)};
}

MxTile quantize(const std::vector<float>& values, MxShape shape, ElementType type,
                MxScaleRule rule) {
  auto tile =
      quantize_mx(ElementType::kFloat32, bytes_of_values(values), shape, type, {.rule = rule});
  EXPECT_TRUE(tile) << to_text(tile.error());
  return tile ? *tile : MxTile{};
}

std::vector<float> dequantize(const MxTile& tile) {
  auto values = dequantize_mx(tile);
  EXPECT_TRUE(values) << to_text(values.error());
  return values ? *values : std::vector<float>{};
}

// One group, all zero but for its first value.
std::vector<float> group_with(float first) {
  std::vector<float> values(32);
  values[0] = first;
  return values;
}

int emax(ElementType type) {
  return type == ElementType::kFloat8E4m3fnX4 ? 8 : type == ElementType::kFloat8E5m2X4 ? 15 : 2;
}

TEST(QuantizeMx, TheTwoRulesDifferByAFactorOfTwo) {
  // 447 has exponent 8, the Emax of e4m3fn: OCP's scale is 1, the documented one 2.
  const MxTile neuron = quantize(group_with(447), {8, 4}, kPackedTypes[0], MxScaleRule::kNeuron);
  EXPECT_EQ(neuron.scales, std::vector<std::uint8_t>{128});
  EXPECT_EQ(neuron.data[0], 0x76);  // 223.5 rounds to 224
  const MxTile ocp = quantize(group_with(447), {8, 4}, kPackedTypes[0], MxScaleRule::kOcp);
  EXPECT_EQ(ocp.scales, std::vector<std::uint8_t>{127});
  EXPECT_EQ(ocp.data[0], 0x7e);  // 448
}

TEST(QuantizeMx, OnlyTheOcpRuleHoldsValuesBack) {
  const MxTile neuron = quantize(group_with(500), {8, 4}, kPackedTypes[0], MxScaleRule::kNeuron);
  EXPECT_EQ(dequantize(neuron)[0], 512);  // 250 rounds to 256, the scale is 2
  const MxTile ocp = quantize(group_with(500), {8, 4}, kPackedTypes[0], MxScaleRule::kOcp);
  EXPECT_EQ(dequantize(ocp)[0], 448);
}

// floor(log2 a) steps at powers of two and nowhere else, for every exponent of float32.
TEST(QuantizeMx, TheScaleFollowsTheExponentOfTheLargestMagnitude) {
  for (const ElementType type : kPackedTypes) {
    for (const MxScaleRule rule : kRules) {
      const int target = emax(type) - (rule == MxScaleRule::kNeuron ? 1 : 0);
      for (int exponent = -149; exponent <= 127; ++exponent) {
        const int wanted = std::max(exponent - target + 127, 0);
        const float power = std::ldexp(1.0f, exponent);
        EXPECT_EQ(quantize(group_with(power), {8, 4}, type, rule).scales[0], wanted) << exponent;
        if (exponent == 127) continue;
        const float below = std::nextafterf(std::ldexp(1.0f, exponent + 1), 0);
        EXPECT_EQ(quantize(group_with(-below), {8, 4}, type, rule).scales[0],
                  std::max(std::ilogb(below) - target + 127, 0))
            << exponent;
      }
    }
  }
}

TEST(QuantizeMx, ZeroHasTheSmallestScale) {
  for (const ElementType type : kPackedTypes) {
    const MxTile tile = quantize(std::vector<float>(32), {8, 4}, type, MxScaleRule::kNeuron);
    EXPECT_EQ(tile.scales[0], 0);
    EXPECT_THAT(tile.data, Each(0));
  }
}

TEST(QuantizeMx, AGroupIsEightPartitionsByFourValues) {
  constexpr MxShape kShape = {16, 12};
  for (int p = 0; p < kShape.partitions; ++p) {
    for (int f = 0; f < kShape.values; ++f) {
      std::vector<float> values(16 * 12, 1.0f);
      values[static_cast<std::size_t>(p * 12 + f)] = 1024;
      const MxTile tile = quantize(values, kShape, kPackedTypes[0], MxScaleRule::kNeuron);
      ASSERT_EQ(tile.scales.size(), 6u);
      for (int r = 0; r < 2; ++r) {
        for (int c = 0; c < 3; ++c)
          EXPECT_EQ(tile.scales[static_cast<std::size_t>(r * 3 + c)],
                    r == p / 8 && c == f / 4 ? 130 : 120);
      }
      EXPECT_EQ(tile.data[static_cast<std::size_t>(p * 12 + f)], 0x70);  // 1024 / 2^3 = 128
    }
  }
}

TEST(QuantizeMx, Fp4PacksTwoValuesAByteLowNibbleFirst) {
  std::vector<float> values(32, 1.0f);
  values[0] = 6;
  values[1] = -3;
  const MxTile tile = quantize(values, {8, 4}, ElementType::kFloat4E2m1fnX4, MxScaleRule::kOcp);
  ASSERT_EQ(tile.data.size(), 16u);
  EXPECT_EQ(tile.scales[0], 127);
  EXPECT_EQ(tile.data[0], 0xd7);
  EXPECT_EQ(tile.data[1], 0x22);
}

// Dequantised values fit their scale: a second trip gives the same tile. Only where the documented
// rule rounds the largest value up to a power of two does the second trip double the scale.
TEST(QuantizeMx, AQuantisedTileComesBackUnchanged) {
  Random random(3);
  constexpr MxShape kShape = {64, 32};
  for (const ElementType type : kPackedTypes) {
    for (const MxScaleRule rule : kRules) {
      std::vector<float> values(64 * 32);
      for (float& v : values)
        v = static_cast<float>(random.normal() * std::exp(4 * random.normal()));
      const MxTile first = quantize(values, kShape, type, rule);
      const std::vector<float> once = dequantize(first);
      const MxTile second = quantize(once, kShape, type, rule);
      const std::vector<float> twice = dequantize(second);
      std::size_t same = 0;
      for (std::size_t i = 0; i < once.size(); ++i) {
        const std::size_t group = i / 32 / 8 * 8 + i % 32 / 4;
        if (second.scales[group] != first.scales[group]) {
          EXPECT_EQ(second.scales[group], first.scales[group] + 1);
          continue;
        }
        ++same;
        EXPECT_EQ(twice[i], once[i]) << name(type);
      }
      EXPECT_GT(same, once.size() / 4);
      if (rule == MxScaleRule::kOcp) {
        EXPECT_EQ(same, once.size());
      }
    }
  }
}

// |error| <= half a unit in the last place of the largest binade in use, but where OCP clips.
TEST(QuantizeMx, TheErrorIsBoundedByTheScale) {
  Random random(8);
  constexpr MxShape kShape = {32, 64};
  for (const ElementType type : kPackedTypes) {
    for (const MxScaleRule rule : kRules) {
      std::vector<float> values(32 * 64);
      for (float& v : values) v = static_cast<float>(random.normal());
      const MxTile tile = quantize(values, kShape, type, rule);
      const std::vector<float> back = dequantize(tile);
      const double largest = traits(type).max_finite;
      for (std::size_t i = 0; i < values.size(); ++i) {
        const std::size_t group = i / 64 / 8 * 16 + i % 64 / 4;
        const double scale = std::ldexp(1.0, tile.scales[group] - 127);
        const double scaled = std::fabs(values[i]) / scale;
        const int binade = std::max(std::ilogb(scaled), std::ilogb(traits(type).min_normal));
        const double half_place = std::ldexp(0.5, binade - traits(type).mantissa_bits);
        const double wanted = std::min(scaled, largest);
        EXPECT_LE(std::fabs(std::fabs(back[i]) / scale - wanted), half_place);
        EXPECT_EQ(std::signbit(back[i]), std::signbit(values[i]));
        if (rule == MxScaleRule::kNeuron) {
          EXPECT_LT(scaled, largest);
        }
      }
    }
  }
}

TEST(QuantizeMx, TakesBf16AndFp16AsTheyAre) {
  Random random(4);
  std::vector<float> values(32 * 8);
  for (float& v : values) v = static_cast<float>(random.normal());
  for (const ElementType type : {ElementType::kBfloat16, ElementType::kFloat16}) {
    std::vector<std::uint8_t> codes(values.size() * 2);
    convert(ElementType::kFloat32, values.data(), type, codes.data(), values.size());
    std::vector<float> exact(values.size());
    convert(type, codes.data(), ElementType::kFloat32, exact.data(), values.size());
    const auto tile = quantize_mx(type, codes, {32, 8}, kPackedTypes[1]);
    ASSERT_TRUE(tile);
    const MxTile same = quantize(exact, {32, 8}, kPackedTypes[1], MxScaleRule::kNeuron);
    EXPECT_EQ(tile->data, same.data);
    EXPECT_EQ(tile->scales, same.scales);
  }
}

TEST(QuantizeMx, InfinityAndNanCountAsTwoToThe128) {
  for (const MxScaleRule rule : kRules) {
    std::vector<float> values(32, 1.0f);
    values[0] = INFINITY;
    values[1] = std::nanf("");
    const MxTile tile = quantize(values, {8, 4}, ElementType::kFloat8E5m2X4, rule);
    EXPECT_EQ(tile.scales[0], rule == MxScaleRule::kNeuron ? 241 : 240);
    EXPECT_EQ(tile.data[0], rule == MxScaleRule::kNeuron ? 0x7c : 0x7b);
    EXPECT_EQ(tile.data[1], 0x7e);
    EXPECT_EQ(tile.data[2], 0);  // lost beside them
    // FP4 has no code for either: the whole group becomes NaN rather than a wrong number.
    const MxTile fp4 = quantize(values, {8, 4}, ElementType::kFloat4E2m1fnX4, rule);
    EXPECT_EQ(fp4.scales[0], 0xff);
    for (const float v : dequantize(fp4)) EXPECT_TRUE(std::isnan(v));
  }
}

TEST(QuantizeMx, RoundsStochasticallyByPosition) {
  const std::vector<float> values(32 * 32, 1.0f + 1.0f / 16);
  const MxOptions options = {MxScaleRule::kNeuron, RoundingMode::kStochastic, {.seed = 6}};
  const auto tile = quantize_mx(ElementType::kFloat32, bytes_of_values(values), {32, 32},
                                kPackedTypes[0], options);
  ASSERT_TRUE(tile);
  std::vector<std::uint8_t> lanes(values.size());
  const std::vector<float> scaled(values.size(), values[0] * 128);
  convert(ElementType::kFloat32, scaled.data(), ElementType::kFloat8E4m3fn, lanes.data(),
          lanes.size(), {RoundingMode::kStochastic, OverflowRule::kNeuron, {.seed = 6}});
  EXPECT_EQ(tile->data, lanes);
  EXPECT_THAT(lanes, testing::Contains(0x70));
  EXPECT_THAT(lanes, testing::Contains(0x71));
}

TEST(DequantizeMx, MultipliesEveryCodeByEveryScale) {
  for (const ElementType lane : {ElementType::kFloat8E4m3fn, ElementType::kFloat8E5m2}) {
    const ElementType type = lane == ElementType::kFloat8E5m2 ? ElementType::kFloat8E5m2X4
                                                              : ElementType::kFloat8E4m3fnX4;
    for (int scale = 0; scale < 256; ++scale) {
      MxTile tile = {type,
                     {64, 4},
                     std::vector<std::uint8_t>(256),
                     std::vector<std::uint8_t>(8, static_cast<std::uint8_t>(scale))};
      for (std::size_t i = 0; i < 256; ++i) tile.data[i] = static_cast<std::uint8_t>(i);
      const std::vector<float> values = dequantize(tile);
      for (std::uint32_t i = 0; i < 256; ++i) {
        const double exact = std::ldexp(double{decode(lane, i)}, scale - 127);
        if (std::isnan(exact) || scale == 255) {
          EXPECT_TRUE(std::isnan(values[i]));
        } else {
          EXPECT_EQ(values[i], static_cast<float>(exact)) << "code " << i << " scale " << scale;
        }
      }
    }
  }
}

TEST(Mx, RefusesWhatDoesNotFit) {
  const std::vector<float> values(32);
  const auto refused = [&](ElementType source, MxShape shape, ElementType type,
                           const std::string& text) {
    const auto tile = quantize_mx(source, bytes_of_values(values), shape, type);
    ASSERT_FALSE(tile);
    EXPECT_THAT(to_text(tile.error()), HasSubstr(text));
  };
  const ElementType f32 = ElementType::kFloat32;
  refused(f32, {7, 4}, kPackedTypes[0], "multiple of 8");
  refused(f32, {8, 6}, kPackedTypes[0], "multiple of 4");
  refused(f32, {0, 4}, kPackedTypes[0], "multiple of 8");
  refused(f32, {-8, -4}, kPackedTypes[0], "multiple of 8");
  refused(f32, {2147483640, 2147483644}, kPackedTypes[0], "bytes of values");
  refused(f32, {16, 4}, kPackedTypes[0], "128 bytes of values");
  refused(f32, {8, 4}, ElementType::kFloat8E4m3fn, "packed");
  refused(ElementType::kInt32, {8, 4}, kPackedTypes[0], "int32");
  EXPECT_FALSE(dequantize_mx({kPackedTypes[0], {8, 4}, std::vector<std::uint8_t>(31), {127}}));
  EXPECT_FALSE(dequantize_mx({kPackedTypes[0], {8, 4}, std::vector<std::uint8_t>(32), {}}));
  EXPECT_FALSE(dequantize_mx({ElementType::kInt8, {8, 4}, std::vector<std::uint8_t>(32), {127}}));
}

TEST(ScaleLayout, PutsFourScaleRowsAtTheTopOfEachQuadrant) {
  EXPECT_EQ(mx_scale_partition(0, 0), 0);
  EXPECT_EQ(mx_scale_partition(3, 0), 3);
  EXPECT_EQ(mx_scale_partition(4, 0), 32);
  EXPECT_EQ(mx_scale_partition(15, 12), 111);
  EXPECT_EQ(mx_scale_partitions({32, 4}, 0), 4);  // up to 32 partitions: [P/8, F/4] is enough
  EXPECT_EQ(mx_scale_partitions({64, 4}, 4), 40);
}

TEST(ScaleLayout, FourTensorsShareOneTile) {
  constexpr MxShape kShape = {128, 20};
  std::vector<std::uint8_t> tile(128 * 6, 0xee);
  std::vector<std::vector<std::uint8_t>> tensors;
  for (int t = 0; t < 4; ++t) {
    auto& scales = tensors.emplace_back(16 * 5);
    for (std::size_t i = 0; i < scales.size(); ++i)
      scales[i] = static_cast<std::uint8_t>(static_cast<std::size_t>(t) * 50 + i % 50);
    ASSERT_TRUE(scatter_mx_scales(scales, kShape, 4 * t, tile, 6));
  }
  for (int t = 0; t < 4; ++t) {
    const auto back = gather_mx_scales(tile, 6, kShape, 4 * t);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, tensors[static_cast<std::size_t>(t)]);
  }
  for (std::size_t p = 0; p < 128; ++p) {
    EXPECT_EQ(tile[p * 6 + 5], 0xee);  // beyond F/4
    if (p % 32 >= 16) {
      EXPECT_EQ(tile[p * 6], 0xee);
    }
  }
}

TEST(ScaleLayout, RefusesWhatDoesNotFit) {
  std::vector<std::uint8_t> tile(36), logical(8);
  EXPECT_TRUE(scatter_mx_scales(logical, {64, 4}, 0, tile, 1));
  EXPECT_FALSE(scatter_mx_scales(logical, {64, 4}, 4, tile, 1));  // needs 40 partitions
  EXPECT_FALSE(scatter_mx_scales(logical, {64, 4}, 3, tile, 1));
  EXPECT_FALSE(scatter_mx_scales(logical, {64, 4}, 16, tile, 1));
  EXPECT_FALSE(scatter_mx_scales(logical, {64, 8}, 0, tile, 1));
  EXPECT_FALSE(scatter_mx_scales({logical.data(), 7}, {64, 4}, 0, tile, 1));
  EXPECT_FALSE(gather_mx_scales({tile.data(), 35}, 1, {64, 4}, 0));
  EXPECT_FALSE(gather_mx_scales(tile, -1, {64, 4}, 0));
}

}  // namespace
}  // namespace switchyard::numeric
