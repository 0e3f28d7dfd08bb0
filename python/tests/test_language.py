"""Functions of nki.language against numpy."""
import dataclasses
import math

import numpy as np
import pytest

import nki
import nki.isa as nisa
import nki.language as nl


def run(function, *arrays):
    """`function` of tiles in SBUF, its tile as an array."""
    def kernel(*tensors):
        tile = function(*[nl.load(tensor) for tensor in tensors])
        if tile.buffer != nl.sbuf:
            tile = nl.copy(tile)
        out = nl.ndarray(tile.shape, tile.dtype, nl.shared_hbm)
        nl.store(out, tile)
        return out
    return nki.simulate(kernel)(*arrays)


def values(*shape, seed=0, low=-3.0, high=3.0):
    return np.random.default_rng(seed).uniform(low, high, shape).astype(np.float32)


X = values(64, 48)
Y = values(64, 48, seed=1)
Y[np.abs(Y) < 0.1] = 0.5
BITS = np.random.default_rng(2).integers(0, 2 ** 31, (64, 48)).astype(np.int32)
FLAGS = (X > 0).astype(np.float32)

ARITHMETIC = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide,
    "maximum": np.maximum, "minimum": np.minimum, "fmod": np.fmod, "mod": np.mod,
    "equal": np.equal, "not_equal": np.not_equal, "less": np.less, "less_equal": np.less_equal,
    "greater": np.greater, "greater_equal": np.greater_equal,
    "abs_max": lambda x, y: np.where(np.abs(x) > np.abs(y), x, y),
    "abs_min": lambda x, y: np.where(np.abs(x) < np.abs(y), x, y),
}


@pytest.mark.parametrize("name", ARITHMETIC)
def test_binary_of_tiles_and_scalars(name):
    function, reference = getattr(nl, name), ARITHMETIC[name]
    tolerance = {"rtol": 1e-5, "atol": 1e-5}
    np.testing.assert_allclose(run(function, X, Y), reference(X, Y), **tolerance)
    np.testing.assert_allclose(run(lambda x: function(x, 1.5), X), reference(X, np.float32(1.5)),
                               **tolerance)
    np.testing.assert_allclose(run(lambda y: function(2.5, y), Y), reference(np.float32(2.5), Y),
                               **tolerance)


def test_power():
    base = np.abs(X) + 0.1
    np.testing.assert_allclose(run(nl.power, base, Y), base ** Y, rtol=2e-3)
    np.testing.assert_allclose(run(lambda x: nl.power(x, 2.0), X), X * X, rtol=2e-3)


@pytest.mark.parametrize("name", ["bitwise_and", "bitwise_or", "bitwise_xor"])
def test_bits(name):
    other = np.roll(BITS, 1)
    np.testing.assert_array_equal(run(getattr(nl, name), BITS, other),
                                  getattr(np, name)(BITS, other))


def test_shifts_invert_and_logic():
    small = (BITS % 7).astype(np.int32)
    np.testing.assert_array_equal(run(nl.right_shift, BITS, small), BITS >> small)
    np.testing.assert_array_equal(run(nl.left_shift, small, small), small << small)
    np.testing.assert_array_equal(run(nl.invert, BITS), ~BITS)
    other = np.roll(FLAGS, 1)
    for name in ("logical_and", "logical_or", "logical_xor"):
        np.testing.assert_array_equal(run(getattr(nl, name), FLAGS, other),
                                      getattr(np, name)(FLAGS, other))
    np.testing.assert_array_equal(run(nl.logical_not, FLAGS), 1 - FLAGS)


def erf(x):
    return np.vectorize(math.erf)(x)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def normal_density(x):
    return np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


UNARY = {
    "exp": np.exp, "tanh": np.tanh, "sigmoid": sigmoid, "relu": lambda x: np.maximum(x, 0),
    "gelu": lambda x: x * (1 + erf(x / math.sqrt(2))) / 2,
    "gelu_apprx_sigmoid": lambda x: x * sigmoid(1.702 * x),
    "gelu_apprx_tanh":
        lambda x: x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3))) / 2,
    "gelu_dx": lambda x: (1 + erf(x / math.sqrt(2))) / 2 + x * normal_density(x),
    "gelu_apprx_sigmoid_dx":
        lambda x: sigmoid(1.702 * x) * (1 + 1.702 * x * (1 - sigmoid(1.702 * x))),
    "silu": lambda x: x * sigmoid(x),
    "silu_dx": lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x))),
    "softplus": lambda x: np.log1p(np.exp(x)), "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "erf": erf, "erf_dx": lambda x: 2 / math.sqrt(math.pi) * np.exp(-x * x), "sin": np.sin,
    "arctan": np.arctan, "sign": np.sign, "abs": np.abs, "square": np.square,
    "ceil": np.ceil, "floor": np.floor, "trunc": np.trunc, "negative": np.negative,
    "copy": lambda x: x,
}


@pytest.mark.parametrize("name", UNARY)
def test_unary(name):
    np.testing.assert_allclose(run(getattr(nl, name), X), UNARY[name](X), rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("name, reference", [("log", np.log), ("sqrt", np.sqrt),
                                             ("rsqrt", lambda x: 1 / np.sqrt(x)),
                                             ("reciprocal", lambda x: 1 / x)])
def test_unary_of_positive_values(name, reference):
    positive = np.abs(X) + 0.05
    np.testing.assert_allclose(run(getattr(nl, name), positive), reference(positive), rtol=2e-3,
                               atol=2e-4)


def test_cos_and_tan():
    angle = values(64, 48, low=-1.4, high=1.4)
    np.testing.assert_allclose(run(nl.cos, angle), np.cos(angle), atol=1e-3)
    np.testing.assert_allclose(run(nl.tan, angle), np.tan(angle), rtol=5e-3, atol=1e-3)


def test_rounding_of_large_values():
    large = np.array([[2.0 ** 23 + 1, -2.0 ** 24, 1e20, -0.5, 0.5, 1.5]], np.float32)
    np.testing.assert_array_equal(run(nl.floor, large), np.floor(large))
    np.testing.assert_array_equal(run(nl.ceil, large), np.ceil(large))
    np.testing.assert_array_equal(run(nl.trunc, large), np.trunc(large))


@pytest.mark.parametrize("name", ["sum", "max", "min", "mean", "prod"])
def test_reductions(name):
    x = values(64, 4, 6, low=0.5, high=1.5)
    function, reference = getattr(nl, name), getattr(np, name)
    np.testing.assert_allclose(run(lambda t: function(t, axis=2), x), reference(x, axis=2),
                               rtol=1e-5)
    np.testing.assert_allclose(run(lambda t: function(t, axis=[1, 2], keepdims=True), x),
                               reference(x, axis=(1, 2), keepdims=True), rtol=1e-5)


def test_var_and_all():
    np.testing.assert_allclose(run(lambda t: nl.var(t, axis=1), X),
                               X.var(axis=1, keepdims=True), rtol=1e-4)
    np.testing.assert_array_equal(run(lambda t: nl.all(t, axis=1), FLAGS)[:, 0],
                                  FLAGS.all(axis=1))


def test_softmax_and_rms_norm():
    raised = np.exp(X - X.max(axis=1, keepdims=True))
    np.testing.assert_allclose(run(lambda t: nl.softmax(t, axis=1), X),
                               raised / raised.sum(axis=1, keepdims=True), rtol=2e-3)
    expected = X / np.sqrt((X * X).mean(axis=1, keepdims=True) + 1e-6) * Y
    np.testing.assert_allclose(run(lambda t, w: nl.rms_norm(t, w, axis=1, n=48), X, Y), expected,
                               rtol=2e-3, atol=1e-3)


def test_where_and_filling():
    np.testing.assert_array_equal(run(nl.where, FLAGS, X, Y), np.where(FLAGS, X, Y))
    np.testing.assert_array_equal(run(lambda c: nl.where(c, 1.0, 2.0), FLAGS),
                                  np.where(FLAGS, 1, 2))
    assert (run(lambda t: nl.add(nl.zeros_like(t), nl.ones(t.shape, t.dtype)), X) == 1).all()
    assert (run(lambda t: nl.full(t.shape, 2.5, nl.bfloat16), X) == 2.5).all()

    def in_hbm():
        return nl.full((4, 8), 3.0, nl.float16, nl.shared_hbm)
    assert (nki.simulate(in_hbm)() == 3).all()


def test_moving_data():
    np.testing.assert_array_equal(run(nl.transpose, X), X.T)
    row = values(1, 48)
    np.testing.assert_array_equal(run(lambda t: nl.broadcast_to(t, (128, 48)), row),
                                  np.repeat(row, 128, axis=0))
    np.testing.assert_array_equal(run(lambda t: nl.copy(nl.broadcast_to(t[:, 0:1], (64, 5))), X),
                                  np.repeat(X[:, :1], 5, axis=1))
    np.testing.assert_array_equal(run(lambda t: nl.expand_dims(t, 1), X), X[:, None])
    index = np.random.default_rng(1).integers(0, 48, (64, 20)).astype(np.uint32)
    np.testing.assert_array_equal(run(nl.gather_flattened, X, index),
                                  np.take_along_axis(X, index.astype(np.int64), axis=1))
    for dtype in ("float32", "bfloat16"):
        array = X.astype(dtype)

        def kernel(x):
            out = nl.ndarray((48, 64), x.dtype, nl.shared_hbm)
            nl.store(out, nl.load_transpose2d(x))
            return out
        np.testing.assert_array_equal(nki.simulate(kernel)(array).astype(np.float32),
                                      array.astype(np.float32).T)


def test_matmul():
    a, b = values(96, 64), values(64, 80, seed=1)
    np.testing.assert_allclose(run(nl.matmul, a, b), a @ b, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(run(lambda x, y: nl.matmul(x, y, transpose_x=True), a.T.copy(), b),
                               a @ b, rtol=1e-4, atol=1e-4)


def test_random_numbers_repeat_with_their_seed():
    def two(seed):
        nl.random_seed(seed)
        first = nl.rand((64, 32), nl.float32)
        nl.random_seed(seed)
        return nl.subtract(first, nl.rand((64, 32), nl.float32))

    seed = np.array([[42]], np.int32)
    assert (run(two, seed) == 0).all()
    out = run(lambda s: nl.rand((128, 512), nl.float32), seed)
    assert 0 <= out.min() and out.max() < 1 and abs(out.mean() - 0.5) < 0.01
    dropped = run(lambda t: nl.dropout(t, 0.25), np.ones((128, 512), np.float32))
    assert abs((dropped == 0).mean() - 0.25) < 0.02


def test_constants_and_printing(capsys):
    def kernel():
        out = nl.ndarray((32, 32), nl.float32, nl.shared_hbm)
        identity = nl.shared_identity_matrix(32, nl.float32)
        nl.device_print("identity", identity[0:1, 0:3])
        constant = nl.load(nl.shared_constant(np.full((32, 32), 2, np.float32)))
        nl.store(out, nl.add(identity, constant))
        return out
    np.testing.assert_array_equal(nki.simulate(kernel)(), np.eye(32) + 2)
    assert "identity [[1. 0. 0.]]" in capsys.readouterr().out


def test_buffers_and_sizes(monkeypatch):
    assert nl.is_hbm(nl.shared_hbm) and nl.is_hbm(nl.hbm) and not nl.is_hbm(nl.sbuf)
    assert nl.is_sbuf(nl.sbuf) and nl.is_psum(nl.psum) and nl.is_on_chip(nl.psum)
    assert nl.tile_size.pmax == 128 and nl.tile_size.psum_bank_fmax == 512
    assert nl.tile_size.gemm_stationary_fmax == 128 and nl.tile_size.gemm_moving_fmax == 512
    sizes = []
    for target in ("trn1", "trn2", "trn3"):
        monkeypatch.setenv("NEURON_PLATFORM_TARGET_OVERRIDE", target)
        sizes.append((nl.tile_size.sbuf_fmax_bytes, nisa.get_nc_version().value))
    assert sizes[0][0] <= sizes[1][0] <= sizes[2][0]
    assert [version for _, version in sizes] == [2, 3, 4]


def test_loops_on_the_device():
    def counted(x):
        total = nl.zeros((1, 4), nl.float32)
        begin, end = nisa.register_alloc(1), nisa.register_alloc(7)
        for i in nl.dynamic_range(begin, end, 2):
            row = nl.ndarray((1, 4), nl.float32, nl.sbuf)
            nisa.dma_copy(row, x[nl.ds(i, 1)])
            nisa.tensor_tensor(total, total, row, nl.add)
        return total

    def kernel(x, body):
        out = nl.ndarray((1, 4), nl.float32, nl.shared_hbm)
        nl.store(out, body(x))
        return out

    x = values(8, 4)
    np.testing.assert_allclose(nki.simulate(kernel)(x, counted)[0], x[1:7:2].sum(axis=0),
                               rtol=1e-6)

    def bare_while(x):
        total = nl.zeros((1, 4), nl.float32)
        left = nl.full((1, 1), 3, nl.int32)
        register = nisa.register_alloc(1)
        while register:
            nisa.tensor_scalar(total, total, op0=nl.add, operand0=2.0)
            nisa.tensor_scalar(left, left, op0=nl.subtract, operand0=1)
            nisa.register_load(register, left)
        return total
    assert (nki.simulate(kernel)(x, bare_while) == 6).all()

    def structured(x):
        total = nl.zeros((1, 4), nl.float32)
        left = nl.full((1, 1), 4, nl.int32)
        register = nisa.register_alloc()
        nisa.register_load(register, left)

        def body(r):
            nisa.tensor_scalar(total, total, op0=nl.add, operand0=1.0)
            nisa.tensor_scalar(left, left, op0=nl.subtract, operand0=1)
            nisa.register_load(r, left)
            return r
        nl.while_loop(register, body)
        return total
    assert (nki.simulate(kernel)(x, structured) == 4).all()


def test_a_tile_of_rows_from_an_offset_on_the_device():
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, nl.shared_hbm)
        start = nl.full((1, 1), 0, nl.int32)
        for _ in nl.dynamic_range(3):
            tile = nl.ndarray((128, 16), x.dtype, nl.sbuf)
            rows = {"pattern": [[16, 128], [1, 16]], "scalar_offset": start, "indirect_dim": 0}
            nisa.dma_copy(tile, x.ap(**rows))
            nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=2.0)
            nisa.dma_copy(out.ap(**rows), tile)
            nisa.tensor_scalar(start, start, op0=nl.add, operand0=128)
        return out
    x = values(384, 16)
    np.testing.assert_array_equal(nki.simulate(kernel)(x), 2 * x)


def test_loops_record_their_body_once():
    from nki import _kernel
    lengths = []
    for count in (1, 50):
        def kernel():
            tile = nl.zeros((128, 8), nl.float32)
            for _ in nl.dynamic_range(count):
                other = nl.ndarray((128, 8), nl.float32, nl.sbuf)
                nisa.tensor_copy(other, tile)
                for _ in nl.dynamic_range(2):
                    nisa.tensor_scalar(tile, other, op0=nl.add, operand0=1.0)
        _, (recorded,) = _kernel.run(kernel, (), {})
        lengths.append(recorded.instructions)
        assert recorded.trips == [count] + [2] * count
    assert lengths[0] == lengths[1]


def test_objects():
    class Config(nl.NKIObject):
        width: int
        scale: float = 2.0

        def __post_init__(self):
            self.twice = 2 * self.width

    one = Config(3)
    assert (one.width, one.scale, one.twice) == (3, 2.0, 6)
    assert one == Config(width=3) and one != Config(4)
    with pytest.raises(TypeError, match="depth"):
        Config(1, depth=2)

    @dataclasses.dataclass
    class Plain(nl.NKIObject):
        first = None
        second: int = 2
    assert vars(Plain(first=1)) == {"first": 1, "second": 2}
