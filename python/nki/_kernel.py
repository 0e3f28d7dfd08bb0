"""nki.jit, nki.simulate and what they return."""
import functools

from switchyard import _run
from switchyard._lnc import run_cores
from switchyard._module import core

from .language._tensor import MemoryRegion


def _unwrap(kernel):
    return kernel.function if isinstance(kernel, Kernel) else kernel


class Kernel:
    """A kernel function. `kernel[2]` runs it on both cores of an LNC pair."""

    def __init__(self, function, lnc=1, schedule=()):
        self.function = function
        self.lnc = lnc
        self.schedule = tuple(schedule)
        functools.update_wrapper(self, function)

    def __getitem__(self, lnc):
        if isinstance(lnc, (tuple, list)):
            if len(lnc) != 1:
                raise ValueError(f"kernel[{lnc}]: the launch grid has one axis, an LNC's cores")
            lnc = lnc[0]
        if lnc not in (1, 2):
            raise ValueError(f"kernel[{lnc}]: 1 or 2 cores of an LNC")
        return Kernel(self.function, int(lnc), self.schedule)

    def with_schedule(self, edges):
        """`edges`: pairs (later, earlier or [earlier, ...]) of instruction names."""
        return Kernel(self.function, self.lnc, self.schedule + tuple(edges))

    def __call__(self, *args, **kwargs):
        if core.active() is not None:  # a kernel in a kernel is inlined
            return self.function(*args, **kwargs)
        return run(self, args, kwargs)[0]

    def __get__(self, instance, owner=None):
        return self if instance is None else functools.partial(self, instance)


def run(kernel, args, kwargs, **changes):
    """Returns (result, [the program of each core])."""
    kernel = kernel if isinstance(kernel, Kernel) else Kernel(kernel)
    region = MemoryRegion.shared_hbm if kernel.lnc > 1 else MemoryRegion.private_hbm
    options = _run.Options.from_environment(argument_tag=region)
    for name, value in changes.items():
        setattr(options, name, value)
    if kernel.lnc > 1:
        result, kernels = run_cores(kernel.function, args, kwargs, options, kernel.lnc)
    else:
        result, one = _run.run(kernel.function, args, kwargs, options)
        kernels = [one]
    for one in kernels:
        for later, earlier in kernel.schedule:
            for name in earlier if isinstance(earlier, (list, tuple)) else [earlier]:
                one.order_named(later, name)
    return result, kernels


def jit(function=None, *, mode=None, platform_target=None, **_):
    """Marks a kernel."""
    if platform_target is not None:
        raise ValueError("nki.jit(platform_target=...) is gone: set the environment variable "
                         "NEURON_PLATFORM_TARGET_OVERRIDE")
    if function is None:
        return lambda one: Kernel(one)
    return Kernel(function)


class _Simulated:
    """What nki.simulate returns."""

    def __init__(self, kernel):
        self.kernel = kernel if isinstance(kernel, Kernel) else Kernel(kernel)
        functools.update_wrapper(self, _unwrap(kernel))

    def __getitem__(self, lnc):
        return _Simulated(self.kernel[lnc])

    def __call__(self, *args, **kwargs):
        return run(self.kernel, args, kwargs)[0]


def simulate(kernel):
    """A callable that runs `kernel` on the simulated core, arrays in and arrays out."""
    return _Simulated(kernel)
