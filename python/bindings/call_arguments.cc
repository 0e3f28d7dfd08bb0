#include "bindings/call_arguments.h"

#include <span>

#include "base/text.h"

namespace switchyard::python {

namespace {

using isa::AttributeKind;
using isa::OperandKind;

constexpr std::array<const char*, 7> kTokenKinds = {
    "op", "engine", "reduce_cmd", "dge_mode", "oob_mode", "perf_mode", "dma_engine"};
enum TokenKind : std::size_t {
  kOpToken,
  kEngineToken,
  kReduceToken,
  kDgeToken,
  kOobToken,
  kPerfToken,
  kDmaToken
};

constexpr std::string_view kEngineNames[] = {"unknown", "tensor", "vector", "scalar",
                                             "gpsimd",  "sync",   "dma"};

std::span<const std::string_view> words(std::size_t kind) {
  switch (kind) {
    case kOpToken:
      return isa::op_names();
    case kEngineToken:
      return kEngineNames;
    case kReduceToken:
      return isa::reduce_command_names();
    case kDgeToken:
      return isa::dge_mode_names();
    case kOobToken:
      return isa::oob_mode_names();
    case kPerfToken:
      return isa::perf_mode_names();
    default:
      return isa::dma_engine_names();
  }
}

using TokenMap = std::unordered_map<PyObject*, int>;
std::array<TokenMap, kTokenKinds.size()>& tokens() {
  static std::array<TokenMap, kTokenKinds.size()> maps;
  return maps;
}

int find_word(std::size_t kind, std::string_view word) {
  const auto known = words(kind);
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known[i] == word) return static_cast<int>(i);
  }
  return -1;
}

bool is_array(PyObject* value) {  // of a library; with dims, so no scalar of numpy
  const py::handle object(value);
  return py::hasattr(object, "shape") && py::hasattr(object, "dtype") &&
         py::isinstance<py::tuple>(object.attr("shape")) && py::len(object.attr("shape")) > 0;
}

std::string describe(PyObject* value) {
  if (is_array(value)) {  // not its elements
    return fmt::format("{} of {} {}", Py_TYPE(value)->tp_name,
                       std::string(py::str(py::handle(value).attr("dtype"))),
                       std::string(py::str(py::handle(value).attr("shape"))));
  }
  const auto text = py::reinterpret_steal<py::object>(PyObject_Repr(value));
  if (!text) {
    PyErr_Clear();
    return Py_TYPE(value)->tp_name;
  }
  return text.cast<std::string>();
}

[[noreturn]] void wrong(std::string_view name, PyObject* value, std::string wanted,
                        std::string hint = "") {
  raise({.kind = ErrorKind::kUsage,
         .where = std::string(name),
         .found = quote(describe(value), 120),
         .wanted = std::move(wanted),
         .hint = std::move(hint)});
}

int token(std::size_t kind, std::string_view name, PyObject* value) {
  const TokenMap& map = tokens()[kind];
  const auto found = map.find(value);
  if (found != map.end()) return found->second;
  std::string word;
  if (PyUnicode_Check(value)) {
    word = py::handle(value).cast<std::string>();
    const int at = find_word(kind, word);
    if (at >= 0) return at;
  } else if (py::hasattr(value, "__name__")) {
    word = py::handle(value).attr("__name__").cast<std::string>();
  }
  const auto known = words(kind);
  const std::vector<std::string> names(known.begin(), known.end());
  wrong(name, value,
        kind == kOpToken ? "an operator of nki.language"
                         : "a member of nki.isa's " + std::string(kTokenKinds[kind]),
        word.empty() ? "" : did_you_mean(word, names));
}

void flatten(std::string_view name, PyObject* value, std::vector<std::int64_t>& out) {
  if (PyIndex_Check(value)) {
    const Py_ssize_t number = PyNumber_AsSsize_t(value, PyExc_OverflowError);
    if (number == -1 && PyErr_Occurred()) throw py::error_already_set();
    out.push_back(number);
    return;
  }
  if (PyUnicode_Check(value) || !PySequence_Check(value)) wrong(name, value, "integers");
  const auto items = py::reinterpret_steal<py::object>(PySequence_Fast(value, "a sequence"));
  if (!items) throw py::error_already_set();
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items.ptr()); ++i) {
    flatten(name, PySequence_Fast_GET_ITEM(items.ptr(), i), out);
  }
}

double number(std::string_view name, PyObject* value) {
  if (PyFloat_CheckExact(value)) return PyFloat_AS_DOUBLE(value);
  const double out = PyFloat_AsDouble(value);
  if (out == -1 && PyErr_Occurred()) {
    PyErr_Clear();
    wrong(name, value, "a number");
  }
  return out;
}

isa::AttributeValue attribute_value(const isa::AttributeInfo& info, PyObject* value) {
  const std::string_view name = isa::name(info.name);
  switch (info.kind) {
    case AttributeKind::kFlag: {
      const int truth = PyObject_IsTrue(value);
      if (truth < 0) throw py::error_already_set();
      return truth == 1;
    }
    case AttributeKind::kInteger: {
      if (!PyIndex_Check(value)) wrong(name, value, "an integer");
      const Py_ssize_t out = PyNumber_AsSsize_t(value, PyExc_OverflowError);
      if (out == -1 && PyErr_Occurred()) throw py::error_already_set();
      return std::int64_t{out};
    }
    case AttributeKind::kNumber:
      return number(name, value);
    case AttributeKind::kOp:
      return static_cast<isa::Op>(token(kOpToken, name, value));
    case AttributeKind::kReduceCommand:
      return static_cast<isa::ReduceCommand>(token(kReduceToken, name, value));
    case AttributeKind::kDgeMode:
      return static_cast<isa::DgeMode>(token(kDgeToken, name, value));
    case AttributeKind::kOobMode:
      return static_cast<isa::OobMode>(token(kOobToken, name, value));
    case AttributeKind::kPerfMode:
      return static_cast<isa::PerfMode>(token(kPerfToken, name, value));
    case AttributeKind::kDmaEngine:
      return static_cast<isa::DmaEngine>(token(kDmaToken, name, value));
    case AttributeKind::kIntegers: {
      std::vector<std::int64_t> out;
      flatten(name, value, out);
      return out;
    }
    case AttributeKind::kNumbers: {
      std::vector<double> out;
      for (const py::handle item : py::reinterpret_borrow<py::object>(value)) {
        out.push_back(number(name, item.ptr()));
      }
      return out;
    }
  }
  wrong(name, value, "a value");
}

// With a partner core, the call may wait for it: for its thread of Python too.
Result<isa::InstructionId> call(Kernel& kernel, isa::Instruction& instruction) {
  if (!kernel.session.machine().pair()) return kernel.session.call(instruction);
  const py::gil_scoped_release release;
  return kernel.session.call(instruction);
}

// What may stand for an operand, in words.
std::string wanted_for(const isa::OperandInfo& info) {
  std::string out;
  const auto add = [&](std::uint8_t bit, std::string_view word) {
    if (info.takes & bit) out += (out.empty() ? "" : " or ") + std::string(word);
  };
  add(isa::kTakesAccess, "a tensor of this kernel");
  add(isa::kTakesNumber, "a number");
  add(isa::kTakesRegister, "a register");
  return out;
}

}  // namespace

bool is_narrow_float(numeric::ElementType type) {
  const numeric::ElementTraits& traits = numeric::traits(type);
  return traits.kind == numeric::ElementKind::kFloat && traits.storage_bytes < 4 &&
         type != numeric::ElementType::kFloat8E8m0fnu;
}

void register_token(const std::string& kind, const py::object& object, const std::string& name) {
  for (std::size_t i = 0; i < kTokenKinds.size(); ++i) {
    if (kind != kTokenKinds[i]) continue;
    const int word = find_word(i, name);
    if (word < 0) throw py::value_error("no " + kind + " " + name);
    object.inc_ref();  // its address is the key
    tokens()[i][object.ptr()] = word;
    return;
  }
  throw py::value_error("no kind of token " + kind);
}

isa::Engine engine_from(PyObject* value) {
  if (!value || value == Py_None) return isa::Engine::kUnknown;
  return static_cast<isa::Engine>(token(kEngineToken, "engine", value));
}

isa::Access OperandFiller::access(const isa::View& view) const {
  isa::Access access = take(isa::access_of(view));
  if (kernel_.wide && is_narrow_float(access.type)) access.type = numeric::ElementType::kFloat32;
  return access;
}

void OperandFiller::add_one(const isa::OperandInfo& info, PyObject* value) {
  isa::Operand& operand = instruction_.operands.emplace_back();
  operand.name = info.name;
  if (PyFloat_CheckExact(value)) {
    operand.kind = OperandKind::kNumber;
    operand.number = PyFloat_AS_DOUBLE(value);
    return;
  }
  if (const auto* found = behind<isa::View>(value)) {
    const isa::View& view = *found;
    const TensorOwner& owner = owner_of(view);
    if (owner.kernel.lock().get() != &kernel_) {
      wrong(isa::name(info.name), value, "a tensor of the kernel that is running");
    }
    operand.access = access(view);
    if (!view.index.tensor) return;
    if (count_ == pending_.size()) wrong(isa::name(info.name), value, "fewer indirect tensors");
    pending_[count_++] = {instruction_.operands.size() - 1, view.index.tensor.get()};
    return;
  }
  if (const auto* reg = behind<Register>(value)) {
    operand.kind = OperandKind::kRegister;
    operand.reg = reg->id;
    if (reg->frozen && info.role != isa::Role::kRead) {
      wrong(isa::name(info.name), value, "a register of register_alloc",
            "a loop's own register is read only");
    }
    return;
  }
  if (!PyFloat_Check(value) && !PyLong_Check(value) &&
      (is_array(value) || !PyNumber_Check(value))) {
    wrong(isa::name(info.name), value, wanted_for(info),
          is_array(value) ? "make it an argument of the kernel, or nl.shared_constant of it" : "");
  }
  operand.kind = OperandKind::kNumber;
  operand.number = number(isa::name(info.name), value);
}

void OperandFiller::add(const isa::OperandInfo& info, PyObject* value) {
  if (!info.repeats || !(PyList_Check(value) || PyTuple_Check(value))) return add_one(info, value);
  for (const py::handle item : py::reinterpret_borrow<py::object>(value)) {
    add_one(info, item.ptr());
  }
}

void OperandFiller::finish() {
  for (std::size_t i = 0; i < count_; ++i) {
    const std::size_t place = instruction_.operands.size();
    isa::Operand& index = instruction_.operands.emplace_back();
    index.name = isa::OperandName::kIndirectIndex;
    index.access = access(*pending_[i].index);
    instruction_.operands[pending_[i].operand].access.indirection.operand =
        static_cast<std::uint8_t>(place);
  }
}

void add_attribute(const isa::AttributeInfo& info, PyObject* value, isa::Instruction& instruction) {
  isa::AttributeValue out = attribute_value(info, value);
  const auto* list = std::get_if<std::vector<std::int64_t>>(&out);
  if (list && list->empty() && info.presence != isa::Presence::kRequired) return;
  instruction.attributes.push_back({info.name, std::move(out)});
}

isa::Operand scalar_operand(isa::OperandName name, py::handle value) {
  isa::Operand operand{.name = name};
  if (const auto* reg = behind<Register>(value.ptr())) {
    operand.kind = OperandKind::kRegister;
    operand.reg = reg->id;
    return operand;
  }
  if (!PyIndex_Check(value.ptr())) wrong(isa::name(name), value.ptr(), "an integer or a register");
  operand.kind = OperandKind::kNumber;
  operand.number = static_cast<double>(PyNumber_AsSsize_t(value.ptr(), PyExc_OverflowError));
  if (PyErr_Occurred()) throw py::error_already_set();
  return operand;
}

PyObject* issue(const KernelPtr& kernel, isa::Instruction& instruction) {
  const Result<isa::InstructionId> id = call(*kernel, instruction);
  if (!id && kernel->wide) {
    Error error = id.error();
    error.hint += error.hint.empty() ? "" : "; ";
    error.hint += "NKI_PRECISE_FP=0 holds low-precision types as float32, not all instructions can";
    raise(error);
  }
  if (!id) raise(id.error());
  if (!instruction.name.empty()) {
    const auto [place, added] = kernel->named.try_emplace(instruction.name, Kernel::Named{*id, 1});
    if (!added && *id > place->second.id) ++place->second.count;  // not again in a loop
  }
  return new_issued(kernel, *id);
}

}  // namespace switchyard::python
