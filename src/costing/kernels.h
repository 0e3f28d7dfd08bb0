// Parametric times of measured GPU and TPU kernels: a few named coefficients a kernel.
//
// Each family is a formula of physics (tiles and waves over the processors, bytes over bandwidth, a
// launch) with positive coefficients; `fitting/` finds them from measurements, catalog/fits/ keeps
// them, FittedCosts asks them. Coefficients are shares of the chip's nominal rates, so a fit can be
// carried to another chip by its rates. Which physics each family holds, and why: docs/fitting.md.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace switchyard::costing {

enum class KernelFamily {
  kGemm,
  kContextAttention,
  kGenerationAttention,
  kLatentContext,     // a whole MLA block: projections, attention, output
  kLatentGeneration,  // the same in decode, absorbed
  kExperts,           // a fused expert layer on one rank
  kCollective,        // between chips of one scale-up domain
};
inline constexpr int kKernelFamilies = 7;
std::string_view to_text(KernelFamily family);
std::optional<KernelFamily> parse_kernel_family(std::string_view text);

// [m, k] x [k, n].
struct GemmShape {
  double m = 0, n = 0, k = 0;
};

// `batch` sequences with `tokens` new tokens each (1: decode) after `prefix` cached ones.
struct AttentionShape {
  double batch = 0, tokens = 0, prefix = 0;
  double heads = 0, kv_heads = 0, head_dim = 0;
  double window = 0;  // 0: full
};

// Multi-head latent attention. core_only: without its projections (they are products of their own).
struct LatentShape {
  double batch = 0, tokens = 0, context = 0;  // context: cached tokens a decode reads
  double heads = 0, hidden = 7168, q_rank = 1536, kv_rank = 512, head_dim = 192, rope_dim = 64,
         v_dim = 128;
  bool core_only = false;
};

// Uniform; power laws 1.01 and 1.2 as measured; or as the caller says in rows and touched.
enum class Routing { kBalanced, kSkewed, kVerySkewed, kGiven };

// `tokens` of the layer choose `top_k` of `experts`; a rank holds experts / ep of them, each of
// width `width` / tp.
struct ExpertsShape {
  double tokens = 0, hidden = 0, width = 0, top_k = 0, experts = 0, tp = 1, ep = 1;
  double matrices = 3;  // gate, up and down; 2 where there is no gate
  Routing routing = Routing::kBalanced;
  double rows = 0, touched = 0;  // kGiven: of the busiest rank
};

enum class CollectiveKind { kAllReduce, kAllGather, kReduceScatter, kAllToAll, kOneSided };

// `bytes`: the whole tensor for all-reduce, all-gather and reduce-scatter; what a rank sends else.
struct CollectiveShape {
  CollectiveKind kind = CollectiveKind::kAllReduce;
  double bytes = 0, ranks = 2;
};

using KernelShape =
    std::variant<GemmShape, AttentionShape, LatentShape, ExpertsShape, CollectiveShape>;

// Nominal rates of the chip for the element type, and bytes of an element.
struct KernelRates {
  double flops = 0;       // FLOP/s of the element type of the weights
  double wide_flops = 0;  // FLOP/s of bf16, for attention
  double bandwidth = 0;   // B/s to memory
  double link = 0;        // B/s to the scale-up domain, one direction
  double processors = 0;  // streaming multiprocessors; TensorCores of a TPU
  double cache = 0;       // B of the last-level cache
  double weight_bytes = 2, activation_bytes = 2, cached_bytes = 2;  // cached: of the KV cache
};

inline constexpr int kCoefficientsMax = 18;
using Coefficients = std::array<double, kCoefficientsMax>;

struct CoefficientSpec {
  const char* name;
  const char* unit;   // "s", "share", "factor", "exponent", "keys", "bytes"
  double start;       // where the fit begins, and what it is drawn towards
  double spread;      // of the pull, in the logarithm
  double low, high;   // the fit stays inside
  const char* about;  // one line for people
};
// In the order of the Coefficients; the rest of the array is unused.
std::span<const CoefficientSpec> coefficients(KernelFamily family);

// Discrete choices of a kernel's author (tile ladder, head packing, splits): the fit tries each.
std::span<const char* const> policies(KernelFamily family);

// Seconds. Contract: the shape is the family's, its numbers >= 0 and finite, 0 <= policy <
// policies(). captured: as in a CUDA graph, without the time in which the host only launches.
double kernel_seconds(KernelFamily family, const KernelShape& shape, const KernelRates& rates,
                      int policy, const Coefficients& c, bool captured = false);

// A short text of the shape for reports: "m 64 n 4096 k 7168".
std::string to_text(const KernelShape& shape);

}  // namespace switchyard::costing
