"""Switchyard for Python: run a kernel on the simulated NeuronCore and ask where its time goes."""
from ._module import core
from ._profile import Profile, profile
from ._run import EarlyExit, Options, OverCapacity, UninitializedRead

ValidationError = core.ValidationError

__all__ = ["EarlyExit", "Options", "OverCapacity", "Profile", "UninitializedRead",
           "ValidationError", "profile"]
