// The handle that a call returns. One is made for each call, so it is a plain C type: what pybind11
// keeps for an instance costs as much as the rest of a call.
#include <new>

#include "bindings/call_arguments.h"

namespace switchyard::python {

namespace {

struct Issued {
  PyObject_HEAD std::weak_ptr<Kernel> kernel;
  unsigned int id;
};

PyTypeObject* issued_type = nullptr;

Issued* as_issued(PyObject* object) { return reinterpret_cast<Issued*>(object); }

void dealloc(PyObject* self) {
  as_issued(self)->kernel.~weak_ptr();
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

// depends_on(*producers): edges to instructions of the same kernel, as with_schedule makes them.
PyObject* depends_on(PyObject* self, PyObject* producers) {
  const KernelPtr kernel = as_issued(self)->kernel.lock();
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(producers); ++i) {
    PyObject* one = PyTuple_GET_ITEM(producers, i);
    if (!PyObject_TypeCheck(one, issued_type)) {
      PyErr_Format(PyExc_TypeError,
                   "depends_on: a %s, wanted what an instruction of nki.isa returns",
                   Py_TYPE(one)->tp_name);
      return nullptr;
    }
    const KernelPtr other = as_issued(one)->kernel.lock();
    if (!kernel || kernel != other) {
      PyErr_SetString(PyExc_ValueError,
                      "depends_on: an instruction of a kernel that has ended or of another one, "
                      "wanted one of the kernel that is running");
      return nullptr;
    }
    if (as_issued(one)->id == as_issued(self)->id) {
      PyErr_SetString(PyExc_ValueError, "depends_on: the instruction itself, wanted others");
      return nullptr;
    }
    kernel->session.program().add_dependency(as_issued(self)->id, as_issued(one)->id);
  }
  Py_INCREF(self);
  return self;
}

PyMethodDef methods[] = {{"depends_on", depends_on, METH_VARARGS,
                          "This instruction waits for those given; returns itself."},
                         {nullptr, nullptr, 0, nullptr}};
PyMemberDef members[] = {{"id", T_UINT, offsetof(Issued, id), READONLY, nullptr},
                         {nullptr, 0, 0, 0, nullptr}};
PyType_Slot slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
    {Py_tp_methods, methods},
    {Py_tp_members, members},
    {Py_tp_doc, const_cast<char*>("The handle of an instruction that was called.")},
    {0, nullptr}};
PyType_Spec spec = {"_switchyard.Issued", sizeof(Issued), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

}  // namespace

void bind_issued(py::module_& m) {
  issued_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  if (!issued_type) throw py::error_already_set();
  m.attr("Issued") = py::reinterpret_borrow<py::object>(reinterpret_cast<PyObject*>(issued_type));
}

PyObject* new_issued(const KernelPtr& kernel, isa::InstructionId id) {
  PyObject* object = issued_type->tp_alloc(issued_type, 0);
  if (!object) throw py::error_already_set();
  new (&as_issued(object)->kernel) std::weak_ptr<Kernel>(kernel);
  as_issued(object)->id = id;
  return object;
}

}  // namespace switchyard::python
