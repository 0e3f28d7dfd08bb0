#include "costing/simulated.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/check.h"
#include "costing/roofline_term.h"

namespace switchyard::costing {

namespace {

using model::Operator;
using model::OperatorKind;
using numeric::ElementType;

constexpr double kFeaturesMin = 64;  // output features of a core, below which rows are cut

// How a core stores weights of this format; nothing where no kernel takes it.
std::optional<ElementType> weights_of(const Operator& op, const Precision& precision) {
  const auto index =
      static_cast<std::size_t>(precision.format[static_cast<std::size_t>(op.weights)]);
  const std::string& name = precision.chip->formats[index].name;
  if (name == "bf16") return ElementType::kBfloat16;
  if (name == "fp8") return ElementType::kFloat8E4m3;
  return {};
}

std::int64_t whole(double value) {
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(value)));
}

Seconds product(CoreTimes& times, double rows, double in, double out, double cores,
                ElementType weights) {
  const double features = out / cores;
  if (features >= kFeaturesMin || rows <= 1) {
    return times.matmul(whole(in), whole(features), rows, weights);
  }
  return times.matmul(whole(in), whole(out), rows / cores, weights);
}

Seconds attention(CoreTimes& times, const Operator& op, double cores) {
  const model::AttentionWork& a = op.attention;
  const double seen = a.window > 0 ? std::min(a.window, a.cached) : a.cached;
  if (op.kind == OperatorKind::kDecodeAttention) {
    return times.decode_attention(whole(a.sequences * a.kv_heads / cores),
                                  whole(a.heads / a.kv_heads * a.tokens), whole(a.head_dim),
                                  std::max(1.0, seen));
  }
  // A token sees the cache and half of the tokens that come with it.
  const double context =
      a.window > 0 ? std::min(a.window, a.cached + a.tokens / 2) : a.cached + a.tokens / 2;
  return times.prefill_attention(whole(a.head_dim), a.tokens, std::max(1.0, context)) *
         (a.sequences * a.heads / cores);
}

struct Term {
  RooflineTerm plain;
  Seconds seconds;
};

class SimulatedStep : public PreparedStep {
 public:
  SimulatedStep(std::vector<Term> terms, std::unique_ptr<PreparedStep> rest)
      : terms_(std::move(terms)), rest_(std::move(rest)) {}

  StepCost cost(const catalog::PlatformNumbers& world) const override {
    StepCost step = rest_->cost(world);
    for (const Term& term : terms_) {
      OperatorCost one = term_cost(term.plain, world);
      one.seconds = term.seconds;
      add_term(step, term.plain, one, world);
    }
    return step;
  }

 private:
  std::vector<Term> terms_;
  std::unique_ptr<PreparedStep> rest_;
};

}  // namespace

SimulatedCosts::SimulatedCosts(const catalog::Catalog& catalog, std::unique_ptr<CostModel> fallback,
                               const std::filesystem::path& cache)
    : catalog_(catalog), fallback_(std::move(fallback)), store_(cache) {}

Evidence SimulatedCosts::evidence(const catalog::Chip& chip) const {
  return chip.core.empty() ? fallback_->evidence(chip) : Evidence::kSimulated;
}

CoreTimes& SimulatedCosts::times(const catalog::Chip& chip) const {
  std::unique_ptr<CoreTimes>& known = cores_[chip.core];
  if (!known) known = std::make_unique<CoreTimes>(catalog_.cores.at(chip.core), store_);
  return *known;
}

bool SimulatedCosts::simulates(const Operator& op, const Precision& precision) const {
  SWITCHYARD_CHECK(precision.chip, "a precision without its chip");
  if (precision.chip->core.empty()) return false;
  switch (op.kind) {
    case OperatorKind::kMatmul:
    case OperatorKind::kGroupedMatmul:
      return weights_of(op, precision).has_value() && op.m > 0;
    case OperatorKind::kPrefillAttention:
    case OperatorKind::kDecodeAttention:
      return op.attention.sequences > 0 && !op.attention.latent &&
             op.attention.head_dim <= isa::kPartitions && op.attention.kv_heads > 0;
    default:
      return false;
  }
}

Seconds SimulatedCosts::simulated(const Operator& op, const Precision& precision) const {
  const std::lock_guard lock(mutex_);
  CoreTimes& core = times(*precision.chip);
  const double cores = precision.chip->core_count;
  switch (op.kind) {
    case OperatorKind::kMatmul:
      return product(core, op.m, op.k, op.n, cores, *weights_of(op, precision));
    case OperatorKind::kGroupedMatmul:
      return product(core, op.m / op.groups, op.k, op.n, cores, *weights_of(op, precision)) *
             op.groups;
    default:
      return attention(core, op, cores);
  }
}

std::unique_ptr<PreparedStep> SimulatedCosts::prepare(const std::vector<Operator>& operators,
                                                      const Precision& precision) const {
  std::vector<Term> terms;
  std::vector<Operator> rest;
  for (const Operator& op : operators) {
    if (simulates(op, precision)) {
      terms.push_back({to_term(op, precision), simulated(op, precision)});
    } else {
      rest.push_back(op);
    }
  }
  return std::make_unique<SimulatedStep>(std::move(terms), fallback_->prepare(rest, precision));
}

OperatorCost SimulatedCosts::cost(const Operator& op, const Precision& precision,
                                  const catalog::PlatformNumbers& world) const {
  if (!simulates(op, precision)) return fallback_->cost(op, precision, world);
  OperatorCost cost = term_cost(to_term(op, precision), world);
  cost.seconds = simulated(op, precision);
  return cost;
}

}  // namespace switchyard::costing
