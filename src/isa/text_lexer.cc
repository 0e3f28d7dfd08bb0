#include "isa/text_lexer.h"

#include <bit>
#include <charconv>

#include "base/text.h"

namespace switchyard::isa {

namespace {

// By hand, so that no locale has a say.
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_part(char c) { return is_letter(c) || is_digit(c) || c == '.'; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr std::size_t kNumberLengthMax = 64;

}  // namespace

Token Lexer::take() {
  const Token taken = token_;
  advance();
  return taken;
}

void Lexer::advance() {
  while (place_ < line_.size() && (line_[place_] == ' ' || line_[place_] == '\t')) ++place_;
  token_ = {.column = place_ + 1};
  if (place_ == line_.size() || line_[place_] == '#') return;
  const std::size_t begin = place_;
  const char c = line_[begin];
  const char after = begin + 1 < line_.size() ? line_[begin + 1] : ' ';
  if (is_letter(c)) {
    token_.kind = TokenKind::kName;
    while (place_ < line_.size() && is_name_part(line_[place_])) ++place_;
  } else if (is_digit(c) || ((c == '-' || c == '.') && (is_digit(after) || after == '.')) ||
             (c == '-' && is_letter(after))) {
    lex_number();
  } else if (c == '"') {
    lex_string();
  } else if (c == '>' && after == '=') {
    token_.kind = TokenKind::kSign;
    place_ += 2;
  } else if (c > ' ' && c < 0x7f) {
    token_.kind = TokenKind::kSign;
    ++place_;
  } else {
    token_.kind = TokenKind::kBad;
    token_.fault = "a character that is not printable ASCII";
    ++place_;
  }
  token_.text = line_.substr(begin, place_ - begin);
}

void Lexer::lex_number() {
  const std::size_t begin = place_;
  ++place_;
  while (place_ < line_.size()) {
    const char c = line_[place_];
    const bool exponent_sign =
        (c == '+' || c == '-') && (line_[place_ - 1] == 'e' || line_[place_ - 1] == 'E');
    if (!is_name_part(c) && !exponent_sign) break;
    ++place_;
  }
  const std::string_view text = line_.substr(begin, place_ - begin);
  const char* const end = text.data() + text.size();
  token_.kind = TokenKind::kBad;
  token_.fault = "not a number";
  if (text.size() > kNumberLengthMax) return;
  if (text.starts_with("0x")) {
    std::uint64_t bits = 0;
    const auto [rest, error] = std::from_chars(text.data() + 2, end, bits, 16);
    if (error != std::errc() || rest != end) return;
    token_.kind = TokenKind::kInteger;
    token_.integer = std::bit_cast<std::int64_t>(bits);
    token_.number = static_cast<double>(bits);
    return;
  }
  const auto whole = std::from_chars(text.data(), end, token_.integer);
  const auto real = std::from_chars(text.data(), end, token_.number);
  if (real.ptr != end) return;
  if (real.ec != std::errc()) {
    token_.fault = "a number that no double holds";
    return;
  }
  const bool is_whole = whole.ec == std::errc() && whole.ptr == end;
  // "-0" is a double: as an integer it would lose its sign.
  token_.kind = is_whole && text != "-0" ? TokenKind::kInteger : TokenKind::kNumber;
}

void Lexer::lex_string() {
  ++place_;
  while (place_ < line_.size() && line_[place_] != '"') {
    place_ += line_[place_] == '\\' ? 2 : 1;
  }
  if (place_ >= line_.size()) {
    place_ = line_.size();
    token_.kind = TokenKind::kBad;
    token_.fault = "a string without its closing quote";
    return;
  }
  ++place_;
  token_.kind = TokenKind::kString;
}

bool unescape(std::string_view quoted, std::string& out) {
  out.clear();
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quoted[i] != '\\') {
      out += quoted[i];
      continue;
    }
    const char c = quoted[++i];
    if (c == 'n') {
      out += '\n';
    } else if (c == '"' || c == '\\') {
      out += c;
    } else if (c == 'x' && i + 3 < quoted.size() && hex_value(quoted[i + 1]) >= 0 &&
               hex_value(quoted[i + 2]) >= 0) {
      out += static_cast<char>(hex_value(quoted[i + 1]) * 16 + hex_value(quoted[i + 2]));
      i += 2;
    } else {
      return false;
    }
  }
  return true;
}

std::string escape(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

bool is_plain_name(std::string_view text) {
  if (text.empty() || !is_letter(text[0])) return false;
  for (const char c : text) {
    if (!is_name_part(c)) return false;
  }
  return text != "inf" && text != "nan" && text != "bits";
}

}  // namespace switchyard::isa
