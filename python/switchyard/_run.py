"""Runs a kernel function: arguments in, results out, the recorded program kept.

No dialect: a front end gives the function to call, and hooks where its own words differ.
"""
import dataclasses
import os
import warnings

from . import _arrays
from ._module import core


class UninitializedRead(UserWarning):
    """A kernel read bytes that nothing wrote."""


@dataclasses.dataclass
class Options:
    target: str = "trn3"
    seed: int = 0
    wide: bool = False  # low-precision floats held as float32
    argument_tag: object = None  # of argument tensors
    warn: bool = True

    @staticmethod
    def from_environment(**changes):
        return Options(target=os.environ.get("NEURON_PLATFORM_TARGET_OVERRIDE") or "trn3",
                       wide=os.environ.get("NKI_PRECISE_FP", "1") == "0", **changes)


def target_generation():
    """2, 3 or 4: of the kernel that is running, else of the environment."""
    kernel = core.active()
    if kernel is not None:
        return kernel.generation
    return core.Kernel(Options.from_environment().target).generation


class _Arguments:
    """Arrays among the arguments, at any depth, as tensors."""

    def __init__(self, kernel, options):
        self.kernel = kernel
        self.options = options
        self.arrays = []  # (array, view)

    def convert(self, value, name):
        if _arrays.is_array(value):
            for array, view in self.arrays:
                if array is value:
                    return view
            view = self.kernel.input(name, _arrays.shape_of(value), _arrays.type_of(value),
                                     _arrays.bytes_of(value), self.options.argument_tag)
            self.arrays.append((value, view))
            return view
        if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
            return type(value)(self.convert(one, f"{name}_{i}") for i, one in enumerate(value))
        if isinstance(value, dict):
            return {key: self.convert(one, f"{name}_{key}") for key, one in value.items()}
        return value

    def update(self):
        for array, view in self.arrays:
            if self.kernel.is_updated(view):
                _arrays.copy_back(array, _arrays.values_of(self.kernel, view))


def _results(kernel, value, arrays, example):
    if isinstance(value, core.View):
        for array, view in arrays:
            if view.tensor_id == value.tensor_id and value.shape == view.shape:
                return array
        kernel.mark_output(value)
        return _arrays.like(_arrays.values_of(kernel, value), example)
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(_results(kernel, one, arrays, example) for one in value)
    if isinstance(value, dict):
        return {key: _results(kernel, one, arrays, example) for key, one in value.items()}
    if isinstance(value, core.Register):
        return value.value
    return value


def _names(function, args):
    code = getattr(function, "__code__", None)
    names = code.co_varnames[:code.co_argcount] if code else ()
    return [names[i] if i < len(names) else f"arg{i}" for i in range(len(args))]


def _call(kernel, function, args, kwargs, options):
    arguments = _Arguments(kernel, options)
    names = _names(function, args)
    args = [arguments.convert(value, name) for name, value in zip(names, args)]
    kwargs = {name: arguments.convert(value, name) for name, value in kwargs.items()}
    before = core.activate(kernel)
    try:
        value = function(*args, **kwargs)
        while kernel.loops_open:  # a `while reg:` left by break
            kernel.leave()
    finally:
        core.activate(before)
    arguments.update()
    example = arguments.arrays[0][0] if arguments.arrays else None
    return _results(kernel, value, arguments.arrays, example)


def run(function, args, kwargs, options):
    """Returns (result, kernel)."""
    kernel = core.Kernel(options.target, options.seed, options.wide)
    result = _call(kernel, function, args, kwargs, options)
    reports = kernel.reports() if options.warn else []
    if reports:
        more = f" (and {len(reports) - 1} more)" if len(reports) > 1 else ""
        warnings.warn(reports[0] + more, UninitializedRead, stacklevel=3)
    return result, kernel
