#include "planner/space.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/portable_math.h"

namespace switchyard::planner {

namespace {

constexpr int kPipelineMax = 8;
constexpr int kContextRanksMax = 8;
constexpr double kLongContext = 16384;  // tokens: below it reading the cache is no matter

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

// Tensor-parallel ranks from which on ranks hold copies of the cache: as many as KV heads, and at
// once where one latent vector serves all heads.
int cache_copies_from(const model::Model& model) {
  int ranks = 1;
  for (const auto& layer : model.layers) {
    const model::Attention& a = layer.attention;
    const bool grows = a.window == 0 && a.kind == model::AttentionKind::kGrouped;
    if (grows) ranks = std::max(ranks, a.kv_heads);
  }
  return ranks;
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
                                       int chips_max, double context) {
  std::vector<model::Sharding> out;
  const bool moe = has_experts(model);
  const std::int64_t experts = expert_count(model);
  const auto add = [&](int tp, int pp, int cp, int ranks) {
    const int dp = ranks / (tp * cp);
    if (dp > 1 && !moe) return;
    for (const int ep : moe ? expert_degrees(experts, ranks) : std::vector<int>{1}) {
      if (dp > 1 && ep == 1) continue;
      const model::Sharding s{.tp = tp, .pp = pp, .dp = dp, .cp = cp, .ep = ep};
      if (model::shard_fault(model, s).empty()) out.push_back(s);
    }
  };
  const int copies_from = cache_copies_from(model);
  for (const int chips : chip_counts(platform, chips_max)) {
    for (int pp = 1; pp <= kPipelineMax && pp <= chips; pp *= 2) {
      if (chips % pp != 0) continue;
      const int ranks = chips / pp;
      const int widest = std::min(ranks, platform.domain_chips);
      for (int tp = 1; tp <= widest; tp *= 2) {
        const int cp_max = context >= kLongContext && tp >= copies_from ? kContextRanksMax : 1;
        for (int cp = 1; cp <= cp_max && tp * cp <= widest; cp *= 2) {
          if (ranks % (tp * cp) == 0) add(tp, pp, cp, ranks);
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
