"""nki.jit, nki.simulate and what they return."""
import functools
import warnings

from switchyard import _lnc, _run
from switchyard._module import core

from .language._tensor import MemoryRegion


def _unwrap(kernel):
    return kernel.func if isinstance(kernel, Kernel) else kernel


class Kernel:
    """A kernel function. `kernel[2]` runs it on both cores of an LNC pair."""

    def __init__(self, func, lnc=1, schedule=(), target=None):
        self.func = func
        self.lnc = lnc
        self.schedule = tuple(schedule)
        self.target = target  # where the environment names none
        functools.update_wrapper(self, func)

    def __getitem__(self, lnc):
        if isinstance(lnc, (tuple, list)):
            if len(lnc) != 1:
                raise ValueError(f"kernel[{lnc}]: the launch grid has one axis, an LNC's cores")
            lnc = lnc[0]
        if lnc not in (1, 2):
            raise ValueError(f"kernel[{lnc}]: 1 or 2 cores of an LNC")
        return Kernel(self.func, int(lnc), self.schedule, self.target)

    def with_schedule(self, edges):
        """`edges`: pairs (later, earlier or [earlier, ...]) of instruction names."""
        return Kernel(self.func, self.lnc, self.schedule + tuple(edges), self.target)

    def __call__(self, *args, **kwargs):
        if core.active() is not None:  # a kernel in a kernel is inlined
            if self.lnc > 1 and self.lnc != _lnc.size():
                raise core.ValidationError(
                    f"{core.user_place()}: a call of {self.__name__}[{self.lnc}] in a kernel of "
                    f"{_lnc.size()} core, wanted the cores of the outer kernel")
            return self.func(*args, **kwargs)
        return run(self, args, kwargs)[0]

    def __get__(self, instance, owner=None):
        return self if instance is None else functools.partial(self, instance)


def run(kernel, args, kwargs, **changes):
    """Returns (result, [the program of each core])."""
    kernel = kernel if isinstance(kernel, Kernel) else Kernel(kernel)
    region = MemoryRegion.shared_hbm if kernel.lnc > 1 else MemoryRegion.private_hbm
    options = _run.Options.from_environment(kernel.target, argument_tag=region)
    for name, value in changes.items():
        setattr(options, name, value)
    if kernel.lnc > 1:
        result, kernels = _lnc.run_cores(kernel.func, args, kwargs, options, kernel.lnc)
    else:
        result, one = _run.run(kernel.func, args, kwargs, options)
        kernels = [one]
    for one in kernels:
        for later, earlier in kernel.schedule:
            for name in earlier if isinstance(earlier, (list, tuple)) else [earlier]:
                one.order_named(later, name)
    return result, kernels


def jit(function=None, *, mode=None, platform_target=None, **_):
    """Marks a kernel."""
    if platform_target is not None:
        warnings.warn("nki.jit(platform_target=...) is gone since NKI 0.3; here it counts where "
                      "the environment variable NEURON_PLATFORM_TARGET_OVERRIDE names no target",
                      DeprecationWarning, stacklevel=2)
    if function is None:
        return lambda one: Kernel(one, target=platform_target)
    return Kernel(function, target=platform_target)


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
