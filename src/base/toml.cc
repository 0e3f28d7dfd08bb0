// TOML text into Json. Alone in its file: toml++ is slow to compile.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/document.h"
#include "base/text.h"

#define TOML_EXCEPTIONS 0
#define TOML_MAX_NESTED_VALUES 32  // with the bound on dots, keeps the recursion shallow
#include <toml++/toml.h>

namespace switchyard {

namespace {

Json to_json(const toml::node& node) {
  if (const auto* table = node.as_table()) {
    // toml++ keeps keys sorted; the order of a table's lines is not part of its meaning.
    Json object = Json::object();
    for (const auto& [key, value] : *table) object[std::string(key.str())] = to_json(value);
    return object;
  }
  if (const auto* array = node.as_array()) {
    Json list = Json::array();
    for (const auto& value : *array) list.push_back(to_json(value));
    return list;
  }
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* integer = node.as_integer()) return integer->get();
  if (const auto* number = node.as_floating_point()) return number->get();
  if (const auto* boolean = node.as_boolean()) return boolean->get();
  std::ostringstream date;
  if (const auto* value = node.as_date()) date << value->get();
  if (const auto* value = node.as_time()) date << value->get();
  if (const auto* value = node.as_date_time()) date << value->get();
  return date.str();
}

// A bound on how deep tables can nest: brackets, and dots of one line (a.b.c = 1 nests two tables).
// Quotes are not looked at: text with this many of either is refused too. Checked first, because
// the parser's own clean-up recurses.
int nesting_bound(std::string_view text) {
  int brackets = 0;
  int dots = 0;
  int deepest = 0;
  for (const char c : text) {
    if (c == '[' || c == '{') ++brackets;
    if (c == ']' || c == '}') --brackets;
    if (c == '.') ++dots;
    if (c == '\n') dots = 0;
    deepest = std::max({deepest, brackets, dots});
  }
  return deepest;
}

}  // namespace

Result<Json> parse_toml(std::string_view text, const std::string& where) {
  constexpr int kBoundMax = 3 * kNestingMax;
  if (const int bound = nesting_bound(text); bound > kBoundMax) {
    return fail({.where = where,
                 .found = fmt::format("has {} brackets or dots within one value or line", bound),
                 .wanted = fmt::format("at most {}", kBoundMax)});
  }
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const auto& error = parsed.error();
    return fail({.where = fmt::format("{}:{}:{}", where, error.source().begin.line,
                                      error.source().begin.column),
                 .found = "is not valid TOML: " + quote(error.description(), 160),
                 .wanted = "TOML text"});
  }
  return to_json(parsed.table());
}

}  // namespace switchyard
