"""Modules that the kernels' files import and that are not needed to run them."""
import contextlib
import pathlib
import sys
import types

import numpy as np


def ml_dtypes():
    """ml_dtypes by the types that the simulator registers with numpy; no float4 of its own."""
    module = types.ModuleType("ml_dtypes")
    for name in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
        setattr(module, name, np.dtype(name).type)
    module.float4_e2m1fn = type("float4_e2m1fn", (), {})
    return module


@contextlib.contextmanager
def installed(root):
    """ml_dtypes where it is missing; nki-autotune's own package on the path."""
    import nki  # noqa: F401  registers the types
    added = "ml_dtypes" not in sys.modules
    try:
        import ml_dtypes as _  # noqa: F401
        added = False
    except ImportError:
        sys.modules["ml_dtypes"] = ml_dtypes()
    path = str(pathlib.Path(root) / "nki-autotune" / "nkigym" / "src")
    sys.path.insert(0, path)
    try:
        yield
    finally:
        sys.path.remove(path)
        if added:
            del sys.modules["ml_dtypes"]
