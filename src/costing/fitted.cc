#include "costing/fitted.h"

#include <algorithm>

#include "base/check.h"
#include "base/portable_math.h"
#include "costing/chip_kernels.h"
#include "costing/roofline_term.h"

namespace switchyard::costing {

namespace {

using model::Operator;
using model::OperatorKind;

struct Term {
  RooflineTerm plain;
  bool fitted = false;  // `seconds` holds
  Seconds seconds;      // 0 inside a fitted expert layer
  Seconds launch;       // of them
};

class FittedStep : public PreparedStep {
 public:
  explicit FittedStep(std::vector<Term> terms) : terms_(std::move(terms)) {}

  StepCost cost(const catalog::PlatformNumbers& world) const override {
    StepCost step;
    for (const Term& term : terms_) {
      OperatorCost one = term_cost(term.plain, world);
      if (term.fitted) {
        one.seconds = term.seconds;
        one.launch = term.launch;
      }
      add_term(step, term.plain, one, world);
    }
    return step;
  }

 private:
  std::vector<Term> terms_;
};

}  // namespace

FittedCosts::FittedCosts(FitSet fits, const catalog::Catalog& catalog) : fits_(std::move(fits)) {
  for (const auto& [id, chip] : catalog.chips) {
    chips_.emplace(id, std::make_unique<ChipKernels>(fits_, chip));
  }
}

FittedCosts::~FittedCosts() = default;

const ChipKernels& FittedCosts::kernels(const Precision& precision) const {
  SWITCHYARD_CHECK(precision.chip, "a precision without its chip");
  static const ChipKernels kNone;
  const auto found = chips_.find(precision.chip->id);
  return found == chips_.end() ? kNone : *found->second;
}

Evidence FittedCosts::evidence(const catalog::Chip& chip) const {
  const auto found = chips_.find(chip.id);
  const bool any = found != chips_.end() && found->second->any();
  return any ? Evidence::kFitted : Evidence::kRoofline;
}

std::unique_ptr<PreparedStep> FittedCosts::prepare(const std::vector<Operator>& operators,
                                                   const Precision& precision) const {
  const ChipKernels& chip = kernels(precision);
  std::vector<Term> terms;
  terms.reserve(operators.size());
  bool layer_fitted = false;
  for (const Operator& op : operators) {
    Term& term = terms.emplace_back(Term{.plain = to_term(op, precision)});
    if (op.inside_experts) {
      term.fitted = layer_fitted;
      continue;
    }
    const Ask ask = chip.ask(op, precision);
    term.fitted = ask.kernel.fit != nullptr;
    if (term.fitted) {
      term.seconds = Seconds(ask.seconds());
      term.launch = term.seconds - Seconds(ask.started_seconds());
    }
    if (op.kind == OperatorKind::kGroupedMatmul) layer_fitted = term.fitted;
  }
  return std::make_unique<FittedStep>(std::move(terms));
}

OperatorCost FittedCosts::cost(const Operator& op, const Precision& precision,
                               const catalog::PlatformNumbers& world) const {
  const StepCost step = prepare({op}, precision)->cost(world);
  return {.seconds = step.seconds / op.count,
          .launch = step.launch / op.count,
          .bound = term_cost(to_term(op, precision), world).bound};
}

std::string FittedCosts::source(const Operator& op, const Precision& precision) const {
  const ChipKernels& chip = kernels(precision);
  if (!chip.any() || (!op.inside_experts && !chip.ask(op, precision).kernel.fit)) {
    return "roofline";
  }
  return chip.own() ? "fitted" : "fitted on " + chip.source();
}

CostInterval FittedCosts::interval(const Operator& op, const Precision& precision) const {
  const ChipKernels& chip = kernels(precision);
  const Ask ask = chip.ask(op, precision);
  if (!ask.kernel.fit) return {};
  const auto& bands = ask.kernel.fit->bands;
  const double seconds = ask.seconds();
  const auto band = std::find_if(bands.begin(), bands.end() - 1,
                                 [&](const FitBand& b) { return seconds <= b.seconds_max; });
  const double widening = chip.own() ? 1 : chip.chip().widening;
  return {.low = portable_pow(band->low, widening), .high = portable_pow(band->high, widening)};
}

}  // namespace switchyard::costing
