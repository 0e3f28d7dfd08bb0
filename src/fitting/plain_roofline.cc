#include "fitting/plain_roofline.h"

#include <algorithm>

namespace switchyard::fitting {

namespace {

using namespace costing;

struct Visitor {
  const KernelRates& r;
  double operator()(const GemmShape& s) const {
    return std::max(2 * s.m * s.n * s.k / r.flops,
                    (s.m * s.k * r.activation_bytes + s.n * s.k * r.weight_bytes + s.m * s.n * 2) /
                        r.bandwidth);
  }
  double operator()(const AttentionShape& s) const {
    const double total = s.prefix + s.tokens;
    const double seen = s.window > 0 ? std::min(s.window, total) : total;
    const double mean = s.tokens <= 1 ? seen : std::min(seen, s.prefix + s.tokens / 2);
    const double products = 4 * s.batch * s.tokens * mean * s.heads * s.head_dim;
    const double bytes =
        s.batch * (s.tokens * s.heads * 4 + seen * s.kv_heads * 2 * r.cached_bytes) * s.head_dim;
    return std::max(products / r.wide_flops, bytes / r.bandwidth);
  }
  double operator()(const LatentShape& s) const {
    const double weights =
        s.hidden * (s.q_rank + s.kv_rank + s.rope_dim) + s.q_rank * s.heads * s.head_dim +
        s.kv_rank * s.heads * (s.head_dim - s.rope_dim + s.v_dim) + s.heads * s.v_dim * s.hidden;
    const double tokens = s.batch * s.tokens;
    const bool decode = s.tokens <= 1;
    const double pairs = tokens * (decode ? s.context : s.context + s.tokens / 2) * s.heads *
                         (decode ? 2 * s.kv_rank + s.rope_dim : s.head_dim + s.v_dim);
    const double bytes =
        weights * r.weight_bytes + s.batch * s.context * (s.kv_rank + s.rope_dim) * r.cached_bytes;
    return std::max(2 * tokens * weights / r.flops + 2 * pairs / r.wide_flops, bytes / r.bandwidth);
  }
  double operator()(const ExpertsShape& s) const {
    const double held = s.experts / s.ep;
    const double rows = s.tokens * s.top_k / s.ep;
    const double matrix = s.matrices * s.hidden * s.width / s.tp;
    return std::max(2 * rows * matrix / r.flops,
                    std::min(held, std::max(1.0, rows)) * matrix * r.weight_bytes / r.bandwidth);
  }
  double operator()(const CollectiveShape& s) const {
    const double share = s.kind == CollectiveKind::kAllReduce  ? 2 * (s.ranks - 1) / s.ranks
                         : s.kind == CollectiveKind::kOneSided ? 1
                                                               : (s.ranks - 1) / s.ranks;
    return s.bytes * share / r.link;
  }
};

}  // namespace

double plain_roofline(const KernelShape& shape, const KernelRates& rates) {
  return std::visit(Visitor{rates}, shape);
}

}  // namespace switchyard::fitting
