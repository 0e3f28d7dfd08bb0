// numeric/: element types by name, and as numpy dtypes.
#include <map>

#include "bindings/common.h"
#include "bindings/numpy_types.h"

namespace switchyard::python {

numeric::ElementType type_from(py::handle value) {
  std::string name;
  if (PyUnicode_Check(value.ptr())) {
    name = value.cast<std::string>();
  } else if (py::hasattr(value, "name")) {
    name = value.attr("name").cast<std::string>();
  } else if (py::hasattr(value, "__name__")) {
    name = value.attr("__name__").cast<std::string>();
  } else {
    name = py::str(value);
  }
  if (name == "bool_") name = "bool";
  return take(numeric::find_element_type(name, "dtype"));
}

py::object type_name(numeric::ElementType type) {
  static std::map<numeric::ElementType, py::object> names;
  py::object& name = names[type];
  if (!name) {
    name = py::reinterpret_steal<py::object>(
        PyUnicode_InternFromString(std::string(numeric::name(type)).c_str()));
  }
  return name;
}

void bind_numeric(py::module_& m) {
  register_numpy_types(m);
  m.def("type_bytes",
        [](py::handle type) { return numeric::traits(type_from(type)).storage_bytes; });
  py::list names;
  for (const numeric::ElementTraits& traits : numeric::element_types()) names.append(traits.name);
  m.attr("element_types") = names;
  m.attr("ValidationError") = py::reinterpret_steal<py::object>(PyErr_NewExceptionWithDoc(
      "_switchyard.ValidationError",
      "What a kernel does is not possible on the machine: where, what was found, what is "
      "wanted.",
      PyExc_AssertionError, nullptr));
}

}  // namespace switchyard::python
