// What the bindings share: the objects behind Python's, and how errors become exceptions.
#pragma once

#include <pybind11/pybind11.h>
#include <structmember.h>

#include <array>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "isa/view.h"
#include "neuroncore/session.h"

namespace switchyard::python {

namespace py = pybind11;

// A session and what Python needs beside it.
struct Kernel : std::enable_shared_from_this<Kernel> {
  Kernel(const neuroncore::Core& core, const neuroncore::ExecuteOptions& options, bool wide_floats)
      : session(core, options), wide(wide_floats) {}

  neuroncore::Session session;
  // Low-precision floats are held as float32 (NKI_PRECISE_FP=0).
  bool wide = false;
  struct Named {
    isa::InstructionId id;
    int count;
  };
  std::unordered_map<std::string, Named> named;  // by name=: the first, and how many
  std::vector<std::string> oversize;             // tensors that no memory holds, each as a sentence

  // A loop on the device that python runs: it is left when `frame` no longer executes instructions
  // of its code in [first, last]. A `break` says nothing by itself.
  struct Watched {
    std::uint64_t id;
    py::object frame;
    int first, last;
    std::size_t depth;  // loops open with it
    std::string place;
  };
  std::vector<Watched> watched;  // the innermost last
  std::uint64_t watched_ids = 0;
  std::vector<std::string> left_early;  // loops that python left before they ended

  // By code object and instruction in it.
  struct Spot {
    PyCodeObject* code;
    int last;
    bool operator==(const Spot&) const = default;
  };
  struct SpotHash {
    std::size_t operator()(const Spot& spot) const {
      return reinterpret_cast<std::size_t>(spot.code) ^ static_cast<std::size_t>(spot.last) << 20;
    }
  };
  std::unordered_map<Spot, isa::SourceId, SpotHash> sources;
  std::vector<std::pair<isa::TensorId, isa::TensorId>> shared;  // HBM tensors: own, other core's
};
using KernelPtr = std::shared_ptr<Kernel>;

// One tensor of a kernel while views of it live.
struct TensorOwner {
  TensorOwner(const KernelPtr& of, isa::TensorId tensor, py::object word)
      : kernel(of), id(tensor), tag(std::move(word)) {}
  ~TensorOwner();
  std::weak_ptr<Kernel> kernel;
  isa::TensorId id;
  py::object tag;  // the dialect's own word for where it lies
};
inline TensorOwner& owner_of(const isa::View& view) {
  return *static_cast<TensorOwner*>(view.owner.get());
}

// A register; `frozen`: a loop's own, which only the loop writes.
struct Register {
  std::weak_ptr<Kernel> kernel;
  isa::RegisterId id = 0;
  bool frozen = false;
};

// The object of a bound class behind a Python one, or nullptr: pointers compared where pybind11
// hashes the names of types, several times a call.
template <class T>
struct BoundClass {
  inline static PyTypeObject* type = nullptr;
};
template <class T, class... Rest>
void remember_class(const py::class_<T, Rest...>& bound) {
  BoundClass<T>::type = reinterpret_cast<PyTypeObject*>(bound.ptr());
}
// Contract: T is bound without bases, so that its pointer is the first and only one.
template <class T>
T* behind(PyObject* value) {
  if (!PyObject_TypeCheck(value, BoundClass<T>::type)) return nullptr;
  return static_cast<T*>(reinterpret_cast<py::detail::instance*>(value)->simple_value_holder[0]);
}

// The kernel that this thread is building; an exception without one.
Kernel& current_kernel();
const KernelPtr& current_kernel_ptr();

// The line of the user's code that is running: the innermost frame outside our own packages.
isa::SourceId current_source(Kernel& kernel);
std::string current_place();

// Closes loops that python has left, by break or return: before anything is added to the kernel.
void settle(Kernel& kernel);

// Sets Python's error and throws.
[[noreturn]] void raise(const Error& error);
template <class T>
T take(Result<T> result) {
  if (!result) raise(result.error());
  return std::move(*result);
}
inline void take_status(Status status) {
  if (!status) raise(status.error());
}

// The index tensor of an operand: an operand of its own, and what is left to fill in.
isa::ViewIndex index_from(py::handle value, bool vector);

// Types that NKI_PRECISE_FP=0 holds as float32.
bool is_narrow_float(numeric::ElementType type);

void bind_numeric(py::module_& m);
void bind_isa(py::module_& m);
void bind_calls(py::module_& m);
void bind_neuroncore(py::module_& m);
void bind_report(py::module_& m);
void bind_stream(py::module_& m);
void bind_issued(py::module_& m);
void bind_fabric(py::module_& m);
void bind_loops(py::module_& m);

// A type by its name or by a numpy dtype of that name.
numeric::ElementType type_from(py::handle value);
py::object type_name(numeric::ElementType type);  // interned

}  // namespace switchyard::python
