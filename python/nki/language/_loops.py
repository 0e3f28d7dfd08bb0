"""Ranges and loops of nki.language, order of instructions, the launch grid."""
import contextlib

from switchyard import _lnc, _loops
from switchyard._module import core

from ._tensor import kernel

def _plain(start, stop, step):
    return range(start) if stop is None else range(start, stop, step)


def affine_range(start, stop=None, step=1):
    return _plain(start, stop, step)


def sequential_range(start, stop=None, step=1):
    return _plain(start, stop, step)


def static_range(start, stop=None, step=1):
    return _plain(start, stop, step)


def ds(start, size):
    """The slice [start, start + size); `start` may be a register or a [1, 1] tensor."""
    if isinstance(start, (core.Register, core.View)):
        return core.DynamicSlice(start, size)
    return slice(start, start + size)


def _check_loop(name, step):
    if not isinstance(step, int) or isinstance(step, bool) or step < 1:
        raise core.ValidationError(f"{core.user_place()}: {name} step={step!r}, wanted an integer "
                                   "of 1 or more: the loop instruction holds it")
    if kernel().in_no_reorder:
        raise core.ValidationError(f"{core.user_place()}: {name} inside nl.no_reorder, wanted the "
                                   "no_reorder inside the loop's body")


def dynamic_range(start, stop=None, step=1):
    """A loop on the device; yields its register."""
    _check_loop("dynamic_range", step)
    lower, upper = (0, start) if stop is None else (start, stop)
    return _loops.counted(kernel(), lower, upper, step)


def fori_loop(lower, upper, body_fun, step=1):
    """Calls body_fun(register) for lower, lower + step, ... below upper: a loop on the device."""
    _check_loop("fori_loop", step)
    for register in _loops.counted(kernel(), lower, upper, step):
        body_fun(register)


def while_loop(init, body_fun):
    """r = init; while r != 0: r = body_fun(r), as a loop on the device."""
    from .. import isa
    _check_loop("while_loop", 1)
    condition = kernel().register()
    isa.register_move(condition, init)
    for register in _loops.conditional(kernel(), condition):
        following = body_fun(register)
        if not isinstance(following, core.Register):
            raise core.ValidationError(f"{core.user_place()}: while_loop's body returned "
                                       f"{following!r}, wanted the next condition's register")
        if following is not condition:
            isa.register_move(condition, following)


@contextlib.contextmanager
def no_reorder():
    """Instructions inside keep their order on the device."""
    here = kernel()
    here.begin_no_reorder()
    try:
        yield
    finally:
        here.end_no_reorder()


def program_id(axis=0):
    if axis != 0:
        raise core.ValidationError(f"{core.user_place()}: program_id({axis!r}), wanted 0: the "
                                   "launch grid has one axis, the cores of an LNC")
    return _lnc.rank()


def num_programs(axes=0):
    if axes not in (0, None, (0,), [0], ()):
        raise core.ValidationError(f"{core.user_place()}: num_programs({axes!r}), wanted 0: the "
                                   "launch grid has one axis, the cores of an LNC")
    return _lnc.size()


def program_ndim():
    return 1 if _lnc.size() > 1 else 0
