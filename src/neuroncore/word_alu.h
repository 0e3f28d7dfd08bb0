// Integer work of the vector engines over arrays of 32-bit words: bit patterns, and the exact
// integer arithmetic of the GpSimd engine.
#pragma once

#include <cstddef>
#include <cstdint>

#include "isa/tokens.h"
#include "numeric/element_type.h"

namespace switchyard::neuroncore {

// Bit patterns. values[i] = values[i] op other[i * step]; reversed, the other way round. `step` is
// 0 or 1. Shifts are logical, and by 32 or more they leave 0. Contract: is_bitvec(op); patterns of
// narrower types are zero-extended.
void apply_bits(isa::Op op, bool reverse, std::uint32_t* values, const std::uint32_t* other,
                int step, std::size_t count);

// Operands of int32 or uint32, in arithmetic without rounding; results wrap modulo 2^32.
// Comparisons and logical operators give 1 or 0. Negative powers truncate to 0 unless the base is 1
// or -1.
struct IntegerOperand {
  const std::uint32_t* words;
  bool is_signed;
};
void apply_integers(isa::Op op, IntegerOperand a, IntegerOperand b, std::uint32_t* results,
                    std::size_t count);

// Whether the type has 32-bit words for which GpSimd computes exactly.
inline bool is_word_integer(numeric::ElementType type) {
  return type == numeric::ElementType::kInt32 || type == numeric::ElementType::kUint32;
}

}  // namespace switchyard::neuroncore
