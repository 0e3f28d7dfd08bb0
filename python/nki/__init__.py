"""The current dialect of the Neuron Kernel Interface (0.6) on Switchyard's simulated NeuronCore.

`nki.simulate(kernel)(arrays...)` runs a kernel; so does calling an `nki.jit` kernel, since no
device is attached. Targets: NEURON_PLATFORM_TARGET_OVERRIDE, trn3 by default.
"""
from . import _kernel
from ._kernel import Kernel, jit, simulate
from . import language, isa, typing, collectives  # noqa: F401



class dtype:
    """The types by name: undocumented, but kernels use it beside nki.language's."""


for _name in language._tensor.DTYPES:
    setattr(dtype, _name, _name)
dtype.bool_ = language.bool_

__version__ = "0.6.0"
__all__ = ["Kernel", "collectives", "dtype", "isa", "jit", "language", "simulate", "typing"]
