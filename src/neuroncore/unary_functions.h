// Functions of one operand, over arrays: those of the Scalar engine's table and the unary operators
// of the Vector and GpSimd engines (nki.api.shared.rst).
//
// float32 in and out. The widest errors, measured over all of float32 (unary_functions_slow_test),
// are 0.51 ulp, for exp 1 ulp. A NaN that comes out is the quiet NaN 0x7fc00000; copy and bypass
// keep bits. Results do not depend on the vector width.
#pragma once

#include <cstddef>

#include "isa/tokens.h"
#include "numeric/vector_width.h"

namespace switchyard::neuroncore {

// values[i] = op(values[i]). Contract: is_unary(op), not invert, cos, tan or prelu.
void apply_unary(isa::Op op, float* values, std::size_t count,
                 numeric::VectorWidth width = numeric::best_vector_width());

// Negative values times `slope`.
void apply_prelu(float slope, float* values, std::size_t count,
                 numeric::VectorWidth width = numeric::best_vector_width());

}  // namespace switchyard::neuroncore
