#include "base/document.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/files.h"
#include "base/text.h"

namespace switchyard {

namespace {

// Deepest bracket nesting outside strings. Checked before parsing, so that no parser recurses on
// hostile input.
int nesting_of(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '[' || c == '{') deepest = std::max(deepest, ++depth);
    if (c == ']' || c == '}') --depth;
  }
  return deepest;
}

std::string position(std::string_view text, std::size_t byte) {
  const auto before = text.substr(0, std::min(byte, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto last_break = before.rfind('\n');
  const auto column = before.size() - (last_break == std::string_view::npos ? 0 : last_break + 1);
  return fmt::format("{}:{}", line, std::max<std::size_t>(column, 1));
}

}  // namespace

Result<Json> parse_json(std::string_view text, const std::string& where) {
  if (const int depth = nesting_of(text); depth > kNestingMax) {
    return fail({.where = where,
                 .found = fmt::format("nested {} deep", depth),
                 .wanted = fmt::format("at most {} levels", kNestingMax)});
  }
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    std::string reason = error.what();
    if (const auto colon = reason.rfind(": "); colon != std::string::npos)
      reason = reason.substr(colon + 2);
    return fail({.where = fmt::format("{}:{}", where, position(text, error.byte)),
                 .found = "is not valid JSON: " + quote(reason, 160),
                 .wanted = "JSON text"});
  } catch (const nlohmann::json::exception& error) {  // a number beyond double
    return fail(
        {.where = where, .found = quote(error.what(), 160), .wanted = "numbers that fit a double"});
  }
}

Result<Json> read_document(const std::string& path) {
  SWITCHYARD_TRY(text, read_file(path));
  return path.ends_with(".toml") ? parse_toml(text, path) : parse_json(text, path);
}

void FaultList::add(Error error) {
  constexpr std::size_t kFaultsMax = 200;
  if (faults_.size() < kFaultsMax) faults_.push_back(std::move(error));
}

Error FaultList::error() const {
  SWITCHYARD_CHECK(!faults_.empty());
  Error first = faults_.front();
  first.also.assign(faults_.begin() + 1, faults_.end());
  return first;
}

Status FaultList::status() const {
  if (empty()) return {};
  return fail(error());
}

std::string describe(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return fmt::format("an array of {}", value.size());
  if (value.is_string()) return quote(value.get_ref<const std::string&>());
  if (value.is_null()) return "null";
  return value.dump();
}

ObjectReader::ObjectReader(const Json& object, std::string where, FaultList& faults)
    : object_(&object), where_(std::move(where)), faults_(&faults) {
  static const Json kEmpty = Json::object();
  if (object.is_object()) return;
  faults.add({.where = where_, .found = "is " + describe(object), .wanted = "an object"});
  object_ = &kEmpty;
}

std::string ObjectReader::path(std::string_view key) const {
  return fmt::format("{}: {}", where_, key);
}

ObjectReader ObjectReader::inside(std::string_view key, const Json& member) const {
  return {member, path(key), *faults_};
}

void ObjectReader::fault(std::string_view key, std::string found, std::string wanted,
                         std::string hint) {
  faults_->add({.where = path(key),
                .found = std::move(found),
                .wanted = std::move(wanted),
                .hint = std::move(hint)});
}

const Json* ObjectReader::find(std::string_view key) {
  asked_.emplace(key);
  const auto found = object_->find(std::string(key));
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

bool ObjectReader::has(std::string_view key) const {
  const auto found = object_->find(std::string(key));
  return found != object_->end() && !found->is_null();
}

const Json* ObjectReader::required(std::string_view key, std::string_view wanted) {
  const Json* value = find(key);
  if (!value) fault(key, "is missing", std::string(wanted));
  return value;
}

double ObjectReader::number(std::string_view key, Range range) {
  const std::string wanted = fmt::format("a number from {:g} to {:g}", range.low, range.high);
  const Json* value = required(key, wanted);
  if (!value) return range.low;
  const double number = value->is_number() ? value->get<double>() : NAN;
  if (!(number >= range.low && number <= range.high)) {
    fault(key, "is " + describe(*value), wanted);
    return range.low;
  }
  return number;
}

std::int64_t ObjectReader::integer(std::string_view key, Range range) {
  const std::string wanted =
      fmt::format("a whole number from {:.0f} to {:.0f}", range.low, range.high);
  const Json* value = required(key, wanted);
  const auto fallback = static_cast<std::int64_t>(range.low);
  if (!value) return fallback;
  const double number = value->is_number() ? value->get<double>() : NAN;
  if (!(number >= range.low && number <= range.high) || number != std::floor(number)) {
    fault(key, "is " + describe(*value), wanted);
    return fallback;
  }
  return static_cast<std::int64_t>(number);
}

std::string ObjectReader::string(std::string_view key) {
  const Json* value = required(key, "a string");
  if (!value) return {};
  if (!value->is_string()) {
    fault(key, "is " + describe(*value), "a string");
    return {};
  }
  return value->get<std::string>();
}

std::int64_t ObjectReader::integer_or(std::string_view key, std::int64_t fallback, Range range) {
  return find(key) ? integer(key, range) : fallback;
}

double ObjectReader::number_or(std::string_view key, double fallback, Range range) {
  return find(key) ? number(key, range) : fallback;
}

std::string ObjectReader::string_or(std::string_view key, std::string fallback) {
  return find(key) ? string(key) : std::move(fallback);
}

bool ObjectReader::boolean_or(std::string_view key, bool fallback) {
  const Json* value = find(key);
  if (!value) return fallback;
  if (!value->is_boolean()) {
    fault(key, "is " + describe(*value), "true or false");
    return fallback;
  }
  return value->get<bool>();
}

std::vector<std::string> ObjectReader::strings_or_empty(std::string_view key) {
  std::vector<std::string> out;
  const Json* value = array(key);
  if (!value) return out;
  for (const Json& item : *value) {
    if (!item.is_string()) {
      fault(key, "holds " + describe(item), "strings only");
      return out;
    }
    out.push_back(item.get<std::string>());
  }
  return out;
}

const Json* ObjectReader::object(std::string_view key) {
  const Json* value = find(key);
  if (value && !value->is_object()) {
    fault(key, "is " + describe(*value), "an object");
    return nullptr;
  }
  return value;
}

const Json* ObjectReader::array(std::string_view key) {
  const Json* value = find(key);
  if (value && !value->is_array()) {
    fault(key, "is " + describe(*value), "an array");
    return nullptr;
  }
  return value;
}

void ObjectReader::reject_unknown() {
  const std::vector<std::string> known(asked_.begin(), asked_.end());
  for (const auto& [key, value] : object_->items()) {
    if (!asked_.contains(key))
      fault(quote(key), "is not a known key", "", did_you_mean(key, known));
  }
}

}  // namespace switchyard
