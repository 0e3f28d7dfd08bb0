#include "validation/simulated.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "base/parallel.h"
#include "planner/simulation.h"

namespace switchyard::validation {

namespace {

constexpr double kRequestsAClient = 10;
constexpr double kRequestsLeast = 40;

Prediction certain(double value) { return {value, value, value}; }

planner::Question question_of(const Case& c, const Predictor& with) {
  planner::Question q;
  q.model = c.model;
  q.workload = workload::fixed_workload(c.input, c.output, 0, {Seconds(1e6), Seconds(1e6)});
  const double half = c.length_spread / 2;
  if (half > 0) {
    q.workload.input = workload::Lengths::uniform(c.input * (1 - half), c.input * (1 + half));
    q.workload.output = workload::Lengths::uniform(c.output * (1 - half), c.output * (1 + half));
  }
  q.engine = with.engine;
  q.speculation = c.speculation;
  return q;
}

// What one case gives; `why_not` if it cannot be simulated.
struct Outcome {
  bool good = false;
  Point point;
  std::string why_not;
  std::int64_t requests = 0;
};

Outcome simulate_case(const Case& c, const Predictor& with, const serving::EngineOptions& engine) {
  const catalog::Platform platform = with.catalog->with_engine(*c.platform, c.engine);
  const catalog::Chip& chip = with.catalog->chip_of(platform);
  const planner::Question question = question_of(c, with);
  planner::ServiceDeployment deployment;
  deployment.platform = &platform;
  deployment.numbers = catalog::sample(chip, platform, {});
  deployment.economy = catalog::sample(with.catalog->economy, {});
  deployment.deployment.sharding = c.sharding;
  deployment.precision = costing::precisions(c.model, chip, c.precision, c.cache_bits)[0];
  const planner::SimulatedService service(question, deployment, engine, *with.costs);
  serving::ServiceOptions options = service.options(1);
  if (options.blocks < 1) return {.why_not = "does not fit in the memory we think it has"};
  const double clients = std::max(1.0, std::round(c.concurrency));
  workload::TrafficPlan traffic;
  traffic.workload = question.workload;
  traffic.synthetic = true;
  traffic.requests =
      static_cast<std::int64_t>(std::max(kRequestsLeast, kRequestsAClient * clients));
  traffic.concurrency = static_cast<std::int64_t>(clients);
  const auto run = service.run(options, traffic);
  if (!run) return {.why_not = run.error().found};
  if (run->result.completed < run->result.requests) {
    return {.why_not = "requests do not fit in the KV cache we think it has"};
  }
  Outcome out{.good = true, .requests = run->result.requests};
  out.point = {&c, certain(run->metrics.tpot_s().mean()), certain(run->metrics.ttft_s().mean()),
               certain(run->output_tokens_per_second() * c.replicas),
               certain(run->bill.chip_watts_mean)};
  return out;
}

Result<std::map<std::string, serving::EngineOptions>> load_engines(
    const Validation& validation, const std::filesystem::path& directory) {
  std::map<std::string, serving::EngineOptions> engines;
  SWITCHYARD_TRY(fallback, serving::load_engine_options("vllm", directory.string()));
  for (const Case& c : validation.cases) {
    if (engines.contains(c.engine)) continue;
    auto own = serving::load_engine_options(c.engine, directory.string());
    engines[c.engine] = own ? *own : fallback;
  }
  return engines;
}

}  // namespace

Result<SimulatedValidation> simulate_closed_loops(const Validation& validation,
                                                  const Predictor& with,
                                                  const std::filesystem::path& directory,
                                                  const std::function<void(double)>& progress) {
  SWITCHYARD_TRY(engines, load_engines(validation, directory));
  std::vector<const Point*> steady;
  for (const Point& point : validation.points) {
    if (point.subject->kind == CaseKind::kClosedLoop) steady.push_back(&point);
  }
  std::vector<Outcome> outcomes(steady.size());
  std::mutex mutex;
  std::size_t done = 0;
  parallel_for(static_cast<int>(steady.size()), [&](int i) {
    const auto k = static_cast<std::size_t>(i);
    const Case& subject = *steady[k]->subject;
    outcomes[k] = simulate_case(subject, with, engines.at(subject.engine));
    const std::lock_guard lock(mutex);
    ++done;
    if (progress) progress(static_cast<double>(done) / static_cast<double>(steady.size()));
  });
  SimulatedValidation out{.rows = validation.rows, .evidence = validation.evidence};
  out.cases = static_cast<std::int64_t>(steady.size());
  for (std::size_t k = 0; k < steady.size(); ++k) {
    out.requests += outcomes[k].requests;
    if (!outcomes[k].good) {
      ++out.skipped[outcomes[k].why_not];
      continue;
    }
    out.simulated.push_back(outcomes[k].point);
    out.steady.push_back(*steady[k]);
  }
  out.simulated_scores = score_all(out.simulated);
  out.steady_scores = score_all(out.steady);
  return out;
}

}  // namespace switchyard::validation
