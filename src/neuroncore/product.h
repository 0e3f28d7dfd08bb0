// A product of TensorE on its way into PSUM: overwrite or accumulate, in the type of dst.
#pragma once

#include <functional>

#include "neuroncore/gemm.h"
#include "neuroncore/machine.h"

namespace switchyard::neuroncore {

struct Product {
  GemmShape shape;
  const float* stationary = nullptr;  // panels
  // Fills the panels of columns [first, first + columns of the shape) of moving.
  std::function<void(std::int64_t first, PanelShape shape, float* panels)> pack_moving;
};

// Computes the product and writes it to the instruction's dst as its `accumulate` says; a fault
// where that is undefined. Uses machine.values(1) and (2).
//
// A bfloat16 dst (NeuronCore-v4) is read back to float32, added in float32 and rounded once
// [trainium3_arch.rst].
void write_product(Machine& machine, const isa::Instruction& instruction, const Product& product);

}  // namespace switchyard::neuroncore
