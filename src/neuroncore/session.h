// A program written and executed at once, call by call: what a front end builds kernels with.
//
// Each instruction is validated, executed and appended. Values are there right after the call, so
// the front end's own control flow may look at them; the program that remains is scheduled
// afterwards. A session knows no dialect.
//
// Hardware loops: the front end runs the body once for each iteration. The first records it; later
// ones must issue the same instructions and tensors again, which are then those of the first. So
// the program holds the body once, as the device does.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "isa/validate.h"
#include "neuroncore/core.h"
#include "neuroncore/execute.h"
#include "neuroncore/lnc.h"

namespace switchyard::neuroncore {

class Session {
 public:
  Session(const Core& core, const ExecuteOptions& options);
  Session(const Session&) = delete;

  const isa::Program& program() const { return program_; }
  isa::Program& program() { return program_; }
  const Core& core() const { return core_; }
  const Memory& memory() const { return memory_; }
  const Machine& machine() const { return machine_; }
  const TripCounts& trips() const { return trips_; }

  // On chip, a tensor without address may be larger than its memory, up to 16 times: it has values,
  // as in the vendor's simulator (sim.rst), but no place, which allocate.h says.
  Result<isa::TensorId> add_tensor(isa::Tensor tensor);
  // An HBM tensor whose bytes belong to `storage`, which must outlive the session.
  Result<isa::TensorId> add_shared(isa::Tensor tensor, Storage& storage);
  // The core's place in an LNC pair, whose threads call LncPair::start and finish themselves.
  void join(LncPair* pair, int rank) { machine_.join(pair, rank); }
  // The front end lost its last view of it: no instruction will name it again.
  void release(isa::TensorId id);
  isa::RegisterId add_register();
  isa::SourceId add_source(std::string text) { return program_.add_source(std::move(text)); }

  void write(isa::TensorId id, std::span<const std::uint8_t> bytes);
  std::vector<std::uint8_t> read(isa::TensorId id) const;

  // The instruction's id, or what is wrong with it; then it left no trace but what it wrote before
  // a fault of the machine.
  Result<isa::InstructionId> call(isa::Instruction& instruction);

  // Loops. After begin_*, `next` asks whether another iteration follows; the body is called after
  // each true, and the loop is closed after a false. `leave` closes it early (break, exceptions).
  Result<isa::RegisterId> begin_for(const isa::Operand& lower, const isa::Operand& upper,
                                    std::int64_t step, isa::SourceId source);
  Status begin_while(isa::RegisterId condition, isa::SourceId source);
  Result<bool> next();
  void leave();
  std::size_t loops_open() const { return open_.size(); }

  // Instructions called in between keep their order. Scopes nest: the outermost counts.
  void begin_no_reorder();
  void end_no_reorder();
  bool in_no_reorder() const { return no_reorder_depth_ > 0; }

 private:
  // What the first iteration of a loop made, by its first instruction.
  struct Body {
    isa::InstructionId end = 0;  // its loop_end, once recorded
    bool recorded = false;
    std::vector<isa::TensorId> tensors;
    std::vector<isa::RegisterId> registers;
  };
  struct Loop {
    isa::InstructionId begin = 0;
    bool counted = false, started = false;
    isa::RegisterId reg = 0;
    std::int64_t value = 0, upper = 0, step = 1;
    std::size_t trip = 0;
    std::size_t tensor = 0, reg_made = 0;  // next of the body's
  };

  bool repeating() const { return cursor_ < program_.size(); }
  Result<isa::InstructionId> append(const isa::Instruction& instruction);
  Result<isa::InstructionId> repeat(isa::Instruction& instruction);
  Error differs(const std::string& what, isa::SourceId source) const;
  Status open(Loop loop, isa::Instruction& marker);
  Status close(Loop& loop, Body& body);
  std::int64_t bound(const isa::Operand& operand) const;
  void note_writes(const isa::Instruction& instruction);

  const Core core_;
  isa::Program program_;
  Memory memory_;
  Machine machine_;
  isa::Validator validator_;
  isa::Instruction scratch_;
  isa::InstructionId cursor_ = 0;  // the next instruction of the program
  std::vector<Loop> open_;
  std::unordered_map<isa::InstructionId, Body> bodies_;
  TripCounts trips_;
  std::uint32_t no_reorder_scopes_ = 0;
  int no_reorder_depth_ = 0;
};

}  // namespace switchyard::neuroncore
