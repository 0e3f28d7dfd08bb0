#include "costing/fitted.h"

#include <algorithm>

#include "base/check.h"
#include "base/portable_math.h"
#include "costing/roofline_term.h"

namespace switchyard::costing {

namespace {

using model::Operator;
using model::OperatorKind;

constexpr double kOwnRanksMax = 8, kOwnBytesMax = 8 << 20;  // of vLLM's all-reduce

// One kernel that can do an operator.
struct Choice {
  const KernelFit* fit = nullptr;
  KernelShape shape;
  KernelRates rates;

  double seconds() const {
    return kernel_seconds(fit->family, shape, rates, fit->policy, fit->coefficients, true);
  }
};

// The fits that answer for one chip.
class Answering {
 public:
  Answering(const FitSet& set, const catalog::Chip& chip) {
    const auto facts = set.chips.find(chip.id);
    if (facts == set.chips.end()) return;
    chip_ = &facts->second;
    fits_ = set.answering(chip.id);
    own_ = fits_ && fits_->chip == chip.id;
  }

  bool any() const { return fits_ != nullptr; }
  bool own() const { return own_; }
  const FitChip& chip() const { return *chip_; }
  const std::string& source() const { return fits_->chip; }

  // The fit for `element`, or for what stands in for it. `kernel` null: the preferred one.
  Choice find(KernelFamily family, const std::string& element, const std::string& cached,
              const KernelShape& shape, const char* kernel = nullptr) const {
    const auto rates = rates_of(*chip_, element, cached);
    if (!rates) return {};
    for (const KernelFit& fit : fits_->fits) {
      const bool named = kernel ? fit.kernel == kernel : fit.preferred;
      if (fit.family != family || !named || fit.cached != cached) continue;
      if (fit.element == element) return {.fit = &fit, .shape = shape, .rates = *rates};
    }
    const std::string next = stand_in(family, element);
    if (next.empty()) return {};
    Choice other = find(family, next, cached, shape, kernel);
    other.rates = *rates;
    return other;
  }

  // All kernels of a collective.
  std::vector<Choice> collectives(const std::string& element, const CollectiveShape& shape) const {
    std::vector<Choice> out;
    const auto rates = rates_of(*chip_, element, "");
    for (const KernelFit& fit : fits_->fits) {
      const bool measured = fit.family == KernelFamily::kCollective && fit.element == element &&
                            !fit.engine.starts_with("vidur");
      const bool eager = fit.kernel.ends_with("_eager");
      const bool own = fit.kernel.starts_with("vLLM_custom");
      const bool fits = !own || (shape.ranks <= kOwnRanksMax && shape.bytes <= kOwnBytesMax);
      if (measured && !eager && fits) out.push_back({.fit = &fit, .shape = shape, .rates = *rates});
    }
    return out;
  }

 private:
  // What is asked where an element type was never measured: products at the same width.
  static std::string stand_in(KernelFamily family, const std::string& element) {
    const bool experts = family == KernelFamily::kExperts;
    if (element == "fp8_block") return "fp8";
    if (element == "int8") return experts ? "fp8_block" : "fp8";
    if (element == "mxfp4" && !experts) return "bf16";
    return {};
  }

  const FitChip* chip_ = nullptr;
  const ChipFits* fits_ = nullptr;
  bool own_ = false;
};

// A storage format of the catalog as the fits name it.
std::string element_of(const Operator& op, const Precision& precision) {
  const auto index =
      static_cast<std::size_t>(precision.format[static_cast<std::size_t>(op.weights)]);
  const std::string& name = precision.chip->formats[index].name;
  if (name == "mxfp8") return "fp8_block";
  const bool experts = op.kind == OperatorKind::kGroupedMatmul;
  return experts && name == "fp8" ? "fp8_block" : name;
}

std::string cached_of(const Precision& precision) {
  return precision.bits.cache <= 8 ? "fp8" : "bf16";
}

Choice attention_choice(const Operator& op, const Precision& precision, const Answering& fits) {
  const model::AttentionWork& a = op.attention;
  if (a.sequences <= 0) return {};
  const bool decode = op.kind == OperatorKind::kDecodeAttention;
  const std::string cached = cached_of(precision);
  const double seen = a.window > 0 ? std::min(a.window, a.cached) : a.cached;
  if (a.latent) {
    const LatentShape shape = {.batch = a.sequences,
                               .tokens = a.tokens,
                               .context = seen,
                               .heads = a.heads,
                               .kv_rank = a.kv_rank,
                               .head_dim = a.head_dim,
                               .rope_dim = a.rope_dim,
                               .v_dim = a.v_dim,
                               .core_only = true};
    return fits.find(decode ? KernelFamily::kLatentGeneration : KernelFamily::kLatentContext,
                     "bf16", cached, shape);
  }
  const AttentionShape shape = {.batch = a.sequences,
                                .tokens = a.tokens,
                                .prefix = a.cached,
                                .heads = a.heads,
                                .kv_heads = a.kv_heads,
                                .head_dim = a.head_dim,
                                .window = a.window};
  return fits.find(decode ? KernelFamily::kGenerationAttention : KernelFamily::kContextAttention,
                   "bf16", cached, shape);
}

Choice experts_choice(const Operator& op, const Precision& precision, const Answering& fits) {
  const model::ExpertsWork& e = op.experts;
  if (e.tokens <= 0) return {};
  const ExpertsShape shape = {.tokens = e.tokens,
                              .hidden = e.hidden,
                              .width = e.width,
                              .top_k = e.top_k,
                              .experts = e.experts,
                              .tp = e.tp,
                              .ep = e.ep,
                              .routing = Routing::kGiven,
                              .rows = op.m,
                              .touched = op.groups};
  return fits.find(KernelFamily::kExperts, element_of(op, precision), "", shape);
}

std::vector<Choice> collective_choices(const Operator& op, const Answering& fits) {
  CollectiveShape shape = {.bytes = op.payload.value(), .ranks = static_cast<double>(op.ranks)};
  switch (op.kind) {
    case OperatorKind::kAllReduce:
      return fits.collectives("all_reduce", shape);
    case OperatorKind::kAllGather:
      shape.kind = CollectiveKind::kAllGather;
      return fits.collectives("all_gather", shape);
    case OperatorKind::kReduceScatter:
      shape.kind = CollectiveKind::kReduceScatter;
      return fits.collectives("reduce_scatter", shape);
    case OperatorKind::kAllToAll:
      // Both directions as combine: dispatch may be in fp8, which not all engines do.
      shape.kind = CollectiveKind::kOneSided;
      return fits.collectives("combine", shape);
    default:
      return {};
  }
}

// All kernels that could do it, none where the roofline must.
std::vector<Choice> choices(const Operator& op, const Precision& precision, const Answering& fits) {
  if (!fits.any()) return {};
  if (model::is_collective(op.kind)) return collective_choices(op, fits);
  Choice one;
  switch (op.kind) {
    case OperatorKind::kMatmul:
      one = fits.find(KernelFamily::kGemm, element_of(op, precision), "",
                      GemmShape{.m = op.m, .n = op.n, .k = op.k});
      break;
    case OperatorKind::kGroupedMatmul:
      one = experts_choice(op, precision, fits);
      break;
    case OperatorKind::kPrefillAttention:
    case OperatorKind::kDecodeAttention:
      one = attention_choice(op, precision, fits);
      break;
    default:
      break;
  }
  if (!one.fit) return {};
  return {one};
}

struct Fastest {
  const Choice* choice = nullptr;
  Seconds seconds;
};

Fastest fastest(const std::vector<Choice>& all) {
  Fastest best;
  for (const Choice& choice : all) {
    const Seconds seconds(choice.seconds());
    if (!best.choice || seconds < best.seconds) best = {&choice, seconds};
  }
  return best;
}

bool in_scale_up(const RooflineTerm& term, const catalog::PlatformNumbers& world) {
  const std::size_t tiers = world.tiers.size();
  const int reach = tiers == 0 ? 1 : world.tiers[tiers >= 2 ? tiers - 2 : 0].chips;
  return term.ranks * term.stride <= reach;
}

struct Term {
  RooflineTerm plain;
  bool fitted = false;  // `seconds` holds; of collectives: inside the scale-up domain
  Seconds seconds;      // 0 inside a fitted expert layer
};

class FittedStep : public PreparedStep {
 public:
  explicit FittedStep(std::vector<Term> terms) : terms_(std::move(terms)) {}

  StepCost cost(const catalog::PlatformNumbers& world) const override {
    StepCost step;
    for (const Term& term : terms_) {
      OperatorCost one = term_cost(term.plain, world);
      const bool near = !term.plain.collective || in_scale_up(term.plain, world);
      if (term.fitted && near) one.seconds = term.seconds;
      add_term(step, term.plain, one, world);
    }
    return step;
  }

 private:
  std::vector<Term> terms_;
};

Answering answering(const FitSet& fits, const Precision& precision) {
  SWITCHYARD_CHECK(precision.chip, "a precision without its chip");
  return Answering(fits, *precision.chip);
}

}  // namespace

Evidence FittedCosts::evidence(const catalog::Chip& chip) const {
  return Answering(fits_, chip).any() ? Evidence::kFitted : Evidence::kRoofline;
}

std::unique_ptr<PreparedStep> FittedCosts::prepare(const std::vector<Operator>& operators,
                                                   const Precision& precision) const {
  const Answering fits = answering(fits_, precision);
  std::vector<Term> terms;
  terms.reserve(operators.size());
  bool layer_fitted = false;
  for (const Operator& op : operators) {
    Term term = {.plain = to_term(op, precision)};
    if (op.inside_experts) {
      term.fitted = layer_fitted;
    } else {
      const auto all = choices(op, precision, fits);
      const Fastest best = fastest(all);
      term.fitted = best.choice != nullptr;
      term.seconds = best.seconds;
      if (op.kind == OperatorKind::kGroupedMatmul) layer_fitted = term.fitted;
    }
    terms.push_back(std::move(term));
  }
  return std::make_unique<FittedStep>(std::move(terms));
}

OperatorCost FittedCosts::cost(const Operator& op, const Precision& precision,
                               const catalog::PlatformNumbers& world) const {
  const StepCost step = prepare({op}, precision)->cost(world);
  const Bound bound = term_cost(to_term(op, precision), world).bound;
  return {.seconds = step.seconds / op.count, .bound = bound};
}

std::string FittedCosts::source(const Operator& op, const Precision& precision) const {
  const Answering fits = answering(fits_, precision);
  if (!op.inside_experts && choices(op, precision, fits).empty()) return "roofline";
  return fits.own() ? "fitted" : "fitted on " + fits.source();
}

CostInterval FittedCosts::interval(const Operator& op, const Precision& precision) const {
  const Answering fits = answering(fits_, precision);
  const auto all = choices(op, precision, fits);
  const Fastest best = fastest(all);
  if (!best.choice) return {};
  const auto& bands = best.choice->fit->bands;
  const auto band = std::find_if(bands.begin(), bands.end() - 1, [&](const FitBand& b) {
    return best.seconds.value() <= b.seconds_max;
  });
  const double widening = fits.own() ? 1 : fits.chip().widening;
  return {.low = portable_pow(band->low, widening), .high = portable_pow(band->high, widening)};
}

}  // namespace switchyard::costing
