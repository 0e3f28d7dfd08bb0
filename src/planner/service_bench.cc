// Speed of simulated services with everything a report needs, on public traces where they are at
// hand, and of long synthetic traffic. Prints {"name","value","unit","note"} a line.
#include <sys/resource.h>

#include <cstdio>
#include <filesystem>

#include "base/bench_timer.h"
#include "base/text.h"
#include "planner/traffic_test_question.h"

namespace switchyard::planner {
namespace {

constexpr int kRuns = 5;

void print(const std::string& name, double value, const char* unit, const std::string& note) {
  std::printf(R"({"name": "%s", "value": %.4g, "unit": "%s", "note": "%s"})"
              "\n",
              name.c_str(), value, unit, note.c_str());
  std::fflush(stdout);
}

// Requests a second of this thread's time; the plan is played as often as a median needs.
double speed(const SimulatedService& service, const workload::TrafficPlan& plan, int replicas,
             int runs, bool step_by_step) {
  serving::ServiceOptions options = service.options(replicas);
  options.step_by_step = step_by_step;
  std::vector<double> times;
  for (int n = 0; n < runs; ++n) {
    times.push_back(seconds_of([&] { (void)*service.run(options, plan); }));
  }
  return static_cast<double>(plan.request_count()) / median(times);
}

void bench_trace(const SimulatedService& service, const char* name, const char* file) {
  const std::filesystem::path path = std::filesystem::path("../shared/data/traces") / file;
  if (!std::filesystem::exists(path)) return;
  const workload::Trace trace = *workload::read_trace(path, false);
  workload::TrafficPlan plan;
  plan.trace = &trace;
  plan.requests = 8000;
  const double own = plan.mean_rate();
  for (const int replicas : {1, 64}) {
    plan.rate = own * replicas;
    print(fmt::format("simulate_{}_{}_replicas", name, replicas),
          speed(service, plan, replicas, kRuns, false), "requests/s",
          fmt::format("{} requests, limit 500000", plan.request_count()));
  }
  plan.rate = own;
  print(fmt::format("simulate_{}_step_by_step", name), speed(service, plan, 1, 3, true),
        "requests/s", "one replica, every step an event");
}

int run() {
  const Question q = service_question("gpt-oss-120b", "chat");
  const costing::RooflineCosts costs;
  const SimulatedService service(
      q, *choose_deployment(q, shipped_catalog(), "trn3-gen2", costs, {}), vllm(), costs);
  bench_trace(service, "azure", "azure_llm_2023_conv.csv.gz");
  bench_trace(service, "mooncake", "mooncake_fast25_synthetic.jsonl.gz");
  constexpr std::int64_t kMany = 10'000'000;
  const double rate = 0.7 * steady_rate(service.deployment(), q.workload);
  print("simulate_10M_synthetic", speed(service, synthetic(q, kMany, rate), 1, 1, false),
        "requests/s", "one replica at 70 % of its load; limit 166667, a minute");
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  print("simulate_10M_memory", static_cast<double>(usage.ru_maxrss) / 1024, "MiB",
        "peak of this program");
  return 0;
}

}  // namespace
}  // namespace switchyard::planner

int main() { return switchyard::planner::run(); }
