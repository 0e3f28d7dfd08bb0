#include "isa/text_parser.h"

#include <algorithm>

#include "base/text.h"
#include "isa/text.h"

namespace switchyard::isa {

namespace {

constexpr int kFaultsMax = 100;  // then parsing stops
constexpr std::size_t kSuggestionsMax = 200;
constexpr std::int64_t kElementsMax = std::int64_t{1} << 48;

std::string found_text(const Token& token) {
  switch (token.kind) {
    case TokenKind::kEnd:
      return "the end of the line";
    case TokenKind::kBad:
      return fmt::format("{}, {}", token.fault, quote(token.text));
    default:
      return quote(token.text);
  }
}

std::string label_text(const std::string& key) {
  return key.starts_with('=') ? key.substr(1) : key;
}

}  // namespace

bool Parser::fault(const Token& token, std::string wanted, std::string hint) {
  return fault_at(line_number_, token.column, found_text(token), std::move(wanted),
                  std::move(hint));
}

bool Parser::fault_at(std::size_t line, std::size_t column, std::string found, std::string wanted,
                      std::string hint) {
  ++fault_count_;
  faults_.add({.where = fmt::format("{}:{}:{}", where_, line, column),
               .found = std::move(found),
               .wanted = std::move(wanted),
               .hint = std::move(hint)});
  return false;
}

bool Parser::next_line(std::string_view& line) {
  if (place_ >= text_.size()) return false;
  const std::size_t end = std::min(text_.find('\n', place_), text_.size());
  line = text_.substr(place_, end - place_);
  if (line.ends_with('\r')) line.remove_suffix(1);
  place_ = end + 1;
  ++line_number_;
  return true;
}

bool Parser::parse_header(std::string_view line) {
  lexer_ = Lexer(line);
  if (!lexer_.peek().is("program")) {
    return fault(lexer_.peek(), "program v2, program v3 or program v4 as the first line");
  }
  lexer_.take();
  const Token token = lexer_.take();
  for (const Generation generation : {Generation::kV2, Generation::kV3, Generation::kV4}) {
    if (token.is(name(generation))) program_.emplace(generation);
  }
  if (!program_) return fault(token, "v2, v3 or v4");
  return lexer_.peek().kind == TokenKind::kEnd || fault(lexer_.peek(), "the end of the line");
}

Result<Program> Parser::run() {
  if (text_.size() > kTextBytesMax) {
    return fail({.where = where_,
                 .found = fmt::format("{} bytes", text_.size()),
                 .wanted = fmt::format("at most {}", kTextBytesMax)});
  }
  std::string_view line;
  while (fault_count_ < kFaultsMax && next_line(line)) {
    if (line.size() > kTextLineMax) {
      fault_at(line_number_, kTextLineMax, fmt::format("a line of {} bytes", line.size()),
               fmt::format("at most {}", kTextLineMax));
      continue;
    }
    lexer_ = Lexer(line);
    if (lexer_.peek().kind == TokenKind::kEnd) continue;
    if (program_) {
      parse_line();
    } else if (!parse_header(line)) {
      return fail(faults_.error());
    }
  }
  if (!program_) fault_at(line_number_ + 1, 1, "no program", "program v2, v3 or v4 as first line");
  if (depth_ > 0 && fault_count_ < kFaultsMax) {
    fault_at(line_number_ + 1, 1, "the end of the text",
             fmt::format("}} of {} open loop{}", depth_, depth_ > 1 ? "s" : ""));
  }
  resolve_pending();
  if (!faults_.empty()) return fail(faults_.error());
  return std::move(*program_);
}

void Parser::parse_line() {
  const Token first = lexer_.peek();
  if (first.kind == TokenKind::kName) {
    Lexer ahead = lexer_;
    ahead.take();
    const bool is_label = ahead.peek().is(":");
    const auto declares = [&](std::string_view word) { return !is_label && first.is(word); };
    bool parsed = true;
    std::string name;
    if (declares("tensor")) {
      parsed = parse_tensor(TensorKind::kInternal);
    } else if (declares("input")) {
      parsed = parse_tensor(TensorKind::kInput);
    } else if (declares("output")) {
      parsed = parse_tensor(TensorKind::kOutput);
    } else if (declares("inout")) {
      parsed = parse_tensor(TensorKind::kInputOutput);
    } else if (declares("register")) {
      parsed = parse_declared_name(name, program_->registers().size());
      if (parsed) {
        Named& named = names_[name];
        if (!named.reg) named.reg = static_cast<RegisterId>(program_->registers().size());
        ++named.uses;
        program_->add_register(std::move(name));
      }
    } else if (declares("semaphore")) {
      parsed = parse_declared_name(name, program_->semaphores().size());
      if (parsed) {
        Label& label = semaphores_[name];
        if (label.uses++ == 0) label.id = static_cast<SemaphoreId>(program_->semaphores().size());
        program_->add_semaphore(std::move(name));
      }
    } else if (declares("order")) {
      parsed = parse_order();
    } else {
      parse_instruction_line();
      return;
    }
    if (parsed && lexer_.peek().kind != TokenKind::kEnd) {
      fault(lexer_.peek(), "the end of the line");
    }
    return;
  }
  parse_instruction_line();
}

bool Parser::parse_order() {
  lexer_.take();
  const Token token = lexer_.take();
  if (!token.is("manual")) return fault(token, "manual", "without the line, order is automatic");
  program_->automatic_order = false;
  return true;
}

bool Parser::parse_declared_name(std::string& name, std::size_t count) {
  lexer_.take();
  if (count >= kNamesMax) return fault(lexer_.peek(), fmt::format("at most {} names", kNamesMax));
  return parse_name(name, "a name");
}

bool Parser::parse_extents(Tensor& tensor) {
  const Token open = lexer_.peek();
  std::int64_t elements = 1;
  const bool parsed =
      take_sign("[") && parse_list([&] {
        std::int64_t extent = 0;
        const Token token = lexer_.peek();
        if (tensor.shape.size() == kTensorDimsMax) {
          return fault(token, fmt::format("at most {} dims", kTensorDimsMax));
        }
        if (!parse_integer(extent, {1, kElementsMax}, "an extent")) return false;
        tensor.shape.push_back(extent);
        return !__builtin_mul_overflow(elements, extent, &elements) && elements <= kElementsMax
                   ? true
                   : fault(token, fmt::format("at most {} elements in a tensor", kElementsMax));
      });
  if (!parsed) return false;
  if (tensor.shape.empty()) return fault(open, "one dim or more");
  return true;
}

bool Parser::parse_tensor(TensorKind kind) {
  Tensor tensor;
  tensor.kind = kind;
  if (!parse_declared_name(tensor.name, program_->tensors().size())) return false;
  constexpr std::string_view kBuffers[] = {"sbuf", "psum", "hbm"};
  int buffer = 0;
  if (!take_sign(":") || !parse_word(kBuffers, "a memory", buffer)) return false;
  tensor.buffer = static_cast<Buffer>(buffer);
  if (!parse_element_type(tensor.type) || !parse_extents(tensor)) return false;
  if (skip_sign("@")) {
    std::int64_t partition = 0;
    tensor.address.emplace();
    if (!parse_integer(partition, {0, kPartitions - 1}, "a partition") || !take_sign(",") ||
        !parse_integer(tensor.address->byte, {0, kExtentMax}, "a byte")) {
      return false;
    }
    tensor.address->partition = static_cast<int>(partition);
  }
  Named& named = names_[tensor.name];
  if (!named.tensor) named.tensor = static_cast<TensorId>(program_->tensors().size());
  ++named.uses;
  program_->add_tensor(std::move(tensor));
  return true;
}

void Parser::resolve_pending() {
  for (const Pending& pending : pending_) {
    auto ids = find_all(pending.references);
    if (ids) {
      program_->set_dependencies(pending.id, std::move(*ids));
      continue;
    }
    for (const Reference& reference : pending.references) {
      const auto label = labels_.find(reference.key);
      if (label != labels_.end() && label->second.uses == 1) continue;
      if (fault_count_ >= kFaultsMax) return;
      std::vector<std::string> known;
      if (labels_.size() <= kSuggestionsMax) {
        for (const auto& [key, place] : labels_) known.push_back(label_text(key));
      }
      std::sort(known.begin(), known.end());
      const std::string text = label_text(reference.key);
      fault_at(reference.line, reference.column, quote(text),
               label == labels_.end() ? "the label of an instruction"
                                      : "a label that one instruction alone has",
               label == labels_.end() ? did_you_mean(text, known) : "");
    }
  }
}

Result<Program> parse_program(std::string_view text, const std::string& where) {
  return Parser(text, where).run();
}

}  // namespace switchyard::isa
