"""Functions of nki.language over whole tiles: reductions, filling, moving, products."""
import weakref

import numpy as np

from switchyard._module import core

from . import _ops
from ._ops import activate, binary_op, new_like, stretch
from ._tensor import NkiTensor, is_on_chip, kernel, ndarray, psum, sbuf, shared_constant, values


def _isa():
    from .. import isa
    return isa


def _axes(x, axis):
    axes = [axis] if isinstance(axis, int) else list(axis)
    return [one + x.ndim if one < 0 else one for one in axes]


def _reduced_shape(x, axes, keepdims):
    if keepdims:
        return tuple(1 if i in axes else extent for i, extent in enumerate(x.shape))
    shape = tuple(extent for i, extent in enumerate(x.shape) if i not in axes)
    return shape if len(shape) > 1 else (*shape, 1)


def _reduce(op, x, axis, dtype=None, keepdims=False):
    axes = _axes(x, axis)
    out = ndarray(_reduced_shape(x, axes, keepdims), dtype or x.dtype, sbuf)
    _isa().tensor_reduce(out, op, x, axes, keepdims=keepdims)
    return out


def _count(x, axes):
    count = 1
    for axis in axes:
        count *= x.shape[axis]
    return count


def sum(x, axis, dtype=None, keepdims=False):
    """The sum along the last free axes."""
    return _reduce(_ops.add, x, axis, dtype, keepdims)


def max(x, axis, dtype=None, keepdims=False):
    """The largest along the last free axes."""
    return _reduce(_ops.maximum, x, axis, dtype, keepdims)


def min(x, axis, dtype=None, keepdims=False):
    """The least along the last free axes."""
    return _reduce(_ops.minimum, x, axis, dtype, keepdims)


def prod(x, axis, dtype=None, keepdims=False):
    """The product along the last free axes."""
    return _reduce(_ops.multiply, x, axis, dtype, keepdims)


def all(x, axis, dtype=None):
    """1 where nothing along the last free axes is zero."""
    return _reduce(_ops.logical_and, x, axis, dtype)


def mean(x, axis, dtype=None, keepdims=False):
    """The mean along the last free axes, in float32."""
    total = _reduce(_ops.add, x, axis, "float32", keepdims)
    return binary_op(_ops.multiply, total, 1.0 / _count(x, _axes(x, axis)), dtype or x.dtype)


def var(x, axis, dtype=None, keepdims=False):
    """The variance along the last free axes, which stay with size one."""
    axes = _axes(x, axis)
    centre = mean(x, axis, "float32", True)
    off = binary_op(_ops.subtract, x, centre, "float32")
    return mean(binary_op(_ops.multiply, off, off), axes, dtype or x.dtype, True)


def softmax(x, axis=-1, dtype=None):
    """exp(x - max) / sum along the last free axes."""
    top = max(x, axis, "float32", True)
    shifted = binary_op(_ops.subtract, x, top, "float32")
    raised = activate(_ops.exp, shifted)
    inverse = _ops.reciprocal(sum(raised, axis, "float32", True))
    return binary_op(_ops.multiply, raised, inverse, dtype or x.dtype)


def rms_norm(x, w, axis, n, epsilon=1e-06, dtype=None, compute_dtype=None):
    """x / sqrt(sum(x * x) / n + epsilon) * w."""
    kept = compute_dtype or "float32"
    squares = sum(activate(_ops.square, x, kept), axis, "float32", True)
    isa = _isa()
    scaled = new_like(squares)
    isa.tensor_scalar(scaled, squares, op0=_ops.multiply, operand0=1.0 / n, op1=_ops.add,
                      operand1=epsilon)
    normal = binary_op(_ops.multiply, x, _ops.rsqrt(scaled), kept)
    return binary_op(_ops.multiply, normal, w, dtype or x.dtype)


def where(condition, x, y, dtype=None):
    """x where condition is not zero, else y."""
    isa = _isa()
    tile = x if isinstance(x, NkiTensor) else y if isinstance(y, NkiTensor) else condition
    out = new_like(tile, dtype)
    if isinstance(y, NkiTensor):
        isa.tensor_copy(out, stretch("where", y, tile.shape))
    else:
        isa.memset(out, y)
    mask = new_like(condition, "uint8")
    isa.tensor_scalar(mask, condition, op0=_ops.not_equal, operand0=0.0)
    if isinstance(x, NkiTensor):
        x = stretch("where", x, tile.shape)
        if x.dtype != out.dtype:
            x = _ops.copy(x, out.dtype)
    isa.tensor_copy_predicated(out, x, mask)
    return out


def dropout(x, rate, dtype=None):
    """x with elements made zero, each with probability `rate`."""
    out = new_like(x)
    _isa().dropout(out, x, rate)
    return out if dtype in (None, x.dtype) else _ops.copy(out, dtype)


def random_seed(seed):
    """Seeds VectorE's generator with a [1, 1] tile."""
    _isa().set_rng_seed(seed)


def rand(shape, dtype, buffer=sbuf, name=""):
    """A tile uniform in [0, 1)."""
    isa = _isa()
    out = ndarray(shape, dtype, buffer, name)
    bits = ndarray(shape, "uint32", sbuf)
    isa.rng(bits, engine=isa.engine.vector)
    whole = ndarray(shape, "uint32", sbuf)
    isa.tensor_scalar(whole, bits, op0=_ops.right_shift, operand0=8)
    isa.tensor_scalar(out, whole, op0=_ops.multiply, operand0=2.0 ** -24)
    return out


def full(shape, fill_value, dtype, buffer=sbuf, name=""):
    """A new tensor filled with one value."""
    out = ndarray(shape, dtype, buffer, name)
    if is_on_chip(out.buffer):
        _isa().memset(out, fill_value)
    else:
        from switchyard._arrays import numpy_dtype
        constant = np.full(out.shape, fill_value).astype(numpy_dtype(out.dtype))
        _isa().dma_copy(out, shared_constant(constant))
    return out


def zeros(shape, dtype, buffer=sbuf, name=""):
    """A new tensor of zeros."""
    return full(shape, 0, dtype, buffer, name)


def ones(shape, dtype, buffer=sbuf, name=""):
    """A new tensor of ones."""
    return full(shape, 1, dtype, buffer, name)


def zeros_like(x, dtype=None, buffer=None, name=""):
    """Zeros in the shape and type of x."""
    return full(x.shape, 0, dtype or x.dtype, buffer or x.buffer, name)


def empty_like(x, dtype=None, buffer=None, name=""):
    """A new tensor in the shape and type of x."""
    return ndarray(x.shape, dtype or x.dtype, buffer or x.buffer, name)


def expand_dims(x, axis):
    """A view with one more dim of size one."""
    return x.expand_dim(axis)


def broadcast_to(x, shape, dtype=None):
    """x repeated to `shape`."""
    out = stretch("broadcast_to", x, tuple(shape))
    return out if dtype in (None, x.dtype) else _ops.copy(out, dtype)


def load(src, dtype=None):
    """A new SBUF tile with what stands in HBM."""
    shape = src.shape if len(src.shape) > 1 else (1, *src.shape)
    out = ndarray(shape, dtype or src.dtype, sbuf)
    _isa().dma_copy(out, src if len(src.shape) > 1 else src.expand_dim(0))
    return out


def store(dst, value):
    """Writes an SBUF tile to HBM."""
    _isa().dma_copy(dst, value)


def transpose(x, dtype=None):
    """A 2-D tile with partitions and free dim exchanged, in PSUM."""
    out = ndarray((x.shape[1], x.shape[0]), dtype or x.dtype, psum)
    isa = _isa()
    isa.nc_transpose(out, x, engine=isa.engine.tensor)
    return out


def load_transpose2d(src, dtype=None):
    """A 2-D tensor of HBM, transposed, as a new SBUF tile."""
    isa = _isa()
    out = ndarray((src.shape[1], src.shape[0]), dtype or src.dtype, sbuf)
    if out.dtype == src.dtype and core.type_bytes(src.dtype) == 2:
        isa.dma_transpose(out, src)
    else:
        for first in range(0, src.shape[0], 128):
            rows = slice(first, first + 128 if first + 128 < src.shape[0] else src.shape[0])
            isa.tensor_copy(out[:, rows], transpose(load(src[rows])))
    return out


def matmul(x, y, transpose_x=False):
    """x @ y, or x.T @ y, in PSUM."""
    isa = _isa()
    stationary = x if transpose_x else _ops.copy(transpose(x))
    out = ndarray((stationary.shape[1], y.shape[1]), "float32", psum)
    isa.nc_matmul(out, stationary, y)
    return out


def gather_flattened(data, indices, axis=0, dtype=None):
    """In each partition, the elements of data that indices number."""
    if axis != 0:
        raise NotImplementedError(f"gather_flattened(axis={axis}) is not there yet: 0 alone")
    if indices.dtype != "uint32":
        indices = _ops.copy(indices, "uint32")
    out = ndarray(indices.shape, data.dtype, sbuf)
    _isa().nc_n_gather(out, data, indices)
    return out if dtype in (None, data.dtype) else _ops.copy(out, dtype)


_identities = weakref.WeakKeyDictionary()  # kernel -> {(n, dtype): the constant in HBM}


def shared_identity_matrix(n, dtype="uint8", dst=None):
    """The identity matrix in SBUF; those of one size and type share their constant."""
    from switchyard._arrays import numpy_dtype
    out = dst if dst is not None else ndarray((n, n), dtype, sbuf)
    constants = _identities.setdefault(kernel(), {})
    if (n, out.dtype) not in constants:
        identity = np.eye(n, dtype=np.float32).astype(numpy_dtype(out.dtype))
        constants[n, out.dtype] = shared_constant(identity)
    _isa().dma_copy(out, constants[n, out.dtype])
    return out


def device_print(print_prefix, tensor):
    """Prints what a tensor holds now."""
    if not isinstance(print_prefix, str) or not isinstance(tensor, NkiTensor):
        raise core.ValidationError(f"{core.user_place()}: device_print of a "
                                   f"{type(print_prefix).__name__} and a {type(tensor).__name__}, "
                                   "wanted a string and a tensor")
    print(print_prefix, values(tensor), flush=True)
