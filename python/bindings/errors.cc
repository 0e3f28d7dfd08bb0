// Errors as Python exceptions, and the line of the user's code that they name.
#include <vector>

#include "base/text.h"
#include "bindings/common.h"

namespace switchyard::python {

namespace {

std::vector<std::string>& internal_folders() {
  static std::vector<std::string> folders;
  return folders;
}

// Whether a code object is of our own packages, or python's own that runs scripts. Code objects are
// kept: their addresses are keys.
bool is_internal(PyCodeObject* code) {
  static std::unordered_map<PyCodeObject*, bool> known;
  const auto found = known.find(code);
  if (found != known.end()) return found->second;
  Py_INCREF(code);
  const char* file = PyUnicode_AsUTF8(code->co_filename);
  bool internal = file && std::string_view(file).starts_with("<frozen ");
  for (const std::string& folder : internal_folders()) {
    internal |= file && std::string_view(file).starts_with(folder);
  }
  if (!file) PyErr_Clear();
  return known[code] = internal;
}

// Calls visit(frame, code) with the innermost frame of the user; not at all without one.
template <class Visit>
void at_user_frame(Visit visit) {
  PyFrameObject* frame = PyEval_GetFrame();
  Py_XINCREF(frame);
  while (frame) {
    PyCodeObject* code = PyFrame_GetCode(frame);
    const bool internal = is_internal(code);
    if (!internal) visit(frame, code);
    Py_DECREF(code);
    PyFrameObject* back = internal ? PyFrame_GetBack(frame) : nullptr;
    Py_DECREF(frame);
    frame = back;
  }
}

std::string place_text(PyFrameObject* frame, PyCodeObject* code) {
  const char* file = PyUnicode_AsUTF8(code->co_filename);
  if (!file) PyErr_Clear();
  return std::string(file ? file : "?") + ":" + std::to_string(PyFrame_GetLineNumber(frame));
}

}  // namespace

isa::SourceId current_source(Kernel& kernel) {
  isa::SourceId source = 0;
  at_user_frame([&](PyFrameObject* frame, PyCodeObject* code) {
    const Kernel::Spot spot{code, PyFrame_GetLasti(frame)};
    const auto [place, added] = kernel.sources.try_emplace(spot, 0);
    if (added) place->second = kernel.session.add_source(place_text(frame, code));
    source = place->second;
  });
  return source;
}

std::string current_place() {
  std::string place;
  at_user_frame([&](PyFrameObject* frame, PyCodeObject* code) { place = place_text(frame, code); });
  return place;
}

void raise(const Error& error) {
  static const py::object kType = py::module_::import("_switchyard").attr("ValidationError");
  std::string text = to_text(error);
  const std::string place = current_place();
  if (!place.empty() && text.find(place) == std::string::npos) text = place + ": " + text;
  PyErr_SetString(kType.ptr(), text.c_str());
  throw py::error_already_set();
}

void set_internal_folders(std::vector<std::string> folders) {
  internal_folders() = std::move(folders);
}

}  // namespace switchyard::python
