"""Loops on the device, used as they are not meant to be: closed at once, and said so."""
import inspect

import numpy as np
import pytest

import nki
import nki.isa as nisa
import nki.language as nl
from nki import _kernel
from switchyard import EarlyExit


def recorded(kernel, *args):
    """(result, kernel as recorded)."""
    result, (one,) = _kernel.run(kernel, args, {})
    return result, one


def line_of(function, text):
    lines, first = inspect.getsourcelines(function)
    return first + next(i for i, line in enumerate(lines) if text in line)


def count_down(register, left):
    nisa.tensor_scalar(left, left, op0=nl.subtract, operand0=1)
    nisa.register_load(register, left)


def totals(body):
    """A kernel that runs body(total) and returns the tile [1, 4] it adds to, tripled at its end."""
    def kernel():
        out = nl.ndarray((1, 4), nl.float32, nl.shared_hbm)
        total = nl.zeros((1, 4), nl.float32)
        body(total)
        nisa.tensor_scalar(total, total, op0=nl.multiply, operand0=3.0)  # behind the loop
        nl.store(out, total)
        return out
    return kernel


def add_one(total):
    nisa.tensor_scalar(total, total, op0=nl.add, operand0=1.0)


def break_while(total, at):
    register, left, seen = nisa.register_alloc(1), nl.full((1, 1), 5, nl.int32), 0
    while register:
        add_one(total)
        count_down(register, left)
        seen += 1
        if seen == at:
            break


def break_counted(total, at):
    for i in nl.dynamic_range(5):
        add_one(total)
        if int(i) + 1 == at:
            break


def return_counted(total, at):
    for i in nl.dynamic_range(5):
        add_one(total)
        if int(i) + 1 == at:
            return


def break_held(total, at):
    loop = nl.dynamic_range(5)
    for i in loop:
        add_one(total)
        if int(i) + 1 == at:
            break
    add_one(total)
    nisa.tensor_scalar(total, total, op0=nl.subtract, operand0=1.0)


@pytest.mark.parametrize("left", [break_while, break_counted, return_counted, break_held])
@pytest.mark.parametrize("at", [1, 2, 4])
def test_a_loop_left_early_is_closed_before_what_follows(left, at):
    kernel = totals(lambda total: left(total, at))
    head = "while register" if left is break_while else "in nl.dynamic_range(5)"
    head = "for i in loop" if left is break_held else head
    with pytest.warns(EarlyExit, match=f"test_loops.py:{line_of(left, head)}"):
        result, one = recorded(kernel)
    np.testing.assert_array_equal(result, np.full((1, 4), 3.0 * at))
    assert one.trips == [at] and one.loops_open == 0


@pytest.mark.parametrize("outer", [1, 3])
def test_inner_loops_left_early_let_the_outer_go_on(outer):
    def body(total):
        for _ in nl.dynamic_range(outer):
            register, left = nisa.register_alloc(1), nl.full((1, 1), 5, nl.int32)
            while register:
                add_one(total)
                count_down(register, left)
                if int(register) == 3:
                    break
            add_one(total)
    with pytest.warns(EarlyExit):
        result, one = recorded(totals(body))
    np.testing.assert_array_equal(result, np.full((1, 4), 9.0 * outer))
    assert one.trips == [outer] + [2] * outer


def test_a_while_entered_anew_is_another_loop():
    def body(total):
        for _ in range(2):
            register, left = nisa.register_alloc(1), nl.full((1, 1), 3, nl.int32)
            while register:
                add_one(total)
                count_down(register, left)
                if int(register) == 2:
                    break
    with pytest.warns(EarlyExit):
        result, one = recorded(totals(body))
    np.testing.assert_array_equal(result, np.full((1, 4), 6.0))
    assert one.trips == [1, 1]


def test_whiles_that_end_by_themselves_say_nothing():
    def body(total):
        for _ in nl.dynamic_range(2):
            outer, left = nisa.register_alloc(1), nl.full((1, 1), 2, nl.int32)
            while outer:
                inner, other = nisa.register_alloc(1), nl.full((1, 1), 3, nl.int32)
                while inner:
                    add_one(total)
                    count_down(inner, other)
                    if int(inner) == 7:
                        continue
                count_down(outer, left)
    result, one = recorded(totals(body))
    np.testing.assert_array_equal(result, np.full((1, 4), 36.0))
    assert one.trips == [2, 2, 3, 3, 2, 3, 3]


def test_an_exception_in_a_body_keeps_its_own_line():
    def kernel():
        total = nl.zeros((1, 4), nl.float32)
        for _ in nl.dynamic_range(3):
            add_one(total)
            raise KeyError("mine")
    with pytest.raises(KeyError, match="mine") as caught:
        nki.simulate(kernel)()
    assert caught.traceback[-1].lineno + 1 == line_of(kernel, "raise KeyError")
    assert nki.simulate(totals(add_one))()[0, 0] == 3  # the next kernel is as ever


def test_an_exception_caught_by_the_kernel_closes_the_loop():
    def body(total):
        try:
            for _ in nl.dynamic_range(3):
                add_one(total)
                raise KeyError("mine")
        except KeyError:
            add_one(total)
    with pytest.warns(EarlyExit):
        result, one = recorded(totals(body))
    np.testing.assert_array_equal(result, np.full((1, 4), 6.0))
    assert one.trips == [1]


def test_an_error_in_a_later_iteration_leaves_no_trace():
    def body(total):
        with pytest.raises(nisa.NkiValidationError, match="multiple of|shape|elements"):
            nisa.tensor_tensor(total, total, total[:, 0:3], nl.add)
        add_one(total)
    assert (recorded(totals(body))[0] == 3).all()


def used_again(total):
    loop = nl.dynamic_range(5)
    for _ in loop:
        add_one(total)
        break
    add_one(total)
    for again in loop:
        add_one(total)


def by_next(total):
    next(nl.dynamic_range(5))


def as_list(total):
    list(nl.dynamic_range(5))


def always_leaves(total):
    register = nisa.register_alloc(1)
    while register:
        add_one(total)
        break


def with_more(total):
    register, more = nisa.register_alloc(1), True
    while more and register:
        add_one(total)
        more = False


def with_not(total):
    register = nisa.register_alloc(0)
    while not register:
        add_one(total)


def by_if(total):
    register = nisa.register_alloc(1)
    if register:
        add_one(total)


def by_value(total):
    for i in nl.dynamic_range(3):
        if i == 0:
            add_one(total)


def by_sum(total):
    for i in nl.dynamic_range(3):
        nl.zeros((1, 4), nl.float32)[:, i + 1]


def by_order(total):
    assert nisa.register_alloc(1) < 3


def python_range(total):
    for _ in range(nisa.register_alloc(2)):
        add_one(total)


def other_tensor(total):
    for i in nl.dynamic_range(3):
        nl.zeros((128, 1 + int(i)), nl.float32)


def fewer_calls(total):
    for i in nl.dynamic_range(3):
        if int(i) == 0:
            add_one(total)


def more_calls(total):
    for i in nl.dynamic_range(3):
        if int(i) > 0:
            add_one(total)


def other_operands(total):
    for i in nl.dynamic_range(3):
        nisa.tensor_scalar(total, total, op0=nl.add, operand0=float(int(i)))


def written(total):
    for i in nl.dynamic_range(3):
        nisa.register_move(i, 3)


def by_step(total):
    for _ in nl.dynamic_range(0, 4, -1):
        add_one(total)


def by_float(total):
    for _ in nl.dynamic_range(2.5):
        add_one(total)


def in_order(total):
    with nl.no_reorder():
        for _ in nl.dynamic_range(2):
            pass


def returns_nothing(total):
    nl.while_loop(nisa.register_alloc(1), lambda r: None)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("wrong, at, words", [
    (used_again, "for again in loop", "left before goes on.*another nl.dynamic_range"),
    (by_next, "next(nl.", "no for statement runs"),
    (as_list, "list(nl.", "no for statement runs"),
    (always_leaves, "while register", "never comes to its end.*no break"),
    (with_more, "while more", "more than a register"),
    (with_not, "while not", "more than a register"),
    (by_if, "if register", "truth of a register.*int\\(register\\)"),
    (by_value, "if i == 0", "a register == 0: its value is known on the device alone"),
    (by_sum, "i + 1", "a register \\+ 1"),
    (by_order, "< 3", "a register < 3"),
    (other_tensor, "int(i)", "another tensor.*same calls in every iteration"),
    (fewer_calls, "for i in", "it does less.*same calls"),
    (more_calls, "add_one", "one more instruction|where.*was"),
    (other_operands, "float(int(i))", "operand0=1 where 0 was.*same calls"),
    (written, "register_move", "read only"),
    (by_step, "dynamic_range(0, 4, -1)", "step=-1.*1 or more"),
    (by_float, "dynamic_range(2.5)", "upper.*2.5.*integer or a register"),
    (in_order, "dynamic_range(2)", "no_reorder inside the loop"),
    (returns_nothing, "while_loop", "returned None.*register"),
])
def test_wrong_loops_are_told_where_and_why(wrong, at, words):
    with pytest.raises(nisa.NkiValidationError, match=words) as caught:
        recorded(totals(wrong))
    here = line_of(add_one if at == "add_one" else wrong, "nisa." if at == "add_one" else at)
    assert f"test_loops.py:{here}" in str(caught.value)


def test_a_register_is_no_python_integer():
    with pytest.raises(TypeError, match="Register.*integer"):
        recorded(totals(python_range))


def test_registers_are_compared_by_identity_with_other_objects():
    def kernel():
        one, other = nisa.register_alloc(1), nisa.register_alloc(1)
        assert one == one and one != other and one != "one" and not one == None  # noqa: E711
        assert int(one) == 1 and repr(one) == "VirtualRegister(1)" and len({one, other}) == 2
    nki.simulate(kernel)()
