// A program: tensors, registers and instructions in program order.
//
// Instructions are stored compactly. Most of an instruction (opcode, attributes, patterns, types)
// repeats thousands of times in an unrolled kernel: that part, its form, is stored once. What is
// left is the form's number and, for each operand that is an access or register, which tensor and
// where. So a program of ten million instructions fits in memory, and whatever depends on the form
// alone (legality of shapes, cost) is computed once a form.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "isa/instruction.h"

namespace switchyard::isa {

enum class TensorKind : std::uint8_t {
  kInternal,
  kInput,
  kOutput,
  kInputOutput,  // an argument that the kernel updates in place
};
std::string_view name(TensorKind kind);  // "internal", "input", "output", "inout"

// On chip: the first partition and the byte in each partition.
struct FixedAddress {
  int partition = 0;
  std::int64_t byte = 0;
  bool operator==(const FixedAddress&) const = default;
};

// On chip shape[0] is partitions and the rest lies in each of them, row by row; in HBM all of it
// lies row by row.
struct Tensor {
  std::string name;
  Buffer buffer = Buffer::kSbuf;
  numeric::ElementType type = numeric::ElementType::kFloat32;
  std::vector<std::int64_t> shape;
  TensorKind kind = TensorKind::kInternal;  // others only in HBM
  std::optional<FixedAddress> address;      // the user's; without one the allocator chooses

  int partitions() const;                // 1 in HBM
  std::int64_t partition_bytes() const;  // bytes of each partition; of all in HBM
  std::int64_t partition_elements() const;
  // The whole tensor as an access: shape's free dims (all dims in HBM). Contract: they fit a
  // pattern.
  Access all(TensorId id) const;
  bool has_whole_access() const;
};

using FormId = std::uint32_t;

// Which tensor and where, for one access or register of a form.
struct Binding {
  std::uint32_t target = 0;  // TensorId or RegisterId
  std::int64_t offset = 0;   // Access::offset
};

// The rare parts of an instruction.
struct InstructionExtras {
  std::string name;
  std::vector<InstructionId> depends_on;
  std::vector<SemaphoreUse> waits, updates;
};

class Program {
 public:
  explicit Program(Generation generation) : generation_(generation) {}

  Generation generation() const { return generation_; }
  void set_generation(Generation generation) { generation_ = generation; }
  // False: only depends_on, semaphores and each engine's own order hold; for raw programs.
  bool automatic_order = true;

  TensorId add_tensor(Tensor tensor);
  RegisterId add_register(std::string name);
  SemaphoreId add_semaphore(std::string name);
  SourceId add_source(std::string text);  // the same text gets the same id

  std::span<const Tensor> tensors() const { return tensors_; }
  const Tensor& tensor(TensorId id) const { return tensors_[id]; }
  Tensor& tensor(TensorId id) { return tensors_[id]; }
  std::span<const std::string> registers() const { return registers_; }
  std::span<const std::string> semaphores() const { return semaphores_; }
  std::span<const std::string> sources() const { return sources_; }

  InstructionId append(const Instruction& instruction);
  std::size_t size() const { return records_.size(); }

  // The whole instruction, into an object that is reused for speed.
  void read(InstructionId id, Instruction& out) const;
  Instruction at(InstructionId id) const;

  // Without expanding.
  FormId form_of(InstructionId id) const { return records_[id].form; }
  // The form: an instruction whose accesses have tensor and offset 0, whose registers are 0.
  const Instruction& form(FormId id) const { return forms_[id]; }
  std::size_t forms() const { return forms_.size(); }
  // One for each access and register of the form, in order; an access through a register index
  // (IndirectKind::kRegister) has a second one, the register.
  std::span<const Binding> bindings(InstructionId id) const;
  SourceId source_of(InstructionId id) const { return records_[id].source; }
  const InstructionExtras* extras(InstructionId id) const;  // nullptr: none

  // Adds an edge after the fact: `later` waits for `earlier` (with_schedule, depends_on).
  void add_dependency(InstructionId later, InstructionId earlier);
  void set_dependencies(InstructionId later, std::vector<InstructionId> earlier);
  // Takes back the last append, for instance of an instruction that turned out to be illegal. Its
  // form stays. Contract: not empty.
  void remove_last();

 private:
  struct Record {
    FormId form;
    SourceId source;
    std::uint64_t first_binding;
  };

  Generation generation_;
  std::vector<Tensor> tensors_;
  std::vector<std::string> registers_, semaphores_;
  std::vector<std::string> sources_ = {""};
  std::unordered_map<std::string, SourceId> source_ids_;
  std::vector<Instruction> forms_;
  std::unordered_map<std::string, FormId> form_ids_;
  std::vector<Record> records_;
  std::vector<Binding> bindings_;
  std::unordered_map<InstructionId, InstructionExtras> extras_;
  std::string key_;  // scratch of append
};

}  // namespace switchyard::isa
