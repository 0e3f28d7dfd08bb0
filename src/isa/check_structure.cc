// What holds between the instructions of a program. Sources: NkiInstruction.depends_on (edges and
// loops), nki-dynamic-loops.rst, release notes of NKI 0.4.0 (induction variables).
#include <algorithm>

#include "isa/rules.h"
#include "isa/text.h"

namespace switchyard::isa {

namespace {

class Structure {
 public:
  Structure(const Program& program, FaultList& faults) : program_(program), faults_(faults) {}
  void run();

 private:
  struct Loop {
    std::uint32_t id;  // counts loops; 0 is the program
    std::optional<RegisterId> counter;
    InstructionId begin;
  };

  void check_registers(InstructionId id);
  void check_loop(InstructionId id);
  void check_extras(InstructionId id);
  void check_edge(InstructionId id, InstructionId earlier);
  void fault(InstructionId id, std::string found, std::string wanted, std::string hint = "");
  bool encloses(std::uint32_t outer, std::uint32_t inner) const;

  const Program& program_;
  FaultList& faults_;
  std::vector<Loop> open_;
  std::vector<std::uint32_t> parents_ = {0};  // by loop
  std::vector<std::uint32_t> loop_of_;        // by instruction
  std::vector<bool> written_;                 // by register
};

void Structure::fault(InstructionId id, std::string found, std::string wanted, std::string hint) {
  const SourceId source = program_.source_of(id);
  std::string where = source != 0 ? program_.sources()[source] : fmt::format("instruction {}", id);
  where += ": ";
  where += name(program_.form(program_.form_of(id)).opcode);
  faults_.add({.kind = ErrorKind::kImpossible,
               .where = std::move(where),
               .found = std::move(found),
               .wanted = std::move(wanted),
               .hint = std::move(hint)});
}

// Reads before writes; a loop's counter is the loop's to write.
void Structure::check_registers(InstructionId id) {
  const Instruction& form = program_.form(program_.form_of(id));
  const std::span<const Binding> bindings = program_.bindings(id);
  const auto check_read = [&](RegisterId reg) {
    if (reg >= written_.size() || written_[reg]) return;
    fault(id, fmt::format("reads register {}, which nothing wrote", program_.registers()[reg]),
          "a register_move, register_load or register_alloc with a value before it");
    written_[reg] = true;  // said once
  };
  std::optional<RegisterId> written;
  std::size_t next = 0;
  for (const Operand& operand : form.operands) {
    if (operand.kind == OperandKind::kNumber || next >= bindings.size()) continue;
    if (operand.kind == OperandKind::kAccess) {
      ++next;
      const bool by_register = operand.access.indirection.kind == IndirectKind::kRegister;
      if (by_register && next < bindings.size()) check_read(bindings[next++].target);
      continue;
    }
    const RegisterId reg = bindings[next++].target;
    const OperandInfo* row = form.info().find(operand.name);
    if (row && row->role == Role::kWrite) {
      written = reg;
    } else {
      check_read(reg);
    }
  }
  if (!written || *written >= written_.size()) return;
  for (const Loop& loop : open_) {
    if (loop.counter != written) continue;
    fault(id,
          fmt::format("writes {}, the counter of the loop at instruction {}",
                      program_.registers()[*written], loop.begin),
          "another register");
  }
  const bool only_allocates =
      form.opcode == Opcode::kRegisterAlloc && !form.find(OperandName::kSrc);
  if (!only_allocates) written_[*written] = true;
}

void Structure::check_loop(InstructionId id) {
  const Instruction& form = program_.form(program_.form_of(id));
  if (form.opcode == Opcode::kLoopEnd) {
    if (open_.empty()) return fault(id, "closes no loop", "a loop that is open");
    open_.pop_back();
    return;
  }
  if (form.opcode != Opcode::kForBegin && form.opcode != Opcode::kWhileBegin) return;
  if (open_.size() == kLoopNestingMax) {
    fault(id, fmt::format("is nested {} deep", open_.size() + 1),
          fmt::format("at most {} loops", kLoopNestingMax));
  }
  Loop loop{static_cast<std::uint32_t>(parents_.size()), std::nullopt, id};
  if (form.opcode == Opcode::kForBegin && !program_.bindings(id).empty()) {
    loop.counter = program_.bindings(id)[0].target;
  }
  parents_.push_back(open_.empty() ? 0 : open_.back().id);
  open_.push_back(loop);
}

bool Structure::encloses(std::uint32_t outer, std::uint32_t inner) const {
  while (inner != outer && inner != 0) inner = parents_[inner];
  return inner == outer;
}

void Structure::check_edge(InstructionId id, InstructionId earlier) {
  if (earlier >= program_.size()) {
    fault(id, fmt::format("waits for instruction {}", earlier),
          fmt::format("one of the {} instructions", program_.size()));
  } else if (earlier == id) {
    fault(id, "waits for itself", "another instruction");
  } else if (!encloses(loop_of_[earlier], loop_of_[id])) {
    fault(id, fmt::format("waits for instruction {} inside a loop", earlier),
          "an instruction at the same loop nesting or around it",
          "the wait would fire in iterations that have no such instruction");
  }
}

void Structure::check_extras(InstructionId id) {
  const InstructionExtras* extras = program_.extras(id);
  if (!extras) return;
  for (const InstructionId earlier : extras->depends_on) check_edge(id, earlier);
  for (const auto* uses : {&extras->waits, &extras->updates}) {
    for (const SemaphoreUse& use : *uses) {
      if (use.semaphore < program_.semaphores().size()) continue;
      fault(id, fmt::format("uses semaphore {}", use.semaphore), "one that the program has");
    }
  }
}

void Structure::run() {
  written_.resize(program_.registers().size());
  loop_of_.reserve(program_.size());
  for (InstructionId id = 0; id < program_.size(); ++id) {
    check_registers(id);
    loop_of_.push_back(open_.empty() ? 0 : open_.back().id);
    check_loop(id);
  }
  for (const Loop& loop : open_) fault(loop.begin, "is not closed", "a loop_end");
  for (InstructionId id = 0; id < program_.size(); ++id) check_extras(id);
}

}  // namespace

void check_structure(const Program& program, FaultList& faults) {
  Structure(program, faults).run();
}

}  // namespace switchyard::isa
