#include "kernels/work.h"

#include "base/check.h"

namespace switchyard::kernels {

namespace {

using isa::Opcode;
using isa::OperandName;

double bytes_of(const isa::Access& access) {
  return static_cast<double>(access.elements()) * numeric::traits(access.type).storage_bytes;
}

}  // namespace

Work work_of(const isa::Program& program, double float32_passes) {
  Work work;
  for (isa::InstructionId id = 0; id < program.size(); ++id) {
    const isa::Instruction& form = program.form(program.form_of(id));
    SWITCHYARD_CHECK(form.opcode != Opcode::kForBegin && form.opcode != Opcode::kWhileBegin,
                     "a loop at instruction {}", id);
    if (form.info().dma) {
      const auto bindings = program.bindings(id);
      std::size_t binding = 0;
      for (const isa::Operand& operand : form.operands) {
        if (operand.kind != isa::OperandKind::kAccess) continue;
        const isa::Tensor& tensor = program.tensor(bindings[binding].target);
        if (tensor.buffer == isa::Buffer::kHbm) work.hbm += Bytes(bytes_of(operand.access));
        binding += operand.access.indirection.kind == isa::IndirectKind::kRegister ? 2 : 1;
      }
    }
    if (form.opcode == Opcode::kNcMatmul) {
      const isa::Access& stationary = form.access(OperandName::kStationary);
      const isa::Access& moving = form.access(OperandName::kMoving);
      const bool wide = numeric::traits(moving.type).storage_bytes == 4;
      work.flops +=
          Flops(2.0 * static_cast<double>(stationary.elements()) *
                static_cast<double>(moving.elements_per_partition()) * (wide ? float32_passes : 1));
    }
  }
  return work;
}

}  // namespace switchyard::kernels
