// Any text as a config.json: an Error or a Model whose counts hold together; never a crash.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/check.h"
#include "model/import.h"
#include "model/parameters.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace switchyard;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto json = parse_json(text, "fuzz.json");
  if (!json) return 0;
  const auto model = model::import_config(*json, "fuzz.json", "fuzz");
  if (!model) {
    SWITCHYARD_CHECK(!to_text(model.error()).empty());
    return 0;
  }
  const auto counts = model::parameters(*model);
  SWITCHYARD_CHECK(counts.total > 0 && counts.active > 0 && counts.active <= counts.total);
  std::int64_t sum = 0;
  for (const std::int64_t part : counts.by_class) {
    SWITCHYARD_CHECK(part >= 0);
    sum += part;
  }
  SWITCHYARD_CHECK(sum == counts.total);
  SWITCHYARD_CHECK(model::stored_bytes(*model).value() > 0);
  // Rounding may differ by the order of the sum.
  SWITCHYARD_CHECK(model::kv_bytes(*model, 1000, 16).value() <=
                   model::kv_bytes_per_token(*model, 16).value() * 1000 * (1 + 1e-9));
  return 0;
}
