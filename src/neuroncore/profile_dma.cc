#include "neuroncore/profile_dma.h"

#include <algorithm>
#include <unordered_set>

#include "base/random.h"

namespace switchyard::neuroncore {

namespace {

using isa::Buffer;
using isa::TensorId;

void add_bytes(Traffic& traffic, Buffer buffer, bool writes, std::int64_t bytes) {
  switch (buffer) {
    case Buffer::kHbm:
      (writes ? traffic.hbm_write : traffic.hbm_read) += bytes;
      break;
    case Buffer::kSbuf:
      (writes ? traffic.sbuf_write : traffic.sbuf_read) += bytes;
      break;
    case Buffer::kPsum:
      (writes ? traffic.psum_write : traffic.psum_read) += bytes;
      break;
  }
}

// Which HBM bytes were read before. A read counts as a repetition when the same pattern at the same
// place was read since the tensor was last written; patterns that overlap in part do not, so the
// figure is a lower bound.
class Rereads {
 public:
  explicit Rereads(const isa::Program& program)
      : program_(program), tensors_(program.tensors().size()) {}

  void read(TensorId id, std::uint64_t pattern, std::int64_t offset, bool knows_place,
            std::int64_t bytes) {
    State& state = tensors_[id];
    state.bytes += bytes;
    std::uint64_t key = mix(pattern ^ mix(static_cast<std::uint64_t>(offset)));
    key = mix(key ^ (static_cast<std::uint64_t>(id) << 32 | state.version));
    if (knows_place && !seen_.insert(key).second) state.repeated += bytes;
  }
  void write(TensorId id) { ++tensors_[id].version; }

  std::int64_t total() const {
    std::int64_t sum = 0;
    for (TensorId id = 0; id < tensors_.size(); ++id) {
      const State& state = tensors_[id];
      // Of a tensor that never changes, no more than its size can be new.
      const std::int64_t least =
          state.version == 0 ? state.bytes - program_.tensor(id).partition_bytes() : 0;
      sum += std::max({state.repeated, least, std::int64_t{0}});
    }
    return sum;
  }

 private:
  struct State {
    std::int64_t bytes = 0, repeated = 0;
    std::uint32_t version = 0;
  };
  const isa::Program& program_;
  std::vector<State> tensors_;
  std::unordered_set<std::uint64_t> seen_;
};

void add_dma_instruction(const isa::Program& program, isa::InstructionId id, const FormFacts& facts,
                         Traffic& traffic, Rereads& rereads) {
  const auto bindings = program.bindings(id);
  for (std::size_t i = 0; i < facts.accesses.size(); ++i) {
    const FormAccess& access = facts.accesses[i];
    const isa::Binding& place = bindings[access.binding];
    const isa::Tensor& tensor = program.tensor(place.target);
    if (tensor.buffer != Buffer::kHbm) continue;
    const bool own = tensor.kind == isa::TensorKind::kInternal;
    if (access.reads) {
      if (own) traffic.spill_reload += access.bytes;
      const std::uint64_t pattern = static_cast<std::uint64_t>(program.form_of(id)) << 8 | i;
      rereads.read(place.target, pattern, place.offset, !access.indirect, access.bytes);
    }
    if (access.writes) {
      if (own) traffic.spill_save += access.bytes;
      rereads.write(place.target);
    }
  }
}

void add_compute_instruction(const isa::Program& program, isa::InstructionId id,
                             const FormFacts& facts, Traffic& traffic) {
  const auto bindings = program.bindings(id);
  std::int64_t from_psum = 0;
  bool to_sbuf = false;
  for (const FormAccess& access : facts.accesses) {
    const Buffer buffer = program.tensor(bindings[access.binding].target).buffer;
    if (access.reads) add_bytes(traffic, buffer, false, access.bytes);
    if (access.writes) add_bytes(traffic, buffer, true, access.bytes);
    if (access.reads && buffer == Buffer::kPsum) from_psum += access.bytes;
    to_sbuf = to_sbuf || (access.writes && buffer == Buffer::kSbuf);
  }
  if (to_sbuf && from_psum > 0) {
    traffic.psum_to_sbuf += from_psum;
    ++traffic.psum_to_sbuf_count;
  }
}

}  // namespace

DmaProfile profile_dma(const isa::Program& program, const Timeline& timeline,
                       const std::vector<FormFacts>& facts, std::vector<Interval>& active) {
  DmaProfile dma;
  std::vector<std::vector<Interval>> by_queue;
  std::array<std::vector<Interval>, kDmaKinds> by_kind;
  std::vector<Interval> all;
  for (const TimedTransfer& transfer : timeline.transfers) {
    const isa::InstructionId id = timeline.instructions[transfer.timed].instruction;
    const auto kind = static_cast<std::size_t>(facts[program.form_of(id)].dma_kind);
    const Interval interval{transfer.start, transfer.end};
    ++dma.transfers;
    dma.descriptors += transfer.descriptors;
    dma.bytes += transfer.bytes;
    dma.work += transfer.end - transfer.start;
    dma.kinds[kind].descriptors += transfer.descriptors;
    dma.kinds[kind].bytes += transfer.bytes;
    by_kind[kind].push_back(interval);
    if (transfer.queue >= by_queue.size()) {
      by_queue.resize(transfer.queue + 1u);
      dma.queues.resize(transfer.queue + 1u);
    }
    QueueProfile& queue = dma.queues[transfer.queue];
    ++queue.transfers;
    queue.descriptors += transfer.descriptors;
    queue.bytes += transfer.bytes;
    by_queue[transfer.queue].push_back(interval);
    all.push_back(interval);
  }
  for (std::size_t q = 0; q < by_queue.size(); ++q) {
    dma.queues[q].queue = static_cast<std::uint16_t>(q);
    dma.queues[q].busy = union_of(std::move(by_queue[q])).total();
  }
  std::erase_if(dma.queues, [](const QueueProfile& queue) { return queue.transfers == 0; });
  for (std::size_t kind = 0; kind < kDmaKinds; ++kind) {
    dma.kinds[kind].busy = union_of(std::move(by_kind[kind])).total();
  }
  const IntervalUnion merged = union_of(std::move(all));
  dma.busy = merged.total();
  active.insert(active.end(), merged.intervals().begin(), merged.intervals().end());
  return dma;
}

Traffic profile_traffic(const isa::Program& program, const Timeline& timeline,
                        const std::vector<FormFacts>& facts) {
  Traffic traffic;
  Rereads rereads(program);
  for (const TimedInstruction& timed : timeline.instructions) {
    const FormFacts& of = facts[program.form_of(timed.instruction)];
    if (of.dma) {
      add_dma_instruction(program, timed.instruction, of, traffic, rereads);
    } else {
      add_compute_instruction(program, timed.instruction, of, traffic);
    }
  }
  for (const TimedTransfer& transfer : timeline.transfers) {
    add_bytes(traffic, transfer.source, false, transfer.bytes);
    add_bytes(traffic, transfer.destination, true, transfer.bytes);
  }
  traffic.hbm_reread = std::min(rereads.total(), traffic.hbm_read);
  for (const isa::Tensor& tensor : program.tensors()) {
    if (tensor.buffer != Buffer::kHbm || tensor.kind == isa::TensorKind::kInternal) continue;
    traffic.arguments += tensor.partition_bytes();
    if (tensor.kind != isa::TensorKind::kOutput) traffic.inputs += tensor.partition_bytes();
  }
  return traffic;
}

}  // namespace switchyard::neuroncore
