// isa/view.h: the tensor class that kernels handle.
#include <pybind11/stl.h>

#include "base/text.h"
#include "bindings/common.h"

namespace switchyard::python {

namespace {

using isa::Dim;
using isa::View;

// A slice whose start is known at run time only.
struct DynamicSlice {
  py::object start;
  std::int64_t size;
};

// Wraps an operation on views: the result shares the storage.
View keep(Result<View> result) { return take(std::move(result)); }

std::int64_t integer(PyObject* value) {
  const Py_ssize_t out = PyNumber_AsSsize_t(value, PyExc_OverflowError);
  if (out != -1 || !PyErr_Occurred()) return out;
  PyErr_Clear();
  raise({.kind = ErrorKind::kUsage,
         .where = "index",
         .found = "a " + std::string(Py_TYPE(value)->tp_name),
         .wanted = "an integer"});
}

std::vector<std::int64_t> integers(py::handle values) {
  std::vector<std::int64_t> out;
  if (PyIndex_Check(values.ptr())) {
    out.push_back(integer(values.ptr()));
    return out;
  }
  for (const py::handle value : py::reinterpret_borrow<py::object>(values)) {
    out.push_back(integer(value.ptr()));
  }
  return out;
}

bool is_dynamic(PyObject* value) { return behind<Register>(value) || behind<View>(value); }

// One bound of a Python slice; negative ones count from the end.
std::int64_t bound(PyObject* value, std::int64_t fallback, std::int64_t size) {
  if (value == Py_None) return fallback;
  const std::int64_t out = integer(value);
  return out < 0 ? out + size : out;
}

// Applies one element of an index expression at `dim`; whether the dim is still there is seen from
// the rank.
View apply(const View& view, int dim, PyObject* item) {
  const std::int64_t size = view.dims[static_cast<std::size_t>(dim)].count;
  if (PySlice_Check(item)) {
    const auto* given = reinterpret_cast<PySliceObject*>(item);
    if (given->start == Py_None && given->stop == Py_None && given->step == Py_None) return view;
    const std::int64_t step = given->step == Py_None ? 1 : integer(given->step);
    return keep(
        isa::slice(view, dim, bound(given->start, 0, size), bound(given->stop, size, size), step));
  }
  if (PyIndex_Check(item)) return keep(isa::select(view, dim, integer(item)));
  if (is_dynamic(item)) return keep(isa::select(view, dim, index_from(item, false), 0));
  if (const auto* dynamic = behind<DynamicSlice>(item)) {
    return keep(isa::select(view, dim, index_from(dynamic->start, false), dynamic->size));
  }
  raise({.kind = ErrorKind::kUsage,
         .where = "index",
         .found = "a " + std::string(Py_TYPE(item)->tp_name),
         .wanted = "integers, slices, nl.ds, ..., a register or a [1, 1] tensor"});
}

View get_item(const View& view, py::handle key) {
  PyObject* single = key.ptr();
  PyObject** items = &single;
  Py_ssize_t count = 1;
  if (PyTuple_Check(key.ptr())) {
    items = PySequence_Fast_ITEMS(key.ptr());
    count = PyTuple_GET_SIZE(key.ptr());
  }
  int given = 0, ellipses = 0;
  for (Py_ssize_t i = 0; i < count; ++i) {
    if (items[i] == Py_Ellipsis) {
      ++ellipses;
    } else {
      ++given;
    }
  }
  if (given > view.rank || ellipses > 1) {
    raise({.kind = ErrorKind::kUsage,
           .where = "index",
           .found = std::to_string(given) + " indices of a tensor of shape " + shape_text(view),
           .wanted = "at most " + std::to_string(view.rank) + ", one ... among them"});
  }
  View out = view;
  // From the last dim to the first, so that a dim that goes moves none that is still to come; the
  // two dims that stay on chip are then the first ones.
  int dim = view.rank - 1;
  if (ellipses == 0) dim = given - 1;
  for (Py_ssize_t i = count; i-- > 0;) {
    if (items[i] == Py_Ellipsis) {
      dim -= view.rank - given;
    } else {
      out = apply(out, dim--, items[i]);
    }
  }
  return out;
}

// t[key]. The slot itself, where pybind11 would look up and dispatch a method.
PyObject* subscript(PyObject* self, PyObject* key) {
  try {
    return py::cast(get_item(*behind<View>(self), key)).release().ptr();
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (const py::builtin_exception& error) {
    error.set_error();
  }
  return nullptr;
}

py::tuple shape_of(const View& view) {
  py::tuple out(view.rank);
  for (std::size_t i = 0; i < view.rank; ++i) out[i] = py::int_(view.dims[i].count);
  return out;
}

py::tuple strides_of(const View& view) {
  py::tuple out(view.rank);
  for (std::size_t i = 0; i < view.rank; ++i) out[i] = py::int_(view.dims[i].stride);
  return out;
}

py::list pattern_of(const View& view) {
  py::list out;
  for (const Dim& dim : view.pattern()) {
    py::list pair;
    pair.append(dim.stride);
    pair.append(dim.count);
    out.append(pair);
  }
  return out;
}

View with_pattern(const View& view, py::handle pattern, py::object offset,
                  const py::object& scalar_offset, const py::object& vector_offset,
                  int indirect_dim, const py::object& dtype) {
  std::vector<Dim> dims;
  for (const py::handle pair : py::reinterpret_borrow<py::object>(pattern)) {
    const std::vector<std::int64_t> values = integers(pair);
    if (values.size() != 2) {
      raise({.kind = ErrorKind::kUsage,
             .where = "ap",
             .found = "a pattern that is no list of pairs",
             .wanted = "[[stride, count], ...]"});
    }
    dims.push_back({values[0], values[1]});
  }
  if (!scalar_offset.is_none() && !vector_offset.is_none()) {
    raise({.kind = ErrorKind::kUsage,
           .where = "ap",
           .found = "scalar_offset and vector_offset",
           .wanted = "one of them"});
  }
  isa::ViewIndex index;
  if (!scalar_offset.is_none()) index = index_from(scalar_offset, false);
  if (!vector_offset.is_none()) index = index_from(vector_offset, true);
  return keep(isa::with_pattern(view, dims, offset.is_none() ? 0 : integer(offset.ptr()),
                                dtype.is_none() ? view.type : type_from(dtype), index,
                                indirect_dim));
}

View reinterpret(const View& view, py::handle dtype) {
  const numeric::ElementType type = type_from(dtype);
  const KernelPtr kernel = owner_of(view).kernel.lock();
  const bool narrow = is_narrow_float(view.type) || is_narrow_float(type);
  if (kernel && kernel->wide && type != view.type && narrow) {
    raise({.kind = ErrorKind::kImpossible,
           .where = "view",
           .found = fmt::format("{} as {}, with NKI_PRECISE_FP=0", numeric::name(view.type),
                                numeric::name(type)),
           .wanted = "NKI_PRECISE_FP=1",
           .hint = "without it low-precision types take 4 bytes"});
  }
  return keep(isa::reinterpret(view, type));
}

void bind_selection(py::class_<View>& type) {
  type.def(
          "slice",
          [](const View& v, int dim, std::int64_t start, std::int64_t end, std::int64_t step) {
            return keep(isa::slice(v, dim, start, end, step));
          },
          py::arg("dim"), py::arg("start"), py::arg("end"), py::arg("step") = 1)
      .def(
          "select",
          [](const View& v, int dim, py::object index) {
            if (is_dynamic(index.ptr())) {
              return keep(isa::select(v, dim, index_from(index, false), 0));
            }
            return keep(isa::select(v, dim, integer(index.ptr())));
          },
          py::arg("dim"), py::arg("index"))
      .def(
          "vector_select",
          [](const View& v, int dim, py::object offsets) {
            return keep(isa::vector_select(v, dim, index_from(offsets, true)));
          },
          py::arg("dim"), py::arg("vector_offset"))
      .def("ap", &with_pattern, py::arg("pattern"), py::arg("offset") = py::none(),
           py::arg("scalar_offset") = py::none(), py::arg("vector_offset") = py::none(),
           py::arg("indirect_dim") = 0, py::arg("dtype") = py::none())
      .def("view", &reinterpret, py::arg("dtype"))
      .def("reinterpret_cast", &reinterpret, py::arg("dtype"))
      .def(
          "indirect",
          [](const View& v, py::object index, py::object count) {
            isa::ViewIndex by = index_from(index, true);
            by.kind = isa::IndirectKind::kGather;
            const std::int64_t elements =
                count.is_none() ? by.tensor->size() : integer(count.ptr());
            return keep(isa::gather(v, by, elements));
          },
          py::arg("index"), py::arg("num_elem") = py::none());
}

void bind_shapes(py::class_<View>& type) {
  type.def(
          "permute",
          [](const View& v, py::object dims) { return keep(isa::permute(v, integers(dims))); },
          py::arg("dims"))
      .def(
          "broadcast",
          [](const View& v, int dim, std::int64_t size) {
            return keep(isa::broadcast(v, dim, size));
          },
          py::arg("dim"), py::arg("size"))
      .def(
          "expand_dim", [](const View& v, int dim) { return keep(isa::expand_dim(v, dim)); },
          py::arg("dim"))
      .def(
          "squeeze_dim", [](const View& v, int dim) { return keep(isa::squeeze_dim(v, dim)); },
          py::arg("dim"))
      .def(
          "reshape_dim",
          [](const View& v, int dim, py::object shape) {
            return keep(isa::reshape_dim(v, dim, integers(shape)));
          },
          py::arg("dim"), py::arg("shape"))
      .def(
          "flatten_dims",
          [](const View& v, int start, int end) { return keep(isa::flatten_dims(v, start, end)); },
          py::arg("start_dim"), py::arg("end_dim"))
      .def(
          "reshape",
          [](const View& v, py::object shape) { return keep(isa::reshape(v, integers(shape))); },
          py::arg("shape"));
}

}  // namespace

isa::ViewIndex index_from(py::handle value, bool vector) {
  if (const auto* reg = behind<Register>(value.ptr())) {
    return {.kind = isa::IndirectKind::kRegister, .reg = reg->id};
  }
  const auto* view = behind<View>(value.ptr());
  if (!view) {
    raise({.kind = ErrorKind::kUsage,
           .where = "offset",
           .found = "a " + std::string(Py_TYPE(value.ptr())->tp_name),
           .wanted = "a tensor or a register"});
  }
  return {.kind = vector ? isa::IndirectKind::kVector : isa::IndirectKind::kScalar,
          .tensor = std::make_shared<const View>(*view)};
}

void bind_isa(py::module_& m) {
  py::class_<DynamicSlice> dynamic(m, "DynamicSlice");
  remember_class(dynamic);
  dynamic.def(py::init<py::object, std::int64_t>(), py::arg("start"), py::arg("size"))
      .def_readonly("start", &DynamicSlice::start)
      .def_readonly("size", &DynamicSlice::size);

  py::class_<View> type(m, "View", "A tensor: a strided view of storage.");
  remember_class(type);
  type.def_property_readonly("shape", &shape_of)
      .def_property_readonly("strides", &strides_of)
      .def_property_readonly("offset", &View::flat_offset)
      .def_property_readonly("ndim", [](const View& view) { return view.rank; })
      .def_property_readonly("size", &View::size)
      .def_property_readonly("dtype", [](const View& view) { return type_name(view.type); })
      .def_property_readonly("buffer", [](const View& view) { return owner_of(view).tag; })
      .def_property_readonly("name",
                             [](const View& view) -> std::string {
                               const KernelPtr kernel = owner_of(view).kernel.lock();
                               return kernel ? kernel->session.program().tensor(view.tensor).name
                                             : std::string();
                             })
      .def_property_readonly("tensor_id", [](const View& view) { return view.tensor; })
      .def_property_readonly("on_chip", &View::on_chip)
      .def_property_readonly("memory", [](const View& view) { return isa::name(view.buffer); })
      .def("is_contiguous", &View::contiguous)
      .def("is_indirect", &View::indirect)
      .def("get_pattern", &pattern_of)
      .def("__getitem__", &get_item)
      .def("__len__", [](const View& view) { return view.dims[0].count; })
      .def("__iter__", [](const View&) -> py::object {
        throw py::type_error("a tensor's elements are not iterated: loop over range(t.shape[0])");
      });
  bind_selection(type);
  bind_shapes(type);
  BoundClass<View>::type->tp_as_mapping->mp_subscript = subscript;
}

}  // namespace switchyard::python
