// Any bytes as a trace: an error or requests within the bounds, the same good rows either way.
#include <cmath>
#include <cstddef>

#include "base/check.h"
#include "workload/trace.h"

using namespace switchyard;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto strict = workload::parse_trace(text, "fuzz", false);
  const auto lenient = workload::parse_trace(text, "fuzz", true);
  if (!strict) SWITCHYARD_CHECK(!to_text(strict.error()).empty());
  if (!lenient) {
    SWITCHYARD_CHECK(!strict);
    return 0;
  }
  if (strict) {
    SWITCHYARD_CHECK(strict->bad_row_count == 0 && lenient->bad_row_count == 0);
    SWITCHYARD_CHECK(strict->requests.size() == lenient->requests.size());
  }
  double last = 0;
  for (const auto& request : lenient->requests) {
    SWITCHYARD_CHECK(request.arrival_s >= last);
    last = request.arrival_s;
  }
  const auto summary = workload::summarise(*lenient, "fuzz", {});
  SWITCHYARD_CHECK(summary.prefix_share >= 0 && summary.prefix_share < 1);
  SWITCHYARD_CHECK(std::isfinite(summary.mean_decode_context()));
  SWITCHYARD_CHECK(std::isfinite(summary.mean_prefill_context()));
  return 0;
}
