"""Loops on the device, driven by Python: the first iteration records, later ones repeat."""
import dis
import functools
import sys

from ._module import core


def counted(kernel, lower, upper, step):
    """Yields the loop's register once for each iteration."""
    register = kernel.begin_for(lower, upper, step)
    depth = kernel.loops_open
    try:
        while kernel.next():
            yield register
    finally:
        while kernel.loops_open >= depth:  # break, return or an exception in the body
            kernel.leave()


def conditional(kernel, register):
    """Yields while the register is not zero."""
    kernel.begin_while(register)
    depth = kernel.loops_open
    try:
        while kernel.next():
            yield register
    finally:
        while kernel.loops_open >= depth:
            kernel.leave()


@functools.lru_cache(maxsize=None)
def _is_while(code, line):
    """Whether a `while` stands on that line: its test jumps back."""
    at = None
    for instruction in dis.get_instructions(code):
        at = instruction.starts_line or at
        if at == line and instruction.opname.startswith("POP_JUMP_BACKWARD"):
            return True
    return False


_open = {}  # id(kernel) -> [(frame, line)], innermost last


def forget(kernel):
    """Closes what a `break` out of a `while register` left open, at the end of the kernel."""
    while kernel.loops_open:
        kernel.leave()
    _open.pop(id(kernel), None)


def truth(register):
    """bool(register): `while register:` becomes a loop on the device."""
    kernel = core.active()
    frame = sys._getframe(2)
    if kernel is None or not _is_while(frame.f_code, frame.f_lineno):
        return register.value != 0
    stack = _open.setdefault(id(kernel), [])
    spot = (id(frame), frame.f_lineno)
    if spot not in stack:
        kernel.begin_while(register)
        stack.append(spot)
    while stack[-1] != spot:  # inner loops left by break
        stack.pop()
        kernel.leave()
    if kernel.next():
        return True
    stack.pop()
    return False
