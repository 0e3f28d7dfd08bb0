// Structured input from outside, JSON or TOML alike, read so that every fault is found and named.
//
// parse_json and parse_toml turn hostile text into a Document or an Error: nesting, size and
// numbers are bounded. An ObjectReader then takes fields out of one table. A missing or wrong field
// is added to a FaultList and a harmless value is returned, so a loader can go on and report all
// faults at once; it must check the list before it uses anything it read.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace switchyard {

using Json = nlohmann::ordered_json;

inline constexpr int kNestingMax = 64;

// Text in, value out. `where` (a file name) opens each error text. TOML dates become strings.
Result<Json> parse_json(std::string_view text, const std::string& where);
Result<Json> parse_toml(std::string_view text, const std::string& where);
// By the file's ending: .toml or JSON.
Result<Json> read_document(const std::string& path);

class FaultList {
 public:
  void add(Error error);
  bool empty() const { return faults_.empty(); }
  // The first fault with the others in `also`. Contract: not empty.
  Error error() const;
  // Ok, or error().
  Status status() const;

 private:
  std::vector<Error> faults_;
};

struct Range {
  double low = 0;
  double high = 0;
};

// Reads fields of one JSON object. Holds references: the Json and the FaultList must outlive it.
class ObjectReader {
 public:
  // `where` is the file and the path so far, as in "config.json: text_config".
  ObjectReader(const Json& object, std::string where, FaultList& faults);

  bool has(std::string_view key) const;  // present and not null
  const std::string& where() const { return where_; }

  // Required fields: absence is a fault.
  std::int64_t integer(std::string_view key, Range range);
  double number(std::string_view key, Range range);
  std::string string(std::string_view key);
  // With a value for absence or null.
  std::int64_t integer_or(std::string_view key, std::int64_t fallback, Range range);
  double number_or(std::string_view key, double fallback, Range range);
  bool boolean_or(std::string_view key, bool fallback);
  std::string string_or(std::string_view key, std::string fallback);
  std::vector<std::string> strings_or_empty(std::string_view key);
  // The member itself, or nullptr when absent. `object` and `array` also demand the kind.
  const Json* find(std::string_view key);
  const Json* object(std::string_view key);
  const Json* array(std::string_view key);

  // A reader of `member`, which stands under `key` here.
  ObjectReader inside(std::string_view key, const Json& member) const;

  void fault(std::string_view key, std::string found, std::string wanted, std::string hint = "");
  // Faults each key never asked for, with a suggestion. For formats of our own, where a stray key
  // is a typing error.
  void reject_unknown();

 private:
  const Json* required(std::string_view key, std::string_view wanted);
  std::string path(std::string_view key) const;

  const Json* object_;
  std::string where_;
  FaultList* faults_;
  std::set<std::string, std::less<>> asked_;
};

// A short printable form of a value for error texts: -1, "text", an object, an array of 3.
std::string describe(const Json& value);

}  // namespace switchyard
