// Values of the sequencer's instructions: register_alloc, register_move, register_load,
// register_store.
//
// A register holds 32 bits. Loading takes the element's bit pattern (sign-extended for signed
// integers), storing writes the low bits: a float crosses as its bits.
#include "neuroncore/execute_table.h"

namespace switchyard::neuroncore {

namespace {

using isa::OperandName;

std::int32_t scalar(const Machine& machine, const isa::Operand& operand) {
  if (operand.kind == isa::OperandKind::kRegister) return machine.reg(operand.reg);
  return static_cast<std::int32_t>(operand.number);
}

void execute_register_move(Machine& machine, const isa::Instruction& instruction) {
  const isa::Operand* src = instruction.find(OperandName::kSrc);
  if (src == nullptr) return;  // register_alloc without a value: the register keeps what it had
  machine.set_reg(instruction.find(OperandName::kDst)->reg, scalar(machine, *src));
}

void execute_register_load(Machine& machine, const isa::Instruction& instruction) {
  const Tile src = machine.input(OperandName::kSrc);
  if (machine.faulted()) return;
  std::uint32_t word = 0;
  read_words(src, 0, 0, 1, &word);
  machine.set_reg(instruction.find(OperandName::kDst)->reg, static_cast<std::int32_t>(word));
}

void execute_register_store(Machine& machine, const isa::Instruction& instruction) {
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  const auto word =
      static_cast<std::uint32_t>(scalar(machine, *instruction.find(OperandName::kSrc)));
  write_words(dst, 0, 0, 1, &word);
}

constexpr HandlerRow kRows[] = {
    {isa::Opcode::kRegisterAlloc, execute_register_move},
    {isa::Opcode::kRegisterMove, execute_register_move},
    {isa::Opcode::kRegisterLoad, execute_register_load},
    {isa::Opcode::kRegisterStore, execute_register_store},
};

}  // namespace

std::span<const HandlerRow> sequencer_handlers() { return kRows; }

}  // namespace switchyard::neuroncore
