// Time: the schedules of a kernel, its profile, trace and JSON.
#include <pybind11/stl.h>

#include "base/atomic_file.h"
#include "bindings/common.h"
#include "neuroncore/allocate.h"
#include "neuroncore/profile.h"
#include "neuroncore/schedule.h"
#include "neuroncore/summary.h"

namespace switchyard::python {

void bind_report(py::module_&) {}

}  // namespace switchyard::python
