// A recorded program, read back: as plain Python data, or executed once more without Python.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <chrono>

#include "bindings/common.h"

namespace switchyard::python {

namespace {

py::object plain(const isa::AttributeValue& value) {
  return std::visit(
      [](const auto& one) -> py::object {
        if constexpr (requires { isa::name(one); }) {
          return py::str(std::string(isa::name(one)));
        } else {
          return py::cast(one);
        }
      },
      value);
}

py::dict plain(const isa::Access& access) {
  py::list dims;
  for (int i = 0; i < access.rank; ++i) {
    const isa::Dim& dim = access.dims[static_cast<std::size_t>(i)];
    dims.append(py::make_tuple(dim.stride, dim.count));
  }
  py::dict out;
  out["tensor"] = access.tensor;
  out["dtype"] = type_name(access.type);
  out["start_partition"] = access.start_partition;
  out["partitions"] = access.partitions;
  out["offset"] = access.offset;
  out["dims"] = dims;
  out["indirect"] = access.indirection.kind != isa::IndirectKind::kNone;
  return out;
}

// An access, a number, or a register as ("register", number).
py::object plain(const isa::Operand& operand) {
  if (operand.kind == isa::OperandKind::kAccess) return plain(operand.access);
  if (operand.kind == isa::OperandKind::kNumber) return py::float_(operand.number);
  return py::make_tuple("register", operand.reg);
}

py::dict plain(const isa::Instruction& instruction) {
  py::dict operands, attributes;
  for (const isa::Operand& operand : instruction.operands) {
    operands[py::str(std::string(isa::name(operand.name)))] = plain(operand);
  }
  for (const isa::Attribute& attribute : instruction.attributes) {
    attributes[py::str(std::string(isa::name(attribute.name)))] = plain(attribute.value);
  }
  py::dict out;
  out["opcode"] = isa::name(instruction.opcode);
  out["engine"] = isa::name(instruction.engine);
  out["operands"] = operands;
  out["attributes"] = attributes;
  return out;
}

py::list stream(const Kernel& kernel) {
  const isa::Program& program = kernel.session.program();
  py::list out;
  isa::Instruction instruction;
  for (isa::InstructionId id = 0; id < program.size(); ++id) {
    program.read(id, instruction);
    out.append(plain(instruction));
  }
  return out;
}

py::list tensors(const Kernel& kernel) {
  py::list out;
  for (const isa::Tensor& tensor : kernel.session.program().tensors()) {
    py::dict row;
    row["name"] = tensor.name;
    row["memory"] = isa::name(tensor.buffer);
    row["dtype"] = type_name(tensor.type);
    row["shape"] = tensor.shape;
    row["partitions"] = tensor.partitions();
    row["partition_bytes"] = tensor.partition_bytes();
    row["kind"] = isa::name(tensor.kind);
    if (tensor.address)
      row["address"] = py::make_tuple(tensor.address->partition, tensor.address->byte);
    out.append(row);
  }
  return out;
}

using Content = std::vector<std::pair<isa::TensorId, py::array_t<std::uint8_t>>>;

// Executes the program from memory of its own. Returns (seconds, instructions, what the tensors
// `wanted` then hold).
py::tuple replay(const Kernel& kernel, const Content& inputs,
                 const std::vector<isa::TensorId>& wanted) {
  const isa::Program& program = kernel.session.program();
  neuroncore::Memory memory(kernel.session.core().limits);
  for (isa::TensorId id = 0; id < program.tensors().size(); ++id) {
    take_status(memory.bind(id, program.tensor(id)));
  }
  for (const auto& [id, bytes] : inputs) {
    memory.write(id, program.tensor(id), {bytes.data(), static_cast<std::size_t>(bytes.size())});
  }
  neuroncore::Machine machine(program, memory, kernel.session.core().limits,
                              kernel.session.machine().options());
  const auto start = std::chrono::steady_clock::now();
  neuroncore::RunResult result;
  {
    const py::gil_scoped_release release;
    result = neuroncore::run(machine);
  }
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  if (result.fault) throw py::value_error(neuroncore::to_text(*result.fault));
  py::list contents;
  for (const isa::TensorId id : wanted) {
    const std::vector<std::uint8_t> bytes = memory.read(id, program.tensor(id));
    contents.append(
        py::array_t<std::uint8_t>(static_cast<py::ssize_t>(bytes.size()), bytes.data()));
  }
  return py::make_tuple(spent.count(), result.executed, contents);
}

}  // namespace

void bind_stream(py::module_& m) {
  m.def("stream", &stream, py::arg("kernel"), "Its instructions as dicts, in program order.");
  m.def("tensors", &tensors, py::arg("kernel"), "Its tensors as dicts, by tensor_id.");
  m.def("replay", &replay, py::arg("kernel"), py::arg("inputs"), py::arg("wanted"),
        "Executes the recorded program again, from `inputs`: (tensor_id, bytes). Returns (seconds, "
        "instructions executed, bytes of the tensors `wanted`).");
}

}  // namespace switchyard::python
