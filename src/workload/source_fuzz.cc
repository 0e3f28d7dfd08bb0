// Any bytes as a trace, replayed and as what synthetic requests are fitted to: sources keep their
// contract whatever the rows hold.
#include <cstddef>

#include "base/check.h"
#include "workload/source_test_server.h"
#include "workload/traffic_plan.h"

using namespace switchyard;

namespace {

void drive(const workload::TrafficPlan& plan) {
  const auto source = workload::make_source(plan);
  SimTime last;
  for (const workload::Played& p : workload::play(*source, SimTime(1'000'000), 500)) {
    SWITCHYARD_CHECK(p.request.arrival >= last || plan.concurrency > 0);
    last = p.request.arrival;
    SWITCHYARD_CHECK(p.request.input_tokens >= 1 && p.request.output_tokens >= 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto trace = workload::parse_trace(text, "fuzz", true);
  if (!trace) return 0;
  workload::TrafficPlan plan;
  plan.workload = workload::summarise(*trace, "fuzz", {});
  plan.trace = &*trace;
  plan.rate = 3;
  drive(plan);
  plan.concurrency = 5;
  drive(plan);
  plan.concurrency = 0;
  plan.synthetic = true;
  plan.requests = 200;
  plan.context_tokens_max = 4096;
  drive(plan);
  return 0;
}
