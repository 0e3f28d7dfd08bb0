// Python arguments as parts of an instruction.
#pragma once

#include "bindings/common.h"

namespace switchyard::python {

// Appends operands; tensors that index others follow behind them.
class OperandFiller {
 public:
  OperandFiller(Kernel& kernel, isa::Instruction& instruction)
      : kernel_(kernel), instruction_(instruction) {}
  void add(const isa::OperandInfo& info, PyObject* value);
  void finish();

 private:
  void add_one(const isa::OperandInfo& info, PyObject* value);
  isa::Access access(const isa::View& view) const;

  Kernel& kernel_;
  isa::Instruction& instruction_;
  struct Pending {
    std::size_t operand;
    const isa::View* index;
  };
  std::array<Pending, 8> pending_;
  std::size_t count_ = 0;
};

void add_attribute(const isa::AttributeInfo& info, PyObject* value, isa::Instruction& instruction);
isa::Engine engine_from(PyObject* value);
void register_token(const std::string& kind, const py::object& object, const std::string& name);

// Runs it; a new reference to the handle of what was issued.
PyObject* issue(const KernelPtr& kernel, isa::Instruction& instruction);

// A new reference to the handle of an instruction, which has `depends_on`.
PyObject* new_issued(const KernelPtr& kernel, isa::InstructionId id);

// A number or register as an operand of a loop or register instruction.
isa::Operand scalar_operand(isa::OperandName name, py::handle value);

}  // namespace switchyard::python
