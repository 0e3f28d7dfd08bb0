#include <algorithm>

#include "costing/kernel_formulas.h"

namespace switchyard::costing {

namespace {

// Order of kSpecs.
enum {
  kPeak,
  kMemory,
  kLaunch,
  kStep,
  kFeed,
  kQuantise,
  kRow,
  kThrottle,
  kSplit,
  kReduce,
  kStart,
  kCacheGain,
  kCacheShare,
  kHost,
  kHostSmall,
  kHostRagged,
  kHostOdd
};

constexpr CoefficientSpec kSpecs[] = {
    {"peak", "share", 0.8, 1, 0.05, 2, "of nominal FLOP/s inside a tile"},
    {"memory", "share", 0.9, 0.5, 0.1, 1.5, "of nominal bandwidth, operands and result"},
    {"launch", "s", 2.3e-6, 1, 1e-8, 3e-4, "of one kernel"},
    {"step", "s", 1e-9, 1, 1e-11, 1e-7, "a tile needs at least for each element of k"},
    {"feed", "factor", 2.5, 1, 0.1, 50, "a processor's share of bandwidth when few read"},
    {"quantise", "share", 0.5, 1, 0.02, 10, "of bandwidth while activations are quantised"},
    {"row", "s", 1e-9, 2, 1e-13, 1e-6, "of quantising, a row"},
    {"throttle", "share", 0.05, 1, 1e-5, 1, "time added for each natural log over 0.1 ms"},
    {"split", "s", 3e-6, 1, 1e-8, 1e-2, "of combining when k is split over processors"},
    {"reduce", "factor", 0.1, 1, 1e-4, 10, "traffic of partial results to bandwidth"},
    {"start", "s", 3e-7, 1, 1e-9, 3e-5, "of one tile"},
    {"cache_gain", "factor", 1, 0.7, 0.4, 8,
     "bandwidth when all fits the cache; below 1: too short"},
    {"cache_share", "share", 0.5, 0.5, 0.1, 1, "of the cache that helps"},
    {"host", "s", 1e-7, 1, 1e-9, 1e-2, "the host needs when the call is not captured"},
    {"host_small", "factor", 1, 1, 0.1, 5, "of host time, below 32 rows"},
    {"host_ragged", "factor", 1, 1, 0.1, 5, "of host time, rows not a multiple of 4"},
    {"host_odd", "factor", 1, 1, 0.1, 10, "of host time, n or k off the 64 x 128 grid"},
};

struct Tile {
  double m, n;
};
// What libraries ship; the fastest that fits is taken as chosen.
constexpr Tile kTiles[] = {{16, 64}, {64, 64}, {64, 128}, {128, 128}, {128, 256}};
constexpr double kSplits[] = {1, 2, 3, 4, 6, 8, 16};
constexpr double kKMin = 64;  // elements of k below which no kernel splits or shortens

struct Work {
  double per_element, feed_bandwidth, activation, weight;
};

// Seconds a tile takes for each element of k, and how many there are.
struct Tiled {
  double per_k = 0, tiles = 0;
};

Tiled tiled(const Tile& tile, const GemmShape& s, const Work& w, const Coefficients& c) {
  const double products = tile.m * tile.n * w.per_element;
  const double bytes = (tile.m * w.activation + tile.n * w.weight) / w.feed_bandwidth;
  return {.per_k = std::max({products, bytes, c[kStep]}),
          .tiles = ceil_of(s.m / tile.m) * ceil_of(s.n / tile.n)};
}

// The fastest of tiles and splits; of the last wave's idle processors half count.
double searched(const GemmShape& s, const KernelRates& r, const Work& w, const Coefficients& c) {
  const double merged = s.m * s.n * 4 * c[kReduce] / r.bandwidth;  // partial results, a split
  const double each = 1 / r.processors;
  double best = 0;
  for (const Tile& tile : kTiles) {
    const Tiled t = tiled(tile, s, w, c);
    for (const double split : kSplits) {
      if (split > 1 && (t.tiles >= r.processors || s.k < split * kKMin)) break;
      const double share = t.tiles * split * each;
      const double waves = share <= 1 ? 1 : (share + ceil_of(share)) / 2;
      double time = waves * (std::max(s.k / split, kKMin) * t.per_k + c[kStart]);
      if (split > 1) time += merged * split + c[kSplit];
      if (best == 0 || time < best) best = time;
    }
  }
  return best;
}

// Tile by the rows alone, as CUTLASS dispatch tables of vLLM do; the last wave counts whole.
double laddered(const GemmShape& s, const KernelRates& r, const Work& w, const Coefficients& c) {
  const Tiled t = tiled(s.m <= 64 ? kTiles[1] : s.m <= 128 ? kTiles[2] : kTiles[3], s, w, c);
  return ceil_of(t.tiles / r.processors) * (std::max(s.k, kKMin) * t.per_k + c[kStart]);
}

// One array works on all of it, eight rows at a time: a TPU.
double streamed(const GemmShape& s, const KernelRates& r, const Work& w, const Coefficients& c) {
  constexpr double kRows = 8;
  return kRows * ceil_of(s.m / kRows) * s.n * s.k * w.per_element / r.processors + c[kStart];
}

double products_time(int policy, const GemmShape& s, const KernelRates& r, const Work& w,
                     const Coefficients& c) {
  switch (policy) {
    case 0:
      return searched(s, r, w, c);
    case 1:
      return laddered(s, r, w, c);
    default:
      return streamed(s, r, w, c);
  }
}

double host_time(const GemmShape& s, const Coefficients& c) {
  const auto off_grid = [](double x, double grid) { return x != grid * ceil_of(x / grid); };
  double host = c[kHost];
  if (s.m < 32) host *= c[kHostSmall];
  if (off_grid(s.m, 4)) host *= c[kHostRagged];
  if (off_grid(s.n, 64) || off_grid(s.k, 128)) host *= c[kHostOdd];
  return host;
}

}  // namespace

std::span<const CoefficientSpec> gemm_coefficients() { return kSpecs; }

double gemm_seconds(const GemmShape& s, const KernelRates& r, int policy, const Coefficients& c,
                    bool captured) {
  const Work work = {.per_element = 2 * r.processors / (r.flops * c[kPeak]),
                     .feed_bandwidth = r.bandwidth * c[kFeed] / r.processors,
                     .activation = r.activation_bytes,
                     .weight = r.weight_bytes};
  const double products = products_time(policy, s, r, work, c);
  const double bytes = s.m * s.k * r.activation_bytes + s.n * s.k * r.weight_bytes + s.m * s.n * 2;
  const double relative = bytes / (r.cache * c[kCacheShare]);
  const double square = relative * relative;
  const double cached = 1 / (1 + square * square);
  const double memory = bytes / (r.bandwidth * c[kMemory]) * (1 - cached + cached / c[kCacheGain]);
  double time = throttled(root_sum(products, memory), c[kThrottle]);
  if (r.activation_bytes < 2) {
    // Read twice in bf16 (maximum, then values), written once.
    time += s.m * s.k * 5 / (r.bandwidth * c[kQuantise]) + s.m * c[kRow];
  }
  time += c[kLaunch];
  return captured ? time : sharp_max(time, host_time(s, c));
}

}  // namespace switchyard::costing
