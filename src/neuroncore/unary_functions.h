// Functions of one operand, over arrays: those of the Scalar engine's table and the unary operators
// of the Vector and GpSimd engines (nki.api.shared.rst).
//
// float32 in and out. Measured against long double (unary_functions_slow_test) the error is at most
// 0.501 ulp, of exp 1.04, of the derivatives 0.504 and where they cross zero 2^-37 of their terms.
// A NaN that comes out is the quiet NaN 0x7fc00000; copy and bypass keep bits. Results do not
// depend on the vector width.
#pragma once

#include <cstddef>

#include "isa/tokens.h"
#include "numeric/vector_width.h"

namespace switchyard::neuroncore {

// values[i] = op(values[i]). Contract: a function of the Scalar engine but prelu, or a
// unary arithmetic operator of the vector engines (isa/rules.h).
void apply_unary(isa::Op op, float* values, std::size_t count,
                 numeric::VectorWidth width = numeric::best_vector_width());

// Negative values times `slope`.
void apply_prelu(float slope, float* values, std::size_t count,
                 numeric::VectorWidth width = numeric::best_vector_width());

}  // namespace switchyard::neuroncore
