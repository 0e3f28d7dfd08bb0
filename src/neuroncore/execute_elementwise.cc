// Instructions that compute each element from the elements in the same place.
#include "neuroncore/alu.h"
#include "neuroncore/execute_table.h"
#include "neuroncore/rows.h"
#include "neuroncore/unary_functions.h"
#include "neuroncore/word_alu.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::Engine;
using isa::Instruction;
using isa::Op;
using isa::Opcode;
using isa::OperandName;
using numeric::ElementType;

// Bits as they are, without going through float32.
void copy_bits(const Tile& source, const Tile& dst) {
  if (source.contiguous() && dst.contiguous() && source.data != dst.data) {
    return copy_rows(source.data, source.partition_stride, dst.data, dst.partition_stride,
                     dst.partitions, dst.elements * dst.element_bytes);
  }
  std::uint8_t buffer[kBlockValues * 4];
  for_each_block(dst, [&](const Block& block) {
    for (int r = 0; r < block.rows; ++r) {
      const int p = block.partition + r;
      read_bytes(source, p, block.first, block.count, buffer);
      write_bytes(dst, p, block.first, block.count, buffer);
    }
  });
}

void execute_tensor_copy(Machine& machine, const Instruction& instruction) {
  Tile source = machine.input(OperandName::kSrc);
  if (machine.faulted()) return;
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  source = apart(machine, source, dst, 0);
  const bool by_float = engine_of(machine, instruction) == Engine::kScalar;
  if (source.type == dst.type && (!by_float || numeric::is_packed(dst.type)))
    return copy_bits(source, dst);
  alignas(64) float values[kBlockValues];
  for_each_block(dst, [&](const Block& block) {
    read_block(source, block, values);
    write_block(machine, dst, block, values);
  });
}

void execute_memset(Machine& machine, const Instruction& instruction) {
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  alignas(64) std::uint32_t words[kBlockValues];
  std::fill_n(words, kBlockValues,
              constant_code(dst.type, instruction.number(AttributeName::kValue)));
  for_each_block(dst, [&](const Block& block) { write_patterns(dst, block, words); });
}

void execute_reciprocal(Machine& machine, const Instruction&) {
  Tile source = machine.input(OperandName::kData);
  if (machine.faulted()) return;
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  source = apart(machine, source, dst, 0);
  alignas(64) float values[kBlockValues];
  for_each_block(dst, [&](const Block& block) {
    read_block(source, block, values);
    apply_unary(Op::kReciprocal, values, static_cast<std::size_t>(block.values()));
    write_block(machine, dst, block, values);
  });
}

// tensor_tensor.

void combine_bits(Op op, const Tile& a, const Tile& b, const Tile& dst) {
  alignas(64) std::uint32_t left[kBlockValues], right[kBlockValues];
  for_each_block(dst, [&](const Block& block) {
    read_patterns(a, block, left);
    read_patterns(b, block, right);
    apply_bits(op, false, left, right, 1, static_cast<std::size_t>(block.values()));
    write_patterns(dst, block, left);
  });
}

void combine_integers(Op op, const Tile& a, const Tile& b, const Tile& dst) {
  alignas(64) std::uint32_t left[kBlockValues], right[kBlockValues];
  for_each_block(dst, [&](const Block& block) {
    read_patterns(a, block, left);
    read_patterns(b, block, right);
    apply_integers(op, {left, a.type == ElementType::kInt32},
                   {right, b.type == ElementType::kInt32}, left,
                   static_cast<std::size_t>(block.values()));
    write_patterns(dst, block, left);
  });
}

void execute_tensor_tensor(Machine& machine, const Instruction& instruction) {
  Tile a = machine.input(OperandName::kData1);
  if (machine.faulted()) return;
  Tile b = machine.input(OperandName::kData2);
  if (machine.faulted()) return;
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  a = apart(machine, a, dst, 0);
  b = apart(machine, b, dst, 1);
  const Op op = instruction.op(AttributeName::kOp);
  if (isa::is_bitvec(op)) return combine_bits(op, a, b, dst);
  const bool exact = engine_of(machine, instruction) == Engine::kGpSimd &&
                     is_word_integer(a.type) && is_word_integer(b.type) &&
                     is_word_integer(dst.type);
  if (exact) return combine_integers(op, a, b, dst);
  alignas(64) float left[kBlockValues], right[kBlockValues];
  for_each_block(dst, [&](const Block& block) {
    read_block(a, block, left);
    read_block(b, block, right);
    apply_tensor(op, false, left, right, static_cast<std::size_t>(block.values()));
    write_block(machine, dst, block, left);
  });
}

// tensor_scalar and scalar_tensor_tensor.

void scale_bits(const Instruction& instruction, const Tile& source, const Tile& dst,
                std::span<const std::uint32_t> first, std::span<const std::uint32_t> second) {
  const Op op0 = instruction.op(AttributeName::kOp0);
  const bool reverse0 = instruction.flag(AttributeName::kReverse0);
  const bool twice = instruction.find(AttributeName::kOp1) != nullptr;
  const bool reverse1 = instruction.flag(AttributeName::kReverse1);
  alignas(64) std::uint32_t words[kBlockValues];
  for_each_block(dst, [&](const Block& block) {
    read_patterns(source, block, words);
    for (int r = 0; r < block.rows; ++r) {
      const auto p = static_cast<std::size_t>(block.partition + r);
      const auto count = static_cast<std::size_t>(block.count);
      std::uint32_t* row = words + r * block.count;
      apply_bits(op0, reverse0, row, &first[p], 0, count);
      if (twice)
        apply_bits(instruction.op(AttributeName::kOp1), reverse1, row, &second[p], 0, count);
    }
    write_patterns(dst, block, words);
  });
}

void tensor_scalar_bits(Machine& machine, const Instruction& instruction) {
  Tile source = machine.input(OperandName::kData);
  if (machine.faulted()) return;
  const auto first =
      partition_patterns(machine, instruction.find(OperandName::kOperand0), source.partitions, 0);
  const auto second =
      partition_patterns(machine, instruction.find(OperandName::kOperand1), source.partitions, 1);
  if (machine.faulted()) return;
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  source = apart(machine, source, dst, 0);
  scale_bits(instruction, source, dst, first, second);
}

void execute_tensor_scalar(Machine& machine, const Instruction& instruction) {
  if (isa::is_bitvec(instruction.op(AttributeName::kOp0)))
    return tensor_scalar_bits(machine, instruction);
  Tile source = machine.input(OperandName::kData);
  if (machine.faulted()) return;
  const ScalarStep first(machine, instruction, AttributeName::kOp0, AttributeName::kReverse0,
                         OperandName::kOperand0, source.partitions);
  const ScalarStep second(machine, instruction, AttributeName::kOp1, AttributeName::kReverse1,
                          OperandName::kOperand1, source.partitions);
  if (machine.faulted()) return;
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  source = apart(machine, source, dst, 0);
  alignas(64) float values[kBlockValues];
  for_each_block(dst, [&](const Block& block) {
    read_block(source, block, values);
    first.apply(second, block, values);
    write_block(machine, dst, block, values);
  });
}

void execute_scalar_tensor_tensor(Machine& machine, const Instruction& instruction) {
  Tile a = machine.input(OperandName::kData);
  if (machine.faulted()) return;
  const ScalarStep first(machine, instruction, AttributeName::kOp0, AttributeName::kReverse0,
                         OperandName::kOperand0, a.partitions);
  Tile b = machine.input(OperandName::kOperand1);
  if (machine.faulted()) return;
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  a = apart(machine, a, dst, 0);
  b = apart(machine, b, dst, 1);
  const Op op1 = instruction.op(AttributeName::kOp1);
  const bool reverse1 = instruction.flag(AttributeName::kReverse1);
  alignas(64) float left[kBlockValues], right[kBlockValues];
  for_each_block(dst, [&](const Block& block) {
    read_block(a, block, left);
    first.apply(block, left);
    read_block(b, block, right);
    apply_tensor(op1, reverse1, left, right, static_cast<std::size_t>(block.values()));
    write_block(machine, dst, block, left);
  });
}

constexpr HandlerRow kHandlers[] = {
    {Opcode::kTensorCopy, execute_tensor_copy},
    {Opcode::kMemset, execute_memset},
    {Opcode::kReciprocal, execute_reciprocal},
    {Opcode::kTensorTensor, execute_tensor_tensor},
    {Opcode::kTensorScalar, execute_tensor_scalar},
    {Opcode::kScalarTensorTensor, execute_scalar_tensor_tensor},
};

}  // namespace

std::span<const HandlerRow> elementwise_handlers() { return kHandlers; }

}  // namespace switchyard::neuroncore
