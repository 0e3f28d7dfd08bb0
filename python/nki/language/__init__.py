"""nki.language 0.6: tensors, types, loops and tile functions over nki.isa."""
from . import _loops, _ops, _tensor, _tile_size, _tiles
from ._tensor import (MemoryRegion, NKIObject, NkiTensor, hbm, is_hbm, is_on_chip, is_psum,  # noqa
                      is_sbuf, ndarray, private_hbm, psum, sbuf, shared_constant, shared_hbm)
from ._tile_size import tile_size  # noqa: F401
from ._loops import (affine_range, ds, dynamic_range, fori_loop, no_reorder,  # noqa: F401
                     num_programs, program_id, program_ndim, sequential_range, static_range,
                     while_loop)

for _name in _tensor.DTYPES:
    globals()[_name] = _name
bool_ = "bool"

_FUNCTIONS = [*_ops.BINARY, *_ops.ACTIVATION, "divide", "fmod", "mod", "ceil", "floor", "trunc",
              "negative", "invert", "logical_not", "reciprocal", "rsqrt", "copy", "cos", "tan"]
for _name in [*_FUNCTIONS, "average", "prelu", "bypass"]:
    globals()[_name] = getattr(_ops, _name)
_TILES = ["all", "broadcast_to", "device_print", "dropout", "empty_like", "expand_dims", "full",
          "gather_flattened", "load", "load_transpose2d", "matmul", "max", "mean", "min", "ones",
          "prod", "rand", "random_seed", "rms_norm", "shared_identity_matrix", "softmax", "store",
          "sum", "transpose", "var", "where", "zeros", "zeros_like"]
for _name in _TILES:
    globals()[_name] = getattr(_tiles, _name)

FUNCTIONS = sorted([*_FUNCTIONS, *_TILES, "affine_range", "ds", "dynamic_range", "fori_loop",
                    "is_hbm", "is_on_chip", "is_psum", "is_sbuf", "ndarray", "no_reorder",
                    "num_programs", "program_id", "program_ndim", "sequential_range",
                    "shared_constant", "static_range", "while_loop"])
