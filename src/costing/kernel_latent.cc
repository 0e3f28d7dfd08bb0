#include "costing/kernel_formulas.h"

namespace switchyard::costing {

namespace {

enum {
  kPeak,
  kAttention,
  kMemory,
  kCacheMemory,
  kKernels,
  kHost,
  kThrottle,
  kQuantise,
  kElementwise
};

constexpr CoefficientSpec kSpecs[] = {
    {"peak", "share", 0.5, 1, 0.02, 2, "of nominal FLOP/s, projections"},
    {"attention", "share", 0.8, 1, 0.02, 8, "of nominal bf16 FLOP/s, scores and values"},
    {"memory", "share", 0.7, 1, 0.02, 5, "of nominal bandwidth, projection weights"},
    {"cache_memory", "share", 0.7, 1, 0.02, 5, "of nominal bandwidth, keys and values"},
    {"kernels", "s", 3e-5, 1, 1e-6, 1e-3, "of starting the block's kernels"},
    {"host", "s", 3e-5, 1, 1e-6, 1e-2, "the host needs when the block is not captured"},
    {"throttle", "share", 0.01, 1, 1e-5, 1, "time added for each natural log over 0.1 ms"},
    {"quantise", "share", 0.3, 1, 0.01, 10, "of bandwidth while activations are quantised"},
    {"elementwise", "factor", 1, 1, 0.01, 100, "norms, rotation, concatenation: 600 B a head"},
};

// Starting the attention kernel and its merge alone, captured. `kernels` cannot say: on Hopper the
// tables show the host's pace. [assumption; a sixth of Blackwell's block]
constexpr double kCoreStart = 5e-6;

double block(const LatentShape& s, const KernelRates& r, const Coefficients& c, double products,
             double key_bytes, bool captured) {
  const double tokens = s.batch * s.tokens;
  const double core = root_sum(products / (r.wide_flops * c[kAttention]),
                               key_bytes / (r.bandwidth * c[kCacheMemory]));
  if (s.core_only) return throttled(core, c[kThrottle]) + kCoreStart;
  const double weights =
      s.hidden * (s.q_rank + s.kv_rank + s.rope_dim) + s.q_rank * s.heads * s.head_dim +
      s.kv_rank * s.heads * (s.head_dim - s.rope_dim + s.v_dim) + s.heads * s.v_dim * s.hidden;
  double projections = root_sum(2 * tokens * weights / (r.flops * c[kPeak]),
                                weights * r.weight_bytes / (r.bandwidth * c[kMemory]));
  if (r.activation_bytes < 2) projections += tokens * s.hidden * 5 / (r.bandwidth * c[kQuantise]);
  const double small = tokens * s.heads * 600 / r.bandwidth * c[kElementwise];
  const double time = throttled(projections + core + small, c[kThrottle]) + c[kKernels];
  return captured ? time : sharp_max(time, c[kHost]);
}

}  // namespace

std::span<const CoefficientSpec> latent_coefficients() { return kSpecs; }

// Prefill expands keys and values to full heads.
double latent_context_seconds(const LatentShape& s, const KernelRates& r, const Coefficients& c,
                              bool captured) {
  const double width = s.head_dim + s.v_dim;
  const double pairs = s.batch * s.tokens * (s.context + s.tokens / 2);
  const double bytes = s.batch * (s.tokens * 2 + s.context) * s.heads * width * 2;
  return block(s, r, c, 2 * pairs * s.heads * width, bytes, captured);
}

// Decode is absorbed: all heads read one compressed cache.
double latent_generation_seconds(const LatentShape& s, const KernelRates& r, const Coefficients& c,
                                 bool captured) {
  const double cached = s.kv_rank + s.rope_dim;
  const double products = 2 * s.batch * s.tokens * s.heads * s.context * (cached + s.kv_rank);
  return block(s, r, c, products, s.batch * s.context * cached * r.cached_bytes, captured);
}

}  // namespace switchyard::costing
