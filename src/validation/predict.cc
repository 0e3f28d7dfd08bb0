#include "validation/predict.h"

#include <algorithm>
#include <cmath>

#include "planner/space.h"
#include "planner/statistics.h"
#include "validation/split_pools.h"

namespace switchyard::validation {

namespace {

using serving::PreparedService;
using serving::SteadyState;

Prediction prediction(const std::vector<double>& values) {
  if (values.size() == 1) return {values[0], values[0], values[0]};
  const std::vector<double> sampled(values.begin() + 1, values.end());
  return {values[0], planner::quantile(sampled, 0.1), planner::quantile(sampled, 0.9)};
}

// The benchmarks that made these rows send ten requests a client and start all clients at once.
constexpr double kStartShare = 0.1;

// Sequences that fit in memory beside the weights.
double sequences_max(const Case& c, const model::Sharding& sharding,
                     const costing::Precision& precision, const workload::Workload& load,
                     const serving::Engine& engine, const catalog::PlatformNumbers& world) {
  const auto memory =
      model::memory_footprint(c.model, sharding, precision.bits, load.mean_decode_context(),
                              engine.step_tokens_max * sharding.dp);
  const double room =
      (world.memory_capacity * engine.memory_share - memory.total(0)) / memory.cache_per_sequence;
  // A measured deployment ran, so some fit: what we think of its memory is then wrong.
  constexpr double kAny = 1e9;
  return room < 1 ? kAny : room;
}

costing::Precision precision_of(const Case& c, const catalog::Catalog& catalog) {
  return costing::precisions(c.model, catalog.chip_of(*c.platform), c.precision, c.cache_bits)[0];
}

workload::Workload load_of(const Case& c) {
  return workload::fixed_workload(c.input, c.output, 0, {Seconds(1), Seconds(1)});
}

// One case with what all its predictions share.
class Task {
 public:
  Task(const Case& c, const Predictor& with, const EngineConstants* constants)
      : c_(c),
        with_(with),
        chip_(with.catalog->chip_of(*c.platform)),
        platform_(with.catalog->with_engine(*c.platform, c.engine)),
        worlds_(planner::make_worlds(chip_, platform_, with.catalog->economy, with.samples, 1)),
        precision_(precision_of(c, *with.catalog)),
        load_(load_of(c)) {
    if (!constants) return;
    for (auto& world : worlds_.platforms) world = with_constants(world, *constants);
  }

  std::vector<SteadyState> run() {
    switch (c_.kind) {
      case CaseKind::kClosedLoop:
      case CaseKind::kSteadyBatch:
        return continuous();
      case CaseKind::kStaticBatch:
        return fixed_batch();
      case CaseKind::kDisaggregated:
        return split();
      case CaseKind::kBenchmark:
        return benchmark();
    }
    return {};
  }

 private:
  const catalog::PlatformNumbers& base() const { return worlds_.platforms[0]; }

  template <class Run>
  std::vector<SteadyState> in_all_worlds(const Run& run) const {
    std::vector<SteadyState> out;
    for (const auto& world : worlds_.platforms) out.push_back(run(world));
    return out;
  }

  double batch_max(const model::Sharding& sharding) const {
    return sequences_max(c_, sharding, precision_, load_, with_.engine, base());
  }

  std::vector<SteadyState> continuous() const {
    const PreparedService prepared = prepare_service(c_, with_, base());
    auto out = in_all_worlds([&](const auto& world) { return prepared.run(world); });
    for (SteadyState& s : out) s.output_tokens_per_second *= c_.replicas;
    return out;
  }

  std::vector<SteadyState> fixed_batch() const {
    const model::StepBatch decode{.sequences = c_.batch,
                                  .decode_context = load_.mean_decode_context()};
    const model::StepBatch prefill{.prefill_tokens = c_.batch * c_.input,
                                   .prefill_context = load_.mean_prefill_context(),
                                   .prefill_sequences = c_.batch};
    const auto prepare = [&](const model::StepBatch& step) {
      return with_.costs->prepare(model::step_operators(c_.model, c_.sharding, step), precision_);
    };
    const auto decode_step = prepare(decode);
    const auto prefill_step = prepare(prefill);
    return in_all_worlds([&](const catalog::PlatformNumbers& world) {
      const Seconds host = world.step_overhead + world.sequence_overhead * c_.batch;
      const double turns = c_.sharding.pp;
      const costing::StepCost step = decode_step->cost(world);
      SteadyState s;
      s.tpot = (step.seconds * turns + host) * world.model_error;
      s.ttft = (prefill_step->cost(world).seconds * turns + host) * world.model_error;
      s.e2e = s.ttft + s.tpot * (c_.output - 1);
      s.output_tokens_per_second = c_.batch * c_.replicas * c_.output / s.e2e.value();
      s.chip_power = std::min(world.active_power + step.dynamic / s.tpot, world.tdp);
      return s;
    });
  }

  std::vector<SteadyState> split() const {
    const Pools pools{.prefill = c_.prefill_sharding,
                      .decode = c_.sharding,
                      .prefill_workers = c_.prefill_workers,
                      .decode_workers = c_.replicas};
    const auto service = [&](double batch) {
      return SplitService(c_.model, pools, precision_, *with_.costs, load_, with_.engine,
                          c_.concurrency, batch);
    };
    const double batch = split_batch(c_.concurrency, batch_max(c_.sharding),
                                     [&](double b) { return service(b).run(base()); });
    const SplitService prepared = service(batch);
    return in_all_worlds([&](const auto& world) { return prepared.run(world); });
  }

  // The most tokens a second of any deployment at the measured time a token (none measured: at
  // any), times the copies the system holds.
  std::vector<SteadyState> benchmark() const {
    std::unique_ptr<PreparedService> best;
    double best_rate = 0;
    int best_copies = 1;
    const double tpot_max = c_.measured.tpot_s > 0 ? c_.measured.tpot_s : 1e9;
    const int widest = std::min(c_.chips, std::max(c_.platform->domain_chips, 8));
    for (const model::Sharding& s :
         planner::shardings(c_.model, *c_.platform, widest, load_.mean_decode_context())) {
      const double room = batch_max(s);
      const int copies = c_.chips / s.chips();
      if (room >= 1e9 || copies < 1) continue;
      for (const int batch : planner::batches(static_cast<int>(std::min(room, 16384.0)))) {
        if (batch < s.dp * s.pp) continue;
        auto service = std::make_unique<PreparedService>(
            c_.model, s, precision_, *with_.costs, load_, with_.engine, c_.speculation, batch);
        const SteadyState state = service->run(base());
        if (state.tpot.value() > tpot_max) break;
        const double rate = state.output_tokens_per_second * copies;
        if (!state.sustainable || rate <= best_rate) continue;
        best = std::move(service);
        best_rate = rate;
        best_copies = copies;
      }
    }
    if (!best) return {};
    auto out = in_all_worlds([&](const auto& world) { return best->run(world); });
    for (SteadyState& s : out) s.output_tokens_per_second *= best_copies;
    return out;
  }

  const Case& c_;
  const Predictor& with_;
  const catalog::Chip& chip_;
  catalog::Platform platform_;
  planner::Worlds worlds_;
  costing::Precision precision_;
  workload::Workload load_;
};

}  // namespace

serving::PreparedService prepare_service(const Case& c, const Predictor& with,
                                         const catalog::PlatformNumbers& world) {
  const costing::Precision precision = precision_of(c, *with.catalog);
  const workload::Workload load = load_of(c);
  const auto service = [&](double batch, const serving::ClosedLoop& loop) {
    return PreparedService(c.model, c.sharding, precision, *with.costs, load, with.engine,
                           c.speculation, batch, loop);
  };
  if (c.kind == CaseKind::kSteadyBatch) return service(c.batch, {});
  const double batch = serving::closed_loop_batch(
      c.concurrency, sequences_max(c, c.sharding, precision, load, with.engine, world),
      [&](double b) { return service(b, {}).run(world); });
  return service(batch, {.concurrency = c.concurrency, .start_share = kStartShare});
}

catalog::PlatformNumbers with_constants(catalog::PlatformNumbers world, const EngineConstants& c) {
  world.step_overhead = Seconds(c.step_overhead_s);
  world.sequence_overhead = Seconds(c.sequence_overhead_s);
  world.request_overhead = Seconds(c.request_overhead_s);
  world.poll_steps = c.poll_steps;
  world.step_factor = c.step_factor;
  world.prefill_factor = c.prefill_factor;
  return world;
}

bool predict(const Case& subject, const Predictor& with, Point& out, std::string& why_not,
             const EngineConstants* constants) {
  Task task(subject, with, constants);
  const std::vector<SteadyState> states = task.run();
  if (states.empty()) {
    why_not = "no deployment of ours meets the measured latency";
    return false;
  }
  std::vector<double> tpot, ttft, rate, watts;
  for (const SteadyState& s : states) {
    tpot.push_back(s.tpot.value());
    ttft.push_back(s.ttft.value());
    rate.push_back(s.output_tokens_per_second);
    watts.push_back(s.chip_power.value());
  }
  const bool finite = std::all_of(tpot.begin(), tpot.end(), [](double x) { return x > 0; }) &&
                      std::isfinite(tpot[0] + ttft[0] + rate[0] + watts[0]);
  if (!finite) {
    why_not = "no steady state";
    return false;
  }
  out = {&subject, prediction(tpot), prediction(ttft), prediction(rate), prediction(watts)};
  return true;
}

}  // namespace switchyard::validation
