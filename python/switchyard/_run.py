"""Runs a kernel function: arguments in, results out, the recorded program kept.

No dialect: a front end gives the function to call, and hooks where its own words differ.
"""
import copy
import dataclasses
import os
import warnings

from . import _arrays, _loops
from ._module import core


class UninitializedRead(UserWarning):
    """A kernel read bytes that nothing wrote."""


class EarlyExit(UserWarning):
    """A loop on the device was left by break or return, which the device cannot do."""


class OverCapacity(UserWarning):
    """A tensor is larger than its memory: values are computed, the device has no place for it."""


@dataclasses.dataclass
class Options:
    target: str = "trn3"
    seed: int = 0
    wide: bool = False  # low-precision floats held as float32
    argument_tag: object = None  # the dialect's word for where arguments lie
    warn: bool = True

    @staticmethod
    def from_environment(fallback=None, **changes):
        named = os.environ.get("NEURON_PLATFORM_TARGET_OVERRIDE")
        return Options(target=named or fallback or "trn3",
                       wide=os.environ.get("NKI_PRECISE_FP", "1") == "0", **changes)


def target_generation():
    """2, 3 or 4: of the kernel that is running, else of the environment."""
    kernel = core.active()
    if kernel is not None:
        return kernel.generation
    return core.Kernel(Options.from_environment().target).generation


class Fields:
    """Base of a dialect's own objects: a kernel gets a copy, whose arrays are tensors."""


class _Arguments:
    """Arrays among the arguments, at any depth, as tensors."""

    def __init__(self, kernel, options, shared):
        self.kernel = kernel
        self.options = options
        self.shared = shared  # id(array) -> view of the other core of an LNC
        self.arrays = []  # (array, view)

    def convert(self, value, name):
        if _arrays.is_array(value):
            return self._tensor(value, name)
        if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
            return type(value)(self.convert(one, f"{name}_{i}") for i, one in enumerate(value))
        if isinstance(value, dict):
            return {key: self.convert(one, f"{name}_{key}") for key, one in value.items()}
        if isinstance(value, Fields):
            out = copy.copy(value)
            for key, one in vars(value).items():
                out.__dict__[key] = self.convert(one, f"{name}_{key}")
            return out
        return value

    def _tensor(self, array, name):
        for known, view in self.arrays:
            if known is array:
                return view
        tag = self.options.argument_tag
        if self.shared is not None and id(array) in self.shared:
            view = self.kernel.shared_tensor(self.shared[id(array)], tag)
        else:
            view = self.kernel.input(name, _arrays.shape_of(array), _arrays.type_of(array),
                                     _arrays.bytes_of(array), tag)
        if self.shared is not None:
            self.shared.setdefault(id(array), view)
        self.arrays.append((array, view))
        return view


@dataclasses.dataclass
class Outcome:
    value: object  # as the function returned it
    arrays: list  # (array, view)
    result: object = None


def call(kernel, function, args, kwargs, options, shared=None):
    """Runs `function` on `kernel`; finish() makes arrays of the results."""
    arguments = _Arguments(kernel, options, shared)
    code = getattr(function, "__code__", None)
    names = code.co_varnames[:code.co_argcount] if code else ()
    args = [arguments.convert(value, names[i] if i < len(names) else f"arg{i}")
            for i, value in enumerate(args)]
    kwargs = {name: arguments.convert(value, name) for name, value in kwargs.items()}
    before = core.activate(kernel)
    try:
        value = function(*args, **kwargs)
    finally:
        _loops.forget(kernel)
        core.activate(before)
    return Outcome(value, arguments.arrays)


def _result(kernel, value, arrays):
    if isinstance(value, core.View):
        for array, view in arrays:
            if view.tensor_id == value.tensor_id and view.shape == value.shape:
                return array  # an argument, updated in place
        kernel.mark_output(value)
        example = arrays[0][0] if arrays else None
        return _arrays.like(_arrays.values_of(kernel, value), example)
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(_result(kernel, one, arrays) for one in value)
    if isinstance(value, dict):
        return {key: _result(kernel, one, arrays) for key, one in value.items()}
    if isinstance(value, core.Register):
        return value.value
    return value


def finish(kernel, outcome, options, kernels):
    """Copies updated arguments back, converts the results, warns of unwritten reads."""
    for array, view in outcome.arrays:
        if any(one.is_updated(view.tensor_id) for one in kernels):
            _arrays.copy_back(array, _arrays.values_of(kernel, view))
    outcome.result = _result(kernel, outcome.value, outcome.arrays)
    if options.warn:
        _warn(UninitializedRead, [line for one in kernels for line in one.reports()])
        _warn(EarlyExit, [f"{place}: a loop on the device was left before its end, which no "
                          "instruction does: test it by a register" for one in kernels
                          for place in one.left_early])
        _warn(OverCapacity, [line for one in kernels for line in one.oversize])


def _warn(category, lines):
    if lines:
        more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
        warnings.warn(lines[0] + more, category, stacklevel=5)


def run(function, args, kwargs, options):
    """Returns (result, kernel)."""
    kernel = core.Kernel(options.target, options.seed, options.wide)
    outcome = call(kernel, function, args, kwargs, options)
    finish(kernel, outcome, options, [kernel])
    return outcome.result, kernel
