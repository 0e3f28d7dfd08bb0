// Registers, loops, core_barrier.
#include <cmath>
#include <limits>
#include <vector>

#include "isa/rules.h"

namespace switchyard::isa {

namespace {

using enum OperandName;
using A = AttributeName;

// Registers hold 32 bits.
void check_immediate(Check& check, OperandName name) {
  const Operand* operand = check.instruction.find(name);
  if (!operand || operand->kind != OperandKind::kNumber) return;
  const bool fits = operand->number == std::floor(operand->number) &&
                    operand->number >= std::numeric_limits<std::int32_t>::min() &&
                    operand->number <= std::numeric_limits<std::int32_t>::max();
  if (!fits) check.fault(name, fmt::format("is {}", operand->number), "a whole number of 32 bits");
}

void rule_register(Check& check) { check_immediate(check, kSrc); }

void check_single(Check& check, OperandName name) {
  const Access& access = *check.tile(name);
  if (access.elements() != 1) {
    check.fault(name, fmt::format("has {} elements", access.elements()), "1");
  }
  if (numeric::traits(access.type).storage_bytes > 4) {
    check.fault(name, fmt::format("is {}", numeric::name(access.type)), "at most 32 bits");
  }
}

void rule_register_load(Check& check) { check_single(check, kSrc); }

void rule_register_store(Check& check) {
  check_single(check, kDst);
  check_immediate(check, kSrc);
}

void check_no_scope(Check& check) {
  if (check.instruction.no_reorder_scope == 0) return;
  check.fault("is a loop inside a no_reorder scope", "the scope inside the loop");
}

void rule_for_begin(Check& check) {
  check_immediate(check, kLower);
  check_immediate(check, kUpper);
  check.integer_between(A::kStep, 1, std::numeric_limits<std::int32_t>::max());
  check_no_scope(check);
}

void rule_core_barrier(Check& check) {
  const auto& cores = check.instruction.integers(A::kCores);
  if (cores != std::vector<std::int64_t>{0, 1}) {
    check.fault(A::kCores, "is " + text_of(cores), "[0, 1]");
  }
}

constexpr RuleRow kRules[] = {
    {Opcode::kRegisterAlloc, rule_register},     {Opcode::kRegisterMove, rule_register},
    {Opcode::kRegisterLoad, rule_register_load}, {Opcode::kRegisterStore, rule_register_store},
    {Opcode::kForBegin, rule_for_begin},         {Opcode::kWhileBegin, check_no_scope},
    {Opcode::kCoreBarrier, rule_core_barrier},
};

}  // namespace

std::span<const RuleRow> sequencer_rules() { return kRules; }

}  // namespace switchyard::isa
