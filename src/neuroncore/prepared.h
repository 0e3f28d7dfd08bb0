// A program made ready for scheduling: where tensors lie, what each instruction costs, and which
// engine runs it. Internal to schedule.
#pragma once

#include <unordered_map>
#include <vector>

#include "neuroncore/allocate.h"
#include "neuroncore/core.h"
#include "neuroncore/cost.h"

namespace switchyard::neuroncore {

// Where a tensor lies for the tracking of hazards.
struct TensorPlace {
  isa::Buffer buffer = isa::Buffer::kSbuf;
  bool shared = false;    // in the physical SBUF or PSUM; else in a space of its own
  bool constant = false;  // an input in HBM: nothing writes it
  std::int32_t partition = 0;
  std::int64_t byte = 0;             // of each partition
  std::int64_t partition_bytes = 0;  // of all in HBM
};

// One binding of a form: an access, or a register.
struct FormBinding {
  std::uint8_t operand = 0;
  bool is_register = false;
  bool reads = false, writes = false;
  bool indirect = false;  // the place within the tensor is not known
};

struct FormInfo {
  std::vector<FormBinding> bindings;
  bool keeps_state = false;  // accumulators and generators: order on the engine matters
  bool is_loop_marker = false;
  isa::Opcode opcode = isa::Opcode::kTensorCopy;
  // Costs by where the operands lie.
  struct ByBuffers {
    std::uint64_t buffers;
    std::uint32_t cost;
  };
  std::vector<ByBuffers> costs;
};

class Prepared {
 public:
  // `addresses` by TensorId, for tensors without a fixed one; empty: each has its own space.
  Prepared(const isa::Program& program, const Core& core,
           const std::vector<std::optional<isa::FixedAddress>>& addresses);

  const isa::Program& program() const { return program_; }
  const Core& core() const { return core_; }
  const FormInfo& form(isa::FormId id) const { return forms_[id]; }
  const FormInfo& form_of(isa::InstructionId id) const { return forms_[program_.form_of(id)]; }
  const TensorPlace& place(isa::TensorId id) const { return places_[id]; }
  const Cost& cost(isa::InstructionId id) const { return costs_[cost_of_[id]]; }
  isa::Engine engine(isa::InstructionId id) const { return engines_[id]; }
  // The last instruction that names the tensor.
  isa::InstructionId last_use(isa::TensorId id) const { return last_use_[id]; }
  std::size_t transfers() const { return transfers_; }  // instructions that start one
  // Orders itself: see schedule.h.
  bool self_ordered() const { return self_ordered_; }

  // Places tensors anew; costs and engines stay.
  void move(const std::vector<std::optional<isa::FixedAddress>>& addresses);

 private:
  void read_forms();
  std::uint32_t find_cost(isa::InstructionId id, FormInfo& form);
  isa::Engine choose(const isa::Instruction& form, const FormInfo& info, const Cost& cost);
  void check_order(isa::InstructionId id);

  const isa::Program& program_;
  const Core& core_;
  std::vector<TensorPlace> places_;
  std::vector<FormInfo> forms_;
  std::vector<Cost> costs_;
  std::vector<std::uint32_t> cost_of_;
  std::vector<isa::Engine> engines_;
  std::vector<isa::InstructionId> last_use_;
  std::size_t transfers_ = 0;
  std::array<std::int64_t, isa::kEngines> load_ = {};  // ps given to each engine so far
  bool self_ordered_ = false;
};

}  // namespace switchyard::neuroncore
