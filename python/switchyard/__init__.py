"""Switchyard for Python: run a kernel on the simulated NeuronCore and ask where its time goes."""
from ._module import core
from ._run import Options, UninitializedRead, run

ValidationError = core.ValidationError

__all__ = ["Options", "UninitializedRead", "ValidationError", "core", "run"]
