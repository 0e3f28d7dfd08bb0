#include "neuroncore/line.h"

#include <algorithm>

namespace switchyard::neuroncore {

using isa::Engine;

std::uint32_t Recorder::add(isa::InstructionId id, Engine engine, const Cost& cost,
                            const Issue& issue, StallReason stall, std::uint32_t stalled_on) {
  if (full()) return kNone;
  const auto index = static_cast<std::uint32_t>(timeline_.instructions.size());
  const bool stalled = issue.start > issue.reached;
  timeline_.instructions.push_back({.instruction = id,
                                    .iteration = iteration_,
                                    .engine = engine,
                                    .stall = stalled ? stall : StallReason::kNone,
                                    .stalled_on = !stalled              ? 0
                                                  : stalled_on == kNone ? index
                                                                        : stalled_on,
                                    .reached = SimTime(issue.reached),
                                    .start = SimTime(issue.start),
                                    .end = SimTime(issue.end)});
  if (cost.is_dma) {
    timeline_.transfers.push_back({.timed = index,
                                   .queue = static_cast<std::uint16_t>(issue.transfer.ring),
                                   .source = cost.dma.source,
                                   .destination = cost.dma.destination,
                                   .bytes = cost.dma.bytes,
                                   .descriptors = cost.dma.descriptors,
                                   .start = SimTime(issue.transfer.start),
                                   .end = SimTime(issue.transfer.end),
                                   .delay = SimTime(issue.transfer.delay),
                                   .delayed_by = issue.transfer.delayed_by});
  }
  return index;
}

StallReason Recorder::cause(std::uint32_t on, std::int64_t waited, StallReason reason) const {
  const auto& transfers = timeline_.transfers;
  const auto found = std::lower_bound(
      transfers.begin(), transfers.end(), on,
      [](const TimedTransfer& transfer, std::uint32_t timed) { return transfer.timed < timed; });
  if (found == transfers.end() || found->timed != on) return reason;
  constexpr std::int64_t kPart = 3;
  return kPart * found->delay.ps() > waited ? found->delayed_by : reason;
}

Line::Line(const Graph& graph, Pipelines& pipelines, Recorder* recorder, Partner* partner)
    : graph_(graph),
      prepared_(graph.prepared()),
      pipelines_(pipelines),
      recorder_(recorder),
      partner_(partner),
      semaphore_(nanoseconds(prepared_.core().engine.semaphore).ps()),
      done_(graph.size(), -1) {
  if (recorder_) timed_.resize(graph.size());
}

namespace {

StallReason reason_of(EdgeKind kind) {
  switch (kind) {
    case EdgeKind::kPsumWar:
    case EdgeKind::kPsumWaw:
      return StallReason::kPsumBank;
    case EdgeKind::kRaw:
    case EdgeKind::kRegister:
      return StallReason::kOperandReady;
    case EdgeKind::kDependsOn:
      return StallReason::kDependsOn;
    default:
      return StallReason::kBufferFree;
  }
}

bool only_reads_matter(EdgeKind kind) {
  return kind == EdgeKind::kWar || kind == EdgeKind::kPsumWar || kind == EdgeKind::kHbmWar;
}

}  // namespace

Line::Ready Line::ready(std::uint32_t at, bool ideal) const {
  Ready ready;
  const Engine own = engine(at);
  const bool own_dma = cost(at).is_dma;
  for (const Edge edge : graph_.edges(at)) {
    const auto kind = static_cast<EdgeKind>(edge.kind);
    if (ideal && !is_true_dependence(kind)) continue;
    const std::int64_t done = done_[edge.on];
    if (done < 0) {
      ready.missing = edge.on;
      return ready;
    }
    if (kind == EdgeKind::kOrder || kind == EdgeKind::kSequence) continue;
    const Cost& other = cost(edge.on);
    const Engine theirs = engine(edge.on);
    std::int64_t time = done;
    if (only_reads_matter(kind)) time -= other.on[static_cast<int>(theirs)].latency;
    // The result is there for the engine itself; a semaphore tells the others.
    if (theirs != own || other.is_dma || own_dma) time += semaphore_;
    const bool own_pipeline = theirs == own && !other.is_dma && !own_dma;
    ready.in_pipeline = std::max(
        ready.in_pipeline, own_pipeline ? done - other.on[static_cast<int>(theirs)].latency : time);
    if (time > ready.time) {
      ready.time = time;
      ready.reason = reason_of(kind);
      ready.on = edge.on;
    }
  }
  return ready;
}

std::uint64_t Line::stationary_of(std::uint32_t at) const {
  const isa::InstructionId id = graph_.first() + at;
  const FormInfo& form = prepared_.form_of(id);
  const std::span<const isa::Binding> bindings = prepared_.program().bindings(id);
  constexpr std::size_t kStationary = 1;  // its place in the rows of nc_matmul and nc_matmul_mx
  if (form.opcode == isa::Opcode::kNcTranspose || bindings.size() <= kStationary) return at + 1ull;
  // The same form, tensor and place: the same matrix. Writes to it in between are not looked for:
  // they would come from another engine and cost far more than the load.
  const isa::Binding& binding = bindings[kStationary];
  std::uint64_t name = prepared_.program().form_of(id) * 0x9e3779b97f4a7c15ull;
  name = (name ^ binding.target) * 0xbf58476d1ce4e5b9ull;
  name = (name ^ static_cast<std::uint64_t>(binding.offset)) * 0x94d049bb133111ebull;
  return name | 1ull << 63;
}

void Line::issue(std::uint32_t at, const Ready& ready) {
  const Engine own = engine(at);
  const Cost& own_cost = cost(at);
  const bool matmul = own_cost.is_matmul && own == Engine::kTensor;
  if (partner_ && own_cost.dma.meeting > 0) partner_->arrive_at(graph_.first() + at);
  const Issue issue = pipelines_.issue(own, own_cost, ready.time, matmul ? stationary_of(at) : 0);
  done_[at] = issue.done;
  constexpr std::uint32_t kWatch = 1u << 14;
  if (++issued_ % kWatch == 0 && watcher_) watcher_(issued_);
  if (!recorder_) return;
  StallReason stall = issue.stall != StallReason::kNone ? issue.stall : ready.reason;
  const bool others = issue.stall == StallReason::kNone && ready.reason != StallReason::kNone &&
                      ready.reason != StallReason::kSemaphore;
  const std::uint32_t on = others ? timed_[ready.on] : Recorder::kNone;
  if (others && cost(ready.on).is_dma && issue.start > issue.reached) {
    stall = recorder_->cause(on, issue.start - issue.reached, stall);
  }
  timed_[at] = recorder_->add(graph_.first() + at, own, own_cost, issue, stall, on);
}

}  // namespace switchyard::neuroncore
