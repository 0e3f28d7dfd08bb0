// Words, numbers and signs of one line of program text. Internal to isa/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace switchyard::isa {

enum class TokenKind : std::uint8_t {
  kEnd,      // of the line, or a comment
  kName,     // letter or _, then letters, digits, _ and .
  kString,   // in double quotes
  kInteger,  // fits 64 bits; 0x... too, then as a bit pattern
  kNumber,   // any other number that a double can hold
  kSign,     // one character, or >=
  kBad,      // text() says what is wrong with it
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;  // as it stands in the line
  std::size_t column = 1;
  std::int64_t integer = 0;  // kInteger
  double number = 0;         // kInteger, kNumber
  const char* fault = "";    // kBad

  bool is(std::string_view sign_or_name) const {
    return (kind == TokenKind::kSign || kind == TokenKind::kName) && text == sign_or_name;
  }
};

class Lexer {
 public:
  explicit Lexer(std::string_view line) : line_(line) { advance(); }

  const Token& peek() const { return token_; }
  Token take();

 private:
  void advance();
  void lex_number();
  void lex_string();

  std::string_view line_;
  std::size_t place_ = 0;
  Token token_;
};

// What a kString token stands for. False if an escape is malformed.
bool unescape(std::string_view quoted, std::string& out);
// The opposite, with the quotes.
std::string escape(std::string_view text);
// Whether it reads as a kName token that is no number.
bool is_plain_name(std::string_view text);

}  // namespace switchyard::isa
