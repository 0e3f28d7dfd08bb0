// The state that executing instructions changes, and what every instruction needs to do its work.
//
// One function an opcode, `void execute_<name>(Machine&, const isa::Instruction&)`, in the file of
// its family; execute_table.h lists them. They read and write through tiles. A fault of the
// simulated machine is set with `fault` and ends the run; later calls in the same instruction keep
// the first. Instructions given to them have passed validate.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "isa/instruction.h"
#include "isa/program.h"
#include "neuroncore/accumulations.h"
#include "neuroncore/fault.h"
#include "neuroncore/memory.h"
#include "neuroncore/random_engine.h"
#include "neuroncore/tile.h"
#include "numeric/mx.h"

namespace switchyard::neuroncore {

class LncPair;

struct ExecuteOptions {
  std::uint64_t seed = 0;  // of stochastic rounding and of the engines' generators
  numeric::RoundingMode rounding = numeric::RoundingMode::kNearestEven;
  numeric::MxScaleRule mx_scale_rule = numeric::MxScaleRule::kNeuron;
  bool check_uninitialised = true;  // report reads of bytes that nothing wrote
  std::size_t reports_max = 100;
};

// The reduce registers of VectorE and of ScalarE: one float32 a partition.
struct Accumulators {
  std::array<float, isa::kPartitions> value = {};
};

class Machine {
 public:
  // `program` and `memory` must outlive the machine; the program may grow while it lives.
  Machine(const isa::Program& program, Memory& memory, const isa::Limits& limits,
          const ExecuteOptions& options);

  const isa::Program& program() const { return program_; }
  isa::Generation generation() const { return program_.generation(); }
  const isa::Limits& limits() const { return limits_; }
  const ExecuteOptions& options() const { return options_; }

  // Opens an instruction: resets scratch, takes note for reports and random streams.
  void begin(isa::InstructionId id, const isa::Instruction& instruction);
  const isa::Instruction& current() const { return *current_; }
  isa::InstructionId current_id() const { return id_; }

  // The tile of an operand for reading: bounds and written bytes are checked.
  Tile input(const isa::Operand& operand);
  Tile input(isa::OperandName name);
  // For writing: bounds checked, bytes marked written.
  Tile output(const isa::Operand& operand);
  Tile output(isa::OperandName name);
  // Bounds checked only, for instructions that touch part of an access or read what they write:
  // they call `report_unwritten` and `mark_written` for the parts themselves.
  Tile place(const isa::Operand& operand) { return resolve(operand); }
  void report_unwritten(const isa::Operand& operand, const Tile& tile);
  // Optional ones, and those that may be a number.
  bool has(isa::OperandName name) const { return current_->find(name) != nullptr; }
  // A value for each partition of an operand that is a number or a [P, 1] access (a [1, 1] access
  // counts for all); `fallback` when absent. `partitions` values, valid until the next call for
  // the same operand.
  std::span<const float> partition_values(isa::OperandName name, int partitions, float fallback);

  // Indices of an indirect access, partition by partition; valid until the next call. For
  // IndirectKind::kVector, whose positions `input` and `output` neither check nor record: the tile
  // they return starts at the access's offset, and the caller adds index times step.
  std::span<const std::int64_t> index_values(const isa::Indirection& indirection);
  // Whether a kRegister or kScalar index is inside its limit: asked first by instructions that
  // skip such accesses.
  bool index_in_bounds(const isa::Operand& operand);

  std::int32_t reg(isa::RegisterId id) const;
  void set_reg(isa::RegisterId id, std::int32_t value);

  // Rounding for values written by the current instruction; the position counts elements of dst,
  // partition by partition.
  numeric::Rounding rounding(std::uint64_t position) const;

  Accumulators& accumulators(isa::Engine engine);
  RandomEngine& random(isa::Engine engine);
  Accumulations& accumulations() { return accumulations_; }
  // The runner enters an iteration of the loop from instruction `begin` to `end`.
  void start_iteration(isa::InstructionId begin, isa::InstructionId end) {
    accumulations_.start_iteration(begin, end);
  }

  // The core's place in an LNC pair (lnc.h); without one, core_barrier and sendrecv wait in vain.
  void join(LncPair* pair, int rank) {
    pair_ = pair;
    rank_ = rank;
  }
  LncPair* pair() const { return pair_; }
  int rank() const { return rank_; }

  void fault(FaultKind kind, std::string where, std::string what,
             std::vector<std::string> details = {});
  bool faulted() const { return fault_.has_value(); }
  const std::optional<Fault>& fault() const { return fault_; }
  // Reads of unwritten bytes so far, in order, at most options().reports_max.
  std::span<const Fault> reports() const { return reports_; }

  // "tensor_copy src=t3, kernel.py:40" of the current instruction.
  std::string where(const isa::Operand& operand) const;

  // Buffers that live until the next begin(); distinct slots do not alias.
  std::vector<float>& values(int slot);
  std::vector<std::uint32_t>& words(int slot);
  std::vector<std::uint8_t>& bytes(int slot);

 private:
  Tile resolve(const isa::Operand& operand);
  bool within(const isa::Operand& operand, const Tile& tile, std::int64_t offset);
  std::int64_t index_of(const isa::Indirection& indirection);
  void resolve_gather(const isa::Operand& operand, Tile& tile);

  static constexpr int kSlots = 8;
  const isa::Program& program_;
  Memory& memory_;
  isa::Limits limits_;
  ExecuteOptions options_;
  const isa::Instruction* current_ = nullptr;
  isa::InstructionId id_ = 0;
  std::uint64_t executed_ = 0;  // instructions begun: the random stream of rounding
  std::vector<std::int32_t> registers_;
  std::array<Accumulators, isa::kEngines> accumulators_;
  std::vector<RandomEngine> random_;
  Accumulations accumulations_;
  LncPair* pair_ = nullptr;
  int rank_ = 0;
  std::optional<Fault> fault_;
  std::vector<Fault> reports_;
  std::array<std::vector<float>, kSlots> values_;
  std::array<std::vector<std::uint32_t>, kSlots> words_;
  std::array<std::vector<std::uint8_t>, kSlots> bytes_;
  std::array<std::vector<float>, isa::kOperandNames> partition_values_;
  std::array<std::vector<std::int64_t>, kSlots> gathers_;  // Tile::gather of this instruction
  int gathers_in_use_ = 0;
  std::vector<std::int64_t> indices_;
  std::vector<std::uint32_t> index_words_;
};

}  // namespace switchyard::neuroncore
