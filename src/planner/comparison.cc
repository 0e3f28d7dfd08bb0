#include "planner/comparison.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <mutex>

#include "base/parallel.h"
#include "base/text.h"
#include "planner/search.h"
#include "planner/statistics.h"

namespace switchyard::planner {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::size_t kFrontierMax = 24;
constexpr std::size_t kDriversPerPlatform = 5;

template <class Value>
Spread spread(const SearchResult& found, Value value) {
  std::vector<double> values;
  for (std::size_t w = 1; w < found.outcomes.size(); ++w) {
    if (found.best[w] >= 0) values.push_back(value(found.outcomes[w], found.best[w], w));
  }
  const double base =
      found.best[0] >= 0 ? value(found.outcomes[0], found.best[0], 0) : std::nan("");
  if (values.empty()) values.push_back(base);
  return {quantile(values, 0.1), quantile(values, 0.5), quantile(values, 0.9), base};
}

int chips_of(const SearchResult& found, int index) {
  return found.candidates[static_cast<std::size_t>(index)].deployment.sharding.chips();
}

// Throughput against interactivity in the base world: for each TPOT, the best by the objective
// among points at least as quick. SLO on TTFT kept, that on TPOT not.
std::vector<int> frontier_indices(const SearchResult& found, const workload::Slo& slo) {
  std::vector<int> order;
  for (int i = 0; i < static_cast<int>(found.candidates.size()); ++i) {
    const auto& s = found.candidates[static_cast<std::size_t>(i)].base.state;
    if (s.sustainable && s.ttft <= slo.ttft) order.push_back(i);
  }
  const auto base = [&](int i) -> const Outcome& {
    return found.candidates[static_cast<std::size_t>(i)].base;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return base(a).state.tpot < base(b).state.tpot; });
  std::vector<int> out;
  double best = kInfinity;
  for (const int i : order) {
    if (base(i).score >= best) continue;
    best = base(i).score;
    out.push_back(i);
  }
  while (out.size() > kFrontierMax) {  // thin out evenly, keep both ends
    std::vector<int> thinner;
    for (std::size_t k = 0; k < kFrontierMax; ++k) {
      thinner.push_back(out[k * (out.size() - 1) / (kFrontierMax - 1)]);
    }
    out = thinner;
  }
  return out;
}

FrontierPoint frontier_point(const Candidate& c, const Question& question, const Worlds& worlds) {
  constexpr std::size_t kWorldsPerPoint = 64;
  std::vector<double> user, chip, megawatt, dollars;
  const double chips = c.deployment.sharding.chips();
  for (std::size_t w = 1; w < std::min(worlds.platforms.size(), kWorldsPerPoint + 1); ++w) {
    const Outcome o = evaluate(c, question, worlds.platforms[w], worlds.economies[w]);
    user.push_back(1 / o.state.tpot.value());
    chip.push_back(o.state.output_tokens_per_second / chips);
    megawatt.push_back(o.energy.output_tokens_per_second_per_megawatt);
    dollars.push_back(o.costs.dollars_per_million_output);
  }
  const auto make = [](const std::vector<double>& v, double base) {
    if (v.empty()) return Spread{base, base, base, base};
    return Spread{quantile(v, 0.1), quantile(v, 0.5), quantile(v, 0.9), base};
  };
  const Outcome& b = c.base;
  return {.deployment = c.deployment,
          .tokens_per_second_per_user = make(user, 1 / b.state.tpot.value()),
          .output_tokens_per_second_per_chip = make(chip, b.state.output_tokens_per_second / chips),
          .output_tokens_per_second_per_megawatt =
              make(megawatt, b.energy.output_tokens_per_second_per_megawatt),
          .dollars_per_million_output = make(dollars, b.costs.dollars_per_million_output),
          .ttft_ms = b.state.ttft.value() * 1e3,
          .meets_slo = b.meets_slo};
}

// What the objective wants small, in the median world.
double median_score(const FrontierPoint& p, Objective objective) {
  switch (objective) {
    case Objective::kDollars:
      return p.dollars_per_million_output.p50;
    case Objective::kMegawatt:
      return -p.output_tokens_per_second_per_megawatt.p50;
    case Objective::kChip:
      return -p.output_tokens_per_second_per_chip.p50;
  }
  return 0;
}

// A frontier of the base world need not be one of medians: points that another beats in both go.
void drop_beaten(std::vector<FrontierPoint>& points, Objective objective) {
  std::stable_sort(points.begin(), points.end(),
                   [](const FrontierPoint& a, const FrontierPoint& b) {
                     return a.tokens_per_second_per_user.p50 > b.tokens_per_second_per_user.p50;
                   });
  double best = kInfinity;
  std::erase_if(points, [&](const FrontierPoint& p) {
    const double score = median_score(p, objective);
    if (score >= best) return true;
    best = score;
    return false;
  });
}

void add_views(PlatformResult& r, const SearchResult& found, const Worlds& worlds) {
  for (const economics::CostView view : economics::kCostViews) {
    const auto costs = [&](const Outcome& o, int index, std::size_t w) {
      const double chips = chips_of(found, index);
      return economics::unit_costs(
          view, worlds.platforms[w], worlds.economies[w], o.power,
          {.output_tokens_per_second = o.state.output_tokens_per_second / chips,
           .input_tokens_per_second = o.state.input_tokens_per_second / chips,
           .prefill_time_share = o.state.prefill_time_share});
    };
    ViewCost cost{.view = view};
    cost.dollars_per_million_output = spread(found, [&](const Outcome& o, int i, std::size_t w) {
      return costs(o, i, w).dollars_per_million_output;
    });
    cost.dollars_per_million_input = spread(found, [&](const Outcome& o, int i, std::size_t w) {
      return costs(o, i, w).dollars_per_million_input;
    });
    cost.dollars_per_chip_hour = spread(found, [&](const Outcome& o, int i, std::size_t w) {
      return costs(o, i, w).per_chip_hour.value();
    });
    r.views.push_back(cost);
  }
}

void add_spreads(PlatformResult& r, const SearchResult& found) {
  const auto of = [&found](auto value) {
    return spread(found, [&value](const Outcome& o, int, std::size_t) { return value(o); });
  };
  r.score = of([](const Outcome& o) { return o.score; });
  r.ttft_ms = of([](const Outcome& o) { return o.state.ttft.value() * 1e3; });
  r.tpot_ms = of([](const Outcome& o) { return o.state.tpot.value() * 1e3; });
  r.output_tokens_per_second_per_chip = spread(found, [&](const Outcome& o, int i, std::size_t) {
    return o.state.output_tokens_per_second / chips_of(found, i);
  });
  r.output_tokens_per_second_per_megawatt =
      of([](const Outcome& o) { return o.energy.output_tokens_per_second_per_megawatt; });
  r.output_tokens_per_second_per_megawatt_drawn =
      of([](const Outcome& o) { return o.energy.output_tokens_per_second_per_megawatt_drawn; });
  r.dollars_per_million_output =
      of([](const Outcome& o) { return o.costs.dollars_per_million_output; });
  r.dollars_per_million_input =
      of([](const Outcome& o) { return o.costs.dollars_per_million_input; });
  r.joules_per_output_token = of([](const Outcome& o) { return o.energy.joules_per_output_token; });
  r.carbon_grams_per_million_output =
      of([](const Outcome& o) { return o.energy.carbon_grams_per_million_output; });
  r.chip_watts = of([](const Outcome& o) { return o.state.chip_power.value(); });
}

PlatformResult summarise(const Question& question, const catalog::Platform& platform,
                         const catalog::Chip& chip, const costing::CostModel& costs,
                         const SearchResult& found, const Worlds& worlds) {
  PlatformResult r{.id = platform.id, .name = platform.name, .evidence = costs.evidence(chip)};
  r.why_not = found.why_not;
  r.feasible = found.best[0] >= 0;
  const auto met =
      std::count_if(found.best.begin() + 1, found.best.end(), [](int index) { return index >= 0; });
  r.probability_feasible = static_cast<double>(met) /
                           static_cast<double>(std::max<std::size_t>(1, found.best.size() - 1));
  for (const int i : frontier_indices(found, question.workload.slo)) {
    r.frontier.push_back(
        frontier_point(found.candidates[static_cast<std::size_t>(i)], question, worlds));
  }
  drop_beaten(r.frontier, question.objective);
  if (!r.feasible) return r;
  const Candidate& best = found.candidates[static_cast<std::size_t>(found.best[0])];
  r.deployment = best.deployment;
  add_spreads(r, found);
  add_views(r, found, worlds);
  r.owner_cost = economics::owner_cost(worlds.platforms[0], worlds.economies[0], best.base.power);
  const double capacity = worlds.platforms[0].memory_capacity.value();
  r.memory = {.weights_bytes = best.memory.weights.value(),
              .cache_bytes = best.memory.cache_per_sequence.value() * best.deployment.batch,
              .activation_bytes = best.memory.activations.value(),
              .reserved_bytes = capacity * (1 - question.engine.memory_share),
              .capacity_bytes = capacity};
  r.decode_step = best.base.state.decode;
  r.prefill_time_share = best.base.state.prefill_time_share;
  return r;
}

// Rank correlation of each uncertain estimate with the platform's score over the worlds.
std::vector<Driver> find_drivers(const Question& question, const catalog::Catalog& catalog,
                                 const catalog::Platform& platform, const SearchResult& found) {
  std::vector<int> worlds;
  std::vector<double> scores;
  for (int w = 1; w < static_cast<int>(found.best.size()); ++w) {
    if (found.best[static_cast<std::size_t>(w)] < 0) continue;
    worlds.push_back(w - 1);
    scores.push_back(found.outcomes[static_cast<std::size_t>(w)].score);
  }
  std::vector<Driver> drivers;
  if (scores.size() < 8) return drivers;
  for (const catalog::Estimate* e :
       catalog::uncertain_estimates(catalog.chip_of(platform), platform, catalog.economy)) {
    std::vector<double> draws;
    for (const int w : worlds) {
      draws.push_back(catalog::quantile_in(
          *e, {.base = false, .seed = question.seed, .index = w, .count = question.samples}));
    }
    const double r = rank_correlation(draws, scores);
    drivers.push_back({platform.id, e->id, catalog::to_text(e->mark), r * r, r});
  }
  std::stable_sort(drivers.begin(), drivers.end(),
                   [](const Driver& a, const Driver& b) { return a.share > b.share; });
  drivers.resize(std::min(drivers.size(), kDriversPerPlatform));
  return drivers;
}

void add_probability_cheapest(std::vector<PlatformResult>& results,
                              const std::vector<SearchResult>& found, int samples) {
  for (int w = 1; w <= samples; ++w) {
    double best = kInfinity;
    std::size_t winner = results.size();
    for (std::size_t p = 0; p < results.size(); ++p) {
      if (found[p].best[static_cast<std::size_t>(w)] < 0) continue;
      const double score = found[p].outcomes[static_cast<std::size_t>(w)].score;
      if (score < best || (score == best && results[p].id < results[winner].id)) {
        best = score;
        winner = p;
      }
    }
    if (winner < results.size()) results[winner].probability_cheapest += 1.0 / samples;
  }
}

Result<std::vector<const catalog::Platform*>> chosen_platforms(const Question& question,
                                                               const catalog::Catalog& catalog) {
  std::vector<const catalog::Platform*> out;
  if (question.platforms.empty()) {
    for (const auto& platform : catalog.platforms) out.push_back(&platform);
  }
  for (const std::string& name : question.platforms) {
    SWITCHYARD_TRY(platform, catalog.platform(name));
    if (std::find(out.begin(), out.end(), platform) == out.end()) out.push_back(platform);
  }
  return out;
}

}  // namespace

std::string to_text(Objective objective) {
  switch (objective) {
    case Objective::kDollars:
      return "dollars";
    case Objective::kMegawatt:
      return "megawatt";
    case Objective::kChip:
      return "chip";
  }
  return {};
}

Result<Objective> parse_objective(const std::string& text) {
  static const std::vector<std::string> kNames = {"dollars", "megawatt", "chip"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (to_lower(text) == kNames[i]) return static_cast<Objective>(i);
  }
  return fail({.kind = ErrorKind::kUsage,
               .where = "--objective",
               .found = "is " + quote(text),
               .wanted = join(kNames, ", "),
               .hint = did_you_mean(text, kNames)});
}

Result<Comparison> compare(const Question& question, const catalog::Catalog& catalog,
                           const costing::CostModel& costs,
                           const std::function<void(double)>& progress) {
  const auto start = std::chrono::steady_clock::now();
  SWITCHYARD_TRY(platforms, chosen_platforms(question, catalog));
  const auto count = platforms.size();
  std::vector<SearchResult> found(count);
  std::vector<PlatformResult> results(count);
  std::vector<std::vector<Driver>> drivers(count);
  std::mutex mutex;
  std::size_t done = 0;
  parallel_for(static_cast<int>(count), [&](int i) {
    const auto p = static_cast<std::size_t>(i);
    const catalog::Platform& platform = *platforms[p];
    const Worlds worlds = make_worlds(catalog.chip_of(platform), platform, catalog.economy,
                                      question.samples, question.seed);
    found[p] = search(question, catalog, platform, costs, worlds);
    results[p] = summarise(question, platform, catalog.chip_of(platform), costs, found[p], worlds);
    drivers[p] = find_drivers(question, catalog, platform, found[p]);
    const std::lock_guard lock(mutex);
    if (progress) progress(static_cast<double>(++done) / static_cast<double>(count));
  });
  if (question.samples > 0) add_probability_cheapest(results, found, question.samples);

  Comparison comparison{.question = question};
  for (std::size_t p = 0; p < count; ++p) {
    comparison.deployments += static_cast<std::int64_t>(found[p].candidates.size());
    for (Driver& driver : drivers[p]) comparison.drivers.push_back(std::move(driver));
  }
  std::sort(results.begin(), results.end(), [&](const PlatformResult& a, const PlatformResult& b) {
    if (a.feasible != b.feasible) return a.feasible;
    if (!a.feasible) return a.id < b.id;
    return std::tie(a.score.p50, a.id) < std::tie(b.score.p50, b.id);
  });
  std::sort(comparison.drivers.begin(), comparison.drivers.end(),
            [](const Driver& a, const Driver& b) {
              if (a.share != b.share) return a.share > b.share;
              return std::tie(a.platform, a.estimate) < std::tie(b.platform, b.estimate);
            });
  comparison.results = std::move(results);
  comparison.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return comparison;
}

}  // namespace switchyard::planner
