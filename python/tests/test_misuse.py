"""Wrong kernels: the error names the user's line, the operand, the limit and the way out."""
import enum
import inspect
from dataclasses import dataclass

import numpy as np
import pytest

import nki
import nki.isa as nisa
import nki.language as nl

X = np.arange(128 * 16, dtype=np.float32).reshape(128, 16)


def tile(x):
    return nl.load(x)


@pytest.mark.parametrize("wrong, words", [
    # views
    (lambda x: tile(x)[:, ::-1], "0:16:-1 of dim 1 .*wanted 0 <= start < end <= 16 .*step of 1"),
    (lambda x: tile(x)[:, 3:3], "3:3:1 of dim 1 .*start < end"),
    (lambda x: tile(x)[:, 9:5], "9:5:1 of dim 1 .*start < end"),
    (lambda x: tile(x)[:, 0:17], "0:17:1 of dim 1 .*end <= 16"),
    (lambda x: tile(x)[:, 16], "index 16 of dim 1 .*wanted 0 to 15"),
    (lambda x: tile(x)[:, -17], "index -17 of dim 1 .*wanted 0 to 15"),
    (lambda x: tile(x)[:, 1.0], "index: a float; wanted integers, slices, nl.ds"),
    (lambda x: tile(x)[:, np.array([1, 2])], "index: a numpy.ndarray"),
    (lambda x: tile(x)[0, 0, 0], "3 indices of a tensor of shape .128, 16.; wanted at most 2"),
    (lambda x: x.reshape((128, 15)), "reshape: .128, 16. to .128, 15.; wanted 2048 elements"),
    (lambda x: tile(x).permute((1, 0)), "its partitions.*nc_transpose or a DMA"),
    (lambda x: x.permute((0, 0)), "permute: .0, 0.; wanted each of 0 to 1 once"),
    (lambda x: x.ap([[1, 1]] * 6), "a pattern of 6 dims; wanted 1 to 5"),
    (lambda x: tile(x).broadcast(1, 5), "broadcast: dim 1 .*wanted a dim of size 1"),
    (lambda x: nisa.dma_copy(tile(x), x.ap([[16, 128], [1, 16]], offset=1)),
     "src .x. reaches elements 1 to 2048 .*wanted 0 to 2047"),
    # types, shapes and buffers
    (lambda x: nl.ndarray((4, 4), "float64"), "dtype: .float64.*did you mean float32"),
    (lambda x: nl.ndarray((4, 4), "bfloat"), "did you mean bfloat16"),
    (lambda x: nl.ndarray((4, 4), nl.float32, "sbuff"), "buffer='sbuff', wanted nl.sbuf"),
    (lambda x: nl.ndarray((128, 0), nl.float32), "shape .128, 0.; wanted extents of 1 or more"),
    (lambda x: nl.ndarray((128, 4.0), nl.float32), "shape: .128, 4.0.; wanted a tuple of integers"),
    (lambda x: nl.load(nl.ndarray((200, 4), nl.float32, nl.hbm)), "200 partitions; .*at most 128"),
    (lambda x: nisa.tensor_tensor(x, x, x, nl.add),
     "dst .x. is in hbm; wanted sbuf or psum - load"),
    (lambda x: nisa.dma_copy(x, nl.zeros(x.shape, nl.float32, nl.psum)),
     "src .* is in psum; wanted hbm or sbuf - copy it to sbuf"),
    (lambda x: nisa.nc_matmul(nl.ndarray((16, 16), nl.float32, nl.sbuf), tile(x), tile(x)),
     "dst .* is in sbuf; wanted psum"),
    (lambda x: nisa.nc_matmul(nl.ndarray((16, 15), nl.float32, nl.psum), tile(x), tile(x)),
     "dst .* has 15 elements a partition; wanted 16, the free size of moving"),
    (lambda x: nisa.tensor_tensor(tile(x), tile(x), tile(x)[:, 0:8], nl.add),
     "data2 .* has 8 elements a partition; wanted 16, as dst has"),
    (lambda x: nisa.memset(tile(x)[5:37], 0.0), "starts at partition 5 .*wanted start 0, 32"),
    (lambda x: nisa.activation(tile(x), nl.exp, tile(x), scale=tile(x)),
     "scale .* has 16 elements a partition; wanted 1"),
    # operands and operators
    (lambda x: nisa.tensor_tensor(tile(x), tile(x), X, nl.add),
     r"data2: .numpy.ndarray of float32 \(128, 16\).*wanted a tensor.*argument of the kernel"),
    (lambda x: nisa.tensor_tensor(tile(x), tile(x), None, nl.add),
     "data2: .None.; wanted a tensor"),
    (lambda x: nisa.tensor_scalar(tile(x), tile(x), nl.add, "one"),
     "operand0: .'one'.; wanted a tensor of this kernel or a number"),
    (lambda x: nisa.tensor_tensor(tile(x), tile(x), tile(x), np.add), "op: .*did you mean add"),
    (lambda x: nisa.memset(tile(x), 0.0, engine=nisa.engine.tensor), "tensor engine; wanted"),
    (lambda x: tile(x) + 1, r"\+ of a tensor.*nl.add\(x, y\)"),
    (lambda x: 2 * tile(x), r"\* of a tensor.*nl.multiply\(x, y\)"),
    (lambda x: tile(x) == 3, r"== of a tensor.*nl.equal\(x, y\)"),
    (lambda x: tile(x) < tile(x), r"< of a tensor.*nl.less\(x, y\)"),
    (lambda x: nl.device_print(tile(x), "x"), "device_print of a View and a str"),
    (lambda x: nl.program_id(1), "program_id.1., wanted 0"),
    (lambda x: nl.num_programs(2), "num_programs.2., wanted 0"),
    (lambda x: nisa.register_alloc(tile(x)), "register_alloc of a tensor"),
])
def test_the_error_names_line_operand_limit_and_way_out(wrong, words):
    def kernel(x):
        wrong(x)
    with pytest.raises(nisa.NkiValidationError, match=words) as caught:
        nki.simulate(kernel)(X.copy())
    lines, first = inspect.getsourcelines(wrong)
    place = str(caught.value).partition("test_misuse.py:")[2].partition(":")[0]
    assert first <= int(place) < first + len(lines) + 1


@pytest.mark.parametrize("wrong, words", [
    (lambda x: nisa.tensor_scalar(tile(x), tile(x), op0=nl.add, operand=1),
     "no parameter 'operand' - did you mean operand0"),
    (lambda x: nisa.memset(tile(x)), "memset.* misses 'value'"),
    (lambda x: nisa.memset(tile(x), 1.0, value=2.0), "memset.* got 'value' twice"),
    (lambda x: [one for one in tile(x)], r"loop over range\(t.shape\[0\]\)"),
    (lambda x: x.no_such_view(), "no_such_view")])
def test_calls_that_python_refuses(wrong, words):
    with pytest.raises((TypeError, AttributeError), match=words):
        nki.simulate(lambda x: wrong(x))(X.copy())


def test_an_instruction_reads_before_it_writes():
    def kernel(x):
        t = tile(x)
        nisa.tensor_copy(t[:, 1:16], t[:, 0:15])
        nisa.dma_copy(x, t)
        nisa.dma_copy(x[1:128], x[0:127])
    found = X.copy()
    nki.simulate(kernel)(found)
    moved = X.copy()
    moved[:, 1:] = X[:, :-1]
    np.testing.assert_array_equal(found[1:], moved[:-1])


def test_views_that_alias_see_each_other():
    def kernel(x):
        t = tile(x)
        flat = t.reshape((128, 4, 4)).permute((0, 2, 1))
        nisa.memset(flat[:, 1], -1.0)
        nisa.memset(t.view(nl.int32)[:, 0:1], 0)
        nisa.dma_copy(x, t)
    found, expected = X.copy(), X.copy()
    nki.simulate(kernel)(found)
    expected[:, 1::4] = -1
    expected[:, 0] = 0
    np.testing.assert_array_equal(found, expected)


def test_an_error_caught_by_the_kernel_leaves_the_program_as_it_was():
    from nki import _kernel

    def kernel(x):
        t = tile(x)
        for _ in range(3):
            with pytest.raises(nisa.NkiValidationError):
                nisa.tensor_tensor(t, t, t[:, 0:8], nl.add)
        try:
            with nl.no_reorder():
                with nl.no_reorder():
                    raise KeyError
        except KeyError:
            pass
        for _ in nl.dynamic_range(2):  # not inside no_reorder any more
            nisa.tensor_scalar(t, t, op0=nl.add, operand0=1.0)
        nisa.dma_copy(x, t)
    found = X.copy()
    _, (recorded,) = _kernel.run(kernel, (found,), {})
    np.testing.assert_array_equal(found, X + 2)
    assert recorded.instructions == 5 and recorded.trips == [2]


def test_assertions_on_tensors_are_about_their_values():
    def kernel(x):
        identity = nl.shared_identity_matrix(128, nl.float32)
        assert nl.equal(identity, nl.shared_identity_matrix(128, nl.float32))
        assert not nl.equal(tile(x), 1.0)
        return x
    nki.simulate(kernel)(X.copy())


def test_identity_matrices_share_their_constant():
    from nki import _kernel
    from switchyard._module import core

    def kernel():
        for dtype in (nl.float32, nl.float32, nl.bfloat16):
            nl.shared_identity_matrix(64, dtype)
    _, (recorded,) = _kernel.run(kernel, (), {})
    assert sum(one["memory"] == "hbm" for one in core.tensors(recorded)) == 2


class Mode(enum.Enum):
    DOUBLE = 1
    NEGATE = 2


@dataclass
class Settings(nl.NKIObject):
    mode: Mode
    weights: object = None
    steps: int = 1

    def factor(self):
        return 2.0 if self.mode == Mode.DOUBLE else -1.0


def test_objects_bring_arrays_and_are_copied():
    def kernel(x, settings):
        t, w = tile(x), nl.load(settings.weights)
        assert isinstance(settings.weights, nl.NkiTensor)
        settings.steps += 1
        nisa.tensor_scalar(t, t, op0=nl.multiply, operand0=settings.factor())
        nisa.tensor_tensor(t, t, w, nl.add)
        nl.store(settings.weights, t)
        return settings.weights
    weights = np.ones_like(X)
    settings = Settings(Mode.NEGATE, weights)
    result = nki.simulate(kernel)(X.copy(), settings)
    assert result is weights and settings.steps == 1 and settings.weights is weights
    np.testing.assert_array_equal(weights, 1 - X)


def one_raises(x):
    t = tile(x)
    if nl.program_id(0) == 1:
        raise KeyError("mine")
    nisa.sendrecv(src=t, dst=t, send_to_rank=1, recv_from_rank=1, pipe_id=0)


def one_returns(x):
    t = tile(x)
    if nl.program_id(0) == 0:
        nisa.sendrecv(src=t, dst=t, send_to_rank=1, recv_from_rank=1, pipe_id=0)


def other_pipes(x):
    t, rank = tile(x), nl.program_id(0)
    nisa.sendrecv(src=t, dst=t, send_to_rank=1 - rank, recv_from_rank=1 - rank, pipe_id=rank)


def other_shapes(x):
    t, rank = tile(x), nl.program_id(0)
    t = t[:, :8 * (1 + rank)]
    nisa.sendrecv(src=t, dst=t, send_to_rank=1 - rank, recv_from_rank=1 - rank, pipe_id=0)


def other_results(x):
    return nl.ndarray((4, 4 + nl.program_id(0)), nl.float32, nl.shared_hbm)


@pytest.mark.parametrize("wrong, kind, words", [
    (one_raises, KeyError, "mine"),
    (one_returns, nisa.NkiValidationError, "sendrecv.*test_misuse.*never meet"),
    (other_pipes, nisa.NkiValidationError, "never meet; wanted the same barrier or pipe"),
    (other_shapes, nisa.NkiValidationError, r"receives \[128, 16\].*as \[128, 8\]|wanted the same"),
    (other_results, nisa.NkiValidationError, r"shared tensor 0 .*wanted the same in both")])
def test_cores_that_do_not_agree(wrong, kind, words):
    with pytest.raises(kind, match=words):
        nki.simulate(nki.jit(wrong)[2])(X.copy())


def test_grids_that_there_are_not():
    kernel = nki.jit(lambda x: x)
    for grid in (0, 3, (1, 2), "two"):
        with pytest.raises(ValueError, match="kernel"):
            kernel[grid]

    def outer(x):
        return kernel[2](x)
    with pytest.raises(nisa.NkiValidationError, match=r"\[2\] in a kernel of 1 core"):
        nki.simulate(outer)(X.copy())
    assert nki.simulate(nki.jit(outer)[2])(X.copy()).shape == X.shape
