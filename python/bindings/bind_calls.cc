// Instructions as Python callables.
//
// A front end describes each of its functions once: the parameters in its order and their defaults.
// What a parameter is follows from the table of isa/opcode.h: an operand or an attribute of that
// name, or `engine`, or `name`. A call then turns arguments into one isa::Instruction without
// running any Python code.
#include <pybind11/stl.h>

#include <array>
#include <vector>

#include "base/text.h"
#include "bindings/call_arguments.h"
#include "bindings/common.h"

namespace switchyard::python {

namespace {

// kIgnored: `dtype`, which older releases had beside dst; dst has a type.
enum class ParameterKind : std::uint8_t { kOperand, kAttribute, kEngine, kName, kIgnored };

struct Parameter {
  PyObject* name = nullptr;      // interned
  PyObject* fallback = nullptr;  // nullptr: required
  ParameterKind kind = ParameterKind::kName;
  const isa::OperandInfo* operand = nullptr;
  const isa::AttributeInfo* attribute = nullptr;
};

constexpr std::size_t kParametersMax = 24;

struct Call {
  PyObject_HEAD vectorcallfunc vectorcall;
  PyObject* dict;
  isa::Opcode opcode;
  std::vector<Parameter>* parameters;
  std::vector<std::size_t>* operand_order;  // parameters that are operands, in the table's order
};

[[noreturn]] void type_error(const std::string& text) { throw py::type_error(text); }

std::string text_of(PyObject* text) { return py::reinterpret_borrow<py::str>(text); }

// Arguments by parameter: given, else nullptr.
using Arguments = std::array<PyObject*, kParametersMax>;

void sort_arguments(const Call& call, PyObject* const* args, std::size_t given, PyObject* names,
                    Arguments& out) {
  const std::vector<Parameter>& parameters = *call.parameters;
  if (given > parameters.size()) {
    type_error(std::string(isa::name(call.opcode)) + "() takes " +
               std::to_string(parameters.size()) + " arguments, " + std::to_string(given) +
               " were given");
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) out[i] = i < given ? args[i] : nullptr;
  const Py_ssize_t named = names ? PyTuple_GET_SIZE(names) : 0;
  for (Py_ssize_t k = 0; k < named; ++k) {
    PyObject* name = PyTuple_GET_ITEM(names, k);
    std::size_t at = 0;
    while (at < parameters.size() && parameters[at].name != name) ++at;
    if (at == parameters.size()) {  // not interned, or unknown
      for (at = 0; at < parameters.size(); ++at) {
        if (PyUnicode_Compare(parameters[at].name, name) == 0) break;
      }
    }
    if (at == parameters.size()) {
      std::vector<std::string> known;
      for (const Parameter& one : parameters) known.push_back(text_of(one.name));
      const std::string hint = did_you_mean(text_of(name), known);
      type_error(std::string(isa::name(call.opcode)) + "() has no parameter '" + text_of(name) +
                 "'" + (hint.empty() ? "" : " - " + hint));
    }
    if (out[at]) {
      type_error(std::string(isa::name(call.opcode)) + "() got '" + text_of(name) + "' twice");
    }
    out[at] = args[given + static_cast<std::size_t>(k)];
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (!out[i] && !parameters[i].fallback) {
      type_error(std::string(isa::name(call.opcode)) + "() misses '" + text_of(parameters[i].name) +
                 "'");
    }
  }
}

// Whether the argument says no more than the parameter's default, which the table has too.
bool says_nothing(const Parameter& parameter, PyObject* value) {
  if (!value || value == Py_None || value == Py_Ellipsis) return true;
  if (value == parameter.fallback) return true;
  const bool number = PyFloat_Check(value) || PyLong_Check(value);
  if (!number || !parameter.fallback || !PyNumber_Check(parameter.fallback)) return false;
  return PyObject_RichCompareBool(value, parameter.fallback, Py_EQ) == 1;
}

void fill(const Call& call, const Arguments& arguments, Kernel& kernel,
          isa::Instruction& instruction) {
  const std::vector<Parameter>& parameters = *call.parameters;
  instruction.operands.clear();
  instruction.attributes.clear();
  instruction.depends_on.clear();
  instruction.name.clear();
  instruction.opcode = call.opcode;
  instruction.engine = isa::Engine::kUnknown;
  instruction.no_reorder_scope = 0;
  OperandFiller filler(kernel, instruction);
  for (const std::size_t at : *call.operand_order) {
    const Parameter& parameter = parameters[at];
    PyObject* value = arguments[at];
    if (parameter.operand->optional && says_nothing(parameter, value)) continue;
    filler.add(*parameter.operand, value ? value : parameter.fallback);
  }
  filler.finish();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Parameter& parameter = parameters[i];
    PyObject* value = arguments[i];
    switch (parameter.kind) {
      case ParameterKind::kAttribute:
        if (!says_nothing(parameter, value)) {
          add_attribute(*parameter.attribute, value, instruction);
        }
        break;
      case ParameterKind::kEngine:
        instruction.engine = engine_from(value ? value : parameter.fallback);
        break;
      case ParameterKind::kName:
        if (value && value != Py_None) instruction.name = text_of(value);
        break;
      case ParameterKind::kIgnored:
      case ParameterKind::kOperand:
        break;
    }
  }
}

PyObject* run_call(PyObject* self, PyObject* const* args, std::size_t count, PyObject* names) {
  static thread_local isa::Instruction instruction;
  const Call& call = *reinterpret_cast<Call*>(self);
  try {
    Arguments arguments;
    sort_arguments(call, args, static_cast<std::size_t>(PyVectorcall_NARGS(count)), names,
                   arguments);
    const KernelPtr& kernel = current_kernel_ptr();
    settle(*kernel);
    fill(call, arguments, *kernel, instruction);
    instruction.source = current_source(*kernel);
    return issue(kernel, instruction);
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (const py::builtin_exception& error) {
    error.set_error();
  }
  return nullptr;
}

PyObject* call_repr(PyObject* self) {
  const std::string text =
      "<instruction " + std::string(isa::name(reinterpret_cast<Call*>(self)->opcode)) + ">";
  return PyUnicode_FromString(text.c_str());
}

PyMemberDef call_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Call, vectorcall), READONLY, nullptr},
    {"__dictoffset__", T_PYSSIZET, offsetof(Call, dict), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr}};

PyType_Slot call_slots[] = {{Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
                            {Py_tp_repr, reinterpret_cast<void*>(call_repr)},
                            {Py_tp_getattro, reinterpret_cast<void*>(PyObject_GenericGetAttr)},
                            {Py_tp_setattro, reinterpret_cast<void*>(PyObject_GenericSetAttr)},
                            {Py_tp_members, call_members},
                            {0, nullptr}};

PyType_Spec call_spec = {"_switchyard.Call", sizeof(Call), 0,
                         Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL, call_slots};

Parameter parameter_of(const isa::InstructionInfo& info, const std::string& name,
                       PyObject* fallback) {
  Parameter out;
  out.name = PyUnicode_InternFromString(name.c_str());
  Py_XINCREF(fallback);
  out.fallback = fallback;
  if (name == "engine" || name == "name" || name == "dtype") {
    out.kind = name == "engine" ? ParameterKind::kEngine
               : name == "name" ? ParameterKind::kName
                                : ParameterKind::kIgnored;
    return out;
  }
  for (const isa::OperandInfo& operand : info.operands) {
    if (isa::name(operand.name) != name) continue;
    out.kind = ParameterKind::kOperand;
    out.operand = &operand;
    return out;
  }
  for (const isa::AttributeInfo& attribute : info.attributes) {
    if (isa::name(attribute.name) != name) continue;
    out.kind = ParameterKind::kAttribute;
    out.attribute = &attribute;
    return out;
  }
  throw py::value_error("no parameter '" + name + "' of " + std::string(isa::name(info.opcode)));
}

// make_call(name, [(parameter,) or (parameter, default), ...]).
py::object make_call(PyTypeObject* type, const std::string& name, const py::list& parameters) {
  const isa::InstructionInfo* info = nullptr;
  for (const isa::InstructionInfo& row : isa::instruction_table()) {
    if (isa::name(row.opcode) == name) info = &row;
  }
  if (!info || parameters.size() > kParametersMax) throw py::value_error("no instruction " + name);
  auto* call = PyObject_New(Call, type);
  if (!call) throw py::error_already_set();
  call->vectorcall = run_call;
  call->dict = nullptr;
  call->opcode = info->opcode;
  call->parameters = new std::vector<Parameter>;
  call->operand_order = new std::vector<std::size_t>;
  for (const py::handle given : parameters) {
    const auto pair = given.cast<py::tuple>();
    call->parameters->push_back(parameter_of(
        *info, pair[0].cast<std::string>(), pair.size() > 1 ? py::object(pair[1]).ptr() : nullptr));
  }
  for (const isa::OperandInfo& operand : info->operands) {
    for (std::size_t i = 0; i < call->parameters->size(); ++i) {
      if ((*call->parameters)[i].operand == &operand) call->operand_order->push_back(i);
    }
  }
  return py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(call));
}

// The table, for coverage and documentation: name, operands, attributes, first generation.
py::list table() {
  py::list out;
  for (const isa::InstructionInfo& info : isa::instruction_table()) {
    py::list operands, attributes;
    for (const isa::OperandInfo& operand : info.operands) operands.append(isa::name(operand.name));
    for (const isa::AttributeInfo& attribute : info.attributes) {
      attributes.append(isa::name(attribute.name));
    }
    py::dict row;
    row["name"] = isa::name(info.opcode);
    row["operands"] = operands;
    row["attributes"] = attributes;
    row["since"] = isa::name(info.since);
    row["executes"] = neuroncore::handler(info.opcode) != nullptr;
    out.append(row);
  }
  return out;
}

}  // namespace

void bind_calls(py::module_& m) {
  auto* type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&call_spec));
  if (!type) throw py::error_already_set();
  m.attr("Call") = py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(type));
  m.def("make_call", [type](const std::string& name, const py::list& parameters) {
    return make_call(type, name, parameters);
  });
  m.def("instruction_table", &table);
  py::list ops;
  for (const std::string_view op : isa::op_names()) ops.append(op);
  m.attr("op_names") = ops;
  m.def("register_token", &register_token, py::arg("kind"), py::arg("object"), py::arg("name"),
        "Makes `object` stand for the word `name` of one kind: op, engine, reduce_cmd, dge_mode, "
        "oob_mode, perf_mode, dma_engine.");
}

}  // namespace switchyard::python
