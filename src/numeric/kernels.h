// Loops over many values: float32 to the words of one type and back, for one vector width.
//
// Internal to numeric/: convert.h is what others use. `values` are float32. Memory of both sides
// may have any alignment and must not overlap. Packed types are not known here.
#pragma once

#include <cstddef>
#include <cstdint>

#include "numeric/element_type.h"
#include "numeric/rounding.h"
#include "numeric/vector_width.h"

namespace switchyard::numeric {

void decode_values(ElementType type, const void* source, void* values, std::size_t count,
                   VectorWidth width);

void encode_nearest_values(ElementType type, const void* values, void* destination,
                           std::size_t count, OverflowRule overflow, VectorWidth width);

// `words` holds one random word a value.
void encode_stochastic_values(ElementType type, const void* values, const std::uint32_t* words,
                              void* destination, std::size_t count, OverflowRule overflow,
                              VectorWidth width);

}  // namespace switchyard::numeric
