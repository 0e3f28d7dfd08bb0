// The element types of a NeuronCore tensor: names, widths, formats.
//
// A type is an enumerator plus one row of constant traits. Types of the vendor's language
// (nki.language) keep their names there. float8_e3m4 and the plain float4_e2m1fn are not in that
// list, but the hardware multiplies the first and packs the second.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"

namespace switchyard::numeric {

enum class ElementType : std::uint8_t {
  kFloat32,
  kTfloat32,
  kBfloat16,
  kFloat16,
  kFloat8E3m4,
  kFloat8E4m3,
  kFloat8E4m3fn,
  kFloat8E5m2,
  kFloat4E2m1fn,
  kFloat8E8m0fnu,
  kInt32,
  kUint32,
  kInt16,
  kUint16,
  kInt8,
  kUint8,
  kBool,
  kFloat8E4m3fnX4,
  kFloat8E5m2X4,
  kFloat4E2m1fnX4,
};

enum class ElementKind : std::uint8_t { kFloat, kInteger, kBool, kPacked };

// Which codes are not numbers.
enum class NanRule : std::uint8_t {
  kNone,     // the type has no NaN
  kIeee,     // exponent all ones, significand not zero
  kAllOnes,  // all bits below the sign set
};

struct ElementTraits {
  ElementType type;
  std::string_view name;
  ElementKind kind;
  int bits;           // of one code; the width of the type without padding
  int storage_bytes;  // one element in memory
  // Floats; 0 for the others.
  int exponent_bits;
  int mantissa_bits;  // without the implicit one
  int bias;
  bool is_signed;
  bool has_infinity;
  NanRule nan_rule;
  // Of a packed type: those of its lanes. Integers: the limits themselves.
  double max_finite;
  double min_normal;
  double min_subnormal;  // smallest value above zero
  int lanes;             // values in one element: 4 for _x4, else 1
  ElementType lane_type;
};

// All types, in the order of the enumerators.
std::span<const ElementTraits> element_types();
const ElementTraits& traits(ElementType type);

inline std::string_view name(ElementType type) { return traits(type).name; }
inline bool is_packed(ElementType type) { return traits(type).kind == ElementKind::kPacked; }

// Bytes that `values` scalar values take; a packed type takes 1/4 element a value.
// Contract: `values` is a multiple of the type's lanes.
std::size_t bytes_of(ElementType type, std::size_t values);

// By its name, as in "bfloat16"; `where` opens the error.
Result<ElementType> find_element_type(std::string_view name, const std::string& where);

}  // namespace switchyard::numeric
