// JSON and TOML from outside: parse, write, and read every member as each kind of field.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/check.h"
#include "base/document.h"

namespace switchyard {
namespace {

void read_all(const Json& document) {
  FaultList faults;
  ObjectReader reader(document, "fuzz", faults);
  if (document.is_object()) {
    for (const auto& [key, value] : document.items()) {
      const double number = reader.number_or(key, 1, {-1, 1e6});
      SWITCHYARD_CHECK(number >= -1 && number <= 1e6, "{}", number);
      const std::int64_t whole = reader.integer_or(key, 1, {0, 100});
      SWITCHYARD_CHECK(whole >= 0 && whole <= 100, "{}", whole);
      reader.string_or(key, "");
      reader.boolean_or(key, true);
      reader.strings_or_empty(key);
      if (const Json* member = reader.object(key)) reader.inside(key, *member).reject_unknown();
    }
  }
  reader.string("absent");
  reader.reject_unknown();
  SWITCHYARD_CHECK(!faults.empty());
  SWITCHYARD_CHECK(!to_text(faults.error()).empty());
}

void check(const Result<Json>& document) {
  if (document) {
    SWITCHYARD_CHECK(!document->dump().empty());
    read_all(*document);
  } else {
    SWITCHYARD_CHECK(!to_text(document.error()).empty());
  }
}

}  // namespace
}  // namespace switchyard

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  switchyard::check(switchyard::parse_json(text, "fuzz.json"));
  switchyard::check(switchyard::parse_toml(text, "fuzz.toml"));
  return 0;
}
