#include "costing/roofline.h"

#include <algorithm>

#include "costing/collective.h"
#include "costing/roofline_term.h"

namespace switchyard::costing {

namespace {

using model::Operator;
using model::OperatorKind;

bool is_attention(OperatorKind kind) {
  return kind == OperatorKind::kPrefillAttention || kind == OperatorKind::kDecodeAttention;
}

int format_of(const Operator& op, const Precision& precision) {
  return is_attention(op.kind) ? precision.attention_format
                               : precision.format[static_cast<std::size_t>(op.weights)];
}

FlopsPerSecond rate_of(const RooflineTerm& term, const catalog::PlatformNumbers& world) {
  if (is_attention(term.kind)) return world.attention_rate;
  const FlopsPerSecond dense = world.formats[static_cast<std::size_t>(term.format)].rate;
  return term.kind == OperatorKind::kGroupedMatmul ? dense * world.grouped_compute : dense;
}

BytesPerSecond bandwidth_of(const RooflineTerm& term, const catalog::PlatformNumbers& world) {
  const bool grouped = term.kind == OperatorKind::kGroupedMatmul;
  return grouped ? world.memory_bandwidth * world.grouped_memory : world.memory_bandwidth;
}

class RooflineStep : public PreparedStep {
 public:
  explicit RooflineStep(std::vector<RooflineTerm> terms) : terms_(std::move(terms)) {}

  StepCost cost(const catalog::PlatformNumbers& world) const override {
    StepCost step;
    for (const RooflineTerm& term : terms_) add_term(step, term, term_cost(term, world), world);
    return step;
  }

 private:
  std::vector<RooflineTerm> terms_;
};

}  // namespace

RooflineTerm to_term(const Operator& op, const Precision& precision) {
  return {.count = op.count,
          .collective = model::is_collective(op.kind),
          .fused = op.kind == OperatorKind::kElementwise,
          .format = format_of(op, precision),
          .flops = op.flops,
          .bytes = memory_traffic(op, precision),
          .kind = op.kind,
          .payload = op.payload,
          .ranks = op.ranks,
          .stride = op.stride};
}

OperatorCost term_cost(const RooflineTerm& term, const catalog::PlatformNumbers& world) {
  if (term.collective) {
    const Seconds time =
        collective_time(term.kind, term.payload, term.ranks, term.stride, world.fabric);
    return {.seconds = time, .launch = Seconds(), .bound = Bound::kLink};
  }
  const Seconds compute = term.flops / rate_of(term, world);
  const Seconds memory = term.bytes / bandwidth_of(term, world);
  const Seconds start = term.fused ? Seconds() : world.operator_overhead;
  const Seconds work = std::max(compute, memory);
  const Bound bound = start > work       ? Bound::kOverhead
                      : compute > memory ? Bound::kCompute
                                         : Bound::kMemory;
  return {.seconds = work + start, .launch = start, .bound = bound};
}

void add_term(StepCost& step, const RooflineTerm& term, const OperatorCost& one,
              const catalog::PlatformNumbers& world) {
  const Seconds all = one.seconds * term.count;
  step.seconds += all;
  step.launch += one.launch * term.count;
  switch (one.bound) {
    case Bound::kCompute:
      step.compute += all;
      break;
    case Bound::kMemory:
      step.memory += all;
      break;
    case Bound::kLink:
      step.link += all;
      break;
    case Bound::kOverhead:
      step.overhead += all;
      break;
  }
  if (term.collective) return;
  const auto& format = world.formats[static_cast<std::size_t>(term.format)];
  step.dynamic += (world.memory_energy * term.bytes + format.energy * term.flops) * term.count;
}

std::string to_text(Evidence evidence) {
  switch (evidence) {
    case Evidence::kSimulated:
      return "simulated";
    case Evidence::kFitted:
      return "fitted";
    case Evidence::kRoofline:
      return "roofline";
  }
  return {};
}

std::string to_text(Bound bound) {
  switch (bound) {
    case Bound::kCompute:
      return "compute";
    case Bound::kMemory:
      return "memory";
    case Bound::kLink:
      return "link";
    case Bound::kOverhead:
      return "overhead";
  }
  return {};
}

Bytes memory_traffic(const Operator& op, const Precision& precision) {
  return Bytes(op.weight_elements * precision.bits.of(op.weights) / 8 +
               op.cache_elements * precision.bits.cache / 8) +
         op.activation_bytes;
}

std::unique_ptr<PreparedStep> RooflineCosts::prepare(const std::vector<Operator>& operators,
                                                     const Precision& precision) const {
  std::vector<RooflineTerm> terms;
  terms.reserve(operators.size());
  for (const Operator& op : operators) terms.push_back(to_term(op, precision));
  return std::make_unique<RooflineStep>(std::move(terms));
}

OperatorCost RooflineCosts::cost(const Operator& op, const Precision& precision,
                                 const catalog::PlatformNumbers& world) const {
  return term_cost(to_term(op, precision), world);
}

}  // namespace switchyard::costing
