// neuroncore/session.h: one kernel under construction, its tensors, registers and loops.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "bindings/call_arguments.h"
#include "bindings/common.h"
#include "numeric/convert.h"

namespace switchyard::python {

void set_internal_folders(std::vector<std::string> folders);

namespace {

using isa::View;
using numeric::ElementType;

thread_local KernelPtr active;

using Bytes = py::array_t<std::uint8_t, py::array::c_style>;

bool is_narrow(const Kernel& kernel, ElementType type) {
  return kernel.wide && is_narrow_float(type);
}

View own(const KernelPtr& kernel, isa::TensorId id, ElementType type, py::object tag) {
  View view = take(isa::view_of(kernel->session.program().tensor(id), id));
  view.type = type;
  view.owner = std::make_shared<TensorOwner>(kernel, id, std::move(tag));
  return view;
}

isa::Buffer buffer_from(const std::string& name) {
  if (name == "sbuf") return isa::Buffer::kSbuf;
  if (name == "psum") return isa::Buffer::kPsum;
  if (name == "hbm") return isa::Buffer::kHbm;
  throw py::value_error("no memory " + name);
}

std::vector<std::int64_t> shape_from(const py::object& shape) {
  if (PyIndex_Check(shape.ptr())) return {shape.cast<std::int64_t>()};
  try {
    return shape.cast<std::vector<std::int64_t>>();
  } catch (const py::cast_error&) {
    raise({.kind = ErrorKind::kUsage,
           .where = "shape",
           .found = std::string(py::str(shape)),
           .wanted = "a tuple of integers"});
  }
}

void note_oversize(Kernel& kernel, const isa::Tensor& tensor) {
  const isa::Limits& limits = kernel.session.core().limits;
  const std::int64_t room = tensor.buffer == isa::Buffer::kSbuf   ? limits.sbuf_partition_bytes
                            : tensor.buffer == isa::Buffer::kPsum ? limits.psum_partition_bytes
                                                                  : tensor.partition_bytes();
  if (tensor.partition_bytes() <= room) return;
  kernel.oversize.push_back(fmt::format(
      "{}: tensor {} takes {} bytes of a partition, {} has {}: it has values here, on the device "
      "there is no place for it",
      current_place(), tensor.name, tensor.partition_bytes(), isa::name(tensor.buffer), room));
}

View tensor(const KernelPtr& kernel, std::string name, const py::object& shape, py::handle dtype,
            const std::string& memory, py::object tag, const py::object& address) {
  settle(*kernel);
  const ElementType type = type_from(dtype);
  isa::Tensor out{.name = std::move(name),
                  .buffer = buffer_from(memory),
                  .type = is_narrow(*kernel, type) ? ElementType::kFloat32 : type,
                  .shape = shape_from(shape)};
  if (out.name.empty()) {
    out.name = "t" + std::to_string(kernel->session.program().tensors().size());
  }
  if (!address.is_none()) {
    const auto [partition, byte] = address.cast<std::pair<int, std::int64_t>>();
    out.address = isa::FixedAddress{partition, byte};
  }
  const isa::TensorId id = take(kernel->session.add_tensor(std::move(out)));
  note_oversize(*kernel, kernel->session.program().tensor(id));
  return own(kernel, id, type, std::move(tag));
}

// The same HBM tensor as another core's.
View shared_tensor(const KernelPtr& kernel, const View& other, py::object tag) {
  const KernelPtr partner = owner_of(other).kernel.lock();
  if (!partner) throw py::value_error("the other core's kernel has ended");
  isa::Tensor out = partner->session.program().tensor(other.tensor);
  neuroncore::Storage& storage = *partner->session.memory().place(other.tensor).storage;
  const isa::TensorId id = take(kernel->session.add_shared(std::move(out), storage));
  kernel->shared.emplace_back(id, other.tensor);
  return own(kernel, id, other.type, std::move(tag));
}

// The bytes of an array as the tensor holds them.
std::vector<std::uint8_t> widened(const Kernel& kernel, ElementType type, const Bytes& bytes) {
  if (!is_narrow(kernel, type)) return {bytes.data(), bytes.data() + bytes.size()};
  const std::size_t count = static_cast<std::size_t>(bytes.size()) /
                            static_cast<std::size_t>(numeric::traits(type).storage_bytes);
  std::vector<std::uint8_t> out(4 * count);
  numeric::convert(type, bytes.data(), ElementType::kFloat32, out.data(), count);
  return out;
}

View input(const KernelPtr& kernel, const std::string& name, const py::object& shape,
           py::handle dtype, const Bytes& bytes, py::object tag, const std::string& kind) {
  const ElementType type = type_from(dtype);
  isa::Tensor out{.name = name,
                  .buffer = isa::Buffer::kHbm,
                  .type = is_narrow(*kernel, type) ? ElementType::kFloat32 : type,
                  .shape = shape_from(shape),
                  .kind = kind == "input" ? isa::TensorKind::kInput : isa::TensorKind::kInternal};
  const isa::TensorId id = take(kernel->session.add_tensor(std::move(out)));
  const std::vector<std::uint8_t> content = widened(*kernel, type, bytes);
  kernel->session.write(id, content);
  return own(kernel, id, type, std::move(tag));
}

// Appends the elements of dims `from` on, in order, to `out`.
void gather(const View& view, const std::uint8_t* at, int from, int bytes, std::uint8_t*& out) {
  if (from == view.rank) {
    std::memcpy(out, at, static_cast<std::size_t>(bytes));
    out += bytes;
    return;
  }
  const isa::Dim& dim = view.dims[static_cast<std::size_t>(from)];
  if (from + 1 == view.rank && dim.stride == 1) {
    std::memcpy(out, at, static_cast<std::size_t>(bytes * dim.count));
    out += bytes * dim.count;
    return;
  }
  for (std::int64_t i = 0; i < dim.count; ++i) {
    gather(view, at + i * dim.stride * bytes, from + 1, bytes, out);
  }
}

// The values of a view, in order, as bytes of its type. Contract: not indirect.
py::array read(const View& view) {
  const KernelPtr kernel = owner_of(view).kernel.lock();
  if (!kernel) throw py::value_error("the kernel of this tensor has ended");
  if (view.indirect()) throw py::value_error("an indirect tensor has no values of its own");
  const isa::Tensor& tensor = kernel->session.program().tensor(view.tensor);
  const neuroncore::Place& place = kernel->session.memory().place(view.tensor);
  const int bytes =
      numeric::traits(is_narrow(*kernel, view.type) ? tensor.type : view.type).storage_bytes;
  std::vector<std::uint8_t> content(static_cast<std::size_t>(view.size() * bytes));
  std::uint8_t* out = content.data();
  const int rows = view.on_chip() ? static_cast<int>(view.dims[0].count) : 1;
  for (int row = 0; row < rows; ++row) {
    const std::uint8_t* from =
        place.storage->row(place.first_row + static_cast<int>(view.start_partition) + row) +
        place.first_byte + view.offset * bytes;
    gather(view, from, view.on_chip() ? 1 : 0, bytes, out);
  }
  if (is_narrow(*kernel, view.type)) {
    std::vector<std::uint8_t> narrow(
        numeric::bytes_of(view.type, static_cast<std::size_t>(view.size())));
    numeric::convert(ElementType::kFloat32, content.data(), view.type, narrow.data(),
                     static_cast<std::size_t>(view.size()));
    content = std::move(narrow);
  }
  return py::array_t<std::uint8_t>(static_cast<py::ssize_t>(content.size()), content.data());
}

py::object loop_register(const KernelPtr& kernel, const py::object& lower, const py::object& upper,
                         std::int64_t step) {
  settle(*kernel);
  const isa::RegisterId reg = take(kernel->session.begin_for(
      scalar_operand(isa::OperandName::kLower, lower),
      scalar_operand(isa::OperandName::kUpper, upper), step, current_source(*kernel)));
  return py::cast(Register{kernel, reg, true});
}

isa::InstructionId named(const Kernel& kernel, const std::string& name) {
  const auto found = kernel.named.find(name);
  if (found == kernel.named.end()) {
    std::vector<std::string> known;
    for (const auto& [one, id] : kernel.named) known.push_back(one);
    std::sort(known.begin(), known.end());
    raise({.kind = ErrorKind::kUsage,
           .where = "with_schedule",
           .found = quote(name),
           .wanted = "the name= of an instruction that the kernel calls",
           .hint = did_you_mean(name, known)});
  }
  if (found->second.count > 1) {
    raise(
        {.kind = ErrorKind::kUsage,
         .where = "with_schedule",
         .found = fmt::format("{}, the name of {} instructions", quote(name), found->second.count),
         .wanted = "a name= of one instruction"});
  }
  return found->second.id;
}

KernelPtr make_kernel(const std::string& target, std::uint64_t seed, bool wide) {
  const isa::Generation generation =
      take(isa::find_generation(target, "NEURON_PLATFORM_TARGET_OVERRIDE"));
  static std::array<std::optional<neuroncore::Core>, 5> cores;
  std::optional<neuroncore::Core>& core = cores[static_cast<std::size_t>(generation)];
  if (!core) core = take(neuroncore::load_core(generation));
  return std::make_shared<Kernel>(*core, neuroncore::ExecuteOptions{.seed = seed}, wide);
}

py::dict limits_of(const Kernel& kernel) {
  const isa::Limits& limits = kernel.session.core().limits;
  py::dict out;
  out["sbuf_partition_bytes"] = limits.sbuf_partition_bytes;
  out["psum_partition_bytes"] = limits.psum_partition_bytes;
  out["stationary_free_max"] = limits.stationary_free_max;
  out["moving_free_max"] = limits.moving_free_max_float32;
  out["bn_stats_free_max"] = limits.bn_stats_free_max;
  out["partitions"] = isa::kPartitions;
  out["psum_banks"] = isa::kPsumBanks;
  return out;
}

// Registers, loops, order, and what the program came to.
void bind_program(py::class_<Kernel, KernelPtr>& type) {
  type.def("register",
           [](const KernelPtr& kernel) {
             settle(*kernel);
             return Register{kernel, kernel->session.add_register()};
           })
      .def("begin_for", &loop_register)
      .def("begin_while",
           [](Kernel& kernel, const Register& reg) {
             settle(kernel);
             take_status(kernel.session.begin_while(reg.id, current_source(kernel)));
           })
      .def("next", [](Kernel& kernel) { return take(kernel.session.next()); })
      .def_property_readonly("loops_open",
                             [](const Kernel& kernel) { return kernel.session.loops_open(); })
      .def("begin_no_reorder",
           [](Kernel& kernel) {
             settle(kernel);
             kernel.session.begin_no_reorder();
           })
      .def("end_no_reorder", [](Kernel& kernel) { kernel.session.end_no_reorder(); })
      .def_property_readonly("in_no_reorder",
                             [](const Kernel& kernel) { return kernel.session.in_no_reorder(); })
      .def("order_named",
           [](Kernel& kernel, const std::string& later, const std::string& earlier) {
             kernel.session.program().add_dependency(named(kernel, later), named(kernel, earlier));
           })
      .def("reports",
           [](const Kernel& kernel) {
             std::vector<std::string> out;
             for (const neuroncore::Fault& fault : kernel.session.machine().reports()) {
               out.push_back(neuroncore::to_text(fault));
             }
             return out;
           })
      .def_readonly("oversize", &Kernel::oversize)
      .def_readonly("left_early", &Kernel::left_early)
      .def_property_readonly("instructions",
                             [](const Kernel& kernel) { return kernel.session.program().size(); })
      .def_property_readonly("trips", [](const Kernel& kernel) { return kernel.session.trips(); })
      .def_property_readonly("generation",
                             [](const Kernel& kernel) {
                               return static_cast<int>(kernel.session.program().generation());
                             })
      .def_property_readonly("limits", &limits_of);
}

}  // namespace

TensorOwner::~TensorOwner() {
  if (const KernelPtr owner = kernel.lock()) owner->session.release(id);
}

const KernelPtr& current_kernel_ptr() {
  if (!active) {
    raise({.kind = ErrorKind::kUsage,
           .where = "nki",
           .found = "an instruction or tensor outside a kernel",
           .wanted = "a call of the kernel through nki.simulate, nki.jit or switchyard.profile"});
  }
  return active;
}

Kernel& current_kernel() { return *current_kernel_ptr(); }

void bind_neuroncore(py::module_& m) {
  m.def("set_internal_folders", &set_internal_folders);
  m.def("active", []() -> py::object { return active ? py::cast(active) : py::none(); });
  m.def(
      "activate",
      [](KernelPtr kernel) {
        std::swap(active, kernel);
        return kernel;
      },
      py::arg("kernel").none(true), "Makes it this thread's kernel; returns the one before.");
  m.def("user_place", &current_place);

  py::class_<Register> reg(m, "Register", "A 32-bit register.");
  remember_class(reg);
  reg.def_property_readonly("value",
                            [](const Register& one) {
                              const KernelPtr kernel = one.kernel.lock();
                              return kernel ? kernel->session.machine().reg(one.id) : 0;
                            })
      .def_readonly("frozen", &Register::frozen)
      .def_readonly("id", &Register::id);
  py::class_<neuroncore::LncPair>(m, "Pair", "Where the two cores of an LNC meet.")
      .def(py::init<>())
      .def("start", &neuroncore::LncPair::start, py::call_guard<py::gil_scoped_release>())
      .def("finish", &neuroncore::LncPair::finish, py::call_guard<py::gil_scoped_release>());
  py::class_<Kernel, KernelPtr> type(m, "Kernel", "A program that is executed as it is written.");
  type.def(py::init(&make_kernel), py::arg("target"), py::arg("seed") = 0, py::arg("wide") = false)
      .def("tensor", &tensor, py::arg("name"), py::arg("shape"), py::arg("dtype"),
           py::arg("memory"), py::arg("tag"), py::arg("address") = py::none())
      .def("input", &input, py::arg("name"), py::arg("shape"), py::arg("dtype"), py::arg("bytes"),
           py::arg("tag"), py::arg("kind") = "input")
      .def("shared_tensor", &shared_tensor, py::arg("other"), py::arg("tag"))
      .def(
          "join",
          [](Kernel& kernel, neuroncore::LncPair& pair, int rank) {
            kernel.session.join(&pair, rank);
          },
          py::keep_alive<1, 2>())
      .def("read", [](const Kernel&, const View& view) { return read(view); })
      .def("is_updated",
           [](const Kernel& kernel, isa::TensorId id) {
             return kernel.session.program().tensor(id).kind == isa::TensorKind::kInputOutput;
           })
      .def("mark_output", [](Kernel& kernel, const View& view) {
        isa::Tensor& tensor = kernel.session.program().tensor(view.tensor);
        if (tensor.buffer == isa::Buffer::kHbm && tensor.kind == isa::TensorKind::kInternal) {
          tensor.kind = isa::TensorKind::kOutput;
        }
      });
  bind_program(type);
}

}  // namespace switchyard::python
