"""Arrays of the caller as tensors of a kernel, and back.

numpy arrays, torch tensors and arrays of ml_dtypes; torch and ml_dtypes only when the caller has
imported them. Nothing here knows a dialect.
"""
import sys

import numpy as np

from ._module import core

PACKED = {"float8_e4m3fn_x4": np.uint32, "float8_e5m2_x4": np.uint32, "float4_e2m1fn_x4": np.uint16}
PLAIN = {"tfloat32": np.float32, "bool": np.bool_}
_TORCH_NAMES = {"float8_e4m3fn": "float8_e4m3fn", "float8_e5m2": "float8_e5m2"}


def numpy_dtype(name):
    """The numpy dtype in which values of an element type are handed out."""
    if name in PACKED:
        return np.dtype(PACKED[name])
    if name in PLAIN:
        return np.dtype(PLAIN[name])
    return np.dtype(name)


def is_torch(value):
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def is_array(value):
    return isinstance(value, np.ndarray) or is_torch(value)


def type_of(array):
    """The element type's name of an array, or a TypeError that says what would do."""
    if is_torch(array):
        name = str(array.dtype).removeprefix("torch.")
    else:
        name = array.dtype.name
    if name in ("float64", "int64", "uint64", "complex64", "complex128"):
        raise TypeError(f"an array of {name}: no such type on the device; use .astype(np.float32) "
                        "or another type of nki.language first")
    if name not in core.element_types:
        raise TypeError(f"an array of {name}: no such type on the device; known: "
                        + ", ".join(core.element_types))
    return name


def bytes_of(array):
    """The bytes of an array in order."""
    if is_torch(array):
        torch = sys.modules["torch"]
        array = array.detach().cpu().contiguous().view(torch.uint8).numpy()
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)


def shape_of(array):
    return tuple(int(extent) for extent in array.shape) or (1,)


def values_of(kernel, view):
    """The values of a tensor as a numpy array."""
    return kernel.read(view).view(numpy_dtype(view.dtype)).reshape(view.shape)


def copy_back(array, values):
    """Overwrites the caller's array with what the kernel left in it."""
    if is_torch(array):
        torch = sys.modules["torch"]
        raw = torch.from_numpy(np.ascontiguousarray(values).reshape(-1).view(np.uint8).copy())
        array.copy_(raw.view(array.dtype).reshape(array.shape))
    else:
        array[...] = values.reshape(array.shape).view(array.dtype)


def like(values, example):
    """A result in the library of the arguments."""
    if not is_torch(example):
        return values
    torch = sys.modules["torch"]
    name = values.dtype.name
    raw = np.ascontiguousarray(values)
    if hasattr(torch, name) and raw.dtype.isbuiltin != 1:
        flat = torch.from_numpy(raw.reshape(-1).view(np.uint8).copy())
        return flat.view(getattr(torch, name)).reshape(raw.shape)
    return torch.from_numpy(raw.copy())
