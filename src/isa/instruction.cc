#include "isa/instruction.h"

#include "base/check.h"

namespace switchyard::isa {

const Operand* Instruction::find(OperandName wanted) const {
  for (const Operand& operand : operands) {
    if (operand.name == wanted) return &operand;
  }
  return nullptr;
}

Operand* Instruction::find(OperandName wanted) {
  return const_cast<Operand*>(std::as_const(*this).find(wanted));
}

const Access& Instruction::access(OperandName wanted) const {
  const Operand* operand = find(wanted);
  SWITCHYARD_CHECK(operand && operand->kind == OperandKind::kAccess, "{} of {}", isa::name(wanted),
                   isa::name(opcode));
  return operand->access;
}

const AttributeValue* Instruction::find(AttributeName wanted) const {
  for (const Attribute& attribute : attributes) {
    if (attribute.name == wanted) return &attribute.value;
  }
  return nullptr;
}

namespace {

double fallback(const Instruction& instruction, AttributeName wanted) {
  const AttributeInfo* row = instruction.info().find(wanted);
  SWITCHYARD_CHECK(row, "{} has no attribute {}", isa::name(instruction.opcode), isa::name(wanted));
  return row->fallback;
}

template <class T>
T enumerator(const Instruction& instruction, AttributeName wanted) {
  const AttributeValue* value = instruction.find(wanted);
  if (!value) return static_cast<T>(static_cast<int>(fallback(instruction, wanted)));
  const T* held = std::get_if<T>(value);
  SWITCHYARD_CHECK(held, "{} of {} is of another type", isa::name(wanted),
                   isa::name(instruction.opcode));
  return *held;
}

}  // namespace

bool Instruction::flag(AttributeName wanted) const { return enumerator<bool>(*this, wanted); }

std::int64_t Instruction::integer(AttributeName wanted) const {
  const AttributeValue* value = find(wanted);
  if (!value) return static_cast<std::int64_t>(fallback(*this, wanted));
  const auto* held = std::get_if<std::int64_t>(value);
  SWITCHYARD_CHECK(held, "{} of {} is not an integer", isa::name(wanted), isa::name(opcode));
  return *held;
}

double Instruction::number(AttributeName wanted) const {
  const AttributeValue* value = find(wanted);
  if (!value) return fallback(*this, wanted);
  if (const auto* whole = std::get_if<std::int64_t>(value)) return static_cast<double>(*whole);
  const auto* held = std::get_if<double>(value);
  SWITCHYARD_CHECK(held, "{} of {} is not a number", isa::name(wanted), isa::name(opcode));
  return *held;
}

Op Instruction::op(AttributeName wanted) const { return enumerator<Op>(*this, wanted); }

ReduceCommand Instruction::reduce_command(AttributeName wanted) const {
  return enumerator<ReduceCommand>(*this, wanted);
}

const std::vector<std::int64_t>& Instruction::integers(AttributeName wanted) const {
  static const std::vector<std::int64_t> kNothing;
  const AttributeValue* value = find(wanted);
  if (!value) return kNothing;
  const auto* held = std::get_if<std::vector<std::int64_t>>(value);
  SWITCHYARD_CHECK(held, "{} of {} is not a list of integers", isa::name(wanted),
                   isa::name(opcode));
  return *held;
}

}  // namespace switchyard::isa
