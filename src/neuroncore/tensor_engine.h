// Functions that execute TensorE instructions and their companions. Internal to neuroncore/.
#pragma once

#include "neuroncore/machine.h"

namespace switchyard::neuroncore {

// execute_transpose.cc
void execute_nc_transpose(Machine& machine, const isa::Instruction& instruction);
// nc_matmul with is_transpose=true from NeuronCore-v3 on: elements of stationary keep their bits.
void execute_transpose_mode(Machine& machine, const isa::Instruction& instruction);

// execute_mx.cc
void execute_nc_matmul_mx(Machine& machine, const isa::Instruction& instruction);
void execute_quantize_mx(Machine& machine, const isa::Instruction& instruction);

}  // namespace switchyard::neuroncore
