// Arithmetic of the vector engines over arrays of float32: one operator, one pass.
//
// Each result is rounded to float32 before the next operator sees it. A NaN that comes out is
// 0x7fc00000. Results do not depend on the vector width. Contract of all: an arithmetic operator; a
// unary one ignores the other operand, as documented for tensor_scalar.
#pragma once

#include <cstddef>
#include <cstdint>

#include "isa/tokens.h"
#include "numeric/vector_width.h"

namespace switchyard::neuroncore {

// values[i] = values[i] op other[i]; reversed, other[i] op values[i]. They must not overlap.
void apply_tensor(isa::Op op, bool reverse, float* values, const float* other, std::size_t count,
                  numeric::VectorWidth width = numeric::best_vector_width());

// The same with one operand for all.
void apply_scalar(isa::Op op, bool reverse, float* values, float other, std::size_t count,
                  numeric::VectorWidth width = numeric::best_vector_width());

// values[i] = values[i] * factor + addend, each step rounded: what apply_scalar gives in two
// passes.
void multiply_add(float* values, float factor, float addend, std::size_t count,
                  numeric::VectorWidth width = numeric::best_vector_width());

// sums[l] = (((sums[l] op v[0]) op v[1]) ... op v[count - 1]) with v = values + l * pitch, strictly
// in order; each of `lanes`.
void reduce_lanes(isa::Op op, const float* values, std::int64_t pitch, std::int64_t count,
                  int lanes, float* sums);

// One pair, as the arrays are computed. Contract: an arithmetic operator of two operands.
using BinaryFunction = float (*)(float, float);
BinaryFunction binary_function(isa::Op op);

// What a reduction that starts from nothing starts with: 0 for sums, 1 for products, -inf for
// maximum.
float reduction_identity(isa::Op op);

}  // namespace switchyard::neuroncore
