"""Element-wise functions of nki.language. Each is an operator's name too: op=nl.add."""
from switchyard._module import core

from ._tensor import NkiTensor, kernel, ndarray, sbuf

_LARGE = 8388608.0  # 2^23: float32 from here on is whole


def _isa():
    from .. import isa
    return isa


def new_like(x, dtype=None, shape=None, buffer=sbuf):
    return ndarray(shape or x.shape, dtype or x.dtype, buffer)


def _shape(name, x, y):
    if len(x.shape) != len(y.shape):
        raise core.ValidationError(f"{core.user_place()}: {name} of shapes {x.shape} and "
                                   f"{y.shape}, wanted as many dims")
    return tuple(b if a == 1 else a for a, b in zip(x.shape, y.shape))


def stretch(name, x, shape):
    """x repeated to `shape`: a view along free dims, a copy across partitions."""
    if x.shape == shape:
        return x
    for dim, (have, want) in enumerate(zip(x.shape, shape)):
        if have != want and have != 1:
            raise core.ValidationError(f"{core.user_place()}: {name} of shape {x.shape} to {shape},"
                                       f" wanted {want} or 1 in dim {dim}")
    if x.shape[0] != shape[0]:
        x = across_partitions(x, shape[0])
    for dim in range(1, len(shape)):
        if x.shape[dim] != shape[dim]:
            x = x.broadcast(dim, shape[dim])
    return x


def across_partitions(x, partitions):
    """One partition copied to `partitions` of them: a shuffle for each quadrant of 32."""
    isa = _isa()
    if (x.offset // max_int(1, x.strides[0])) % 32 != 0 or not x.is_contiguous():
        moved = new_like(x)
        isa.dma_copy(moved, x)
        x = moved
    out = ndarray((partitions, *x.shape[1:]), x.dtype, sbuf)
    for first in range(0, partitions, 32):
        last = first + 32 if first + 32 < partitions else partitions
        isa.nc_stream_shuffle(out[first:last], x, [0] * 32)
    return out


def max_int(a, b):
    return a if a > b else b


def binary_op(op, x, y, dtype=None):
    """x op y, of tiles and scalars, by tensor_tensor or tensor_scalar."""
    isa = _isa()
    if not isinstance(x, NkiTensor) and not isinstance(y, NkiTensor):
        raise core.ValidationError(f"{core.user_place()}: {op.__name__} of two numbers, wanted a "
                                   "tile: python computes numbers itself")
    if isinstance(x, NkiTensor) and isinstance(y, NkiTensor):
        shape = _shape(op.__name__, x, y)
        out = ndarray(shape, dtype or x.dtype, sbuf)
        isa.tensor_tensor(out, stretch(op.__name__, x, shape), stretch(op.__name__, y, shape), op)
        return out
    tile, scalar, reverse = (x, y, False) if isinstance(x, NkiTensor) else (y, x, True)
    out = new_like(tile, dtype)
    isa.tensor_scalar(out, tile, op0=op, operand0=scalar, reverse0=reverse)
    return out


def activate(op, x, dtype=None, scale=1.0, bias=None):
    isa = _isa()
    out = new_like(x, dtype)
    isa.activation(out, op, x, bias=bias, scale=scale)
    return out


def _full(x, value, dtype="float32", shape=None):
    out = ndarray(shape or x.shape, dtype, sbuf)
    _isa().memset(out, value)
    return out


def _cast(x, dtype):
    if x.dtype == dtype and x.buffer == sbuf:
        return x
    out = new_like(x, dtype)
    _isa().tensor_copy(out, x)
    return out


def _define(namespace, name, function, doc):
    function.__name__ = function.__qualname__ = name
    function.__module__ = "nki.language"
    function.__doc__ = doc
    namespace[name] = function
    if name in core.op_names:
        core.register_token("op", function, name)


def _make_binary(name):
    def function(x, y, dtype=None):
        return binary_op(function, x, y, dtype)
    _define(globals(), name, function, f"{name} of tiles and scalars, element by element.")


def _make_activation(name):
    def function(x, dtype=None):
        return activate(function, x, dtype)
    _define(globals(), name, function, f"{name} of a tile, element by element, on ScalarE.")


BINARY = ("add", "subtract", "multiply", "maximum", "minimum", "abs_max", "abs_min", "power",
          "equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "bitwise_and",
          "bitwise_or", "bitwise_xor", "left_shift", "right_shift", "logical_and", "logical_or",
          "logical_xor")
ACTIVATION = ("exp", "log", "sqrt", "tanh", "sigmoid", "relu", "gelu", "gelu_apprx_sigmoid",
              "gelu_apprx_tanh", "gelu_dx", "gelu_apprx_sigmoid_dx", "silu", "silu_dx", "softplus",
              "mish", "erf", "erf_dx", "sin", "arctan", "sign", "abs", "square")
for _name in BINARY:
    _make_binary(_name)
for _name in ACTIVATION:
    _make_activation(_name)


def _divide(x, y, dtype=None):
    # No engine divides: the reciprocal of y in float32, then a product.
    if not isinstance(y, NkiTensor):
        return binary_op(_ops("multiply"), x, 1.0 / y, dtype)
    inverse = new_like(y, "float32")
    _isa().reciprocal(inverse, y)
    if isinstance(x, NkiTensor):
        return binary_op(_ops("multiply"), x, inverse, dtype)
    return binary_op(_ops("multiply"), inverse, x, dtype or y.dtype)


def _whole(x):
    """x to the nearest whole number, and |x| >= 2^23, where it is whole already."""
    isa = _isa()
    nearest = new_like(x, "int32")
    isa.tensor_copy(nearest, x)
    rounded = new_like(x, "float32")
    isa.tensor_copy(rounded, nearest)
    large = new_like(x, "uint8")
    isa.tensor_scalar(large, x, op0=_ops("abs_value"), operand0=0.0, op1=_ops("greater_equal"),
                      operand1=_LARGE)
    return rounded, large


def _round(x, dtype, compare, sign):
    isa = _isa()
    x = _cast(x, "float32")
    rounded, large = _whole(x)
    off = new_like(x, "float32")
    isa.tensor_tensor(off, rounded, x, _ops(compare))
    out = new_like(x, "float32")
    isa.tensor_tensor(out, rounded, off, _ops(sign))
    isa.tensor_copy_predicated(out, x, large)
    return out


def _floor(x, dtype=None):
    return _cast(_round(x, dtype, "greater", "subtract"), dtype or x.dtype)


def _ceil(x, dtype=None):
    return _cast(_round(x, dtype, "less", "add"), dtype or x.dtype)


def _trunc(x, dtype=None):
    isa = _isa()
    out = _round(x, dtype, "greater", "subtract")
    up = _round(x, dtype, "less", "add")
    below = new_like(x, "uint8")
    isa.tensor_scalar(below, x, op0=_ops("less"), operand0=0.0)
    isa.tensor_copy_predicated(out, up, below)
    return _cast(out, dtype or x.dtype)


def _remainder(x, y, dtype, whole):
    tile = x if isinstance(x, NkiTensor) else y
    quotient = whole(_divide(x, y, "float32"), "float32")
    product = binary_op(_ops("multiply"), quotient, y, "float32")
    return binary_op(_ops("subtract"), x, product, dtype or tile.dtype)


def _fmod(x, y, dtype=None):
    return _remainder(x, y, dtype, _trunc)


def _mod(x, y, dtype=None):
    return _remainder(x, y, dtype, _floor)


def _scalar_op(x, dtype, op, operand):
    out = new_like(x, dtype)
    _isa().tensor_scalar(out, x, op0=_ops(op), operand0=operand)
    return out


def _negative(x, dtype=None):
    return _scalar_op(x, dtype, "multiply", -1.0)


def _invert(x, dtype=None):
    bits = 8 * core.type_bytes(x.dtype)
    ones = (1 << bits) - 1 if x.dtype.startswith("u") else -1
    return _scalar_op(x, dtype, "bitwise_xor", ones)


def _logical_not(x, dtype=None):
    return _scalar_op(x, dtype, "logical_xor", 1.0)


def _reciprocal(x, dtype=None):
    out = new_like(x, dtype)
    _isa().reciprocal(out, x)
    return out


def _rsqrt(x, dtype=None):
    isa = _isa()
    if x.buffer != sbuf:
        x = _cast(x, x.dtype)
    out = new_like(x, dtype)
    isa.tensor_scalar(out, x, op0=_ops("rsqrt"), operand0=0.0, engine=isa.engine.gpsimd)
    return out


def _copy(x, dtype=None):
    out = new_like(x, dtype)
    _isa().tensor_copy(out, x)
    return out


def _cos(x, dtype=None):
    quarter = _full(x, 1.5707963267948966, shape=(x.shape[0], 1))
    return activate(_ops("sin"), x, dtype, bias=quarter)


def _tan(x, dtype=None):
    return _divide(activate(_ops("sin"), x, "float32"), _cos(x, "float32"), dtype or x.dtype)


for _name, _function, _doc in (
        ("divide", _divide, "x / y."), ("fmod", _fmod, "Remainder with the sign of x."),
        ("mod", _mod, "Remainder with the sign of y."), ("ceil", _ceil, "Up to a whole number."),
        ("floor", _floor, "Down to a whole number."), ("trunc", _trunc, "Towards zero."),
        ("negative", _negative, "-x."), ("invert", _invert, "Every bit flipped."),
        ("logical_not", _logical_not, "1 where x is 0, else 0; x is 0 or 1."),
        ("reciprocal", _reciprocal, "1 / x."), ("rsqrt", _rsqrt, "1 / sqrt(x), on GpSimdE."),
        ("copy", _copy, "A new tile in SBUF with the values of x."),
        ("cos", _cos, "Cosine."), ("tan", _tan, "Tangent.")):
    _define(globals(), _name, _function, _doc)


class _Token:
    """An operator without a function of its own."""

    def __init__(self, name):
        self.__name__ = name

    def __repr__(self):
        return f"nki.language.{self.__name__}"


average, prelu, bypass = _Token("average"), _Token("prelu"), _Token("bypass")
for _token in (average, prelu, bypass):
    core.register_token("op", _token, _token.__name__)


def _ops(name):
    return globals()["abs" if name == "abs_value" else name]
