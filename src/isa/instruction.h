// One instruction as plain data: what it does, to which operands, with which attributes.
//
// An Instruction says nothing of legality: validate.h holds it against the table of opcode.h.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "isa/access.h"
#include "isa/opcode.h"
#include "isa/tokens.h"

namespace switchyard::isa {

using InstructionId = std::uint32_t;
using SourceId = std::uint32_t;  // a "file:line" of the kernel; 0 is unknown
using SemaphoreId = std::uint32_t;

enum class OperandKind : std::uint8_t { kAccess, kNumber, kRegister };

struct Operand {
  OperandName name = OperandName::kDst;
  OperandKind kind = OperandKind::kAccess;
  Access access;       // kAccess
  double number = 0;   // kNumber: a compile-time constant
  RegisterId reg = 0;  // kRegister

  bool operator==(const Operand&) const = default;
};

using AttributeValue =
    std::variant<bool, std::int64_t, double, Op, ReduceCommand, DgeMode, OobMode, PerfMode,
                 DmaEngine, std::vector<std::int64_t>, std::vector<double>>;

struct Attribute {
  AttributeName name;
  AttributeValue value;
  bool operator==(const Attribute&) const = default;
};

// Raw synchronisation for programs that order themselves: wait until the count is at least `value`
// before starting; add `value` when finished.
struct SemaphoreUse {
  SemaphoreId semaphore = 0;
  std::int32_t value = 1;
  bool operator==(const SemaphoreUse&) const = default;
};

struct Instruction {
  Opcode opcode = Opcode::kTensorCopy;
  Engine engine = Engine::kUnknown;  // kUnknown: chosen later
  // In the order of the table's row. One name may repeat where the row says so (dma_compute's
  // srcs); operands named kIndex, the indices of indirect accesses, stand at the end.
  std::vector<Operand> operands;
  std::vector<Attribute> attributes;  // those given; absent ones have the row's default
  std::string name;                   // the kernel's own, for schedules and reports
  SourceId source = 0;
  std::uint32_t no_reorder_scope = 0;  // instructions of one scope keep their order; 0: none
  std::vector<InstructionId> depends_on;
  std::vector<SemaphoreUse> waits, updates;

  const InstructionInfo& info() const { return isa::info(opcode); }

  // nullptr when absent; the first of that name.
  const Operand* find(OperandName name) const;
  Operand* find(OperandName name);
  // Contract: present and an access.
  const Access& access(OperandName name) const;

  const AttributeValue* find(AttributeName name) const;
  // The value given, else the row's default. Contract: the row has the attribute, with that type
  // (number and integer convert).
  bool flag(AttributeName name) const;
  std::int64_t integer(AttributeName name) const;
  double number(AttributeName name) const;
  Op op(AttributeName name) const;
  ReduceCommand reduce_command(AttributeName name = AttributeName::kReduceCmd) const;
  const std::vector<std::int64_t>& integers(AttributeName name) const;  // empty when absent

  bool operator==(const Instruction&) const = default;
};

}  // namespace switchyard::isa
