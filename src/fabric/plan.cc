#include "fabric/plan.h"

#include <algorithm>
#include <array>
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
    std::size_t deepest = 0;
    for (const Transfer& t : step.transfers) {
      route(t, ranks);
      if (path_.size() > deepest) {
        deepest = path_.size();
        const Hops hops = hops_of_path();
        std::copy(hops.begin(), hops.end(), term.hops);
      }
      for (const LinkIndex link : path_) {
        double& load = load_[static_cast<std::size_t>(link)];
        if (load == 0) touched_.push_back(link);
        load += t.share;
      }
    }
    find_busiest(term);
    add_waits(step, ranks, term);
    return term;
  }

 private:
  using Hops = std::array<double, Plan::kTiersMax>;

  Hops hops_of_path() const {
    Hops hops = {};
    for (const LinkIndex link : path_) {
      hops[static_cast<std::size_t>(topology_.tier_of(link))] += topology_.starts_hop(link) ? 1 : 0;
    }
    return hops;
  }

  void find_busiest(Plan::Term& term) {
    std::fill(std::begin(busiest_), std::end(busiest_), -1);
    for (const LinkIndex link : touched_) {
      const auto tier = static_cast<std::size_t>(topology_.tier_of(link));
      const auto& plain = topology_.fabric().tiers[tier];
      double& load = load_[static_cast<std::size_t>(link)];
      const double units = load * plain.bandwidth.value() / topology_.capacity(link);
      if (units > term.load[tier]) {
        term.load[tier] = units;
        busiest_[tier] = link;
      }
      load = 0;
    }
    touched_.clear();
  }

  // Shares on the busiest links by hops, then their tails.
  void add_waits(const Step& step, const RankSet& ranks, Plan::Term& term) {
    std::map<std::pair<double, Hops>, double> shares[Plan::kTiersMax];  // by latency
    for (const Transfer& t : step.transfers) {
      route(t, ranks);
      for (const LinkIndex link : path_) {
        const auto tier = static_cast<std::size_t>(topology_.tier_of(link));
        if (busiest_[tier] != link) continue;
        double latency = 0;
        for (const LinkIndex l : path_) latency += topology_.latency(l).ns();
        shares[tier][{latency, hops_of_path()}] += t.share;
      }
    }
    for (std::size_t tier = 0; tier < Plan::kTiersMax; ++tier) {
      keep_waits(shares[tier], term.waits[tier]);
    }
  }

  static void keep_waits(const std::map<std::pair<double, Hops>, double>& shares,
                         Plan::Term::Wait* waits) {
    double total = 0;
    for (const auto& [key, share] : shares) total += share;
    double below = 0;
    for (const auto& [key, share] : shares) {
      const double tail = 1 - below / total;
      const Plan::Term::Wait wait = [&] {
        Plan::Term::Wait w{.tail = tail};
        std::copy(key.second.begin(), key.second.end(), w.hops);
        return w;
      }();
      if (below == 0) waits[0] = wait;
      if (tail >= 0.5) waits[1] = wait;
      waits[2] = wait;
      below += share;
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
  LinkIndex busiest_[Plan::kTiersMax] = {};
  std::vector<LinkIndex> touched_, path_;
};

bool alike(const Plan::Term& a, const Plan::Term& b) {
  const auto same = [](const Plan::Term::Wait& x, const Plan::Term::Wait& y) {
    return x.tail == y.tail && std::ranges::equal(x.hops, y.hops);
  };
  for (std::size_t t = 0; t < Plan::kTiersMax; ++t) {
    if (!std::ranges::equal(a.waits[t], b.waits[t], same)) return false;
  }
  return a.local_steps == b.local_steps && std::ranges::equal(a.hops, b.hops) &&
         std::ranges::equal(a.load, b.load);
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

// From the second tier of beyond_domain() to the fabric's last. One rank stands for all `inside`
// of its domain, which send over links of their own.
void move_outwards(Plan::Term& term, std::size_t outer, int inside) {
  if (outer != 1) {
    std::swap(term.load[outer], term.load[1]);
    std::swap(term.hops[outer], term.hops[1]);
    for (Plan::Term::Wait& wait : term.waits[1]) std::swap(wait.hops[outer], wait.hops[1]);
    std::swap(term.waits[outer], term.waits[1]);
  }
  term.load[outer] /= inside;
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
      if (far) move_outwards(term, outer, stage.inside);
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
    double end = 0, busiest = 0;
    for (std::size_t t = 0; t < tiers; ++t) end += term.hops[t] * latency[t];
    for (std::size_t t = 0; t < tiers; ++t) {
      if (term.load[t] == 0) continue;
      const double own = term.load[t] * seconds_per_byte[t] * payload.value();
      busiest = std::max(busiest, own);
      for (const Plan::Term::Wait& wait : term.waits[t]) {
        double wait_end = wait.tail * own;
        for (std::size_t u = 0; u < tiers; ++u) wait_end += wait.hops[u] * latency[u];
        end = std::max(end, wait_end);
      }
    }
    steps += term.repeat * (term.local_steps * local + end);
    moved += term.repeat * busiest;
  }
  PlanTime time;
  if (plan.terms.empty()) return time;
  time.transfer = Seconds(moved);
  time.total = a.launch + Seconds(steps) + chunk_loss(a.chunk, time.transfer);
  time.latency = time.total - time.transfer;
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
