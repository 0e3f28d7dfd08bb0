"""Loops on the device, driven by Python: the first iteration records, later ones repeat."""
import dis
import functools
import linecache
import sys

from ._module import core


def _refuse(found, wanted):
    raise core.ValidationError(f"{core.user_place()}: {found}, wanted {wanted}")


@functools.lru_cache(maxsize=None)
def _for_span(code, at):
    """First and last instruction of the `for` that iterates at `at`, or None."""
    for one in dis.get_instructions(code):
        if one.offset == at:
            return (at, one.argval - 2) if one.opname == "FOR_ITER" else None
    return None


@functools.lru_cache(maxsize=None)
def _while_span(code, line):
    """First and last instruction of the body of the `while` on that line, or None; the word why
    where its test is more than a register. Python tests a while before the first iteration and,
    by a jump back, after each."""
    previous, at, tests = None, None, []
    before = {}
    for one in dis.get_instructions(code):
        at = one.starts_line or at
        before[one.offset] = previous
        if at == line and one.opname.startswith("POP_JUMP"):
            tests.append(one)
        if one.opname not in ("CACHE", "EXTENDED_ARG"):
            previous = (one, at)
    back = [one for one in tests if one.opname.startswith("POP_JUMP_BACKWARD")]
    if not back:
        return None
    test, first = before[back[-1].argval] or (None, None)
    if first != line or not test.opname.startswith("POP_JUMP_FORWARD"):
        return None  # an `if` that ends in continue
    if len(tests) != 2 or back[-1].opname != "POP_JUMP_BACKWARD_IF_TRUE":
        return "more"
    return back[-1].argval, back[-1].offset


def counted(kernel, lower, upper, step):
    """Yields the loop's register once for each iteration."""
    frame = sys._getframe(1)
    span = _for_span(frame.f_code, frame.f_lasti)
    if span is None:
        _refuse("a loop on the device that no for statement runs", "for i in nl.dynamic_range(...)")
    register = kernel.begin_for(lower, upper, step)
    loop = core.watch_loop(kernel, frame, *span)
    try:
        while True:
            core.settle(kernel)
            if not core.is_open(kernel, loop):
                _refuse("a loop on the device that was left before goes on",
                        "another nl.dynamic_range")
            if not kernel.next():
                return
            yield register
    finally:
        core.leave_loop(kernel, loop)


def conditional(kernel, register):
    """Yields while the register is not zero."""
    frame = sys._getframe(1)
    kernel.begin_while(register)
    loop = core.watch_loop(kernel, frame, *_for_span(frame.f_code, frame.f_lasti))
    try:
        while kernel.next():
            yield register
    finally:
        core.leave_loop(kernel, loop)


_whiles = {}  # id(kernel) -> {(frame, line): loop}


def forget(kernel):
    """Closes what is still open at the end of the kernel."""
    core.leave_loops(kernel)
    _whiles.pop(id(kernel), None)


def truth(register):
    """bool(register): `while register:` becomes a loop on the device."""
    kernel = core.active()
    frame = sys._getframe(2)
    span = _while_span(frame.f_code, frame.f_lineno) if kernel is not None else None
    if span is None:
        source = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        if source.lstrip().startswith("while"):
            _refuse("a while register: whose body never comes to its end", "no break or return: "
                    "the register alone ends a loop on the device")
        _refuse("the truth of a register, which the device alone knows",
                "while register:, or int(register) to look at it here")
    if span == "more":
        _refuse("a while whose test is more than a register", "while register:")
    core.settle(kernel)
    loops, spot = _whiles.setdefault(id(kernel), {}), (frame, frame.f_lineno)
    if not core.is_open(kernel, loops.get(spot, 0)):
        kernel.begin_while(register)
        loops[spot] = core.watch_loop(kernel, frame, *span)
    return kernel.next()
