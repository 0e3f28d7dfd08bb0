// Functions of the Scalar engine, and the Vector engine's exponential.
#include "neuroncore/alu.h"
#include "neuroncore/execute_table.h"
#include "neuroncore/reduce_registers.h"
#include "neuroncore/unary_functions.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::Engine;
using isa::Instruction;
using isa::Op;
using isa::Opcode;
using isa::OperandName;
using isa::ReduceCommand;

// What comes before the function, the function, and the registers that add up its results.
struct Pipeline {
  ScalarStep first, second;
  Op function;
  std::span<const float> slopes;  // of prelu
  ReduceRegisters registers;

  void apply_function(const Block& block, float* values) const {
    if (function != Op::kPrelu)
      return apply_unary(function, values, static_cast<std::size_t>(block.values()));
    for (int r = 0; r < block.rows; ++r)
      apply_prelu(slopes[static_cast<std::size_t>(block.partition + r)], values + r * block.count,
                  static_cast<std::size_t>(block.count));
  }
};

void run(Machine& machine, Tile source, Pipeline& pipeline) {
  if (machine.faulted()) return;
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  source = apart(machine, source, dst, 0);
  alignas(64) float values[kBlockValues];
  const auto work = [&](const Block& block) {
    read_block(source, block, values);
    pipeline.first.apply(pipeline.second, block, values);
    pipeline.apply_function(block, values);
    pipeline.registers.add(block, values);
    write_block(machine, dst, block, values);
  };
  pipeline.registers.adds() ? for_each_strip(dst, work) : for_each_block(dst, work);
  pipeline.registers.store(machine);
}

Op reduce_op(const Instruction& instruction) {
  return instruction.find(AttributeName::kReduceOp) ? instruction.op(AttributeName::kReduceOp)
                                                    : Op::kAdd;
}

void activate(Machine& machine, const Instruction& instruction, ReduceCommand command) {
  const Tile source = machine.input(OperandName::kData);
  if (machine.faulted()) return;
  const int partitions = source.partitions;
  Pipeline pipeline = {
      ScalarStep(machine, instruction, Op::kMultiply, OperandName::kScale, partitions),
      ScalarStep(machine, instruction, Op::kAdd, OperandName::kBias, partitions),
      instruction.op(AttributeName::kOp),
      machine.partition_values(OperandName::kReluParam, partitions, 0),
      {machine, Engine::kScalar, command, reduce_op(instruction), partitions}};
  run(machine, source, pipeline);
}

void execute_activation(Machine& machine, const Instruction& instruction) {
  activate(machine, instruction, instruction.reduce_command());
}

void execute_activation_reduce(Machine& machine, const Instruction& instruction) {
  activate(machine, instruction, ReduceCommand::kResetReduce);
}

void execute_activate2(Machine& machine, const Instruction& instruction) {
  const Tile source = machine.input(OperandName::kData);
  if (machine.faulted()) return;
  const int partitions = source.partitions;
  Pipeline pipeline = {
      ScalarStep(machine, instruction, AttributeName::kOp0, AttributeName::kReverse0,
                 OperandName::kImm0, partitions),
      ScalarStep(machine, instruction, AttributeName::kOp1, AttributeName::kReverse1,
                 OperandName::kImm1, partitions),
      instruction.op(AttributeName::kOp),
      machine.partition_values(OperandName::kReluParam, partitions, 0),
      {machine, Engine::kScalar, instruction.reduce_command(), reduce_op(instruction), partitions}};
  run(machine, source, pipeline);
}

void execute_exponential(Machine& machine, const Instruction& instruction) {
  const Tile source = machine.input(OperandName::kSrc);
  if (machine.faulted()) return;
  const int partitions = source.partitions;
  Pipeline pipeline = {
      ScalarStep(machine, instruction, Op::kSubtract, OperandName::kMaxValue, partitions),
      {},
      Op::kExp,
      {},
      {machine, Engine::kVector, instruction.reduce_command(), Op::kAdd, partitions}};
  run(machine, source, pipeline);
}

constexpr HandlerRow kHandlers[] = {
    {Opcode::kActivation, execute_activation},
    {Opcode::kActivationReduce, execute_activation_reduce},
    {Opcode::kActivate2, execute_activate2},
    {Opcode::kExponential, execute_exponential},
};

}  // namespace

std::span<const HandlerRow> activation_handlers() { return kHandlers; }

}  // namespace switchyard::neuroncore
