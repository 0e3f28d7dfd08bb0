#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "isa/text.h"
#include "isa/text_lexer.h"

namespace switchyard::isa {

namespace {

std::string name_text(std::string_view name) {
  return is_plain_name(name) ? std::string(name) : escape(name);
}

// Reads back to the same bits.
std::string number_text(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  if (std::isnan(value) && bits != std::bit_cast<std::uint64_t>(kNan)) {
    return fmt::format("bits(0x{:016x})", bits);
  }
  return fmt::format("{}", value);
}

// With a mark that it is no integer.
std::string real_text(double value) {
  std::string text = number_text(value);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

template <class Values, class Text>
std::string list_text(const Values& values, Text text) {
  std::string out = "[";
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ", ";
    out += text(values[i]);
  }
  return out + "]";
}

struct ValueText {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return fmt::format("{}", value); }
  std::string operator()(double value) const { return real_text(value); }
  std::string operator()(const std::vector<std::int64_t>& values) const {
    return list_text(values, [](std::int64_t value) { return fmt::format("{}", value); });
  }
  std::string operator()(const std::vector<double>& values) const {
    return list_text(values, number_text);
  }
  template <class Enumerator>
  std::string operator()(Enumerator value) const {
    return std::string(name(value));
  }
};

class Printer {
 public:
  explicit Printer(const Program& program) : program_(program) {
    for (const Tensor& tensor : program.tensors()) ++uses_[tensor.name];
    for (const std::string& name : program.registers()) ++uses_[name];
    for (const std::string& name : program.semaphores()) ++semaphore_uses_[name];
  }

  std::string program();
  std::string instruction(const Instruction& instruction) const;

 private:
  std::string tensor(TensorId id) const;
  std::string reg(RegisterId id) const;
  std::string semaphore(SemaphoreId id) const;
  std::string access(const Instruction& instruction, const Access& access) const;
  std::string indirection(const Instruction& instruction, const Indirection& indirection) const;
  std::string operand_value(const Instruction& instruction, const Operand& operand) const;
  std::string tail(const Instruction& instruction) const;
  std::string for_head(const Instruction& instruction) const;  // empty: not of that shape
  void find_labels();
  std::string label(InstructionId id) const;

  const Program& program_;
  std::unordered_map<std::string_view, int> uses_, semaphore_uses_;
  std::unordered_map<std::string_view, int> instruction_uses_;
  std::unordered_set<InstructionId> awaited_;  // by another instruction
};

std::string Printer::tensor(TensorId id) const {
  if (id >= program_.tensors().size()) return fmt::format("%t{}", id);
  const std::string& name = program_.tensor(id).name;
  return uses_.at(name) == 1 ? name_text(name) : fmt::format("%t{}", id);
}

std::string Printer::reg(RegisterId id) const {
  if (id >= program_.registers().size()) return fmt::format("%r{}", id);
  const std::string& name = program_.registers()[id];
  return uses_.at(name) == 1 ? name_text(name) : fmt::format("%r{}", id);
}

std::string Printer::semaphore(SemaphoreId id) const {
  if (id >= program_.semaphores().size()) return fmt::format("%s{}", id);
  const std::string& name = program_.semaphores()[id];
  return semaphore_uses_.at(name) == 1 ? name_text(name) : fmt::format("%s{}", id);
}

// `$k` is the k-th index operand.
std::string index_text(const Instruction& instruction, std::uint8_t place) {
  int ordinal = 0;
  for (std::size_t i = 0; i < instruction.operands.size(); ++i) {
    if (instruction.operands[i].name != OperandName::kIndirectIndex) continue;
    if (i == place) return fmt::format("${}", ordinal);
    ++ordinal;
  }
  return fmt::format("$${}", place);  // not an index: only in an invalid instruction
}

std::string Printer::indirection(const Instruction& instruction, const Indirection& value) const {
  std::string out;
  switch (value.kind) {
    case IndirectKind::kNone:
      return out;
    case IndirectKind::kRegister:
      out = fmt::format(" + register({}", reg(value.reg));
      break;
    case IndirectKind::kScalar:
      out = fmt::format(" + scalar({}", index_text(instruction, value.operand));
      break;
    case IndirectKind::kVector:
      out = fmt::format(" + vector({}", index_text(instruction, value.operand));
      break;
    case IndirectKind::kGather:
      out = fmt::format(" + gather({}", index_text(instruction, value.operand));
      break;
  }
  if (value.dim != 0) out += fmt::format(", {}", value.dim);
  return out + fmt::format(")*{} below {}", value.step, value.limit);
}

std::string Printer::access(const Instruction& instruction, const Access& access) const {
  std::string out = tensor(access.tensor);
  const Tensor* whole =
      access.tensor < program_.tensors().size() ? &program_.tensor(access.tensor) : nullptr;
  if (whole && whole->has_whole_access() && access == whole->all(access.tensor)) return out;
  out += '[';
  const bool on_chip = whole && is_on_chip(whole->buffer);
  if (on_chip || access.start_partition != 0 || access.partitions != 1) {
    out += fmt::format("{}:{}, ", access.start_partition,
                       int{access.start_partition} + access.partitions);
  }
  out += fmt::format("{}", access.offset);
  for (int i = 0; i < access.rank; ++i) {
    out += fmt::format(" + {}*{}", access.dims[i].stride, access.dims[i].count);
  }
  out += indirection(instruction, access.indirection) + ']';
  if (!whole || access.type != whole->type) out += fmt::format(" as {}", name(access.type));
  return out;
}

std::string Printer::operand_value(const Instruction& instruction, const Operand& operand) const {
  switch (operand.kind) {
    case OperandKind::kAccess:
      return access(instruction, operand.access);
    case OperandKind::kNumber:
      return number_text(operand.number);
    case OperandKind::kRegister:
      return reg(operand.reg);
  }
  return {};
}

std::string Printer::label(InstructionId id) const {
  if (const InstructionExtras* extras = id < program_.size() ? program_.extras(id) : nullptr) {
    const auto found = instruction_uses_.find(extras->name);
    if (!extras->name.empty() && found != instruction_uses_.end() && found->second == 1) {
      return name_text(extras->name);
    }
  }
  return fmt::format("%{}", id);
}

std::string Printer::tail(const Instruction& instruction) const {
  std::string out;
  if (!instruction.depends_on.empty()) {
    out += " after=" +
           list_text(instruction.depends_on, [this](InstructionId id) { return label(id); });
  }
  if (!instruction.waits.empty()) {
    out += " waits=" + list_text(instruction.waits, [this](const SemaphoreUse& use) {
             return fmt::format("{} >= {}", semaphore(use.semaphore), use.value);
           });
  }
  if (!instruction.updates.empty()) {
    out += " updates=" + list_text(instruction.updates, [this](const SemaphoreUse& use) {
             return fmt::format("{} + {}", semaphore(use.semaphore), use.value);
           });
  }
  if (instruction.no_reorder_scope != 0) {
    out += fmt::format(" no_reorder={}", instruction.no_reorder_scope);
  }
  if (instruction.source != 0 && instruction.source < program_.sources().size()) {
    out += " source=" + escape(program_.sources()[instruction.source]);
  }
  return out;
}

std::string Printer::for_head(const Instruction& instruction) const {
  const auto& operands = instruction.operands;
  const bool usual =
      operands.size() == 3 && operands[0].name == OperandName::kDst &&
      operands[0].kind == OperandKind::kRegister && operands[1].name == OperandName::kLower &&
      operands[1].kind != OperandKind::kAccess && operands[2].name == OperandName::kUpper &&
      operands[2].kind != OperandKind::kAccess && instruction.attributes.size() <= 1;
  if (!usual) return {};
  std::string out =
      fmt::format("for {} = {} to {}", reg(operands[0].reg),
                  operand_value(instruction, operands[1]), operand_value(instruction, operands[2]));
  if (!instruction.attributes.empty()) {
    const auto* step = std::get_if<std::int64_t>(&instruction.attributes[0].value);
    if (!step || instruction.attributes[0].name != AttributeName::kStep) return {};
    out += fmt::format(" step {}", *step);
  }
  return out;
}

std::string Printer::instruction(const Instruction& instruction) const {
  const bool opens =
      instruction.opcode == Opcode::kForBegin || instruction.opcode == Opcode::kWhileBegin;
  std::string head;
  if (instruction.engine == Engine::kUnknown) {
    const bool is_while = instruction.opcode == Opcode::kWhileBegin &&
                          instruction.operands.size() == 1 && instruction.attributes.empty() &&
                          instruction.operands[0].name == OperandName::kCondition &&
                          instruction.operands[0].kind == OperandKind::kRegister;
    const bool is_end = instruction.opcode == Opcode::kLoopEnd && instruction.operands.empty() &&
                        instruction.attributes.empty();
    if (instruction.opcode == Opcode::kForBegin) head = for_head(instruction);
    if (is_while) head = "while " + reg(instruction.operands[0].reg);
    if (is_end) head = "}";
  }
  if (head.empty()) {
    if (instruction.engine != Engine::kUnknown) {
      head = fmt::format("{}.", name(instruction.engine));
    }
    head += name(instruction.opcode);
    int indices = 0;
    for (const Operand& operand : instruction.operands) {
      head += operand.name == OperandName::kIndirectIndex ? fmt::format(" ${}", indices++)
                                                          : fmt::format(" {}", name(operand.name));
      head += '=' + operand_value(instruction, operand);
    }
    for (const Attribute& attribute : instruction.attributes) {
      head += fmt::format(" {}={}", name(attribute.name), std::visit(ValueText(), attribute.value));
    }
  }
  const std::string label = instruction.name.empty() ? "" : name_text(instruction.name) + ": ";
  return label + head + tail(instruction) + (opens ? " {" : "");
}

void Printer::find_labels() {
  for (InstructionId id = 0; id < program_.size(); ++id) {
    const InstructionExtras* extras = program_.extras(id);
    if (!extras) continue;
    if (!extras->name.empty()) ++instruction_uses_[extras->name];
    awaited_.insert(extras->depends_on.begin(), extras->depends_on.end());
  }
}

std::string tensor_line(const Tensor& tensor) {
  std::string out(tensor.kind == TensorKind::kInternal ? "tensor" : name(tensor.kind));
  out += fmt::format(" {}: {} {}", name_text(tensor.name), name(tensor.buffer), name(tensor.type));
  out += list_text(tensor.shape, [](std::int64_t extent) { return fmt::format("{}", extent); });
  if (tensor.address) {
    out += fmt::format(" @ {}, {}", tensor.address->partition, tensor.address->byte);
  }
  return out + '\n';
}

std::string Printer::program() {
  find_labels();
  std::string out = fmt::format("program {}\n", name(program_.generation()));
  if (!program_.automatic_order) out += "order manual\n";
  for (const Tensor& tensor : program_.tensors()) out += tensor_line(tensor);
  for (const std::string& name : program_.registers()) out += "register " + name_text(name) + '\n';
  for (const std::string& name : program_.semaphores()) {
    out += "semaphore " + name_text(name) + '\n';
  }
  std::size_t depth = 0;
  Instruction scratch;
  for (InstructionId id = 0; id < program_.size(); ++id) {
    program_.read(id, scratch);
    if (scratch.opcode == Opcode::kLoopEnd && depth > 0) --depth;
    out.append(2 * std::min<std::size_t>(depth, kLoopNestingMax), ' ');
    if (awaited_.contains(id) && label(id).front() == '%') out += fmt::format("%{}: ", id);
    out += instruction(scratch) + '\n';
    if (scratch.opcode == Opcode::kForBegin || scratch.opcode == Opcode::kWhileBegin) ++depth;
  }
  return out;
}

}  // namespace

struct InstructionPrinter::State {
  Printer printer;
};

InstructionPrinter::InstructionPrinter(const Program& program)
    : state_(new State{Printer(program)}) {}
InstructionPrinter::~InstructionPrinter() = default;
std::string InstructionPrinter::operator()(const Instruction& instruction) const {
  return state_->printer.instruction(instruction);
}

std::string to_text(const Program& program) { return Printer(program).program(); }

std::string to_text(const Program& program, const Instruction& instruction) {
  return Printer(program).instruction(instruction);
}

}  // namespace switchyard::isa
