// Running reductions along the free dimension: every step is an element of dst.
#include "neuroncore/execute_scan.h"

#include "neuroncore/alu.h"
#include "neuroncore/quiet.h"
#include "neuroncore/reduce_registers.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::Engine;
using isa::Instruction;
using isa::Op;
using isa::OperandName;

// In place: v[i] = state = v[i] op state.
void accumulate(BinaryFunction op, std::int64_t pitch, std::int64_t count, int rows, float* values,
                float* states) {
  for (std::int64_t i = 0; i < count; ++i) {
    for (int r = 0; r < rows; ++r) {
      float& value = values[r * pitch + i];
      value = states[r] = op(value, states[r]);
    }
  }
}

struct Recurrence {
  Op op0, op1;
  bool reverse0, reverse1;
};

// In place: a[i] = state = (a[i] op0 state) op1 b[i].
void scan(const Recurrence& how, const Block& block, float* a, const float* b, float* states) {
  const std::int64_t pitch = block.count;
  if (how.op0 == Op::kMultiply && how.op1 == Op::kAdd) {  // either order gives the same
    for (std::int64_t i = 0; i < block.count; ++i) {
      for (int r = 0; r < block.rows; ++r) {
        float& value = a[r * pitch + i];
        value = states[r] = quiet(value * states[r] + b[r * pitch + i]);
      }
    }
    return;
  }
  const BinaryFunction first = binary_function(how.op0), second = binary_function(how.op1);
  for (std::int64_t i = 0; i < block.count; ++i) {
    for (int r = 0; r < block.rows; ++r) {
      float& value = a[r * pitch + i];
      const float other = b[r * pitch + i];
      const float step = how.reverse0 ? first(states[r], value) : first(value, states[r]);
      value = states[r] = how.reverse1 ? second(other, step) : second(step, other);
    }
  }
}

}  // namespace

void execute_tensor_scalar_cumulative(Machine& machine, const Instruction& instruction) {
  Tile source = machine.input(OperandName::kSrc);
  if (machine.faulted()) return;
  const int partitions = source.partitions;
  const ScalarStep step(machine, instruction, instruction.op(AttributeName::kOp0),
                        OperandName::kImm0, partitions);
  const Op op1 = instruction.op(AttributeName::kOp1);
  const ReduceRegisters registers(machine, Engine::kVector, instruction.reduce_command(), op1,
                                  partitions, OperandName::kImm1);
  if (machine.faulted()) return;
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  source = apart(machine, source, dst, 0);
  const BinaryFunction op = binary_function(op1);
  float* states = machine.accumulators(Engine::kVector).value.data();
  alignas(64) float values[kBlockValues];
  for_each_strip(dst, [&](const Block& block) {
    read_block(source, block, values);
    step.apply(block, values);
    accumulate(op, block.count, block.count, block.rows, values, states + block.partition);
    write_block(machine, dst, block, values);
  });
}

void execute_tensor_tensor_scan(Machine& machine, const Instruction& instruction) {
  Tile a = machine.input(OperandName::kData0);
  if (machine.faulted()) return;
  Tile b = machine.input(OperandName::kData1);
  const auto initial = machine.partition_values(OperandName::kInitial, a.partitions, 0);
  if (machine.faulted()) return;
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  a = apart(machine, a, dst, 0);
  b = apart(machine, b, dst, 1);
  const Recurrence how = {instruction.op(AttributeName::kOp0), instruction.op(AttributeName::kOp1),
                          instruction.flag(AttributeName::kReverse0),
                          instruction.flag(AttributeName::kReverse1)};
  alignas(64) float left[kBlockValues], right[kBlockValues], states[isa::kPartitions];
  std::copy(initial.begin(), initial.end(), states);
  for_each_strip(dst, [&](const Block& block) {
    read_block(a, block, left);
    read_block(b, block, right);
    scan(how, block, left, right, states + block.partition);
    write_block(machine, dst, block, left);
  });
}

}  // namespace switchyard::neuroncore
