#include "model/module_pattern.h"

#include <cctype>
#include <optional>
#include <vector>

#include "base/text.h"

namespace switchyard::model {

namespace {

constexpr std::size_t kPatternMax = 256;
constexpr int kStepsMax = 2000;  // of backtracking

// "*" stands for any run of characters.
bool glob(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// The pattern's dotted parts stand, in a row, somewhere among the name's.
bool covers(std::string_view pattern, std::string_view name) {
  const auto wanted = split(pattern, '.');
  const auto parts = split(name, '.');
  for (std::size_t from = 0; from + wanted.size() <= parts.size(); ++from) {
    std::size_t same = 0;
    while (same < wanted.size() && glob(wanted[same], parts[from + same])) ++same;
    if (same == wanted.size()) return true;
  }
  return pattern.find('*') != std::string_view::npos && glob(pattern, name);
}

// Backtracking over the pattern itself; `rest` is what must match after it.
class Expression {
 public:
  PatternMatch run(std::string_view pattern, std::string_view text) {
    const bool found = match(pattern, text);
    if (!understood_ || steps_ > kStepsMax) return PatternMatch::kNotUnderstood;
    return found ? PatternMatch::kYes : PatternMatch::kNo;
  }

 private:
  struct Atom {
    std::size_t length = 1;  // in the pattern
    bool any = false, digit = false;
    char literal = 0;
    bool accepts(char c) const {
      if (any) return true;
      return digit ? std::isdigit(static_cast<unsigned char>(c)) != 0 : c == literal;
    }
  };

  bool match(std::string_view pattern, std::string_view text) {
    if (++steps_ > kStepsMax || !understood_) return false;
    if (pattern.empty()) return true;  // a match of the beginning is a match
    if (pattern == "$") return text.empty();
    if (pattern[0] == '^') return match(pattern.substr(1), text);
    if (pattern[0] == '(') return match_group(pattern, text);
    const auto atom = parse_atom(pattern);
    if (!atom) return understood_ = false;
    const std::string_view rest = pattern.substr(atom->length);
    const char repeat = rest.empty() ? '\0' : rest[0];
    if (repeat != '*' && repeat != '+' && repeat != '?')
      return !text.empty() && atom->accepts(text[0]) && match(rest, text.substr(1));
    const std::size_t least = repeat == '+' ? 1 : 0;
    const std::size_t most = repeat == '?' ? 1 : text.size();
    std::size_t run = 0;
    while (run < most && run < text.size() && atom->accepts(text[run])) ++run;
    for (std::size_t taken = run + 1; taken-- > least;)
      if (match(rest.substr(1), text.substr(taken))) return true;
    return false;
  }

  bool match_group(std::string_view pattern, std::string_view text) {
    int depth = 0;
    std::vector<std::string_view> choices;
    std::size_t begin = pattern.starts_with("(?:") ? 3 : 1;
    const std::size_t first = begin;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (pattern[i] == '\\')
        ++i;
      else if (pattern[i] == '(')
        ++depth;
      else if (pattern[i] == ')' && --depth == 0) {
        choices.push_back(pattern.substr(begin, i - begin));
        return match_choices(choices, pattern.substr(i + 1), text);
      } else if (pattern[i] == '|' && depth == 1 && i >= first) {
        choices.push_back(pattern.substr(begin, i - begin));
        begin = i + 1;
      }
    }
    return understood_ = false;  // no closing parenthesis
  }

  bool match_choices(const std::vector<std::string_view>& choices, std::string_view rest,
                     std::string_view text) {
    if (!rest.empty() && std::string_view("*+?{").find(rest[0]) != std::string_view::npos)
      return understood_ = false;
    for (const std::string_view choice : choices) {
      std::string joined(choice);
      joined += rest;
      if (match(joined, text)) return true;
    }
    return false;
  }

  static std::optional<Atom> parse_atom(std::string_view pattern) {
    if (pattern[0] == '.') return Atom{.any = true};
    if (pattern[0] == '\\') {
      if (pattern.size() < 2) return std::nullopt;
      if (pattern[1] == 'd') return Atom{.length = 2, .digit = true};
      if (std::isalnum(static_cast<unsigned char>(pattern[1]))) return std::nullopt;
      return Atom{.length = 2, .literal = pattern[1]};
    }
    if (std::string_view("[]{}()*+?|$").find(pattern[0]) != std::string_view::npos)
      return std::nullopt;
    return Atom{.literal = pattern[0]};
  }

  int steps_ = 0;
  bool understood_ = true;
};

std::string_view without_wrapper(std::string_view pattern) {
  if (pattern.starts_with("language_model.")) return pattern.substr(15);
  if (pattern.starts_with("model.language_model.")) return pattern.substr(15);
  return pattern;
}

}  // namespace

PatternMatch matches_module(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return PatternMatch::kNo;
  if (pattern.size() > kPatternMax) return PatternMatch::kNotUnderstood;
  if (pattern.starts_with("re:")) return Expression().run(pattern.substr(3), name);
  if (covers(pattern, name)) return PatternMatch::kYes;
  const std::string_view inner = without_wrapper(pattern);
  return covers(inner, name) || covers("model." + std::string(inner), name) ? PatternMatch::kYes
                                                                            : PatternMatch::kNo;
}

}  // namespace switchyard::model
