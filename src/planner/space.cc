#include "planner/space.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/portable_math.h"

namespace switchyard::planner {

namespace {

constexpr int kPipelineMax = 8;

bool has_experts(const model::Model& model) {
  return std::any_of(model.layers.begin(), model.layers.end(),
                     [](const model::LayerKind& layer) { return layer.feed_forward.is_moe(); });
}

std::int64_t expert_count(const model::Model& model) {
  std::int64_t experts = 0;
  for (const auto& layer : model.layers) {
    experts = std::gcd(experts, layer.feed_forward.experts);
  }
  return experts;
}

// Expert-parallel degrees worth trying over `ranks` ranks: none, and the widest that divides both.
std::vector<int> expert_degrees(std::int64_t experts, int ranks) {
  std::vector<int> out = {1};
  const auto widest = static_cast<int>(std::gcd(experts, static_cast<std::int64_t>(ranks)));
  if (widest > 1) out.push_back(widest);
  return out;
}

std::vector<int> chip_counts(const catalog::Platform& platform, int chips_max) {
  std::vector<int> out;
  for (int n = 1; n <= chips_max; n *= 2) out.push_back(n);
  for (int n : {12, 72, 144, platform.domain_chips}) {
    if (n <= chips_max) out.push_back(n);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace

std::vector<model::Sharding> shardings(const model::Model& model, const catalog::Platform& platform,
                                       int chips_max) {
  std::vector<model::Sharding> out;
  const bool moe = has_experts(model);
  const std::int64_t experts = expert_count(model);
  for (const int chips : chip_counts(platform, chips_max)) {
    for (int pp = 1; pp <= kPipelineMax && pp <= chips; pp *= 2) {
      if (chips % pp != 0) continue;
      const int ranks = chips / pp;
      for (int tp = 1; tp <= std::min(ranks, platform.domain_chips); tp *= 2) {
        if (ranks % tp != 0) continue;
        const int dp = ranks / tp;
        if (dp > 1 && !moe) continue;
        const std::vector<int> degrees = moe ? expert_degrees(experts, ranks) : std::vector<int>{1};
        for (const int ep : degrees) {
          if (dp > 1 && ep == 1) continue;
          const model::Sharding s{.tp = tp, .pp = pp, .dp = dp, .cp = 1, .ep = ep};
          if (model::shard_fault(model, s).empty()) out.push_back(s);
        }
      }
    }
  }
  return out;
}

std::vector<int> batches(int batch_max) {
  std::vector<int> out;
  for (int half_steps = 0;; ++half_steps) {
    const int rounded = static_cast<int>(std::lround(portable_pow(2.0, half_steps / 2.0)));
    if (rounded > batch_max) return out;
    if (out.empty() || rounded > out.back()) out.push_back(rounded);
  }
}

}  // namespace switchyard::planner
