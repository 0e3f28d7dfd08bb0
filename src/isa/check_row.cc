// An instruction against its row of the table: what is there, in which order, of which kind.
#include <algorithm>

#include "isa/check.h"

namespace switchyard::isa {

namespace {

std::string_view kind_text(OperandKind kind) {
  constexpr std::string_view kTexts[] = {"a tensor", "a number", "a register"};
  return kTexts[static_cast<int>(kind)];
}

std::string takes_text(std::uint8_t takes) {
  std::vector<std::string> kinds;
  for (int i = 0; i < 3; ++i) {
    if ((takes >> i & 1) != 0) kinds.emplace_back(kind_text(static_cast<OperandKind>(i)));
  }
  return join(kinds, " or ");
}

void check_operands(Check& check) {
  const InstructionInfo& row = check.instruction.info();
  const auto& operands = check.instruction.operands;
  std::size_t next = 0;
  for (const OperandInfo& wanted : row.operands) {
    std::size_t count = 0;
    while (next < operands.size() && operands[next].name == wanted.name &&
           (count == 0 || wanted.repeats)) {
      const Operand& operand = operands[next];
      const auto bit = static_cast<std::uint8_t>(1 << static_cast<int>(operand.kind));
      if ((wanted.takes & bit) == 0) {
        check.fault(operand, fmt::format("is {}", kind_text(operand.kind)),
                    takes_text(wanted.takes));
      }
      ++next;
      ++count;
    }
    if (count == 0 && !wanted.optional) {
      const Operand* elsewhere = check.instruction.find(wanted.name);
      check.fault(wanted.name, elsewhere ? "is out of order" : "is missing",
                  elsewhere ? "operands in the order of the table" : takes_text(wanted.takes));
    }
  }
  for (; next < operands.size(); ++next) {
    const Operand& operand = operands[next];
    if (operand.name == OperandName::kIndirectIndex) {
      if (operand.kind != OperandKind::kAccess) {
        check.fault(operand, fmt::format("is {}", kind_text(operand.kind)), "a tensor");
      }
      continue;
    }
    if (!row.find(operand.name)) {
      std::vector<std::string> known;
      for (const OperandInfo& one : row.operands) known.emplace_back(name(one.name));
      check.fault(operand, "is not an operand of it", "", did_you_mean(name(operand.name), known));
    } else {
      check.fault(operand, "is given twice or out of order", "operands in the order of the table");
    }
    return;
  }
}

// The alternative of AttributeValue that an attribute of `kind` holds; numbers may be integers too.
bool holds(AttributeKind kind, const AttributeValue& value) {
  switch (kind) {
    case AttributeKind::kFlag:
      return std::holds_alternative<bool>(value);
    case AttributeKind::kInteger:
      return std::holds_alternative<std::int64_t>(value);
    case AttributeKind::kNumber:
      return std::holds_alternative<double>(value) || std::holds_alternative<std::int64_t>(value);
    case AttributeKind::kOp:
      return std::holds_alternative<Op>(value);
    case AttributeKind::kReduceCommand:
      return std::holds_alternative<ReduceCommand>(value);
    case AttributeKind::kDgeMode:
      return std::holds_alternative<DgeMode>(value);
    case AttributeKind::kOobMode:
      return std::holds_alternative<OobMode>(value);
    case AttributeKind::kPerfMode:
      return std::holds_alternative<PerfMode>(value);
    case AttributeKind::kDmaEngine:
      return std::holds_alternative<DmaEngine>(value);
    case AttributeKind::kIntegers:
      return std::holds_alternative<std::vector<std::int64_t>>(value);
    case AttributeKind::kNumbers:
      return std::holds_alternative<std::vector<double>>(value);
  }
  return false;
}

std::string_view kind_text(AttributeKind kind) {
  constexpr std::string_view kTexts[] = {"true or false",      "an integer",       "a number",
                                         "an operator",        "a reduce command", "a DGE mode",
                                         "an OOB mode",        "a perf mode",      "a DMA engine",
                                         "a list of integers", "a list of numbers"};
  return kTexts[static_cast<int>(kind)];
}

void check_attributes(Check& check) {
  const InstructionInfo& row = check.instruction.info();
  const auto& attributes = check.instruction.attributes;
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const AttributeInfo* wanted = row.find(attributes[i].name);
    if (!wanted) {
      std::vector<std::string> known;
      for (const AttributeInfo& one : row.attributes) known.emplace_back(name(one.name));
      check.fault(attributes[i].name, "is not an attribute of it", "",
                  did_you_mean(name(attributes[i].name), known));
      continue;
    }
    if (!holds(wanted->kind, attributes[i].value)) {
      check.fault(attributes[i].name, "is of another kind", std::string(kind_text(wanted->kind)));
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (attributes[j].name == attributes[i].name) {
        check.fault(attributes[i].name, "is given twice", "one value");
      }
    }
  }
  for (const AttributeInfo& wanted : row.attributes) {
    if (wanted.presence == Presence::kRequired && !check.has(wanted.name)) {
      check.fault(wanted.name, "is missing", std::string(kind_text(wanted.kind)));
    }
  }
}

}  // namespace

void check_row(Check& check) {
  const InstructionInfo& row = check.instruction.info();
  if (check.program.generation() != check.generation()) {
    check.fault(fmt::format("is of a program for {}", name(check.program.generation())),
                fmt::format("one for {}, as the limits are", name(check.generation())));
  }
  check.since(row.since, "is not available");
  const Engine engine = check.instruction.engine;
  if (engine != Engine::kUnknown &&
      std::find(row.engines.begin(), row.engines.end(), engine) == row.engines.end()) {
    std::vector<std::string> known;
    for (const Engine one : row.engines) known.emplace_back(name(one));
    check.fault(fmt::format("runs on the {} engine", name(engine)), join(known, ", "));
  }
  check_operands(check);
  check_attributes(check);
}

}  // namespace switchyard::isa
