#include <algorithm>

#include "costing/kernel_formulas.h"

namespace switchyard::costing {

namespace {

namespace context {
enum {
  kPeak64,
  kPeak128,
  kPeak192,
  kPeak256,
  kPeakWide,
  kMemory,
  kLaunch,
  kItem,
  kTail,
  kThrottle,
  kSingle,
  kPad,
  kWave,
  kToken,
  kStore
};
constexpr CoefficientSpec kSpecs[] = {
    {"peak_64", "share", 0.5, 1, 0.005, 2, "of nominal bf16 FLOP/s, heads of 64"},
    {"peak_128", "share", 0.6, 1, 0.005, 2, "of nominal bf16 FLOP/s, heads of 128"},
    {"peak_192", "share", 0.5, 1, 0.005, 2, "of nominal bf16 FLOP/s, heads of 192"},
    {"peak_256", "share", 0.6, 1, 0.005, 2, "of nominal bf16 FLOP/s, heads of 256"},
    {"peak_wide", "share", 0.4, 1, 0.005, 2, "of nominal bf16 FLOP/s, wider heads"},
    {"memory", "share", 0.7, 1, 0.02, 5, "of nominal bandwidth, queries, keys, values, result"},
    {"launch", "s", 8e-6, 1, 1e-7, 3e-4, "of the kernels of one call"},
    {"item", "s", 3e-7, 1, 1e-9, 3e-5, "of one query tile"},
    {"tail", "factor", 1, 1, 0.02, 8, "half the longest tile waits behind the rest"},
    {"throttle", "share", 0.01, 1, 1e-5, 1, "time added for each natural log over 0.1 ms"},
    {"single", "factor", 0.9, 0.5, 0.2, 3, "launch of one-token calls"},
    {"pad", "keys", 30, 1, 0.1, 1000, "worked in vain by each tile: masks, rounding"},
    {"wave", "s", 1e-6, 1, 1e-9, 3e-5, "of one wave of tiles"},
    {"token", "s", 6e-10, 1, 1e-12, 1e-7, "of storing one token in the cache"},
    {"store", "share", 0.7, 1, 0.02, 10, "of bandwidth while tokens are stored"},
};
}  // namespace context

namespace generation {
enum {
  kMemory,
  kLaunch,
  kStart,
  kReader,
  kSplit,
  kLaunchWidth,
  kStartWidth,
  kHead,
  kCacheGain,
  kCacheShare,
  kSlow192,
  kSlowWide,
  kPeak
};
constexpr CoefficientSpec kSpecs[] = {
    {"memory", "share", 0.8, 0.5, 0.05, 2, "of nominal bandwidth, cached keys and values"},
    {"launch", "s", 8e-6, 1, 1e-7, 3e-4, "of the kernels of one call, heads of 128"},
    {"start", "s", 1.5e-6, 1, 1e-8, 1e-4, "of one work item, heads of 128"},
    {"reader", "factor", 3, 1, 0.1, 50, "a processor's share of bandwidth when few read"},
    {"split", "s", 2e-6, 1, 1e-8, 1e-4, "of combining when a sequence is split"},
    {"launch_width", "exponent", 0.1, 1.5, 1e-3, 1, "of launch in head width / 128"},
    {"start_width", "exponent", 0.5, 1, 1e-3, 2, "of start in head width / 128"},
    {"head", "s", 2e-10, 1, 1e-13, 1e-7, "of each query head of 128"},
    {"cache_gain", "factor", 1.2, 1, 0.4, 8,
     "bandwidth when all fits the cache; below 1: too short"},
    {"cache_share", "share", 0.8, 0.3, 0.1, 1.5, "of the cache that helps"},
    {"slow_192", "factor", 1, 1, 0.2, 10, "heads of 192"},
    {"slow_wide", "factor", 1, 1, 0.2, 10, "heads of 512"},
    {"peak", "share", 0.5, 1, 0.02, 5, "of nominal bf16 FLOP/s"},
};
}  // namespace generation

struct ContextPolicy {
  double rows;  // of a query tile
  bool packed;  // query heads of one key head share tiles
};
constexpr ContextPolicy kContextPolicies[] = {{128, true}, {128, false}, {64, true}, {256, false}};

struct GenerationPolicy {
  double keys;  // a split has at least these
  double rows;  // query heads of one work item
};
constexpr GenerationPolicy kGenerationPolicies[] = {{128, 64}, {512, 64}, {256, 128}};

double context_peak(double head_dim, const Coefficients& c) {
  if (head_dim <= 64) return c[context::kPeak64];
  if (head_dim <= 128) return c[context::kPeak128];
  if (head_dim <= 192) return c[context::kPeak192];
  return head_dim <= 256 ? c[context::kPeak256] : c[context::kPeakWide];
}

}  // namespace

std::span<const CoefficientSpec> context_attention_coefficients() { return context::kSpecs; }
std::span<const CoefficientSpec> generation_attention_coefficients() { return generation::kSpecs; }

double context_attention_seconds(const AttentionShape& s, const KernelRates& r, int policy,
                                 const Coefficients& c) {
  using namespace context;
  const ContextPolicy& p = kContextPolicies[policy];
  const bool single = s.tokens <= 1;
  const double group = s.heads / s.kv_heads;
  const double packed = p.packed || single ? group : 1;  // query heads in a tile
  const double key = 4 * p.rows * s.head_dim * r.processors /
                     (r.wide_flops * context_peak(s.head_dim, c));  // one key for a whole tile
  const double tiles = ceil_of(s.tokens * packed / p.rows);  // of one sequence and head group
  const double tile_tokens = std::min(p.rows / packed, s.tokens);
  const double total = s.prefix + s.tokens;
  const double reach =
      s.window > 0 ? std::min(std::min(s.window, total) + tile_tokens, total) : total;
  // Causal: tile i sees prefix + i tiles, until the window stops it.
  const double growing = std::clamp(std::floor((reach - s.prefix) / tile_tokens), 0.0, tiles);
  const double keys =
      growing * s.prefix + tile_tokens * growing * (growing + 1) / 2 + (tiles - growing) * reach;
  const double groups = s.batch * s.heads / packed;
  const double spread = groups * (tiles * (c[kItem] + c[kPad] * key) + keys * key) / r.processors;
  const double longest = c[kItem] + (reach + c[kPad]) * key;
  const double tokens = s.batch * s.tokens;
  const double moved = tokens * s.head_dim * (s.heads + s.kv_heads) * 4 +
                       s.batch * s.prefix * s.kv_heads * s.head_dim * 2 * r.cached_bytes;
  const double work = root_sum(spread + longest * c[kTail] / 2, moved / (r.bandwidth * c[kMemory]));
  const double stored = tokens * s.kv_heads * s.head_dim * 2 * (2 + r.cached_bytes);
  return throttled(work, c[kThrottle]) + c[kLaunch] * (single ? c[kSingle] : 1) +
         c[kWave] * ceil_of(groups * tiles / r.processors) + tokens * c[kToken] +
         stored / (r.bandwidth * c[kStore]);
}

double generation_attention_seconds(const AttentionShape& s, const KernelRates& r, int policy,
                                    const Coefficients& c) {
  using namespace generation;
  const GenerationPolicy& p = kGenerationPolicies[policy];
  const double seen = s.window > 0 ? std::min(s.window, s.prefix) : s.prefix;
  const double keys = seen + s.tokens;
  const double group = s.heads / s.kv_heads * s.tokens;
  const double items = s.batch * s.kv_heads * ceil_of(group / p.rows);
  const double key_bytes = s.head_dim * 2 * r.cached_bytes;
  const double bytes = s.batch * s.kv_heads * keys * key_bytes;
  const double relative = bytes / (r.cache * c[kCacheShare]);
  const double cube = relative * relative * relative;
  const double cached = 1 / (1 + cube * cube);
  const double memory = bytes / (r.bandwidth * c[kMemory]) * (1 - cached + cached / c[kCacheGain]);
  const double splits =
      std::clamp(std::floor(r.processors / items), 1.0, std::max(1.0, ceil_of(keys / p.keys)));
  const double width = s.head_dim / 128;
  const double rows = std::min(p.rows, 16 * ceil_of(group / 16));
  const double key_time =
      std::max(key_bytes * r.processors / (r.bandwidth * c[kReader]),
               4 * rows * s.head_dim * r.processors / (r.wide_flops * c[kPeak]));
  const double item = c[kStart] * portable_pow(width, c[kStartWidth]) + keys / splits * key_time;
  const double waves = items * splits / r.processors;
  // Half of the last wave's idle processors count: items differ and overlap.
  const double rounds = waves <= 1 ? 1 : (waves + ceil_of(waves)) / 2;
  double time = root_sum(rounds * item, memory);
  if (s.head_dim == 192) time *= c[kSlow192];
  if (s.head_dim > 256) time *= c[kSlowWide];
  if (keys > p.keys) time += c[kSplit];
  return time + s.batch * s.heads * width * c[kHead] +
         c[kLaunch] * portable_pow(width, c[kLaunchWidth]);
}

}  // namespace switchyard::costing
