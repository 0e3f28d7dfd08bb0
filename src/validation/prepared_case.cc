#include "validation/prepared_case.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "planner/space.h"
#include "validation/split_pools.h"

namespace switchyard::validation {

namespace {

using serving::PreparedService;
using serving::SteadyState;

// The benchmarks that made these rows send ten requests a client and start all clients at once.
constexpr double kStartShare = 0.1;
constexpr double kAnyBatch = 1e9;

workload::Workload load_of(const Case& c) {
  workload::Workload load =
      workload::fixed_workload(c.input, c.output, 0, {Seconds(1), Seconds(1)});
  if (c.length_spread > 0) {
    load.output = workload::Lengths::uniform(c.output * (1 - c.length_spread / 2),
                                             c.output * (1 + c.length_spread / 2));
  }
  return load;
}

class Preparer {
 public:
  Preparer(const Case& c, const Predictor& with, const catalog::PlatformNumbers& world)
      : c_(c),
        with_(with),
        world_(world),
        precision_(costing::precisions(c.model, with.catalog->chip_of(*c.platform), c.precision,
                                       c.cache_bits)[0]),
        load_(load_of(c)) {}

  RunCase prepare() const {
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
  // Sequences that fit in memory beside the weights.
  double batch_max(const model::Sharding& sharding) const {
    const auto memory =
        model::memory_footprint(c_.model, sharding, precision_.bits, load_.mean_decode_context(),
                                with_.engine.step_tokens_max * sharding.dp);
    const double room = (world_.memory_capacity * with_.engine.memory_share - memory.total(0)) /
                        memory.cache_per_sequence;
    // A measured deployment ran, so some fit: what we think of its memory is then wrong.
    return room < 1 ? kAnyBatch : room;
  }

  std::shared_ptr<PreparedService> service(const model::Sharding& sharding, double batch,
                                           const serving::ClosedLoop& loop = {}) const {
    return std::make_shared<PreparedService>(c_.model, sharding, precision_, *with_.costs, load_,
                                             with_.engine, c_.speculation, batch, loop);
  }

  static RunCase running(std::shared_ptr<PreparedService> service, double copies) {
    return [service, copies](const catalog::PlatformNumbers& world) {
      SteadyState s = service->run(world);
      s.output_tokens_per_second *= copies;
      return s;
    };
  }

  RunCase continuous() const {
    if (c_.kind == CaseKind::kSteadyBatch) {
      return running(service(c_.sharding, c_.batch), c_.replicas);
    }
    const double batch =
        serving::closed_loop_batch(c_.concurrency, batch_max(c_.sharding),
                                   [&](double b) { return service(c_.sharding, b)->run(world_); });
    const serving::ClosedLoop loop{.concurrency = c_.concurrency, .start_share = kStartShare};
    return running(service(c_.sharding, batch, loop), c_.replicas);
  }

  RunCase fixed_batch() const {
    const auto prepare = [&](const model::StepBatch& step) {
      return std::shared_ptr<costing::PreparedStep>(
          with_.costs->prepare(model::step_operators(c_.model, c_.sharding, step), precision_));
    };
    const auto decode =
        prepare({.sequences = c_.batch, .decode_context = load_.mean_decode_context()});
    const auto prefill = prepare({.prefill_tokens = c_.batch * c_.input,
                                  .prefill_context = load_.mean_prefill_context(),
                                  .prefill_sequences = c_.batch});
    return [this_case = &c_, decode, prefill](const catalog::PlatformNumbers& world) {
      const Case& c = *this_case;
      const Seconds host = world.step_overhead + world.sequence_overhead * c.batch;
      const double turns = c.sharding.pp;
      const costing::StepCost step = decode->cost(world);
      SteadyState s;
      s.tpot = (step.seconds * (turns * world.step_factor) + host) * world.model_error;
      s.ttft = (prefill->cost(world).seconds * (turns * world.prefill_factor) + host) *
               (world.model_error * world.ttft_error);
      s.e2e = s.ttft + s.tpot * (c.output - 1);
      s.output_tokens_per_second = c.batch * c.replicas * c.output / s.e2e.value();
      s.chip_power =
          std::min((world.active_power + step.dynamic / s.tpot) * world.power_error, world.tdp);
      return s;
    };
  }

  RunCase split() const {
    const Pools pools{.prefill = c_.prefill_sharding,
                      .decode = c_.sharding,
                      .prefill_workers = c_.prefill_workers,
                      .decode_workers = c_.replicas};
    const serving::ClosedLoop loop{.concurrency = c_.concurrency, .start_share = kStartShare};
    const auto at = [&](double batch) {
      return std::make_shared<SplitService>(c_.model, pools, precision_, *with_.costs, load_,
                                            with_.engine, loop, batch);
    };
    const double batch = split_batch(c_.concurrency, batch_max(c_.sharding),
                                     [&](double b) { return at(b)->run(world_); });
    return [service = at(batch)](const catalog::PlatformNumbers& world) {
      return service->run(world);
    };
  }

  // The most tokens a second of any deployment at the measured time a token (none measured: at
  // any), times the copies the system holds.
  RunCase benchmark() const {
    std::shared_ptr<PreparedService> best;
    double best_rate = 0, best_copies = 1;
    const double tpot_max = c_.measured.tpot_s > 0 ? c_.measured.tpot_s : kAnyBatch;
    const int widest = std::min(c_.chips, std::max(c_.platform->domain_chips, 8));
    for (const model::Sharding& s :
         planner::shardings(c_.model, *c_.platform, widest, load_.mean_decode_context())) {
      const double room = batch_max(s);
      const double copies = std::floor(static_cast<double>(c_.chips) / s.chips());
      if (room >= kAnyBatch || copies < 1) continue;
      for (const int batch : planner::batches(static_cast<int>(std::min(room, 16384.0)))) {
        if (batch < s.dp * s.pp) continue;
        auto candidate = service(s, batch);
        const SteadyState state = candidate->run(world_);
        if (state.tpot.value() > tpot_max) break;
        const double rate = state.output_tokens_per_second * copies;
        if (!state.sustainable || rate <= best_rate) continue;
        best = std::move(candidate);
        best_rate = rate;
        best_copies = copies;
      }
    }
    return best ? running(best, best_copies) : RunCase();
  }

  const Case& c_;
  const Predictor& with_;
  const catalog::PlatformNumbers& world_;
  costing::Precision precision_;
  workload::Workload load_;
};

}  // namespace

RunCase prepare_case(const Case& subject, const Predictor& with,
                     const catalog::PlatformNumbers& world) {
  return Preparer(subject, with, world).prepare();
}

}  // namespace switchyard::validation
