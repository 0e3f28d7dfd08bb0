"""nki.isa: every instruction of the table has a function that works, and errors say what to do.

Values of each instruction are tested in C++, beside its handler; here it is enough that arguments
arrive where they belong.
"""
import inspect

import numpy as np
import pytest

import nki
import nki.isa as nisa
import nki.language as nl
from switchyard._module import core


def simulate(function, *arrays):
    return nki.simulate(function)(*arrays)


def output_of(write, shape, dtype="float32"):
    """A kernel that lets `write` fill an SBUF tile and returns it."""
    def kernel(*tensors):
        out = nl.ndarray(shape, dtype, nl.shared_hbm)
        tile = nl.ndarray(shape, dtype, nl.sbuf)
        write(tile, *[nl.load(tensor) for tensor in tensors])
        nl.store(out, tile)
        return out
    return kernel


def test_every_instruction_of_the_table_has_a_function_and_a_handler():
    rows = {row["name"]: row for row in core.instruction_table()}
    markers = {"for_begin", "while_begin", "loop_end"}
    assert set(rows) - markers - {"register_alloc"} == set(nisa.INSTRUCTIONS)
    assert all(row["executes"] for name, row in rows.items() if name not in markers)


def test_parameters_are_those_of_the_table():
    for row in core.instruction_table():
        if row["name"] not in nisa.INSTRUCTIONS:
            continue
        names = list(inspect.signature(getattr(nisa, row["name"])).parameters)
        table = set(row["operands"]) | set(row["attributes"])
        assert table == set(names) - {"engine", "name", "dtype"}, row["name"]


def test_a_wrong_call_names_the_parameter():
    def kernel():
        nisa.memset(nl.ndarray((4, 4), nl.float32, nl.sbuf), valu=1)
    with pytest.raises(TypeError, match="memset.*valu"):
        simulate(kernel)

    def missing():
        nisa.memset(nl.ndarray((4, 4), nl.float32, nl.sbuf))
    with pytest.raises(TypeError, match="memset.*misses 'value'"):
        simulate(missing)


X = np.random.default_rng(0).uniform(-2, 2, (128, 64)).astype(np.float32)


@pytest.mark.parametrize("write, expected", [
    (lambda d, x: nisa.tensor_copy(d, x, engine=nisa.engine.gpsimd), X),
    (lambda d, x: nisa.memset(d, value=2), np.full_like(X, 2)),
    (lambda d, x: nisa.tensor_tensor(d, x, x, op=nl.subtract), X - X),
    (lambda d, x: nisa.tensor_scalar(d, x, nl.multiply, 2.0, op1=nl.subtract, operand1=1.0,
                                     reverse1=True), 1 - X * 2),
    (lambda d, x: nisa.tensor_scalar(dst=d, data=x, op0=nl.maximum, operand0=x[:, 3:4]),
     np.maximum(X, X[:, 3:4])),
    (lambda d, x: nisa.scalar_tensor_tensor(d, x, nl.add, 1.0, nl.multiply, x), (X + 1) * X),
    (lambda d, x: nisa.activation(d, nl.relu, x, scale=-1.0), np.maximum(-X, 0)),
    (lambda d, x: nisa.activate2(d, nl.copy, x, 3.0, 1.0, nl.multiply, nl.add), X * 3 + 1),
    (lambda d, x: nisa.reciprocal(d, x), 1 / X),
    (lambda d, x: nisa.iota(d, [[1, 64]], offset=5, channel_multiplier=2),
     5 + 2 * np.arange(128)[:, None] + np.arange(64)),
    (lambda d, x: nisa.affine_select(d, pattern=[[-1, 64]], channel_multiplier=1, on_true_tile=x,
                                     on_false_value=-9.0, cmp_op=nl.greater_equal),
     np.where(np.arange(128)[:, None] >= np.arange(64), X, -9)),
    (lambda d, x: nisa.nc_stream_shuffle(d, x, [31 - i for i in range(32)]),
     X.reshape(4, 32, 64)[:, ::-1].reshape(128, 64)),
    (lambda d, x: nisa.tensor_scalar_cumulative(d, x, nl.add, nl.add, 0.0), None),
    (lambda d, x: nisa.dropout(d, x, 0.0), X),
    (lambda d, x: nisa.exponential(d, x, max_value=1.0), np.exp(X - 1)),
    (lambda d, x: nisa.dma_compute(d, [x, x], nl.add), X + X),
])
def test_arguments_arrive(write, expected):
    out = simulate(output_of(write, X.shape), X)
    if expected is not None:
        np.testing.assert_allclose(out, expected, rtol=2e-3, atol=2e-3)


def test_searching():
    def kernel(x):
        out = nl.ndarray((128, 8), nl.uint32, nl.shared_hbm)
        tile, best = nl.load(x), nl.ndarray((128, 8), nl.float32, nl.sbuf)
        nisa.max8(best, tile)
        index = nl.ndarray((128, 8), nl.uint32, nl.sbuf)
        nisa.nc_find_index8(index, tile, best)
        replaced = nl.ndarray(tile.shape, tile.dtype, nl.sbuf)
        nisa.nc_match_replace8(replaced, tile, best, imm=0.0, dst_idx=index)
        nl.store(out, index)
        return out
    np.testing.assert_array_equal(simulate(kernel, X), np.argsort(-X, axis=1)[:, :8])


def test_reductions_and_selection():
    def kernel(x):
        out = nl.ndarray((128, 4), nl.float32, nl.shared_hbm)
        tile, result = nl.load(x), nl.ndarray((128, 4), nl.float32, nl.sbuf)
        other = nl.ndarray(tile.shape, nl.float32, nl.sbuf)
        nisa.tensor_reduce(result[:, 0:1], nl.maximum, tile, axis=(1,))
        nisa.activation_reduce(other, nl.square, tile, nl.add, result[:, 1:2])
        nisa.tensor_scalar_reduce(other, tile, nl.multiply, 2.0, nl.add, result[:, 2:3])
        mask = nl.ndarray(tile.shape, nl.uint8, nl.sbuf)
        nisa.tensor_scalar(mask, tile, nl.greater, 0.0)
        nisa.select_reduce(other, mask, tile, -1.0)
        nisa.tensor_reduce(result[:, 3:4], nl.minimum, other, axis=1)
        nl.store(out, result)
        return out
    out = simulate(kernel, X)
    expected = np.stack([X.max(axis=1), (X * X).sum(axis=1), (2 * X).sum(axis=1),
                         np.where(X > 0, X, -1).min(axis=1)], axis=1)
    np.testing.assert_allclose(out, expected, rtol=1e-4)


def test_gathers():
    index = np.random.default_rng(1).integers(0, 64, (128, 16)).astype(np.uint32)
    out = simulate(output_of(lambda d, x, i: nisa.nc_n_gather(d, x, i), (128, 16)), X, index)
    np.testing.assert_array_equal(out, np.take_along_axis(X, index.astype(np.int64), axis=1))

    def tensor_indirection(d, x, i):
        nisa.tensor_copy(d, x.indirect(i, 16))
    offsets = np.zeros((128, 1), np.uint32)
    offsets[:, 0] = np.tile(np.arange(16) * 3, 8)
    out = simulate(output_of(tensor_indirection, (128, 16)), X, offsets)
    np.testing.assert_array_equal(out, X[:, ::3][:, :16])


def test_registers():
    def kernel():
        out = nl.ndarray((1, 2), nl.int32, nl.shared_hbm)
        tile = nl.ndarray((1, 2), nl.int32, nl.sbuf)
        a, b = nisa.register_alloc(7), nisa.register_alloc()
        nisa.register_move(b, a)
        nisa.register_store(tile[:, 0:1], b)
        nisa.register_move(a, -3)
        nisa.register_store(tile[:, 1:2], a)
        assert int(a) == -3
        nl.store(out, tile)
        return out
    np.testing.assert_array_equal(simulate(kernel), [[7, -3]])


def test_enumerations_are_where_older_kernels_look():
    from nki.isa.constants import dge_mode, engine
    assert dge_mode is nisa.dge_mode and engine.vector is nisa.vector_engine


def test_order_by_hand():
    from nki import _kernel

    @nki.jit
    def kernel():
        a, b = (nl.ndarray((128, 8), nl.float32, nl.sbuf) for _ in range(2))
        first = nisa.memset(a, 0.0, name="first")
        second = nisa.memset(b, 0.0, name="second")
        assert second.depends_on(first) is second
        with nl.no_reorder():
            nisa.tensor_copy(a, b)
    _kernel.run(kernel.with_schedule([("second", "first"), ("second", ["first"])]), (), {})
    for wrong, words in (("third", "third.*known: first, second"), ("firs", "did you mean first")):
        with pytest.raises(nisa.NkiValidationError, match=words):
            _kernel.run(kernel.with_schedule([(wrong, "first")]), (), {})


def test_names_in_a_schedule_are_of_one_instruction():
    from nki import _kernel

    @nki.jit
    def kernel(times):
        tile = nl.zeros((128, 8), nl.float32)
        nisa.memset(tile, 1.0, name="one")
        for _ in range(times):
            nisa.memset(tile, 2.0, name="many")
        for _ in nl.dynamic_range(3):
            nisa.memset(tile, 3.0, name="looped")
    for name in ("many", "looped"):
        _kernel.run(kernel.with_schedule([(name, "one")]), (1,), {})
    with pytest.raises(nisa.NkiValidationError, match="many.*the name of 2 instructions"):
        _kernel.run(kernel.with_schedule([("many", "one")]), (2,), {})


def test_edges_that_contradict_each_other_leave_no_time():
    from switchyard import profile

    @nki.jit
    def kernel(x):
        tile, other = nl.load(x), nl.ndarray(x.shape, x.dtype, nl.sbuf)
        first = nisa.activation(other, nl.exp, tile)
        second = nisa.tensor_scalar(tile, tile, op0=nl.add, operand0=1.0)
        first.depends_on(second)
        second.depends_on(first)
        with pytest.raises(ValueError, match="itself"):
            second.depends_on(second)
        with pytest.raises(TypeError, match="an int|a int"):
            second.depends_on(3)
        nl.store(x, tile)
    _, found = profile(kernel)(X.copy())
    assert "deadlock" in found.fault


def bad_partitions():
    nisa.memset(nl.ndarray((256, 4), nl.float32, nl.sbuf), 0.0)


def bad_space():
    t = nl.ndarray((128, 4), nl.float32, nl.sbuf)
    nisa.nc_matmul(t, t, t)


def bad_op():
    t = nl.zeros((128, 4), nl.float32)
    nisa.tensor_tensor(t, t, t, op=nl.exp)


def bad_engine():
    nisa.memset(nl.ndarray((128, 4), nl.float32, nl.sbuf), 0.0, engine=nisa.engine.tensor)


def bad_operator_word():
    t = nl.zeros((128, 4), nl.float32)
    nisa.tensor_tensor(t, t, t, op="ad")


def bad_capacity():
    nl.ndarray((128, 1 << 21), nl.float32, nl.sbuf)


@pytest.mark.parametrize("kernel, words", [
    (bad_partitions, ["256 partitions", "at most 128"]),
    (bad_space, ["nc_matmul", "dst", "psum"]),
    (bad_op, ["tensor_tensor", "op", "exp"]),
    (bad_engine, ["tensor engine"]),
    (bad_operator_word, ["'ad'", "did you mean add"]),
    (bad_capacity, ["bytes of a partition"]),
])
def test_errors_name_the_line_the_operand_and_the_limit(kernel, words):
    with pytest.raises(AssertionError) as caught:
        simulate(kernel)
    line = inspect.getsourcelines(kernel)[1] + len(inspect.getsourcelines(kernel)[0]) - 1
    text = str(caught.value)
    assert f"test_isa.py:{line}" in text
    for word in words:
        assert word in text


def test_generations_differ(monkeypatch):
    kernel = output_of(lambda d, x: nisa.exponential(d, x), X.shape)
    monkeypatch.setenv("NEURON_PLATFORM_TARGET_OVERRIDE", "trn2")
    with pytest.raises(nisa.NkiValidationError, match="exponential.*v3"):
        simulate(kernel, X)
    monkeypatch.setenv("NEURON_PLATFORM_TARGET_OVERRIDE", "trn9")
    with pytest.raises(nisa.NkiValidationError, match="trn9"):
        simulate(kernel, X)


def test_reading_what_nothing_wrote_warns_and_gives_nan():
    from switchyard import UninitializedRead

    def kernel():
        out = nl.ndarray((128, 4), nl.float32, nl.shared_hbm)
        nisa.dma_copy(out, nl.ndarray((128, 4), nl.float32, nl.sbuf))
        return out
    with pytest.warns(UninitializedRead, match="test_isa.py"):
        assert np.isnan(simulate(kernel)).all()


def test_a_tensor_larger_than_its_memory_has_values_and_no_time():
    from switchyard import OverCapacity, profile

    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, nl.shared_hbm)
        wide = nl.ndarray((128, 16, 512), nl.float32, nl.psum)
        nisa.memset(wide[:, 15, :], 2.0)
        nisa.tensor_tensor(x_tile := nl.load(x), x_tile, wide[:, 15, :], nl.multiply)
        nisa.dma_copy(out, x_tile)
        return out
    x = np.ones((128, 512), np.float32)
    with pytest.warns(OverCapacity, match="test_isa.py.*takes 32768 .*psum has 16384"):
        result, found = profile(kernel)(x)
    np.testing.assert_array_equal(result, 2 * x)
    assert "psum" in found.fault and found.duration_ns == {}


def test_what_older_kernels_say_is_taken_with_a_warning(monkeypatch):
    with pytest.warns(DeprecationWarning, match="NEURON_PLATFORM_TARGET_OVERRIDE"):
        @nki.jit(platform_target="trn1")
        def kernel(x):
            out = nl.ndarray(x.shape, x.dtype, nl.shared_hbm)
            tile = nl.ndarray(x.shape, x.dtype, nl.sbuf)
            nisa.tensor_copy(tile, nl.load(x), dtype=x.dtype)
            nisa.dma_copy(out, tile)
            kernel.seen = nisa.get_nc_version()
            return out
    np.testing.assert_array_equal(kernel(X), X)
    assert kernel.seen == nisa.nc_version.gen2
    monkeypatch.setenv("NEURON_PLATFORM_TARGET_OVERRIDE", "gen4")
    kernel(X)
    assert kernel.seen == nisa.nc_version.gen4


def test_nothing_runs_outside_a_kernel():
    with pytest.raises(nisa.NkiValidationError, match="nki.simulate"):
        nl.ndarray((4, 4), nl.float32, nl.sbuf)


def test_results_may_be_nested_and_arguments_updated_in_place():
    @nki.jit
    def kernel(pair, *, scale):
        tile = nl.load(pair["a"])
        nisa.tensor_scalar(tile, tile, nl.multiply, scale)
        nl.store(pair["b"], tile)
        return {"same": pair["b"], "list": [pair["a"], 3]}
    a, b = X[:, :8].copy(), np.zeros((128, 8), np.float32)
    result = nki.simulate(kernel)({"a": a, "b": b}, scale=2.0)
    np.testing.assert_array_equal(b, a * 2)
    assert result["same"] is b and result["list"][0] is a and result["list"][1] == 3
