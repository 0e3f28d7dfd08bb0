// Legality: programs and instructions against everything that the vendor's pages document, for the
// generation of `limits`. A fault says which operand, what it is and what is allowed.
//
// What has no published rule is allowed. What is known at run time only (values of indices, PSUM
// that no matmul wrote) is a Fault of execution. A tensor without an address counts as one that
// starts at partition 0 on a bank boundary, as the allocator places it.
#pragma once

#include <array>
#include <vector>

#include "isa/limits.h"
#include "isa/program.h"

namespace switchyard::isa {

// Tensors, every instruction, and what holds between them: loops nest, registers are written before
// they are read, edges do not cross loops, semaphores and labels exist.
Status validate(const Program& program, const Limits& limits);

// One instruction, which need not be in the program yet.
Status validate(const Program& program, const Instruction& instruction, const Limits& limits);

// One declaration.
Status validate_tensor(const Program& program, TensorId id, const Limits& limits);

// Instructions of one program, fast: what depends on the form is checked once a form, so that for
// the rest only bounds and addresses remain.
class Validator {
 public:
  // `program` must outlive the validator. It may grow; its tensors must not change.
  Validator(const Program& program, const Limits& limits) : program_(program), limits_(limits) {}

  // The instruction alone; after append, say. Program::remove_last takes it back.
  Status check(InstructionId id);

 private:
  // What remains to check of one access of a form that passed.
  struct Part {
    std::int64_t low = 0, high = 0;  // bytes from the access's offset, both inclusive
    std::int32_t element_bytes = 1;
    std::int16_t start = 0, partitions = 1;
    std::uint8_t rule = 0;  // StartRule
    bool one_bank = false;
    bool is_register = false;  // not an access: a register
    bool by_register = false;  // a second binding, the register of the index, follows
  };
  struct Form {
    std::uint32_t first = 0, count = 0;  // in parts_; no count: not known yet or never cached
    std::uint8_t known = 0;              // memories in use
    // Which memory each access lies in, 2 bits each: rules depend on it too.
    std::array<std::uint64_t, 4> memories = {};
    std::uint8_t next = 0;  // of memories to overwrite
  };
  struct Place {
    std::int64_t bytes = 0;    // of a partition
    std::int64_t address = 0;  // in a partition
    std::int32_t partitions = 1, first_partition = 0;
    Buffer buffer = Buffer::kSbuf;
  };

  bool passes(const Form& form, std::span<const Binding> bindings);
  bool fits(const Part& part, const Place& place, std::int64_t offset) const;
  void remember(FormId id, const Instruction& instruction);
  const Place& place(TensorId id);

  const Program& program_;
  Limits limits_;
  std::vector<Form> forms_;
  std::vector<Part> parts_;
  std::vector<Place> places_;
  Instruction scratch_;
};

}  // namespace switchyard::isa
