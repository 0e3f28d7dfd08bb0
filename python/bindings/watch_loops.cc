// Loops on the device as python runs them: which are still being run.
//
// The body of `for i in nl.dynamic_range(n):` is recorded while python runs it. Python says when
// the next iteration begins, not when a break, a return or an exception leaves the loop. So each
// loop remembers the frame and the span of bytecode of its statement, and whatever comes next is
// held against them.
#include "base/text.h"
#include "bindings/common.h"

namespace switchyard::python {

namespace {

bool still_runs(const Kernel::Watched& loop) {
  bool found = false;
  auto frame = py::reinterpret_borrow<py::object>(reinterpret_cast<PyObject*>(PyEval_GetFrame()));
  while (frame && !found) {
    found = frame.is(loop.frame);
    auto* current = reinterpret_cast<PyFrameObject*>(frame.ptr());
    if (!found) {
      frame =
          py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(PyFrame_GetBack(current)));
    }
  }
  if (!found) return false;
  const int at = PyFrame_GetLasti(reinterpret_cast<PyFrameObject*>(loop.frame.ptr()));
  return loop.first <= at && at <= loop.last;
}

// Closes the innermost loop that is watched, and those inside it.
void close_innermost(Kernel& kernel) {
  const Kernel::Watched loop = kernel.watched.back();
  kernel.watched.pop_back();
  if (kernel.session.loops_open() < loop.depth) return;  // it ended by itself
  kernel.left_early.push_back(loop.place);
  while (kernel.session.loops_open() >= loop.depth) kernel.session.leave();
}

std::uint64_t watch(Kernel& kernel, const py::object& frame, int first, int last) {
  const std::uint64_t id = ++kernel.watched_ids;
  kernel.watched.push_back({id, frame, first, last, kernel.session.loops_open(), current_place()});
  return id;
}

bool is_open(const Kernel& kernel, std::uint64_t id) {
  for (const Kernel::Watched& loop : kernel.watched) {
    if (loop.id == id) return kernel.session.loops_open() >= loop.depth;
  }
  return false;
}

}  // namespace

void settle(Kernel& kernel) {
  while (!kernel.watched.empty() && (kernel.session.loops_open() < kernel.watched.back().depth ||
                                     !still_runs(kernel.watched.back()))) {
    close_innermost(kernel);
  }
}

void bind_loops(py::module_& m) {
  m.def("watch_loop", &watch, py::arg("kernel"), py::arg("frame"), py::arg("first"),
        py::arg("last"), "The innermost loop is run by that code of that frame. Returns its id.");
  m.def("settle", &settle, py::arg("kernel"), "Closes loops that python has left.");
  m.def("is_open", &is_open, py::arg("kernel"), py::arg("id"));
  m.def(
      "leave_loop",
      [](Kernel& kernel, std::uint64_t id) {
        while (is_open(kernel, id)) close_innermost(kernel);
      },
      py::arg("kernel"), py::arg("id"), "Closes it and those inside it, if it is open.");
  m.def(
      "leave_loops",
      [](Kernel& kernel) {
        while (!kernel.watched.empty()) close_innermost(kernel);
        while (kernel.session.loops_open() > 0) kernel.session.leave();
      },
      py::arg("kernel"), "Closes all of them: the kernel has ended.");
}

}  // namespace switchyard::python
