// Members of the family of reductions that have files of their own: running reductions in
// execute_scan.cc, batch statistics in execute_statistics.cc. Internal to neuroncore/.
#pragma once

#include "neuroncore/machine.h"

namespace switchyard::neuroncore {

void execute_tensor_scalar_cumulative(Machine& machine, const isa::Instruction& instruction);
void execute_tensor_tensor_scan(Machine& machine, const isa::Instruction& instruction);
void execute_bn_stats(Machine& machine, const isa::Instruction& instruction);
void execute_bn_aggr(Machine& machine, const isa::Instruction& instruction);

}  // namespace switchyard::neuroncore
