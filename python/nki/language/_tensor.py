"""Tensors, buffers and types of nki.language."""
import enum
import math

import numpy as np

from switchyard import _arrays, _lnc, _run
from switchyard._module import core

DTYPES = ("int8", "int16", "int32", "uint8", "uint16", "uint32", "float16", "float32", "bfloat16",
          "tfloat32", "float8_e4m3", "float8_e4m3fn", "float8_e5m2", "float8_e5m2_x4",
          "float8_e4m3fn_x4", "float8_e8m0fnu", "float4_e2m1fn_x4")


class MemoryRegion(enum.Enum):
    """Where a tensor lies."""
    sbuf = "sbuf"
    psum = "psum"
    private_hbm = "private_hbm"
    shared_hbm = "shared_hbm"


sbuf = MemoryRegion.sbuf
psum = MemoryRegion.psum
private_hbm = hbm = MemoryRegion.private_hbm
shared_hbm = MemoryRegion.shared_hbm
_MEMORY = {sbuf: "sbuf", psum: "psum", private_hbm: "hbm", shared_hbm: "hbm",
           "sbuf": "sbuf", "psum": "psum", "hbm": "hbm", "private_hbm": "hbm", "shared_hbm": "hbm"}
_REGION = {"sbuf": sbuf, "psum": psum, "hbm": hbm, "private_hbm": hbm, "shared_hbm": shared_hbm}

NkiTensor = core.View



class NKIObject(_run.Fields):
    """Base of classes that kernels use: fields with defaults make the constructor."""

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        # Values without annotation are fields too, also for @dataclass, which comes after this.
        fields = cls.__dict__.get("__annotations__", {})
        for name, value in vars(cls).items():
            plain = not hasattr(value, "__get__") and getattr(value, "__hash__", None) is not None
            if not name.startswith("__") and name not in fields and plain:
                fields[name] = type(value)
        cls.__annotations__ = fields

    def __init__(self, *args, **kwargs):
        fields = {}
        for base in reversed(type(self).__mro__):
            fields.update(dict.fromkeys(vars(base).get("__annotations__", {})))
        names = list(fields)
        if len(args) > len(names):
            raise TypeError(f"{type(self).__name__} takes {len(names)} values, {len(args)} given")
        given = dict(zip(names, args))
        for name, value in kwargs.items():
            if name in given or (names and name not in fields):
                raise TypeError(f"{type(self).__name__} has no field {name!r} to set")
            given[name] = value
        for name in names:
            setattr(self, name, given.pop(name, getattr(type(self), name, None)))
        for name, value in given.items():
            setattr(self, name, value)
        self.__post_init__()

    def __post_init__(self):
        pass

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = object.__hash__


def is_hbm(buffer):
    return _MEMORY.get(buffer) == "hbm"


def is_on_chip(buffer):
    return _MEMORY.get(buffer) in ("sbuf", "psum")


def is_psum(buffer):
    return _MEMORY.get(buffer) == "psum"


def is_sbuf(buffer):
    return _MEMORY.get(buffer) == "sbuf"


def kernel():
    """The kernel that is running; a clear error outside one."""
    found = core.active()
    if found is None:
        raise core.ValidationError("nki: a call outside a kernel, wanted inside a function that "
                                   "nki.simulate, nki.jit or switchyard.profile runs")
    return found


def ndarray(shape, dtype, buffer=sbuf, name="", address=None):
    """A new tensor; what it holds is undefined (NaN, in integers 4)."""
    region = _REGION.get(buffer, buffer) if isinstance(buffer, str) else buffer
    memory = _MEMORY.get(region)
    if memory is None:
        raise core.ValidationError(f"{core.user_place()}: ndarray buffer={buffer!r}, wanted "
                                   "nl.sbuf, nl.psum, nl.hbm or nl.shared_hbm")
    here = kernel()
    if region is shared_hbm:
        extents = (shape,) if isinstance(shape, int) else tuple(shape)
        return _lnc.share(here, lambda: here.tensor(name or "", shape, dtype, memory, region,
                                                    address), region, extents)
    return here.tensor(name or "", shape, dtype, memory, region, address)


def shared_constant(constant):
    """A tensor in HBM that holds `constant`, an array or the path of a .npy file."""
    array = np.load(constant) if isinstance(constant, str) else constant
    return kernel().input("constant", _arrays.shape_of(array), _arrays.type_of(array),
                          _arrays.bytes_of(array), shared_hbm, "constant")


def values(tensor):
    """What a tensor holds now, as a numpy array: for debugging and printing."""
    return _arrays.values_of(kernel(), tensor)


def _repr(self):
    where = self.buffer.value if isinstance(self.buffer, enum.Enum) else self.buffer
    head = f"NkiTensor(shape={self.shape}, dtype={self.dtype}, buffer={where}"
    if core.active() is None or self.is_indirect():
        return head + ")"
    return f"{head})\n{values(self)!r}"


def _array(self, dtype=None):
    out = values(self)
    return out if dtype is None else out.astype(dtype)


def _flat(pattern):
    return [name for group in pattern for name in (group if isinstance(group, tuple) else (group,))]


def _rearrange(self, src_pattern, dst_pattern, fixed_sizes=None):
    """Splits, reorders and merges dims by name."""
    sizes = dict(fixed_sizes or {})
    if sorted(_flat(src_pattern)) != sorted(_flat(dst_pattern)):
        raise core.ValidationError(f"{core.user_place()}: rearrange {src_pattern} to "
                                   f"{dst_pattern}, wanted the same names in both")
    if len(src_pattern) != self.ndim:
        raise core.ValidationError(f"{core.user_place()}: rearrange of {self.ndim} dims by "
                                   f"{src_pattern}, wanted one name or group for each")
    out, names = self, []
    for group in src_pattern:
        dim = len(names)
        group = group if isinstance(group, tuple) else (group,)
        if len(group) > 1:
            known = math.prod(sizes[name] for name in group if name in sizes)
            open_names = [name for name in group if name not in sizes]
            if len(open_names) == 1:
                sizes[open_names[0]] = out.shape[dim] // known
            out = out.reshape_dim(dim, tuple(sizes.get(name, -1) for name in group))
        names.extend(group)
    out = out.permute(tuple(names.index(name) for name in _flat(dst_pattern)))
    dim = 0
    for group in dst_pattern:
        if isinstance(group, tuple) and len(group) > 1:
            out = out.flatten_dims(dim, dim + len(group) - 1)
        dim += 1
    return out


def _set_item(self, key, value):
    from .. import isa
    target = self[key]
    if not isinstance(value, NkiTensor):
        isa.memset(target, value)
    elif target.on_chip and value.on_chip:
        isa.tensor_copy(target, value)
    else:
        isa.dma_copy(target, value)


def _no_operator(sign, instead):
    def refuse(self, other=None):
        if sign == "==" and not isinstance(other, (int, float, np.number)):
            return self is other
        raise core.ValidationError(f"{core.user_place()}: {sign} of a tensor, which python cannot "
                                   f"compute, wanted {instead}")
    return refuse


for _name, _sign, _instead in (
        ("eq", "==", "nl.equal(x, y)"), ("lt", "<", "nl.less(x, y)"),
        ("le", "<=", "nl.less_equal(x, y)"), ("gt", ">", "nl.greater(x, y)"),
        ("ge", ">=", "nl.greater_equal(x, y)"), ("add", "+", "nl.add(x, y)"),
        ("sub", "-", "nl.subtract(x, y)"), ("mul", "*", "nl.multiply(x, y)"),
        ("truediv", "/", "nl.divide(x, y)"), ("matmul", "@", "nl.matmul(x, y)"),
        ("pow", "**", "nl.power(x, y)"), ("neg", "-", "nl.negative(x)")):
    setattr(NkiTensor, f"__{_name}__", _no_operator(_sign, _instead))
    if _name in ("add", "sub", "mul", "truediv", "matmul", "pow"):
        setattr(NkiTensor, f"__r{_name}__", _no_operator(_sign, _instead))
# assert nl.equal(x, y), as the pages write it: here, where values are known, of all elements.
NkiTensor.__bool__ = lambda self: bool((values(self) != 0).all())
NkiTensor.__repr__ = _repr
NkiTensor.__array__ = _array
NkiTensor.rearrange = _rearrange
NkiTensor.__setitem__ = _set_item
