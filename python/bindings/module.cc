// The Python module _switchyard.
#include <pybind11/pybind11.h>

PYBIND11_MODULE(_switchyard, m) { m.doc() = "Switchyard's simulator"; }
