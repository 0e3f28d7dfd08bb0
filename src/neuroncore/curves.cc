#include "neuroncore/curves.h"

#include <algorithm>

namespace switchyard::neuroncore {

namespace {

struct Step {
  SimTime time;
  std::int64_t change;
};

Curve sum_of(std::vector<Step> steps) {
  std::sort(steps.begin(), steps.end(),
            [](const Step& a, const Step& b) { return a.time < b.time; });
  Curve curve;
  std::int64_t value = 0;
  for (std::size_t i = 0; i < steps.size();) {
    const SimTime time = steps[i].time;
    for (; i < steps.size() && steps[i].time == time; ++i) value += steps[i].change;
    const std::int64_t before = curve.empty() ? 0 : curve.back().value;
    if (value != before) curve.push_back({time, value});
  }
  return curve;
}

struct Use {
  SimTime first, last;
  bool used = false;
};

}  // namespace

std::int64_t peak(const Curve& curve) {
  std::int64_t most = 0;
  for (const CurvePoint& point : curve) most = std::max(most, point.value);
  return most;
}

std::vector<std::uint32_t> last_transfers(const Timeline& timeline) {
  std::vector<std::uint32_t> last(timeline.instructions.size(), kNoTransfer);
  for (std::uint32_t i = 0; i < timeline.transfers.size(); ++i) {
    std::uint32_t& of = last[timeline.transfers[i].timed];
    if (of == kNoTransfer || timeline.transfers[of].end <= timeline.transfers[i].end) of = i;
  }
  return last;
}

Curve live_bytes(const isa::Program& program, const Timeline& timeline, isa::Buffer buffer) {
  std::vector<Use> uses(program.tensors().size());
  const std::vector<std::uint32_t> transfers = last_transfers(timeline);
  for (std::size_t i = 0; i < timeline.instructions.size(); ++i) {
    const TimedInstruction& timed = timeline.instructions[i];
    SimTime end = timed.end;
    if (transfers[i] != kNoTransfer) end = std::max(end, timeline.transfers[transfers[i]].end);
    const isa::Binding* binding = program.bindings(timed.instruction).data();
    for (const isa::Operand& operand : program.form(program.form_of(timed.instruction)).operands) {
      if (operand.kind == isa::OperandKind::kNumber) continue;
      if (operand.kind == isa::OperandKind::kAccess) {
        Use& use = uses[binding->target];
        use.first = use.used ? std::min(use.first, timed.start) : timed.start;
        use.last = std::max(use.last, end);
        use.used = true;
        if (operand.access.indirection.kind == isa::IndirectKind::kRegister) ++binding;
      }
      ++binding;
    }
  }
  std::vector<Step> steps;
  for (isa::TensorId id = 0; id < uses.size(); ++id) {
    const isa::Tensor& tensor = program.tensor(id);
    if (!uses[id].used || tensor.buffer != buffer) continue;
    const std::int64_t bytes = tensor.partition_bytes() * tensor.partitions();
    steps.push_back({uses[id].first, bytes});
    steps.push_back({uses[id].last, -bytes});
  }
  return sum_of(std::move(steps));
}

Curve dma_rate(const Timeline& timeline) {
  std::vector<Step> steps;
  for (const TimedTransfer& transfer : timeline.transfers) {
    const std::int64_t length = (transfer.end - transfer.start).ps();
    if (length <= 0) continue;
    const auto rate = static_cast<std::int64_t>(static_cast<double>(transfer.bytes) * 1e12 /
                                                static_cast<double>(length));
    steps.push_back({transfer.start, rate});
    steps.push_back({transfer.end, -rate});
  }
  return sum_of(std::move(steps));
}

}  // namespace switchyard::neuroncore
