// Conversion between element types, for one value and for arrays.
//
// Everything goes through float32, as in the Vector and Scalar engines: source -> float32 ->
// destination. The first step is exact for every float type, int8, int16, uint8, uint16 and bool;
// int32 and uint32 round to nearest even in it when they need more than 24 bits. The second step
// rounds as `Rounding` says. Equal types are copied bit for bit. docs/numerics.md lists each
// choice.
//
// Memory is that of the device, little end first; a packed type is its lanes in order, FP4 two to a
// byte with the low nibble first. Any alignment; source and destination must not overlap.
#pragma once

#include <cstddef>
#include <cstdint>

#include "numeric/element_type.h"
#include "numeric/rounding.h"

namespace switchyard::numeric {

// `code` is what stands in memory for one value of an unpacked type (a float4 in the low nibble).
float decode(ElementType type, std::uint32_t code);
std::uint32_t encode(ElementType type, float value, const Rounding& rounding = {});

// `count` is of scalar values, a multiple of 4 if either side is packed: 4n float32 make n words of
// float8_e4m3fn_x4. Value i meets the random word at rounding.random.position + i.
void convert(ElementType source_type, const void* source, ElementType destination_type,
             void* destination, std::size_t count, const Rounding& rounding = {});

}  // namespace switchyard::numeric
