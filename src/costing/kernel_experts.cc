#include <algorithm>

#include "costing/kernel_formulas.h"

namespace switchyard::costing {

namespace {

enum {
  kPeak,
  kMemory,
  kLaunch,
  kTouchedSkewed,
  kTouchedVery,
  kHotSkewed,
  kHotVery,
  kPermute,
  kRows,
  kTile,
  kPad,
  kFeed,
  kThrottle,
  kRoute,
  kShort
};

constexpr CoefficientSpec kSpecs[] = {
    {"peak", "share", 0.6, 1, 0.02, 3, "of nominal FLOP/s inside a tile"},
    {"memory", "share", 0.8, 0.3, 0.05, 3, "of nominal bandwidth, weights of touched experts"},
    {"launch", "s", 2e-5, 1, 1e-6, 1e-3, "of the layer's kernels"},
    {"touched_skewed", "factor", 1, 0.5, 0.1, 3, "rate of touching experts, power law 1.01"},
    {"touched_very", "factor", 0.8, 0.5, 0.1, 3, "rate of touching experts, power law 1.2"},
    {"hot_skewed", "exponent", 0.3, 0.7, 0.01, 1, "of ep in the busiest rank's load, 1.01"},
    {"hot_very", "exponent", 0.4, 0.7, 0.01, 1, "of ep in the busiest rank's load, 1.2"},
    {"permute", "bytes", 8, 1, 0.05, 100, "an element of every routed row of the layer"},
    {"rows", "bytes", 2, 1, 0.01, 100, "an element of every row on the rank"},
    {"tile", "s", 1e-6, 1, 1e-9, 1e-4, "of one tile"},
    {"pad", "factor", 1, 1, 0.05, 8, "half tiles lost by an expert when routing is skewed"},
    {"feed", "factor", 2, 1, 0.1, 50, "a processor's share of bandwidth when few read"},
    {"throttle", "share", 0.01, 1, 1e-5, 1, "time added for each natural log over 0.1 ms"},
    {"route", "s", 1e-8, 1, 1e-12, 1e-6, "of sorting a routed row, the first 3,000"},
    {"short", "factor", 0.8, 0.5, 0.1, 4, "bandwidth of reads far below 20 MB"},
};

constexpr double kTileRows[] = {16, 32, 64, 128};
constexpr double kTileColumns = 128;
constexpr double kSplitMax = 4;       // idle processors share the depth of a tile
constexpr double kRoutedMax = 3000;   // rows beyond which sorting hides behind the products
constexpr double kShortBytes = 20e6;  // reads that bandwidth needs to unfold

struct Load {
  double rows;     // of all experts on the busiest rank
  double touched;  // experts with any
};

Load load(const ExpertsShape& s, const Coefficients& c) {
  if (s.routing == Routing::kGiven) return {.rows = s.rows, .touched = std::max(1.0, s.touched)};
  const double held = s.experts / s.ep;
  const double mean = s.tokens * s.top_k / s.ep;
  if (s.routing == Routing::kBalanced) {
    return {.rows = mean, .touched = std::clamp(mean, 1.0, held)};
  }
  const bool very = s.routing == Routing::kVerySkewed;
  const double hot = portable_pow(s.ep, c[very ? kHotVery : kHotSkewed]);
  const double rows = std::min(s.tokens * std::min(s.top_k, held), mean * hot);
  const double rate = c[very ? kTouchedVery : kTouchedSkewed];
  const double touched = held * -portable_expm1(-std::max(rows, 0.5) * rate / held);
  return {.rows = rows, .touched = std::max(1.0, touched)};
}

// Row tiles of one expert. Even experts fill theirs; uneven ones leave half a tile empty, skewed
// ones what was fitted.
double tiles_each(Routing routing, double filled, const Coefficients& c) {
  switch (routing) {
    case Routing::kBalanced:
      return std::max(1.0, ceil_of(filled - 1e-6));
    case Routing::kGiven:
      return std::max(1.0, filled + 0.5);
    default:
      return std::max(1.0, filled + c[kPad] / 2);
  }
}

// One of the layer's two products: `tiles` row tiles by columns, depth k.
double product(double tiles, double rows, double columns, double k, const KernelRates& r,
               const Coefficients& c) {
  const double all = tiles * ceil_of(columns / kTileColumns);
  const double element = std::max(2 * rows * kTileColumns / (r.flops * c[kPeak]),
                                  (rows * r.activation_bytes + kTileColumns * r.weight_bytes) /
                                      (r.bandwidth * c[kFeed])) *
                         r.processors;
  const double splits = std::clamp(std::floor(r.processors / all), 1.0, kSplitMax);
  const double waves = all * splits / r.processors;
  const double rounds = waves <= 1 ? 1 : (waves + ceil_of(waves)) / 2;
  return rounds * (k / splits * element + c[kTile]);
}

}  // namespace

std::span<const CoefficientSpec> experts_coefficients() { return kSpecs; }

double experts_seconds(const ExpertsShape& s, const KernelRates& r, const Coefficients& c) {
  const double width = s.width / s.tp;
  const Load on = load(s, c);
  const double weights = on.touched * s.matrices * s.hidden * width * r.weight_bytes;
  const double each = on.rows / on.touched;
  double best = 0;
  for (const double rows : kTileRows) {
    const double tiles = on.touched * tiles_each(s.routing, each / rows, c);
    const double time = product(tiles, rows, (s.matrices - 1) * width, s.hidden, r, c) +
                        product(tiles, rows, s.hidden, width, r, c);
    if (rows == kTileRows[0] || time < best) best = time;
  }
  const double brief = 1 / (1 + weights / kShortBytes);
  const double read = weights / (r.bandwidth * c[kMemory]) * (1 - brief + brief / c[kShort]);
  const double work = throttled(root_sum(best, read), c[kThrottle]);
  return work + c[kLaunch] + std::min(s.tokens * s.top_k, kRoutedMax) * c[kRoute] +
         (s.tokens * s.top_k * s.hidden * c[kPermute] +
          on.rows * (s.hidden + 3 * width) * c[kRows]) /
             r.bandwidth;
}

}  // namespace switchyard::costing
