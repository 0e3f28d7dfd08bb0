#include "neuroncore/accumulations.h"

namespace switchyard::neuroncore {
namespace {

// Calls visit(partition, bytes from the tile's row, count) over the tile's bytes.
template <class Visit>
void each_span(const Tile& tile, const Visit& visit) {
  for (int p = 0; p < tile.partitions; ++p) {
    if (tile.contiguous()) {
      visit(p, std::int64_t{0}, tile.elements * tile.element_bytes);
      continue;
    }
    for (std::int64_t i = 0; i < tile.elements; ++i) {
      visit(p, tile.offset_of(p, i), std::int64_t{tile.element_bytes});
    }
  }
}

// The coverage of the tile from that of its spans.
template <class Of>
Coverage over_spans(const Tile& tile, const Of& of) {
  bool all = true, none = true;
  each_span(tile, [&](int p, std::int64_t offset, std::int64_t count) {
    const Coverage here = of(p, offset, count);
    all &= here == Coverage::kAll;
    none &= here == Coverage::kNone;
  });
  return all ? Coverage::kAll : none ? Coverage::kNone : Coverage::kSome;
}

// A lower bound where both are partly set.
Coverage both(Coverage a, Coverage b) {
  if (a == Coverage::kNone || b == Coverage::kNone) return Coverage::kNone;
  return a == Coverage::kAll ? b : a;
}

}  // namespace

Accumulations::Accumulations(const isa::Program& program, const Memory& memory)
    : program_(program), memory_(memory) {}

Coverage Accumulations::coverage(const isa::Access& access, const Tile& tile) const {
  const auto found = records_.find(access.tensor);
  if (found == records_.end()) return Coverage::kNone;
  const Record& record = found->second;
  const std::int64_t in_tensor = tile.first_byte - memory_.place(access.tensor).first_byte;
  return over_spans(tile, [&](int p, std::int64_t offset, std::int64_t count) {
    const Coverage here =
        tile.storage->matmul_coverage(tile.first_row + p, tile.first_byte + offset, count);
    if (record.whole) return here;
    return both(here, record.bits.coverage(access.start_partition + p, in_tensor + offset, count));
  });
}

Coverage Accumulations::by_matmul(const Tile& tile) {
  return over_spans(tile, [&](int p, std::int64_t offset, std::int64_t count) {
    return tile.storage->matmul_coverage(tile.first_row + p, tile.first_byte + offset, count);
  });
}

bool Accumulations::holds_sum(const isa::Access& access, const Tile& tile, int partition,
                              std::int64_t element) const {
  isa::Access there = access;
  there.start_partition = static_cast<std::int16_t>(there.start_partition + partition);
  return coverage(there, element_of(tile, partition, element)) == Coverage::kAll;
}

void Accumulations::note(const isa::Access& access, const Tile& tile) {
  const isa::Tensor& tensor = program_.tensor(access.tensor);
  Record& record = records_[access.tensor];
  const std::int64_t in_tensor = tile.first_byte - memory_.place(access.tensor).first_byte;
  const bool whole = tile.contiguous() && tile.partitions == tensor.partitions() &&
                     tile.elements * tile.element_bytes == tensor.partition_bytes();
  if (whole) {
    record = {.whole = true};
  } else if (!record.whole && record.bits.empty()) {
    record.bits = BitRows(tensor.partitions(), tensor.partition_bytes());
  }
  each_span(tile, [&](int p, std::int64_t offset, std::int64_t count) {
    tile.storage->mark_matmul(tile.first_row + p, tile.first_byte + offset, count);
    if (!record.whole) record.bits.set(access.start_partition + p, in_tensor + offset, count);
  });
}

void Accumulations::start_iteration(isa::InstructionId begin, isa::InstructionId end) {
  if (records_.empty()) return;
  find_uses();
  std::erase_if(records_, [&](const auto& entry) {
    const auto found = uses_.find(entry.first);
    return found != uses_.end() && begin < found->second.first && found->second.last < end;
  });
}

void Accumulations::find_uses() {
  isa::Instruction instruction;
  for (; instructions_seen_ < program_.size(); ++instructions_seen_) {
    const auto id = static_cast<isa::InstructionId>(instructions_seen_);
    program_.read(id, instruction);
    for (const isa::Operand& operand : instruction.operands) {
      if (operand.kind != isa::OperandKind::kAccess) continue;
      const isa::TensorId tensor = operand.access.tensor;
      if (program_.tensor(tensor).buffer != isa::Buffer::kPsum) continue;
      uses_.try_emplace(tensor, Uses{id, id}).first->second.last = id;
    }
  }
}

}  // namespace switchyard::neuroncore
