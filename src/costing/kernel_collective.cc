#include <numbers>

#include "costing/kernel_formulas.h"

namespace switchyard::costing {

namespace {

enum { kSmall, kSmallLink, kLarge, kLargeLink, kHop };

constexpr CoefficientSpec kSpecs[] = {
    {"small", "s", 5e-6, 1, 1e-8, 1e-3, "to begin, low-latency protocol"},
    {"small_link", "share", 0.2, 1, 1e-4, 2, "of link bandwidth, low-latency protocol"},
    {"large", "s", 2e-5, 1, 1e-8, 1e-3, "to begin, bulk protocol"},
    {"large_link", "share", 0.7, 0.5, 1e-3, 2, "of link bandwidth, bulk protocol"},
    {"hop", "s", 1e-6, 1, 1e-9, 1e-4, "for each doubling of the ranks"},
};

// Bytes that leave a chip, a byte of the payload.
double sent_share(const CollectiveShape& s) {
  const double others = (s.ranks - 1) / s.ranks;
  switch (s.kind) {
    case CollectiveKind::kAllReduce:
      return 2 * others;
    case CollectiveKind::kOneSided:
      return 1;
    default:
      return others;
  }
}

}  // namespace

std::span<const CoefficientSpec> collective_coefficients() { return kSpecs; }

double collective_kernel_seconds(const CollectiveShape& s, const KernelRates& r,
                                 const Coefficients& c) {
  const double wire = s.bytes * sent_share(s) / r.link;
  const double hops = portable_log(s.ranks) / std::numbers::ln2 * c[kHop];
  const double small = c[kSmall] + hops + wire / c[kSmallLink];
  const double large = c[kLarge] + hops + wire / c[kLargeLink];
  // The faster protocol is chosen, a little late near the crossing.
  return 1 / sharp_max(1 / small, 1 / large);
}

}  // namespace switchyard::costing
