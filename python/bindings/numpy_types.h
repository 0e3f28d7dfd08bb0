// The low-precision types as numpy dtypes.
#pragma once

#include "bindings/common.h"

namespace switchyard::python {

// Registers those that numpy does not know by their name yet, for instance from ml_dtypes, so that
// array.astype("bfloat16") works: element access, casts to and from every other type, and
// arithmetic, comparisons and predicates, all through float32.
void register_numpy_types(py::module_& m);

}  // namespace switchyard::python
