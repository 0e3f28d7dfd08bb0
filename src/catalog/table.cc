#include "catalog/table.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace switchyard::catalog {

void check_text(ObjectReader& reader, std::string_view key, const std::string& text) {
  const Json* value = reader.find(key);
  if (!value || !value->is_string()) return;  // already a fault where it matters
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
  if (control) {
    reader.fault(key, "is " + quote(text), "one line without control characters");
  } else if (trim(text).empty()) {
    reader.fault(key, "is empty", "a text");
  }
}

std::string Table::text(std::string_view key) {
  std::string text = fields_.string(key);
  check_text(fields_, key, text);
  return text;
}

std::string Table::text_or_empty(std::string_view key) {
  return fields_.find(key) ? text(key) : std::string();
}

Estimate Table::estimate(std::string_view key, Dimension dimension) {
  return read_estimate(fields_, key, dimension, path_ + "/" + std::string(key));
}

Estimate Table::positive(std::string_view key, Dimension dimension) {
  Estimate e = estimate(key, dimension);
  if (e.well_read() && e.low <= 0) fields_.fault(key, "reaches down to 0", "more than 0");
  return e;
}

Estimate Table::share(std::string_view key) {
  Estimate e = positive(key, Dimension::kFraction);
  if (e.well_read() && e.high > 1) {
    fields_.fault(key, "reaches up to " + format_significant(e.high), "a share, at most 1");
  }
  return e;
}

bool Table::holds_table(std::string_view key) {
  const Json* table = fields_.find(key);
  if (table && table->is_object()) return true;
  fields_.fault(key, table ? "is " + describe(*table) : "is missing", "a table");
  return false;
}

}  // namespace switchyard::catalog
