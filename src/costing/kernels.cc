#include "costing/kernels.h"

#include <fmt/core.h>

#include "base/check.h"
#include "costing/kernel_formulas.h"

namespace switchyard::costing {

namespace {

constexpr const char* kNames[kKernelFamilies] = {
    "gemm",    "context_attention", "generation_attention", "latent_context", "latent_generation",
    "experts", "collective"};

constexpr const char* kGemmPolicies[] = {"fastest_tile", "tile_by_rows", "one_array"};
constexpr const char* kContextPolicies[] = {"packed_128", "plain_128", "packed_64", "plain_256"};
constexpr const char* kGenerationPolicies[] = {"split_128", "split_512", "split_256"};
constexpr const char* kPlain[] = {"plain"};

}  // namespace

std::string_view to_text(KernelFamily family) { return kNames[static_cast<int>(family)]; }

std::optional<KernelFamily> parse_kernel_family(std::string_view text) {
  for (int i = 0; i < kKernelFamilies; ++i) {
    if (text == kNames[i]) return static_cast<KernelFamily>(i);
  }
  return std::nullopt;
}

std::span<const CoefficientSpec> coefficients(KernelFamily family) {
  switch (family) {
    case KernelFamily::kGemm:
      return gemm_coefficients();
    case KernelFamily::kContextAttention:
      return context_attention_coefficients();
    case KernelFamily::kGenerationAttention:
      return generation_attention_coefficients();
    case KernelFamily::kLatentContext:
    case KernelFamily::kLatentGeneration:
      return latent_coefficients();
    case KernelFamily::kExperts:
      return experts_coefficients();
    case KernelFamily::kCollective:
      return collective_coefficients();
  }
  return {};
}

std::span<const char* const> policies(KernelFamily family) {
  switch (family) {
    case KernelFamily::kGemm:
      return kGemmPolicies;
    case KernelFamily::kContextAttention:
      return kContextPolicies;
    case KernelFamily::kGenerationAttention:
      return kGenerationPolicies;
    default:
      return kPlain;
  }
}

double kernel_seconds(KernelFamily family, const KernelShape& shape, const KernelRates& rates,
                      int policy, const Coefficients& c, bool captured) {
  switch (family) {
    case KernelFamily::kGemm:
      return gemm_seconds(std::get<GemmShape>(shape), rates, policy, c, captured);
    case KernelFamily::kContextAttention:
      return context_attention_seconds(std::get<AttentionShape>(shape), rates, policy, c);
    case KernelFamily::kGenerationAttention:
      return generation_attention_seconds(std::get<AttentionShape>(shape), rates, policy, c);
    case KernelFamily::kLatentContext:
      return latent_context_seconds(std::get<LatentShape>(shape), rates, c, captured);
    case KernelFamily::kLatentGeneration:
      return latent_generation_seconds(std::get<LatentShape>(shape), rates, c, captured);
    case KernelFamily::kExperts:
      return experts_seconds(std::get<ExpertsShape>(shape), rates, c);
    case KernelFamily::kCollective:
      return collective_kernel_seconds(std::get<CollectiveShape>(shape), rates, c);
  }
  SWITCHYARD_CHECK(false, "kernel family {}", static_cast<int>(family));
}

std::string to_text(const KernelShape& shape) {
  struct Visitor {
    std::string operator()(const GemmShape& s) const {
      return fmt::format("m {:g} n {:g} k {:g}", s.m, s.n, s.k);
    }
    std::string operator()(const AttentionShape& s) const {
      return fmt::format("batch {:g} tokens {:g} cached {:g} heads {:g}/{:g} of {:g}{}", s.batch,
                         s.tokens, s.prefix, s.heads, s.kv_heads, s.head_dim,
                         s.window > 0 ? fmt::format(" window {:g}", s.window) : "");
    }
    std::string operator()(const LatentShape& s) const {
      return fmt::format("batch {:g} tokens {:g} cached {:g} heads {:g}", s.batch, s.tokens,
                         s.context, s.heads);
    }
    std::string operator()(const ExpertsShape& s) const {
      return fmt::format("tokens {:g} hidden {:g} width {:g} top {:g} of {:g} tp {:g} ep {:g}",
                         s.tokens, s.hidden, s.width, s.top_k, s.experts, s.tp, s.ep);
    }
    std::string operator()(const CollectiveShape& s) const {
      return fmt::format("{:g} B over {:g} ranks", s.bytes, s.ranks);
    }
  };
  return std::visit(Visitor{}, shape);
}

}  // namespace switchyard::costing
