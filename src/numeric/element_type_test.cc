#include "numeric/element_type.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "numeric/exact_reference.h"

namespace switchyard::numeric {
namespace {

TEST(ElementTypes, AreFoundByTheirNames) {
  for (const ElementTraits& t : element_types()) {
    const auto found = find_element_type(t.name, "dtype");
    ASSERT_TRUE(found) << t.name;
    EXPECT_EQ(*found, t.type);
    EXPECT_EQ(name(t.type), t.name);
  }
}

TEST(ElementTypes, AnUnknownNameGetsASuggestion) {
  const auto found = find_element_type("float8_e4m3fm", "kernel.py:12: dtype");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::kUnknown);
  EXPECT_EQ(found.error().where, "kernel.py:12: dtype");
  EXPECT_THAT(found.error().hint, testing::HasSubstr("float8_e4m3fn"));
  EXPECT_FALSE(find_element_type("", "dtype"));
  EXPECT_FALSE(find_element_type("Float32", "dtype"));
}

TEST(ElementTypes, HaveThePublishedLimits) {
  EXPECT_EQ(traits(ElementType::kFloat32).max_finite, std::numeric_limits<float>::max());
  EXPECT_EQ(traits(ElementType::kFloat32).min_subnormal, std::numeric_limits<float>::denorm_min());
  EXPECT_EQ(traits(ElementType::kFloat16).max_finite, 65504);
  EXPECT_EQ(traits(ElementType::kFloat8E3m4).max_finite, 15.5);
  EXPECT_EQ(traits(ElementType::kFloat8E4m3).max_finite, 240);
  EXPECT_EQ(traits(ElementType::kFloat8E4m3fn).max_finite, 448);
  EXPECT_EQ(traits(ElementType::kFloat8E5m2).max_finite, 57344);
  EXPECT_EQ(traits(ElementType::kFloat4E2m1fn).max_finite, 6);
  EXPECT_EQ(traits(ElementType::kFloat8E8m0fnu).min_normal, std::ldexp(1.0, -127));
  EXPECT_EQ(traits(ElementType::kInt16).max_finite, 32767);
  EXPECT_EQ(traits(ElementType::kUint32).max_finite, 4294967295.0);
}

TEST(ElementTypes, AgreeWithTheListOfTheirValues) {
  for (const reference::Format& f : reference::formats()) {
    const reference::ValueTable table(f);
    const ElementTraits& t = traits(f.type);
    EXPECT_EQ(t.bits, 1 + f.exponent_bits + f.mantissa_bits) << t.name;
    EXPECT_EQ(t.exponent_bits, f.exponent_bits) << t.name;
    EXPECT_EQ(t.mantissa_bits, f.mantissa_bits) << t.name;
    EXPECT_EQ(t.bias, f.bias) << t.name;
    EXPECT_EQ(t.max_finite, table.values[table.max_finite()]) << t.name;
    EXPECT_EQ(t.min_subnormal, table.values[1]) << t.name;
    EXPECT_EQ(t.min_normal, table.values[std::size_t{1} << f.mantissa_bits]) << t.name;
    EXPECT_EQ(t.has_infinity, f.specials == reference::Specials::kIeee) << t.name;
    EXPECT_EQ(t.nan_rule == NanRule::kNone, f.specials == reference::Specials::kNone) << t.name;
  }
}

TEST(PackedTypes, TakeFourValuesInOneWord) {
  EXPECT_EQ(traits(ElementType::kFloat8E4m3fnX4).storage_bytes, 4);
  EXPECT_EQ(traits(ElementType::kFloat8E5m2X4).lane_type, ElementType::kFloat8E5m2);
  EXPECT_EQ(traits(ElementType::kFloat4E2m1fnX4).storage_bytes, 2);
  EXPECT_EQ(bytes_of(ElementType::kFloat4E2m1fnX4, 8), 4u);
  EXPECT_EQ(bytes_of(ElementType::kFloat4E2m1fn, 8), 8u);
  EXPECT_EQ(bytes_of(ElementType::kTfloat32, 3), 12u);
  EXPECT_DEATH(bytes_of(ElementType::kFloat8E4m3fnX4, 6), "6 values of float8_e4m3fn_x4");
}

}  // namespace
}  // namespace switchyard::numeric
