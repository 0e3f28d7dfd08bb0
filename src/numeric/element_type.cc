#include "numeric/element_type.h"

#include <array>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "numeric/float_format.h"

namespace switchyard::numeric {
namespace {

constexpr double power_of_two(int exponent) {
  double value = 1;
  for (; exponent > 0; --exponent) value *= 2;
  for (; exponent < 0; ++exponent) value /= 2;
  return value;
}

constexpr double value_of(const FloatFormat& f, std::uint32_t magnitude) {
  const int exponent = static_cast<int>(magnitude >> f.mantissa_bits);
  const double fraction = magnitude & ((1u << f.mantissa_bits) - 1);
  const double scale = power_of_two(-f.mantissa_bits);
  return exponent == 0 ? fraction * scale * power_of_two(1 - f.bias)
                       : (1 + fraction * scale) * power_of_two(exponent - f.bias);
}

constexpr NanRule nan_rule(const FloatFormat& f) {
  if (f.infinity != 0) return NanRule::kIeee;
  return f.nan == f.magnitude_mask() ? NanRule::kAllOnes : NanRule::kNone;
}

constexpr ElementTraits float_type(ElementType type, std::string_view name, const FloatFormat& f) {
  return {type,
          name,
          ElementKind::kFloat,
          f.bits(),
          f.storage_bytes(),
          f.exponent_bits,
          f.mantissa_bits,
          f.bias,
          true,
          f.infinity != 0,
          nan_rule(f),
          value_of(f, f.max_finite),
          value_of(f, 1u << f.mantissa_bits),
          value_of(f, 1),
          1,
          type};
}

constexpr ElementTraits integer_type(ElementType type, std::string_view name, int bits,
                                     bool is_signed) {
  const double limit = power_of_two(is_signed ? bits - 1 : bits) - 1;
  return {type,      name,  ElementKind::kInteger, bits,  bits / 8, 0, 0, 0,
          is_signed, false, NanRule::kNone,        limit, 1,        1, 1, type};
}

constexpr ElementTraits packed_type(ElementType type, std::string_view name,
                                    const ElementTraits& lane) {
  ElementTraits packed = lane;
  packed.type = type;
  packed.name = name;
  packed.kind = ElementKind::kPacked;
  packed.bits = lane.bits * 4;
  packed.storage_bytes = lane.bits / 2;
  packed.lanes = 4;
  return packed;
}

// The word of IEEE 754 binary32; it needs no conversion, so FloatFormat does not describe it.
constexpr ElementTraits kFloat32Traits = {ElementType::kFloat32,
                                          "float32",
                                          ElementKind::kFloat,
                                          32,
                                          4,
                                          8,
                                          23,
                                          127,
                                          true,
                                          true,
                                          NanRule::kIeee,
                                          (2 - power_of_two(-23)) * power_of_two(127),
                                          power_of_two(-126),
                                          power_of_two(-149),
                                          1,
                                          ElementType::kFloat32};

// A power of two, no sign, no zero.
constexpr ElementTraits kScaleTraits = {ElementType::kFloat8E8m0fnu,
                                        "float8_e8m0fnu",
                                        ElementKind::kFloat,
                                        8,
                                        1,
                                        8,
                                        0,
                                        127,
                                        false,
                                        false,
                                        NanRule::kAllOnes,
                                        power_of_two(127),
                                        power_of_two(-127),
                                        power_of_two(-127),
                                        1,
                                        ElementType::kFloat8E8m0fnu};

constexpr ElementTraits kE4m3fn =
    float_type(ElementType::kFloat8E4m3fn, "float8_e4m3fn", kFloat8E4m3fnFormat);
constexpr ElementTraits kE5m2 =
    float_type(ElementType::kFloat8E5m2, "float8_e5m2", kFloat8E5m2Format);
constexpr ElementTraits kE2m1fn =
    float_type(ElementType::kFloat4E2m1fn, "float4_e2m1fn", kFloat4E2m1fnFormat);

constexpr std::array kTypes = {
    kFloat32Traits,
    float_type(ElementType::kTfloat32, "tfloat32", kTfloat32Format),
    float_type(ElementType::kBfloat16, "bfloat16", kBfloat16Format),
    float_type(ElementType::kFloat16, "float16", kFloat16Format),
    float_type(ElementType::kFloat8E3m4, "float8_e3m4", kFloat8E3m4Format),
    float_type(ElementType::kFloat8E4m3, "float8_e4m3", kFloat8E4m3Format),
    kE4m3fn,
    kE5m2,
    kE2m1fn,
    kScaleTraits,
    integer_type(ElementType::kInt32, "int32", 32, true),
    integer_type(ElementType::kUint32, "uint32", 32, false),
    integer_type(ElementType::kInt16, "int16", 16, true),
    integer_type(ElementType::kUint16, "uint16", 16, false),
    integer_type(ElementType::kInt8, "int8", 8, true),
    integer_type(ElementType::kUint8, "uint8", 8, false),
    ElementTraits{ElementType::kBool, "bool", ElementKind::kBool, 8, 1, 0, 0, 0, false, false,
                  NanRule::kNone, 1, 1, 1, 1, ElementType::kBool},
    packed_type(ElementType::kFloat8E4m3fnX4, "float8_e4m3fn_x4", kE4m3fn),
    packed_type(ElementType::kFloat8E5m2X4, "float8_e5m2_x4", kE5m2),
    packed_type(ElementType::kFloat4E2m1fnX4, "float4_e2m1fn_x4", kE2m1fn),
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    if (static_cast<std::size_t>(kTypes[i].type) != i) return false;
  }
  return true;
}
static_assert(in_order(), "the rows stand in the order of the enumerators");

}  // namespace

std::span<const ElementTraits> element_types() { return kTypes; }

const ElementTraits& traits(ElementType type) {
  const auto index = static_cast<std::size_t>(type);
  SWITCHYARD_CHECK(index < kTypes.size(), "element type {}", index);
  return kTypes[index];
}

std::size_t bytes_of(ElementType type, std::size_t values) {
  const ElementTraits& t = traits(type);
  if (t.lanes == 1) return values * static_cast<std::size_t>(t.storage_bytes);
  const auto lanes = static_cast<std::size_t>(t.lanes);
  SWITCHYARD_CHECK(values % lanes == 0, "{} values of {}", values, t.name);
  return values / lanes * static_cast<std::size_t>(t.storage_bytes);
}

Result<ElementType> find_element_type(std::string_view name, const std::string& where) {
  std::vector<std::string> known;
  for (const ElementTraits& t : kTypes) {
    if (t.name == name) return t.type;
    known.emplace_back(t.name);
  }
  return fail({ErrorKind::kUnknown, where, quote(name), "the name of an element type",
               did_you_mean(name, known)});
}

}  // namespace switchyard::numeric
