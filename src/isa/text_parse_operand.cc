// Names, numbers and access patterns of program text.
#include <bit>
#include <charconv>
#include <limits>

#include "isa/text_parser.h"

namespace switchyard::isa {

namespace {

constexpr std::size_t kSuggestionsMax = 200;
constexpr std::int64_t kInt16Max = std::numeric_limits<std::int16_t>::max();

// The number after one letter, if it is below `count`.
std::optional<std::uint32_t> number_after(char letter, std::string_view text, std::size_t count) {
  std::uint32_t number = 0;
  if (text.size() < 2 || text[0] != letter) return std::nullopt;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + 1, end, number);
  if (error != std::errc() || rest != end || number >= count) return std::nullopt;
  return number;
}

bool is_name(const Token& token) {
  return token.kind == TokenKind::kName || token.kind == TokenKind::kString;
}

}  // namespace

bool Parser::take_sign(std::string_view sign) {
  if (skip_sign(sign)) return true;
  return fault(lexer_.peek(), std::string(sign));
}

bool Parser::skip_sign(std::string_view sign) {
  if (!lexer_.peek().is(sign)) return false;
  lexer_.take();
  return true;
}

bool Parser::parse_name(std::string& name, std::string_view what) {
  const Token token = lexer_.take();
  if (!is_name(token)) return fault(token, std::string(what));
  if (token.kind == TokenKind::kName) {
    name = token.text;
    return true;
  }
  return unescape(token.text, name) || fault(token, R"(a string with the escapes \n \" \\ \xNN)");
}

bool Parser::parse_word(std::span<const std::string_view> names, std::string_view what,
                        int& place) {
  const Token token = lexer_.take();
  if (token.kind == TokenKind::kName) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == token.text) {
        place = static_cast<int>(i);
        return true;
      }
    }
  }
  const std::vector<std::string> known(names.begin(), names.end());
  return fault(token, std::string(what), did_you_mean(token.text, known));
}

bool Parser::parse_integer(std::int64_t& value, Range range, std::string_view what) {
  const Token token = lexer_.take();
  if (token.kind == TokenKind::kInteger && token.integer >= range.low &&
      token.integer <= range.high) {
    value = token.integer;
    return true;
  }
  return fault(token, fmt::format("{}, an integer from {} to {}", what, range.low, range.high));
}

// 2, 0.5, -inf, nan or bits(0x7ff8...).
bool Parser::parse_real(double& value) {
  const Token token = lexer_.take();
  if (token.kind == TokenKind::kInteger || token.kind == TokenKind::kNumber) {
    value = token.number;
    return true;
  }
  if (token.is("inf")) {
    value = std::numeric_limits<double>::infinity();
    return true;
  }
  if (token.is("nan")) {
    value = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  if (!token.is("bits")) return fault(token, "a number");
  std::int64_t bits = 0;
  constexpr Range kAny{std::numeric_limits<std::int64_t>::min(),
                       std::numeric_limits<std::int64_t>::max()};
  if (!take_sign("(") || !parse_integer(bits, kAny, "bits") || !take_sign(")")) return false;
  value = std::bit_cast<double>(bits);
  return true;
}

bool Parser::parse_element_type(numeric::ElementType& type) {
  const Token token = lexer_.take();
  if (token.kind == TokenKind::kName) {
    for (const numeric::ElementTraits& traits : numeric::element_types()) {
      if (traits.name != token.text) continue;
      type = traits.type;
      return true;
    }
  }
  std::vector<std::string> known;
  for (const numeric::ElementTraits& traits : numeric::element_types()) {
    known.emplace_back(traits.name);
  }
  return fault(token, "an element type", did_you_mean(token.text, known));
}

std::vector<std::string> Parser::known_names() const {
  std::vector<std::string> known;
  for (const Tensor& tensor : program_->tensors()) {
    if (known.size() < kSuggestionsMax) known.push_back(tensor.name);
  }
  for (const std::string& name : program_->registers()) {
    if (known.size() < kSuggestionsMax) known.push_back(name);
  }
  return known;
}

// %t3, the tensor declared fourth; %r0, the first register.
bool Parser::parse_numbered(Named& named) {
  lexer_.take();
  const Token token = lexer_.take();
  if (const auto tensor = number_after('t', token.text, program_->tensors().size())) {
    named.tensor = *tensor;
    return true;
  }
  if (const auto reg = number_after('r', token.text, program_->registers().size())) {
    named.reg = *reg;
    return true;
  }
  return fault(token, "%tN of a tensor or %rN of a register declared above");
}

bool Parser::parse_named(Named& named, std::string_view what) {
  if (lexer_.peek().is("%")) return parse_numbered(named);
  const Token token = lexer_.peek();
  if (!parse_name(scratch_, what)) return false;
  const auto found = names_.find(scratch_);
  if (found == names_.end()) {
    return fault(token, fmt::format("{} declared above", what),
                 did_you_mean(scratch_, known_names()));
  }
  if (found->second.uses > 1) {
    return fault(token, "a name that stands for one thing",
                 fmt::format("{} are called so: write %tN or %rN", found->second.uses));
  }
  named = found->second;
  return true;
}

bool Parser::parse_register(RegisterId& reg, std::string_view what) {
  const Token token = lexer_.peek();
  Named named;
  if (!parse_named(named, what)) return false;
  if (!named.reg) return fault(token, fmt::format("{}, not a tensor", what));
  reg = *named.reg;
  return true;
}

bool Parser::parse_semaphore(SemaphoreId& semaphore) {
  const Token token = lexer_.peek();
  if (skip_sign("%")) {
    const Token number = lexer_.take();
    if (const auto id = number_after('s', number.text, program_->semaphores().size())) {
      semaphore = *id;
      return true;
    }
    return fault(number, "%sN of a semaphore declared above");
  }
  if (!parse_name(scratch_, "a semaphore")) return false;
  const auto found = semaphores_.find(scratch_);
  if (found != semaphores_.end() && found->second.uses == 1) {
    semaphore = found->second.id;
    return true;
  }
  std::vector<std::string> known;
  for (const std::string& name : program_->semaphores()) {
    if (known.size() < kSuggestionsMax) known.push_back(name);
  }
  return fault(token, "a semaphore declared above", did_you_mean(scratch_, known));
}

bool Parser::parse_operand_value(Operand& operand) {
  const Token token = lexer_.peek();
  const bool is_word =
      (is_name(token) && !token.is("inf") && !token.is("nan") && !token.is("bits")) ||
      token.is("%");
  if (!is_word) {
    operand.kind = OperandKind::kNumber;
    if (is_name(token) || token.kind == TokenKind::kInteger || token.kind == TokenKind::kNumber) {
      return parse_real(operand.number);
    }
    return fault(token, "a tensor, a register or a number");
  }
  Named named;
  if (!parse_named(named, "a tensor or register")) return false;
  if (named.reg) {
    operand.kind = OperandKind::kRegister;
    operand.reg = *named.reg;
    return true;
  }
  operand.kind = OperandKind::kAccess;
  return parse_access(*named.tensor, token.column, operand.access);
}

bool Parser::parse_access(TensorId id, std::size_t column, Access& access) {
  const Tensor& tensor = program_->tensor(id);
  if (!lexer_.peek().is("[")) {
    if (!tensor.has_whole_access()) {
      return fault_at(line_number_, column, fmt::format("all {} dims", tensor.shape.size()),
                      fmt::format("a pattern of at most {} dims in brackets", kPatternDims));
    }
    access = tensor.all(id);
  } else {
    lexer_.take();
    access = Access{.tensor = id, .type = tensor.type};
    if (!parse_pattern(access)) return false;
  }
  return !skip_sign("as") || parse_element_type(access.type);
}

// [first:end, offset + stride*count + ... + indirection], without the first bracket.
bool Parser::parse_pattern(Access& access) {
  constexpr Range kPlaces{-kExtentMax, kExtentMax};
  std::int64_t value = 0;
  const Token first = lexer_.peek();
  if (!parse_integer(value, kPlaces, "an offset or a first partition")) return false;
  if (skip_sign(":")) {
    const std::int64_t begin = value;
    const Token end_token = lexer_.peek();
    if (begin < -kInt16Max || begin > kInt16Max) return fault(first, "a partition");
    if (!parse_integer(value, {-kInt16Max, kInt16Max}, "the end of the partitions")) return false;
    if (value - begin < -kInt16Max || value - begin > kInt16Max) {
      return fault(end_token, "the end of the partitions");
    }
    access.start_partition = static_cast<std::int16_t>(begin);
    access.partitions = static_cast<std::int16_t>(value - begin);
    if (!take_sign(",") || !parse_integer(value, kPlaces, "an offset")) return false;
  }
  access.offset = value;
  while (skip_sign("+")) {
    if (lexer_.peek().kind == TokenKind::kName) {
      return parse_indirection(access) && take_sign("]");
    }
    if (access.rank == kPatternDims) {
      return fault(lexer_.peek(), fmt::format("at most {} dims", kPatternDims));
    }
    Dim& dim = access.dims[access.rank];
    if (!parse_integer(dim.stride, kPlaces, "a stride") || !take_sign("*") ||
        !parse_integer(dim.count, kPlaces, "a count")) {
      return false;
    }
    ++access.rank;
  }
  return take_sign("]");
}

bool Parser::parse_indirection(Access& access) {
  constexpr std::string_view kKinds[] = {"register", "scalar", "vector", "gather"};
  constexpr Range kPlaces{-kExtentMax, kExtentMax};
  Indirection& indirection = access.indirection;
  int kind = 0;
  if (!parse_word(kKinds, "a way of indirection", kind) || !take_sign("(")) return false;
  indirection.kind = static_cast<IndirectKind>(kind + 1);
  if (indirection.kind == IndirectKind::kRegister) {
    if (!parse_register(indirection.reg, "a register")) return false;
  } else {
    if (!take_sign("$")) return false;
    std::int64_t ordinal = 0;
    index_columns_.push_back(lexer_.peek().column);
    if (!parse_integer(ordinal, {0, 200}, "the number of an index operand")) return false;
    index_uses_.push_back(static_cast<std::uint32_t>(ordinal));
    indirection.operand = static_cast<std::uint8_t>(ordinal);  // its place comes when all are read
  }
  if (skip_sign(",")) {
    std::int64_t dim = 0;
    if (!parse_integer(dim, {0, 255}, "a dim")) return false;
    indirection.dim = static_cast<std::uint8_t>(dim);
  }
  return take_sign(")") && take_sign("*") && parse_integer(indirection.step, kPlaces, "a step") &&
         take_sign("below") && parse_integer(indirection.limit, kPlaces, "the limit of the index");
}

}  // namespace switchyard::isa
