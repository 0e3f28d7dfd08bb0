// The reduce registers: a float32 a partition in VectorE and in ScalarE, shared by the instructions
// of the engine that reduce what they compute.
//
// Values go in as float32, before the conversion to dst, strictly in the order of the elements and
// on top of what the register holds. Sources: pages of activation, activate2, exponential,
// tensor_scalar_reduce (nki.isa).
#pragma once

#include "neuroncore/rows.h"

namespace switchyard::neuroncore {

class ReduceRegisters {
 public:
  // Resets or loads them as `command` says; `initial` names the operand of load_reduce.
  ReduceRegisters(Machine& machine, isa::Engine engine, isa::ReduceCommand command, isa::Op op,
                  int partitions, isa::OperandName initial = isa::OperandName::kReduceInit);

  // Whether results are added: then blocks come as strips.
  bool adds() const { return adds_; }
  void add(const Block& block, const float* values);

  // Into reduce_res, if the instruction has it.
  void store(Machine& machine, bool negate = false) const;

 private:
  float* registers_;
  isa::Op op_;
  bool adds_;
};

}  // namespace switchyard::neuroncore
