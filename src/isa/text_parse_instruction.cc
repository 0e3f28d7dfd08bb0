// Instruction lines of program text.
#include <algorithm>
#include <limits>

#include "isa/text_parser.h"

namespace switchyard::isa {

namespace {

constexpr std::int64_t kInt32Min = std::numeric_limits<std::int32_t>::min();
constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kInt64Min = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kOperandsMax = 64;

const std::unordered_map<std::string_view, Opcode>& opcodes_by_name() {
  static const auto kMap = [] {
    std::unordered_map<std::string_view, Opcode> map;
    for (const InstructionInfo& row : instruction_table())
      map.emplace(name(row.opcode), row.opcode);
    return map;
  }();
  return kMap;
}

const std::unordered_map<std::string_view, Op>& ops_by_name() {
  static const auto kMap = [] {
    std::unordered_map<std::string_view, Op> map;
    for (int i = 0; i < kOps; ++i) map.emplace(op_names()[i], static_cast<Op>(i));
    return map;
  }();
  return kMap;
}

std::vector<std::string> strings(std::span<const std::string_view> names) {
  return {names.begin(), names.end()};
}

}  // namespace

bool Parser::parse_instruction_line() {
  instruction_.engine = Engine::kUnknown;
  instruction_.operands.clear();
  instruction_.attributes.clear();
  instruction_.name.clear();
  instruction_.source = 0;
  instruction_.no_reorder_scope = 0;
  instruction_.depends_on.clear();
  instruction_.waits.clear();
  instruction_.updates.clear();
  references_.clear();
  line_labels_.clear();
  index_columns_.clear();
  index_uses_.clear();
  if (parse_items()) return true;
  // The loop's end would be a fault too, of its own.
  while (lexer_.peek().kind != TokenKind::kEnd && !lexer_.peek().is("{")) lexer_.take();
  if (lexer_.peek().is("{") && depth_ < kLoopNestingMax) ++depth_;
  return false;
}

bool Parser::parse_items() {
  if (!parse_labels() || !parse_head()) return false;
  while (lexer_.peek().kind != TokenKind::kEnd && !lexer_.peek().is("{")) {
    if (!parse_item()) return false;
  }
  const Token open = lexer_.peek();
  const bool opens =
      instruction_.opcode == Opcode::kForBegin || instruction_.opcode == Opcode::kWhileBegin;
  if (opens != open.is("{")) {
    return fault(open, opens ? "{ at the end of a loop's first line" : "the end of the line");
  }
  if (opens) {
    if (depth_ == kLoopNestingMax) {
      return fault(open, fmt::format("loops nested at most {} deep", kLoopNestingMax));
    }
    lexer_.take();
    if (lexer_.peek().kind != TokenKind::kEnd) return fault(lexer_.peek(), "the end of the line");
    ++depth_;
  }
  return finish_instruction();
}

bool Parser::parse_labels() {
  for (;;) {
    Lexer ahead = lexer_;
    if (lexer_.peek().is("%")) {
      lexer_.take();
      std::int64_t number = 0;
      if (!parse_integer(number, {0, kInt32Max}, "the number of a label") || !take_sign(":")) {
        return false;
      }
      line_labels_.push_back(fmt::format("%{}", number));
      if (line_labels_.size() > 1) return fault(lexer_.peek(), "one numbered label");
      continue;
    }
    ahead.take();
    if (!ahead.peek().is(":")) return true;
    if (!instruction_.name.empty()) return fault(lexer_.peek(), "one name of an instruction");
    if (!parse_name(instruction_.name, "a name")) return false;
    lexer_.take();
  }
}

bool Parser::parse_head() {
  const Token token = lexer_.peek();
  if (token.is("for")) return parse_for();
  if (token.is("while")) {
    lexer_.take();
    instruction_.opcode = Opcode::kWhileBegin;
    Operand& condition = instruction_.operands.emplace_back();
    condition.name = OperandName::kCondition;
    condition.kind = OperandKind::kRegister;
    return parse_register(condition.reg, "a register");
  }
  lexer_.take();
  if (token.is("}")) {
    instruction_.opcode = Opcode::kLoopEnd;
    return true;
  }
  std::string_view word = token.text;
  if (token.kind != TokenKind::kName) return fault(token, "an instruction or a declaration");
  if (const std::size_t dot = word.find('.'); dot != std::string_view::npos) {
    const auto engine = find_engine(word.substr(0, dot), "");
    if (!engine) return fault(token, "an engine before the point", engine.error().hint);
    instruction_.engine = *engine;
    word.remove_prefix(dot + 1);
  }
  const auto found = opcodes_by_name().find(word);
  if (found == opcodes_by_name().end()) {
    return fault(token, "an instruction", did_you_mean(word, strings(opcode_names())));
  }
  instruction_.opcode = found->second;
  return true;
}

// for r = lower to upper [step n]
bool Parser::parse_for() {
  lexer_.take();
  instruction_.opcode = Opcode::kForBegin;
  instruction_.operands.resize(3);
  Operand& counter = instruction_.operands[0];
  counter.name = OperandName::kDst;
  counter.kind = OperandKind::kRegister;
  instruction_.operands[1].name = OperandName::kLower;
  instruction_.operands[2].name = OperandName::kUpper;
  if (!parse_register(counter.reg, "a register") || !take_sign("=") ||
      !parse_operand_value(instruction_.operands[1])) {
    return false;
  }
  if (!lexer_.peek().is("to")) return fault(lexer_.peek(), "to");
  lexer_.take();
  if (!parse_operand_value(instruction_.operands[2])) return false;
  if (!skip_sign("step")) return true;
  std::int64_t step = 0;
  if (!parse_integer(step, {kInt64Min, kInt64Max}, "a step")) return false;
  instruction_.attributes.push_back({AttributeName::kStep, step});
  return true;
}

// name=value: an operand, an attribute or what every instruction may have.
bool Parser::parse_item() {
  const Token token = lexer_.take();
  const InstructionInfo& row = instruction_.info();
  if (instruction_.operands.size() >= kOperandsMax ||
      instruction_.attributes.size() >= kOperandsMax) {
    return fault(token, fmt::format("at most {} operands", kOperandsMax));
  }
  if (token.is("$")) {
    std::int64_t ordinal = 0;
    const Token number = lexer_.peek();
    std::int64_t expected = std::count_if(
        instruction_.operands.begin(), instruction_.operands.end(),
        [](const Operand& operand) { return operand.name == OperandName::kIndirectIndex; });
    if (!parse_integer(ordinal, {0, 200}, "the number of an index operand")) return false;
    if (ordinal != expected) return fault(number, fmt::format("{}, the next index", expected));
    Operand& operand = instruction_.operands.emplace_back();
    operand.name = OperandName::kIndirectIndex;
    return take_sign("=") && parse_operand_value(operand);
  }
  if (token.kind != TokenKind::kName) return fault(token, "an operand or attribute");
  if (token.text == "after") return take_sign("=") && parse_dependencies();
  if (token.text == "waits") return take_sign("=") && parse_semaphores(">=", instruction_.waits);
  if (token.text == "updates") return take_sign("=") && parse_semaphores("+", instruction_.updates);
  if (token.text == "no_reorder") {
    std::int64_t scope = 0;
    if (!take_sign("=") || !parse_integer(scope, {1, 0xffffffff}, "a scope")) return false;
    instruction_.no_reorder_scope = static_cast<std::uint32_t>(scope);
    return true;
  }
  if (token.text == "source") {
    if (!take_sign("=") || !parse_name(scratch_, "a source line")) return false;
    instruction_.source = program_->add_source(scratch_);
    return true;
  }
  for (const OperandInfo& operand_row : row.operands) {
    if (name(operand_row.name) != token.text) continue;
    Operand& operand = instruction_.operands.emplace_back();
    operand.name = operand_row.name;
    return take_sign("=") && parse_operand_value(operand);
  }
  for (const AttributeInfo& attribute : row.attributes) {
    if (name(attribute.name) == token.text) return take_sign("=") && parse_attribute(attribute);
  }
  return unknown_item(token);
}

bool Parser::unknown_item(const Token& token) {
  std::vector<std::string> known;
  for (const OperandInfo& row : instruction_.info().operands) known.emplace_back(name(row.name));
  for (const AttributeInfo& row : instruction_.info().attributes) {
    known.emplace_back(name(row.name));
  }
  for (const std::string_view word : {"after", "waits", "updates", "no_reorder", "source"}) {
    known.emplace_back(word);
  }
  return fault(token, fmt::format("an operand or attribute of {}", name(instruction_.opcode)),
               did_you_mean(token.text, known));
}

bool Parser::parse_dependencies() {
  return take_sign("[") && parse_list([&] {
           const Token token = lexer_.peek();
           Reference reference{{}, line_number_, token.column};
           if (skip_sign("%")) {
             std::int64_t number = 0;
             if (!parse_integer(number, {0, 0xffffffff}, "the number of a label")) return false;
             reference.key = fmt::format("%{}", number);
           } else {
             if (!parse_name(scratch_, "the label of an instruction")) return false;
             reference.key = '=' + scratch_;
           }
           references_.push_back(std::move(reference));
           return true;
         });
}

bool Parser::parse_semaphores(std::string_view sign, std::vector<SemaphoreUse>& uses) {
  return take_sign("[") && parse_list([&] {
           SemaphoreUse use;
           std::int64_t value = 0;
           if (!parse_semaphore(use.semaphore) || !take_sign(sign) ||
               !parse_integer(value, {kInt32Min, kInt32Max}, "a count")) {
             return false;
           }
           use.value = static_cast<std::int32_t>(value);
           uses.push_back(use);
           return true;
         });
}

bool Parser::parse_attribute(const AttributeInfo& row) {
  Attribute attribute{row.name, {}};
  if (!parse_attribute_value(row, attribute.value)) return false;
  instruction_.attributes.push_back(std::move(attribute));
  return true;
}

bool Parser::parse_attribute_value(const AttributeInfo& row, AttributeValue& value) {
  const auto enumerator = [&](std::span<const std::string_view> names, auto zero) {
    int place = 0;
    if (!parse_word(names, fmt::format("a value of {}", name(row.name)), place)) return false;
    value = static_cast<decltype(zero)>(place);
    return true;
  };
  switch (row.kind) {
    case AttributeKind::kFlag: {
      constexpr std::string_view kFlags[] = {"false", "true"};
      int place = 0;
      if (!parse_word(kFlags, "true or false", place)) return false;
      value = place == 1;
      return true;
    }
    case AttributeKind::kInteger: {
      std::int64_t integer = 0;
      if (!parse_integer(integer, {kInt64Min, kInt64Max}, name(row.name))) return false;
      value = integer;
      return true;
    }
    case AttributeKind::kNumber: {
      if (lexer_.peek().kind == TokenKind::kInteger) {
        value = lexer_.take().integer;
        return true;
      }
      double number = 0;
      if (!parse_real(number)) return false;
      value = number;
      return true;
    }
    case AttributeKind::kOp: {
      const Token token = lexer_.take();
      const auto found = ops_by_name().find(token.text);
      if (found == ops_by_name().end()) {
        return fault(token, "an operator", did_you_mean(token.text, strings(op_names())));
      }
      value = found->second;
      return true;
    }
    case AttributeKind::kReduceCommand:
      return enumerator(reduce_command_names(), ReduceCommand{});
    case AttributeKind::kDgeMode:
      return enumerator(dge_mode_names(), DgeMode{});
    case AttributeKind::kOobMode:
      return enumerator(oob_mode_names(), OobMode{});
    case AttributeKind::kPerfMode:
      return enumerator(perf_mode_names(), PerfMode{});
    case AttributeKind::kDmaEngine:
      return enumerator(dma_engine_names(), DmaEngine{});
    case AttributeKind::kIntegers: {
      std::vector<std::int64_t>& list = value.emplace<std::vector<std::int64_t>>();
      return take_sign("[") && parse_list([&] {
               return parse_integer(list.emplace_back(), {kInt64Min, kInt64Max}, "an element");
             });
    }
    case AttributeKind::kNumbers: {
      std::vector<double>& list = value.emplace<std::vector<double>>();
      return take_sign("[") && parse_list([&] { return parse_real(list.emplace_back()); });
    }
  }
  return false;
}

// Turns the ordinals of $k in indirections into places of operands.
bool Parser::bind_indices() {
  std::vector<std::uint8_t> places;
  for (std::size_t i = 0; i < instruction_.operands.size(); ++i) {
    if (instruction_.operands[i].name == OperandName::kIndirectIndex) {
      places.push_back(static_cast<std::uint8_t>(i));
    }
  }
  for (std::size_t i = 0; i < index_uses_.size(); ++i) {
    if (index_uses_[i] < places.size()) continue;
    return fault_at(line_number_, index_columns_[i], fmt::format("${}", index_uses_[i]),
                    fmt::format("an index that the line gives as ${}=...", index_uses_[i]));
  }
  for (Operand& operand : instruction_.operands) {
    Indirection& indirection = operand.access.indirection;
    const bool indexed = operand.kind == OperandKind::kAccess &&
                         indirection.kind != IndirectKind::kNone &&
                         indirection.kind != IndirectKind::kRegister;
    if (indexed) indirection.operand = places[indirection.operand];
  }
  return true;
}

std::optional<std::vector<InstructionId>> Parser::find_all(
    const std::vector<Reference>& references) {
  std::vector<InstructionId> ids;
  for (const Reference& reference : references) {
    const auto found = labels_.find(reference.key);
    if (found == labels_.end() || found->second.uses != 1) return std::nullopt;
    ids.push_back(found->second.id);
  }
  return ids;
}

bool Parser::finish_instruction() {
  if (instruction_.opcode == Opcode::kLoopEnd) {
    if (depth_ == 0) return fault_at(line_number_, 1, "}", "a loop to close");
    --depth_;
  }
  if (!bind_indices()) return false;
  const auto id = static_cast<InstructionId>(program_->size());
  if (!instruction_.name.empty()) line_labels_.push_back('=' + instruction_.name);
  for (const std::string& label : line_labels_) {
    Label& place = labels_[label];
    if (place.uses++ == 0) place.id = id;
  }
  // Names may be given twice, later too, so which one stands for an instruction is known at the
  // end.
  program_->append(instruction_);
  if (!references_.empty()) pending_.push_back({id, references_});
  return true;
}

}  // namespace switchyard::isa
