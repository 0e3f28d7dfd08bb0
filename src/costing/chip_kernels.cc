#include "costing/chip_kernels.h"

#include <algorithm>

namespace switchyard::costing {

namespace {

using model::Operator;
using model::OperatorKind;

constexpr const char* kCached[] = {"bf16", "fp8"};
constexpr KernelFamily kAttentionFamilies[] = {
    KernelFamily::kContextAttention, KernelFamily::kGenerationAttention,
    KernelFamily::kLatentContext, KernelFamily::kLatentGeneration};

// A storage format of the catalog as the fits name it.
std::string element_of(const std::string& format, bool experts) {
  if (format == "mxfp8") return "fp8_block";
  return experts && format == "fp8" ? "fp8_block" : format;
}

// What is asked where an element type was never measured: products of the same width.
std::string stand_in(KernelFamily family, const std::string& element) {
  const bool experts = family == KernelFamily::kExperts;
  if (element == "fp8_block") return "fp8";
  if (element == "int8") return experts ? "fp8_block" : "fp8";
  if (!experts && (element == "mxfp4" || element == "fp8")) return "bf16";
  return {};
}

Kernel make_kernel(const KernelFit& fit, const KernelRates& rates) {
  Kernel kernel = {.fit = &fit, .rates = rates, .without_start = fit.coefficients};
  const auto specs = coefficients(fit.family);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const std::string_view name = specs[i].name;
    if (name == "launch" || name == "row" || name == "route") kernel.without_start[i] = 0;
    if (name == "quantise") kernel.without_start[i] = 1e12;  // a share of bandwidth
  }
  return kernel;
}

}  // namespace

ChipKernels::ChipKernels(const FitSet& set, const catalog::Chip& chip) {
  const auto facts = set.chips.find(chip.id);
  fits_ = set.answering(chip.id);
  if (facts == set.chips.end() || !fits_) return;
  own_ = fits_->chip == chip.id;
  chip_ = facts->second;
  // What a user laid over the catalog counts here too.
  for (auto& [type, peak] : chip_.peak) {
    const auto found = chip.peak.find(type);
    if (found != chip.peak.end()) peak = found->second;
  }
  chip_.bandwidth = chip.memory_bandwidth;
  for (const catalog::Format& format : chip.formats) {
    gemm_.push_back(find(KernelFamily::kGemm, element_of(format.name, false), ""));
    experts_.push_back(find_experts(element_of(format.name, true)));
  }
  for (std::size_t f = 0; f < attention_.size(); ++f) {
    for (std::size_t c = 0; c < 2; ++c) {
      attention_[f][c] = find(kAttentionFamilies[f], "bf16", kCached[c]);
    }
  }
}

Kernel ChipKernels::find(KernelFamily family, const std::string& element,
                         const std::string& cached) const {
  const auto rates = rates_of(chip_, element, cached);
  const auto& leave = chip_.leave;
  const bool left = std::find(leave.begin(), leave.end(), to_text(family)) != leave.end();
  if (!rates || left) return {};
  for (const KernelFit& fit : fits_->fits) {
    const bool asked = fit.preferred && fit.family == family && fit.cached == cached;
    if (asked && fit.element == element) return make_kernel(fit, *rates);
  }
  const std::string next = stand_in(family, element);
  if (next.empty()) return {};
  Kernel other = find(family, next, cached);
  other.rates = *rates;
  return other;
}

// Engines choose among their kernels by rules the tables do not show; the faster is taken. mxfp4
// weights may meet activations of 16 or 8 bits.
std::vector<Kernel> ChipKernels::find_experts(const std::string& element) const {
  constexpr int kRowsMin = 900;  // fewer: special cases
  const Kernel first = find(KernelFamily::kExperts, element, "");
  if (!first.fit) return {};
  std::vector<Kernel> out = {first};
  for (const KernelFit& fit : fits_->fits) {
    const bool rival = fit.family == KernelFamily::kExperts && fit.rows >= kRowsMin &&
                       fit.engine == first.fit->engine && &fit != first.fit;
    const bool meets =
        fit.element == first.fit->element || (element == "mxfp4" && fit.element == "mxfp4_fp8");
    const auto rates = rates_of(chip_, fit.element, "");
    if (rival && meets && rates) out.push_back(make_kernel(fit, *rates));
  }
  return out;
}

Ask ChipKernels::attention(const Operator& op, const Precision& precision) const {
  const model::AttentionWork& a = op.attention;
  if (a.sequences <= 0) return {};
  const bool decode = op.kind == OperatorKind::kDecodeAttention;
  const std::size_t family = (a.latent ? 2u : 0u) + (decode ? 1u : 0u);
  const Kernel& kernel = attention_[family][precision.bits.cache <= 8 ? 1 : 0];
  if (a.latent) {
    const double seen = a.window > 0 ? std::min(a.window, a.cached) : a.cached;
    return {.kernel = kernel,
            .shape = LatentShape{.batch = a.sequences,
                                 .tokens = a.tokens,
                                 .context = seen,
                                 .heads = a.heads,
                                 .kv_rank = a.kv_rank,
                                 .head_dim = a.head_dim,
                                 .rope_dim = a.rope_dim,
                                 .v_dim = a.v_dim,
                                 .core_only = true}};
  }
  return {.kernel = kernel,
          .shape = AttentionShape{.batch = a.sequences,
                                  .tokens = a.tokens,
                                  .prefix = a.cached,
                                  .heads = a.heads,
                                  .kv_heads = a.kv_heads,
                                  .head_dim = a.head_dim,
                                  .window = a.window}};
}

Ask ChipKernels::experts(const Operator& op, const Precision& precision) const {
  const model::ExpertsWork& e = op.experts;
  if (e.tokens <= 0) return {};
  const int format = precision.format[static_cast<std::size_t>(op.weights)];
  // An all-to-all brings each rank its rows alone: only those are sorted there.
  const ExpertsShape shape = {.tokens = op.m / e.top_k,
                              .hidden = e.hidden,
                              .width = e.width,
                              .top_k = e.top_k,
                              .experts = e.experts,
                              .tp = e.tp,
                              .ep = e.ep,
                              .routing = Routing::kGiven,
                              .rows = op.m,
                              .touched = op.groups};
  const auto& kernels = experts_[static_cast<std::size_t>(format)];
  const Kernel* best = nullptr;
  double least = 0;
  for (const Kernel& kernel : kernels) {
    const double seconds =
        kernels.size() == 1 ? 0 : Ask{.kernel = kernel, .shape = shape}.seconds();
    if (best && seconds >= least) continue;
    best = &kernel;
    least = seconds;
  }
  if (!best) return {};
  return {.kernel = *best, .shape = shape};
}

Ask ChipKernels::ask(const Operator& op, const Precision& precision) const {
  if (!any()) return {};
  switch (op.kind) {
    case OperatorKind::kMatmul: {
      const int format = precision.format[static_cast<std::size_t>(op.weights)];
      return {.kernel = gemm_[static_cast<std::size_t>(format)],
              .shape = GemmShape{.m = op.m, .n = op.n, .k = op.k}};
    }
    case OperatorKind::kGroupedMatmul:
      return experts(op, precision);
    case OperatorKind::kPrefillAttention:
    case OperatorKind::kDecodeAttention:
      return attention(op, precision);
    default:
      return {};
  }
}

}  // namespace switchyard::costing
