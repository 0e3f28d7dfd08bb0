#include "neuroncore/liveness.h"

#include <algorithm>

namespace switchyard::neuroncore {

namespace {

struct LoopSpan {
  isa::InstructionId begin, end;
};

bool writes_all(const isa::Program& program, const isa::Operand& operand, isa::TensorId tensor) {
  const isa::Access& access = operand.access;
  return access.indirection.kind == isa::IndirectKind::kNone && access.offset == 0 &&
         access.contiguous() && access.start_partition == 0 &&
         access.partitions == program.tensor(tensor).partitions() &&
         access.elements_per_partition() * numeric::traits(access.type).storage_bytes ==
             program.tensor(tensor).partition_bytes();
}

class Analysis {
 public:
  explicit Analysis(const isa::Program& program)
      : program_(program), ranges_(program.tensors().size()), whole_first_(ranges_.size()) {}

  std::vector<LiveRange> run() {
    isa::Instruction instruction;
    for (std::size_t i = 0; i < program_.size(); ++i) {
      const auto id = static_cast<isa::InstructionId>(i);
      const isa::Opcode opcode = program_.form(program_.form_of(id)).opcode;
      if (opcode == isa::Opcode::kForBegin || opcode == isa::Opcode::kWhileBegin) {
        open_.push_back(id);
      } else if (opcode == isa::Opcode::kLoopEnd && !open_.empty()) {
        loops_.push_back({open_.back(), id});
        open_.pop_back();
      } else {
        program_.read(id, instruction);
        touch_all(id, instruction);
      }
    }
    // Inner loops close before outer ones, so one pass in order of closing is enough.
    for (LiveRange& range : ranges_) extend(range);
    return std::move(ranges_);
  }

 private:
  // Reads come before the write of the same instruction.
  void touch_all(isa::InstructionId id, const isa::Instruction& instruction) {
    const isa::InstructionInfo& info = instruction.info();
    for (const bool writes : {false, true}) {
      for (const isa::Operand& operand : instruction.operands) {
        if (operand.kind != isa::OperandKind::kAccess) continue;
        const isa::OperandInfo* row = info.find(operand.name);
        const bool is_write = row && row->role == isa::Role::kWrite;
        if (is_write == writes) touch(id, operand, is_write);
      }
    }
  }

  void touch(isa::InstructionId id, const isa::Operand& operand, bool is_write) {
    const isa::TensorId tensor = operand.access.tensor;
    LiveRange& range = ranges_[tensor];
    if (!range.used) {
      range = {id, id, true};
      whole_first_[tensor] = is_write && writes_all(program_, operand, tensor);
    }
    range.last = id;
  }

  void extend(LiveRange& range) {
    if (!range.used || loops_.empty()) return;
    const bool whole = whole_first_[static_cast<std::size_t>(&range - ranges_.data())];
    for (const LoopSpan& loop : loops_) {
      const bool apart = range.last < loop.begin || loop.end < range.first;
      const bool inside = loop.begin < range.first && range.last < loop.end;
      if (apart || (inside && whole)) continue;
      range.first = std::min(range.first, loop.begin);
      range.last = std::max(range.last, loop.end);
    }
  }

  const isa::Program& program_;
  std::vector<LiveRange> ranges_;
  std::vector<bool> whole_first_;  // the first touch writes all of it
  std::vector<isa::InstructionId> open_;
  std::vector<LoopSpan> loops_;
};

}  // namespace

std::vector<LiveRange> live_ranges(const isa::Program& program) { return Analysis(program).run(); }

}  // namespace switchyard::neuroncore
