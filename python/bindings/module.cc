// The Python module _switchyard: the simulator without any dialect.
#include "bindings/common.h"

PYBIND11_MODULE(_switchyard, m) {
  using namespace switchyard::python;
  m.doc() = "Switchyard's simulator, as python/nki and python/switchyard use it";
  bind_numeric(m);
  bind_isa(m);
  bind_neuroncore(m);
  bind_calls(m);
  bind_report(m);
  bind_stream(m);
  bind_issued(m);
  bind_fabric(m);
  bind_loops(m);
}
