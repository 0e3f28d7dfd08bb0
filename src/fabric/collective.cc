#include "fabric/collective.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "base/text.h"

namespace switchyard::fabric {

namespace {

constexpr double kPicosecondsPerSecond = 1e12;

tl::unexpected<Error> cut_off(ChipIndex from, ChipIndex to) {
  return fail({.kind = ErrorKind::kImpossible,
               .where = "fabric",
               .found = fmt::format("chip {} cannot reach chip {}", from, to),
               .wanted = "a way around the failed links"});
}

class Simulation {
 public:
  Simulation(const Topology& topology, const catalog::PlainAlgorithm& algorithm,
             const RankSet& ranks, const FlowOptions& options)
      : topology_(topology), ranks_(ranks), options_(options) {
    for (const double c : topology.capacities()) capacity_.push_back(c * algorithm.efficiency);
  }

  // Adds the step's time; false when ranks are cut off from each other (`from`, `to` say which).
  bool step(const Step& step, Bytes payload) {
    FlowSet set;
    set.flows.reserve(step.transfers.size());
    set.links.reserve(step.transfers.size() * 3);
    for (const Transfer& t : step.transfers) {
      if (!add(set, t, t.share * payload.value())) return false;
      moved_ += t.share * payload.value() * step.repeat;
    }
    return run(set, step.repeat, step.local_steps);
  }

  bool run(const FlowSet& set, int repeat, int local_steps) {
    std::int64_t last = 0;
    for (const SimTime end : finish_times(capacity_, set, options_)) {
      last = std::max(last, end.ps());
    }
    seconds_ += repeat * (static_cast<double>(last) / kPicosecondsPerSecond +
                          local_steps * topology_.fabric().local_latency.value());
    flows_ += static_cast<std::int64_t>(set.flows.size()) * repeat;
    return true;
  }

  bool add(FlowSet& set, const Transfer& t, double bytes) {
    if (t.from < Transfer::kSwitch && t.to < Transfer::kSwitch) {
      from = ranks_.chip(t.from);
      to = ranks_.chip(t.to);
      return set.add(topology_, from, to, bytes);
    }
    const bool up = t.to >= Transfer::kSwitch;
    const int tier = (up ? t.to : t.from) - Transfer::kSwitch;
    const int rank = up ? t.from : t.to;
    const LinkIndex link = topology_.links_out(tier, ranks_.chip(rank)).front() + (up ? 0 : 1);
    Flow flow{.bytes = bytes,
              .latency = topology_.latency(link),
              .first = static_cast<std::int32_t>(set.links.size()),
              .count = 1};
    set.links.push_back(link);
    set.flows.push_back(flow);
    return topology_.capacity(link) > 0;
  }

  Timing timing() const {
    return {.seconds = Seconds(seconds_), .bytes_moved = moved_, .flows = flows_};
  }
  std::span<const double> capacity() const { return capacity_; }

  ChipIndex from = 0, to = 0;

 private:
  const Topology& topology_;
  const RankSet& ranks_;
  const FlowOptions& options_;
  std::vector<double> capacity_;
  double seconds_ = 0, moved_ = 0;
  std::int64_t flows_ = 0;
};

}  // namespace

Result<Timing> simulate(const Topology& topology, Collective collective, Way way,
                        const RankSet& ranks, Bytes payload, const FlowOptions& options) {
  if (ranks.count == 1) return Timing{};
  const catalog::FabricNumbers& fabric = topology.fabric();
  const auto& algorithm = fabric.algorithms[static_cast<std::size_t>(way.algorithm)];
  Simulation simulation(topology, algorithm, ranks, options);
  const std::vector<Step> steps = schedule(topology, collective, way, ranks);
  for (const Step& step : steps) {
    if (!simulation.step(step, payload)) return cut_off(simulation.from, simulation.to);
  }
  Timing timing = simulation.timing();
  const PlanTime form = closed_form(compile(topology, steps, ranks, way), fabric, payload);
  timing.seconds += algorithm.launch + chunk_loss(algorithm.chunk, form.transfer);
  return timing;
}

Result<UnequalTiming> simulate_unequal(const Topology& topology, const RankSet& ranks,
                                       Bytes payload, double spread, std::uint64_t seed,
                                       const FlowOptions& options) {
  const catalog::FabricNumbers& fabric = topology.fabric();
  const auto& algorithm = fabric.algorithms[static_cast<std::size_t>(Algorithm::kDirect)];
  Simulation simulation(topology, algorithm, ranks, options);
  Random random(seed);
  Step step;
  step.transfers.reserve(static_cast<std::size_t>(ranks.count) * ranks.count);
  for (int from = 0; from < ranks.count; ++from) {
    for (int to = 0; to < ranks.count; ++to) {
      const double factor = 1 + spread * (2 * random.uniform() - 1);
      if (from != to) step.transfers.push_back({from, to, factor / ranks.count});
    }
  }
  if (!simulation.step(step, payload)) return cut_off(simulation.from, simulation.to);
  const PlanTime form =
      closed_form(compile(topology, {step}, ranks, {Algorithm::kDirect}), fabric, payload);
  Timing timing = simulation.timing();
  timing.seconds += algorithm.launch + chunk_loss(algorithm.chunk, form.transfer);
  return UnequalTiming{.simulated = timing, .closed_form = form.total};
}

double bus_bytes_per_second(Collective collective, int ranks, Bytes payload, Seconds seconds) {
  if (seconds.value() <= 0) return 0;
  const double n = ranks;
  double factor = 1;
  if (collective == Collective::kAllReduce) factor = 2 * (n - 1) / n;
  if (collective == Collective::kAllGather || collective == Collective::kReduceScatter ||
      collective == Collective::kAllToAll) {
    factor = (n - 1) / n;
  }
  return factor * payload.value() / seconds.value();
}

}  // namespace switchyard::fabric
