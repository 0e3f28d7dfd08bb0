#include "planner/search.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "planner/space.h"

namespace switchyard::planner {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kBatchMax = 16384;
// A candidate is tried in sampled worlds when it is within these factors in the base world.
constexpr double kLatencySlack = 2.5;
constexpr double kScoreSlack = 2.0;

double score_of(Objective objective, const Outcome& o, int chips) {
  switch (objective) {
    case Objective::kDollars:
      return o.costs.dollars_per_million_total;
    case Objective::kMegawatt:
      return 1 / o.energy.output_tokens_per_second_per_megawatt;
    case Objective::kChip:
      return chips / o.state.output_tokens_per_second;
  }
  return kInfinity;
}

// Where the closest candidates fall short, for people.
std::string latency_shortfall(const std::vector<Candidate>& candidates, const workload::Slo& slo) {
  const Candidate* nearest = nullptr;
  double nearest_excess = kInfinity;
  for (const Candidate& c : candidates) {
    const auto& s = c.base.state;
    const double excess = std::max(s.ttft / slo.ttft, s.tpot / slo.tpot);
    if (!s.sustainable || excess >= nearest_excess) continue;
    nearest = &c;
    nearest_excess = excess;
  }
  if (!nearest) return "prompts arrive faster than any deployment can compute them";
  const auto& s = nearest->base.state;
  return fmt::format("latency targets not met; nearest: {} chips, batch {}, TTFT {} ms, TPOT {} ms",
                     nearest->deployment.sharding.chips(), nearest->deployment.batch,
                     format_significant(s.ttft.value() * 1e3),
                     format_significant(s.tpot.value() * 1e3));
}

class CandidateBuilder {
 public:
  CandidateBuilder(const Question& question, const catalog::Chip& chip,
                   const catalog::Platform& platform, const costing::CostModel& costs,
                   const Worlds& worlds)
      : q_(question), costs_(costs), platform_(worlds.platforms[0]), economy_(worlds.economies[0]) {
    const int chips_max =
        question.chips_max > 0 ? question.chips_max : std::max(platform.domain_chips, 32);
    const int searched_max = 288;  // two of the largest scale-up domains but pods of TPUs
    for (const auto& precision :
         costing::precisions(question.model, chip, question.precision, question.cache_bits)) {
      for (const auto& sharding :
           shardings(question.model, platform, std::min(chips_max, searched_max),
                     question.workload.mean_decode_context())) {
        add(sharding, precision);
      }
    }
  }

  std::vector<Candidate> take() { return std::move(candidates_); }
  // The least memory any deployment needed per chip, for the message when nothing fits.
  Bytes least() const { return least_; }
  Bytes usable() const { return platform_.memory_capacity * q_.engine.memory_share; }

 private:
  void add(const model::Sharding& sharding, const costing::Precision& precision) {
    const double tokens = q_.workload.mean_decode_context();
    const auto memory = model::memory_footprint(q_.model, sharding, precision.bits, tokens,
                                                q_.engine.step_tokens_max * sharding.dp);
    const Bytes one = memory.total(1);
    if (candidates_.empty() && (least_ == Bytes() || one < least_)) least_ = one;
    const double room = (usable() - memory.total(0)) / memory.cache_per_sequence;
    if (room < 1) return;
    const int batch_max = static_cast<int>(std::min<double>(kBatchMax, room));
    const auto prepare = [&](double batch) {
      return serving::PreparedService(q_.model, sharding, precision, costs_, q_.workload, q_.engine,
                                      q_.speculation, batch, {.concurrency = q_.concurrency});
    };
    const int least_batch = sharding.dp * sharding.pp;  // every rank has work
    if (q_.concurrency > 0) {
      if (q_.concurrency < least_batch || batch_max < least_batch) return;
      const double batch = serving::closed_loop_batch(q_.concurrency, batch_max, [&](double b) {
        return serving::PreparedService(q_.model, sharding, precision, costs_, q_.workload,
                                        q_.engine, q_.speculation, b)
            .run(platform_);
      });
      keep({{sharding, static_cast<int>(std::lround(batch)), precision.name},
            precision,
            memory,
            prepare(batch),
            {}});
      return;
    }
    for (const int batch : batches(batch_max)) {
      if (batch < least_batch) continue;
      keep({{sharding, batch, precision.name}, precision, memory, prepare(batch), {}});
      const serving::SteadyState& s = candidates_.back().base.state;
      if (s.tpot > q_.workload.slo.tpot * 40.0) break;  // larger batches are only slower
    }
  }

  void keep(Candidate candidate) {
    candidate.base = evaluate(candidate, q_, platform_, economy_);
    candidates_.push_back(std::move(candidate));
  }

  const Question& q_;
  const costing::CostModel& costs_;
  const catalog::PlatformNumbers& platform_;
  const catalog::EconomyNumbers& economy_;
  std::vector<Candidate> candidates_;
  Bytes least_;
};

// The sampled worlds of one platform: which candidates are tried in which.
class Sampler {
 public:
  Sampler(const Question& question, const Worlds& worlds, SearchResult& result)
      : q_(question), worlds_(worlds), result_(result) {
    for (int i = 0; i < static_cast<int>(result.candidates.size()); ++i) {
      const auto& s = candidate(i).base.state;
      const bool near = s.ttft <= q_.workload.slo.ttft * kLatencySlack &&
                        s.tpot <= q_.workload.slo.tpot * kLatencySlack;
      if (near) by_score_.push_back(i);
    }
    std::stable_sort(by_score_.begin(), by_score_.end(), [&](int a, int b) {
      return candidate(a).base.score < candidate(b).base.score;
    });
  }

  // Those near the best of the base world, then dearer ones only until one meets the targets and
  // from there as far again: in a slow world the quick and dear ones are the best left.
  void run(std::size_t world, double best_score) {
    for (const int i : by_score_) {
      const double score = candidate(i).base.score;
      if (score > best_score * kScoreSlack) {
        if (result_.best[world] >= 0) return;
        best_score = score;
      }
      consider(i, world,
               evaluate(candidate(i), q_, worlds_.platforms[world], worlds_.economies[world]));
    }
  }

  void run_all(std::size_t world) {
    for (int i = 0; i < static_cast<int>(result_.candidates.size()); ++i) {
      consider(i, world,
               evaluate(candidate(i), q_, worlds_.platforms[world], worlds_.economies[world]));
    }
  }

  void consider(int index, std::size_t world, const Outcome& o) {
    if (!o.meets_slo) return;
    const int best = result_.best[world];
    const bool better = best < 0 || o.score < result_.outcomes[world].score ||
                        (o.score == result_.outcomes[world].score && index < best);
    if (!better) return;
    result_.best[world] = index;
    result_.outcomes[world] = o;
  }

 private:
  const Candidate& candidate(int i) const {
    return result_.candidates[static_cast<std::size_t>(i)];
  }

  const Question& q_;
  const Worlds& worlds_;
  SearchResult& result_;
  std::vector<int> by_score_;  // near the targets in the base world
};

}  // namespace

Worlds make_worlds(const catalog::Chip& chip, const catalog::Platform& platform,
                   const catalog::Economy& economy, int samples, std::uint64_t seed) {
  Worlds worlds;
  for (int i = -1; i < samples; ++i) {
    const catalog::World world{
        .base = i < 0, .seed = seed, .index = std::max(i, 0), .count = std::max(samples, 1)};
    worlds.platforms.push_back(catalog::sample(chip, platform, world));
    worlds.economies.push_back(catalog::sample(economy, world));
  }
  return worlds;
}

Outcome evaluate(const Candidate& candidate, const Question& question,
                 const catalog::PlatformNumbers& platform, const catalog::EconomyNumbers& economy) {
  Outcome o;
  const int chips = candidate.deployment.sharding.chips();
  o.state = candidate.service.run(platform);
  o.power = economics::power_use(platform, economy, o.state.chip_power);
  const economics::Delivery delivery{
      .output_tokens_per_second = o.state.output_tokens_per_second / chips,
      .input_tokens_per_second = o.state.input_tokens_per_second / chips,
      .prefill_time_share = o.state.prefill_time_share};
  o.costs = economics::unit_costs(question.view, platform, economy, o.power, delivery);
  o.energy = economics::energy_use(economy, o.power, delivery);
  o.score = score_of(question.objective, o, chips);
  const workload::Slo& slo = question.workload.slo;
  o.meets_slo = o.state.sustainable && o.state.ttft <= slo.ttft && o.state.tpot <= slo.tpot;
  return o;
}

SearchResult search(const Question& question, const catalog::Catalog& catalog,
                    const catalog::Platform& platform, const costing::CostModel& costs,
                    const Worlds& worlds, bool exhaustive) {
  const catalog::Chip& chip = catalog.chip_of(platform);
  CandidateBuilder builder(question, chip, platform, costs, worlds);
  SearchResult result;
  result.candidates = builder.take();
  result.best.assign(worlds.platforms.size(), -1);
  result.outcomes.resize(worlds.platforms.size());
  if (result.candidates.empty()) {
    result.why_not = fmt::format(
        "does not fit: needs at least {} a chip in any deployment tried, {} usable",
        format_si(builder.least().value(), "B"), format_si(builder.usable().value(), "B"));
    return result;
  }
  const workload::Slo& slo = question.workload.slo;
  double best_score = kInfinity;
  for (const Candidate& c : result.candidates) {
    if (c.base.meets_slo) best_score = std::min(best_score, c.base.score);
  }
  if (best_score == kInfinity) result.why_not = latency_shortfall(result.candidates, slo);
  Sampler sampler(question, worlds, result);
  for (int i = 0; i < static_cast<int>(result.candidates.size()); ++i) {
    sampler.consider(i, 0, result.candidates[static_cast<std::size_t>(i)].base);
  }
  for (std::size_t w = 1; w < worlds.platforms.size(); ++w) {
    if (exhaustive) {
      sampler.run_all(w);
    } else {
      sampler.run(w, best_score);
    }
  }
  return result;
}

}  // namespace switchyard::planner
