#include "fabric/plan.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <mutex>
#include <tuple>

#include "base/check.h"
#include "base/random.h"

namespace switchyard::fabric {

namespace {

using catalog::FabricNumbers;
using catalog::PlainAlgorithm;

class Compiler {
 public:
  explicit Compiler(const Topology& topology)
      : topology_(topology), load_(static_cast<std::size_t>(topology.links())) {}

  Plan::Term term(const Step& step, const RankSet& ranks) {
    Plan::Term term{.repeat = static_cast<double>(step.repeat),
                    .local_steps = static_cast<double>(step.local_steps)};
    std::size_t deepest = 0, shallowest = 1000;
    for (const Transfer& t : step.transfers) {
      route(t, ranks);
      if (path_.size() > deepest) {
        deepest = path_.size();
        std::fill(std::begin(term.hops), std::end(term.hops), 0);
        count_hops(term.hops);
      }
      if (path_.size() < shallowest) {
        shallowest = path_.size();
        std::fill(std::begin(term.hops_least), std::end(term.hops_least), 0);
        count_hops(term.hops_least);
      }
      for (const LinkIndex link : path_) {
        double& load = load_[static_cast<std::size_t>(link)];
        if (load == 0) touched_.push_back(link);
        load += t.share;
      }
    }
    for (const LinkIndex link : touched_) {
      const int tier = topology_.tier_of(link);
      const auto& plain = topology_.fabric().tiers[static_cast<std::size_t>(tier)];
      double& load = load_[static_cast<std::size_t>(link)];
      const double units = load * plain.bandwidth.value() / topology_.capacity(link);
      term.load[tier] = std::max(term.load[tier], units);
      load = 0;
    }
    touched_.clear();
    return term;
  }

 private:
  void count_hops(double* hops) const {
    for (const LinkIndex link : path_) {
      hops[topology_.tier_of(link)] += topology_.latency(link).ps() > 0 ? 1 : 0;
    }
  }

  void route(const Transfer& t, const RankSet& ranks) {
    path_.clear();
    if (t.to >= Transfer::kSwitch) {
      path_ = topology_.links_out(t.to - Transfer::kSwitch, ranks.chip(t.from));
      return;
    }
    if (t.from >= Transfer::kSwitch) {
      // The link down follows the link up.
      path_ = topology_.links_out(t.from - Transfer::kSwitch, ranks.chip(t.to));
      ++path_.front();
      return;
    }
    SWITCHYARD_CHECK(topology_.route(ranks.chip(t.from), ranks.chip(t.to), path_));
  }

  const Topology& topology_;
  std::vector<double> load_;
  std::vector<LinkIndex> touched_, path_;
};

bool alike(const Plan::Term& a, const Plan::Term& b) {
  return a.local_steps == b.local_steps && std::ranges::equal(a.hops, b.hops) &&
         std::ranges::equal(a.hops_least, b.hops_least) && std::ranges::equal(a.load, b.load);
}

void add_terms(const Topology& topology, const std::vector<Step>& steps, const RankSet& ranks,
               Plan& plan) {
  SWITCHYARD_CHECK(topology.fabric().tiers.size() <= Plan::kTiersMax);
  Compiler compiler(topology);
  for (const Step& step : steps) {
    const Plan::Term term = compiler.term(step, ranks);
    const auto known =
        std::ranges::find_if(plan.terms, [&](const Plan::Term& t) { return alike(t, term); });
    if (known != plan.terms.end()) {
      known->repeat += term.repeat;
    } else {
      plan.terms.push_back(term);
    }
  }
}

// The scale-out tier alone, each domain one place on its switch.
FabricNumbers beyond_domain(const FabricNumbers& fabric) {
  FabricNumbers out = fabric;
  catalog::PlainTier nothing = fabric.tiers.back();
  nothing.chips = 1;
  out.tiers = {nothing, fabric.tiers.back()};
  return out;
}

// Stage by stage on one group of each: side by side groups have links of their own, but for the
// core of an oversubscribed switch.
Plan compile_stages(const FabricNumbers& fabric, Collective collective, const RankSet& ranks,
                    Way way) {
  Plan plan{.way = way};
  const std::size_t outer = fabric.tiers.size() - 1;
  for (const Stage& stage : stages(fabric, ranks)) {
    Plan one;
    const bool far = static_cast<std::size_t>(stage.tier) == outer;
    const RankSet near{.count = far ? stage.fan : stage.fan * stage.inside,
                       .stride = far ? 1 : ranks.stride};
    const FabricNumbers numbers = far ? beyond_domain(fabric) : fabric;
    const Topology topology(numbers, near.chip(near.count - 1) + 1);
    const Stage here{
        .tier = far ? 1 : stage.tier, .fan = stage.fan, .inside = far ? 1 : stage.inside};
    const bool up = collective != Collective::kAllGather;
    const bool down = collective != Collective::kReduceScatter;
    if (up) add_terms(topology, stage_steps(topology, here, near, false), near, one);
    if (down) add_terms(topology, stage_steps(topology, here, near, true), near, one);
    for (Plan::Term& term : one.terms) {
      if (far) {
        // One domain sends for each of its ranks, over the rank's own links.
        const double sent = term.load[1] / stage.inside;
        const double hops = term.hops[1];
        std::fill(std::begin(term.load), std::end(term.load), 0);
        std::fill(std::begin(term.hops), std::end(term.hops), 0);
        std::fill(std::begin(term.hops_least), std::end(term.hops_least), 0);
        term.load[outer] = sent;
        term.hops[outer] = term.hops_least[outer] = hops;
      }
      plan.terms.push_back(term);
    }
  }
  return plan;
}

}  // namespace

Plan compile(const Topology& topology, const std::vector<Step>& steps, const RankSet& ranks,
             Way way) {
  Plan plan{.way = way};
  add_terms(topology, steps, ranks, plan);
  return plan;
}

Seconds chunk_loss(Seconds chunk, Seconds transfer) {
  return Seconds(2 * std::sqrt(chunk.value() * transfer.value()));
}

PlanTime closed_form(const Plan& plan, const FabricNumbers& world, Bytes payload) {
  const PlainAlgorithm& a = world.algorithms[static_cast<std::size_t>(plan.way.algorithm)];
  double latency[Plan::kTiersMax] = {};
  double seconds_per_byte[Plan::kTiersMax] = {};
  const std::size_t tiers = world.tiers.size();
  for (std::size_t t = 0; t < tiers; ++t) {
    latency[t] = world.tiers[t].latency.value();
    seconds_per_byte[t] = 1 / (world.tiers[t].bandwidth.value() * a.efficiency);
  }
  const double local = world.local_latency.value();
  double steps = 0, moved = 0;
  for (const Plan::Term& term : plan.terms) {
    double far = 0, near = 0, busiest = 0;
    for (std::size_t t = 0; t < tiers; ++t) {
      far += term.hops[t] * latency[t];
      near += term.hops_least[t] * latency[t];
      busiest = std::max(busiest, term.load[t] * seconds_per_byte[t]);
    }
    const double own = busiest * payload.value();
    steps += term.repeat * (term.local_steps * local + std::max(far - own, near));
    moved += term.repeat * own;
  }
  PlanTime time;
  if (plan.terms.empty()) return time;
  time.latency = a.launch + Seconds(steps);
  time.transfer = Seconds(moved);
  time.total = time.latency + time.transfer + chunk_loss(a.chunk, time.transfer);
  return time;
}

Plans::Plans(const FabricNumbers& fabric, Collective collective, const RankSet& ranks) {
  if (ranks.count == 1) {
    plans_.push_back({});
    return;
  }
  for (const Way& way : ways(fabric, collective, ranks)) {
    if (way.algorithm == Algorithm::kHierarchical) {
      plans_.push_back(compile_stages(fabric, collective, ranks, way));
      continue;
    }
    if (ranks.chip(ranks.count - 1) >= Topology::kChipsMax) continue;
    const Topology topology(fabric, ranks.chip(ranks.count - 1) + 1);
    Plan plan{.way = way};
    add_terms(topology, schedule(topology, collective, way, ranks), ranks, plan);
    plans_.push_back(std::move(plan));
  }
  SWITCHYARD_CHECK(!plans_.empty());
}

Plans::Choice Plans::choose(const FabricNumbers& world, Bytes payload) const {
  Choice best;
  for (const bool meant_only : {true, false}) {
    for (const Plan& plan : plans_) {
      const PlainAlgorithm& a = world.algorithms[static_cast<std::size_t>(plan.way.algorithm)];
      const bool meant = payload >= a.from && (a.up_to.value() == 0 || payload < a.up_to);
      if (meant_only && !meant) continue;
      const PlanTime time = closed_form(plan, world, payload);
      if (!best.plan || time.total < best.time.total) best = {&plan, time};
    }
    if (best.plan) return best;
  }
  return best;
}

std::uint64_t shape_of(const FabricNumbers& fabric) {
  std::uint64_t h = static_cast<std::uint64_t>(fabric.ranks_per_chip);
  const auto take = [&](std::uint64_t value) { h = mix(h ^ value); };
  for (const catalog::PlainTier& tier : fabric.tiers) {
    take(static_cast<std::uint64_t>(tier.chips) * 8 +
         static_cast<std::uint64_t>(tier.topology) * 2 + (tier.reduces ? 1 : 0));
    take(std::bit_cast<std::uint64_t>(tier.oversubscription));
    for (const int side : tier.sides) take(static_cast<std::uint64_t>(side));
  }
  std::uint64_t known = 0;
  for (const PlainAlgorithm& a : fabric.algorithms) known = known * 2 + (a.known ? 1 : 0);
  take(known);
  return h;
}

const Plans& plans_of(const FabricNumbers& fabric, Collective collective, const RankSet& ranks) {
  using Key = std::tuple<std::uint64_t, Collective, int, int>;
  const Key key = {shape_of(fabric), collective, ranks.count, ranks.stride};
  // Each thread remembers what it has asked for, so that the common store is rarely locked.
  thread_local std::map<Key, const Plans*> own;
  const auto remembered = own.find(key);
  if (remembered != own.end()) return *remembered->second;
  static std::mutex mutex;
  static std::map<Key, std::unique_ptr<Plans>> store;
  const std::lock_guard lock(mutex);
  std::unique_ptr<Plans>& plans = store[key];
  if (!plans) plans = std::make_unique<Plans>(fabric, collective, ranks);
  own.emplace(key, plans.get());
  return *plans;
}

}  // namespace switchyard::fabric
