// How many requests a second of processor time the simulator serves, on one thread.
//
// serving_bench [TRACES]: a folder with the Azure 2023 and Mooncake traces; without it, or where a
// file is missing, only the synthetic figures are given. Step times are those of gpt-oss-120b on
// trn3-gen2 with tp 8. On 64 replicas the trace comes 64 times as fast.
#include <sys/resource.h>

#include <filesystem>

#include "base/bench_timer.h"
#include "base/text.h"
#include "catalog/catalog.h"
#include "costing/roofline.h"
#include "model/import.h"
#include "serving/engines.h"
#include "serving/step_table.h"
#include "serving/test_service.h"
#include "serving/timers.h"
#include "workload/trace.h"

namespace switchyard::serving {
namespace {

struct Counter : RecordSink {
  std::int64_t finished_count = 0;
  void finished(const workload::RequestRecord&) override { ++finished_count; }
};

void print(const std::string& name, double value, const char* unit, const std::string& note) {
  fmt::print("{{\"name\":\"{}\",\"value\":{:.4g},\"unit\":\"{}\",\"note\":\"{}\"}}\n", name, value,
             unit, note);
}

// `count` requests; a shorter trace starts again, with contents of its own.
ListSource from_trace(const workload::Trace& trace, std::size_t count, double speedup) {
  ListSource source;
  source.hash_tokens = trace.block_tokens;
  const double span_s = trace.requests.back().arrival_s;
  source.hashes.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const workload::Request& r = trace.requests[i % trace.requests.size()];
    const auto turn = static_cast<std::int64_t>(i / trace.requests.size());
    source.add((r.arrival_s + static_cast<double>(turn) * span_s) / speedup, r.input_tokens,
               std::max<std::int64_t>(1, r.output_tokens));
    for (const std::int64_t hash : r.prefix_blocks) {
      source.hashes[i].push_back(hash + (turn << 32));
    }
    source.requests.back().blocks = source.hashes[i];
  }
  return source;
}

struct SyntheticSource : workload::RequestSource {
  std::int64_t left = 0, id = 0;
  double rate = 0, at = 0;
  Random random{1};

  std::optional<SimTime> next_arrival() override {
    if (left == 0) return {};
    return seconds(at);
  }
  workload::ServingRequest take() override {
    workload::ServingRequest r{.id = id++, .arrival = seconds(at)};
    r.input_tokens = 1 + static_cast<std::int64_t>(random.exponential(1024));
    r.output_tokens = 1 + static_cast<std::int64_t>(random.exponential(128));
    at += random.exponential(1 / rate);
    --left;
    return r;
  }
  void finished(const workload::RequestRecord&) override {}
};

SimulationResult run(const StepModel& steps, workload::RequestSource& source,
                     const ServiceOptions& options, double& cpu_s) {
  Counter sink;
  SimulationResult result;
  cpu_s = seconds_of([&] { result = simulate(steps, source, options, sink).value(); });
  return result;
}

void bench_trace(const StepModel& steps, ServiceOptions options, const std::string& name,
                 const std::filesystem::path& path) {
  const auto trace = workload::read_trace(path, false);
  if (!trace) return;
  constexpr std::size_t kRequests = 8000;
  for (const int replicas : {1, 64}) {
    options.replicas = replicas;
    options.step_by_step = false;
    SimulationResult result;
    std::vector<double> times;
    for (int i = 0; i < 7; ++i) {
      ListSource source = from_trace(*trace, kRequests, replicas);
      double cpu_s = 0;
      result = run(steps, source, options, cpu_s);
      times.push_back(cpu_s);
    }
    print(fmt::format("serving/{}/{}", name, replicas), kRequests / median(times), "requests/s",
          fmt::format("{} requests, {} steps in {} events, {} of input tokens cached", kRequests,
                      result.steps, result.events,
                      format_significant(static_cast<double>(result.cached_tokens) /
                                         static_cast<double>(result.input_tokens))));
    options.step_by_step = true;
    ListSource source = from_trace(*trace, kRequests, replicas);
    double cpu_s = 0;
    run(steps, source, options, cpu_s);
    print(fmt::format("serving/{}/{}/skipping", name, replicas), cpu_s / median(times), "ratio",
          "time of taking every step over that of summing stretches");
  }
}

void bench_synthetic(const StepModel& steps, ServiceOptions options) {
  options.replicas = 64;
  SyntheticSource source;
  source.left = 10'000'000;
  source.rate = 64 * 10;
  double cpu_s = 0;
  const SimulationResult result = run(steps, source, options, cpu_s);
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  print("serving/synthetic/10M", cpu_s, "s",
        fmt::format("{} completed on 64 replicas", result.completed));
  print("serving/synthetic/10M/memory", static_cast<double>(usage.ru_maxrss) / 1024, "MiB",
        "largest resident size of the whole program");
}

void bench_lines(const StepModel& steps) {
  Random random(3);
  std::vector<StepShape> shapes;
  for (int i = 0; i < 1024; ++i) {
    StepShape s{.decode_sequences = 1 + static_cast<std::int64_t>(random.below(256))};
    s.decode_context = s.decode_sequences * 1000 * kContextUnits;
    if (i % 2 == 0) {
      s.prefill_sequences = 1;
      s.prefill_tokens = 1 + static_cast<std::int64_t>(random.below(4000));
      s.prefill_context = s.prefill_tokens * s.prefill_tokens / 2 + 1;
    }
    shapes.push_back(s);
  }
  std::int64_t sum = 0;
  const double cpu_s = seconds_of([&] {
    for (int turn = 0; turn < 1000; ++turn) {
      for (const StepShape& s : shapes) sum += steps.line(s).time;
    }
  });
  print("serving/step_line", cpu_s / 1024e3 * 1e9, "ns",
        fmt::format("half of them with prompts; sum {}", sum % 10));
}

int bench(const std::filesystem::path& traces) {
  const catalog::Catalog catalog = *catalog::load("catalog");
  const catalog::Platform& platform = **catalog.platform("trn3-gen2");
  const model::Model model = *model::find_model("gpt-oss-120b", "catalog/models");
  const auto precision =
      costing::precisions(model, catalog.chip_of(platform), costing::PrecisionChoice::kAuto, 16)
          .front();
  const auto world = catalog::sample(catalog.chip_of(platform), platform, {});
  const costing::RooflineCosts costs;
  std::unique_ptr<StepTable> table;
  const double build_s = seconds_of([&] {
    table =
        std::make_unique<StepTable>(Deployment{model, {.tp = 8}, precision, costs, world}, 8192);
  });
  print("serving/step_table", build_s * 1e3, "ms", "building the table of one deployment");
  bench_lines(*table);
  ServiceOptions options;
  options.engine = *load_engine_options("vllm", "catalog/engines");
  options.blocks = 200'000;
  bench_trace(*table, options, "azure", traces / "azure_llm_2023_conv.csv.gz");
  bench_trace(*table, options, "mooncake", traces / "mooncake_fast25_synthetic.jsonl.gz");
  bench_synthetic(*table, options);
  return 0;
}

}  // namespace
}  // namespace switchyard::serving

int main(int argc, char** argv) {
  return switchyard::serving::bench(argc > 1 ? argv[1] : "../shared/data/traces");
}
