// Any bytes as the traffic of a workload: faults or numbers within their bounds.
#include <cstddef>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "workload/traffic.h"

using namespace switchyard;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto document =
      parse_toml(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
  if (!document || !document->is_object()) return 0;
  FaultList faults;
  ObjectReader reader(*document, "fuzz", faults);
  const workload::Traffic traffic = workload::read_traffic(reader, faults);
  if (!faults.empty()) return 0;
  SWITCHYARD_CHECK(traffic.correlation >= -1 && traffic.correlation <= 1);
  SWITCHYARD_CHECK(!traffic.has_session || traffic.session.turns_mean >= 1);
  SWITCHYARD_CHECK(!traffic.has_session || traffic.session.new_input.mean_tokens >= 1);
  return 0;
}
