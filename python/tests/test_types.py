"""The low-precision types as numpy dtypes, without any other package."""
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import nki
import nki.isa as nisa
import nki.language as nl

TYPES = ["bfloat16", "float8_e4m3", "float8_e4m3fn", "float8_e5m2", "float8_e8m0fnu",
         "float4_e2m1fn"]


@pytest.mark.parametrize("name", TYPES)
def test_every_code_keeps_its_value_through_float32(name):
    dtype = np.dtype(name)
    assert dtype.name == name
    codes = np.arange(16 if name == "float4_e2m1fn" else 2 ** (8 * dtype.itemsize))
    codes = codes.astype(np.uint16 if dtype.itemsize == 2 else np.uint8)
    values = codes.view(dtype)
    wide = values.astype(np.float32)
    np.testing.assert_array_equal(wide.astype(dtype).astype(np.float32), wide)
    assert np.isnan(values).sum() == np.isnan(wide).sum()


def test_bfloat16_rounds_to_nearest_even():
    x = np.array([1.0, 1 + 2.0 ** -8, 1 + 3 * 2.0 ** -8, -2.5, 3e38, np.inf, np.nan], np.float32)
    out = x.astype(nl.bfloat16)
    np.testing.assert_array_equal(out.astype(np.float32)[:4], [1.0, 1.0, 1.015625, -2.5])
    assert np.isinf(out[5]) and np.isnan(out[6])
    assert float(out[3]) == -2.5 and repr(out[3]) == "-2.5"


def test_arithmetic_and_comparison():
    x = np.arange(8).astype(nl.bfloat16)
    assert (x + x).dtype == np.dtype(nl.bfloat16)
    np.testing.assert_array_equal((x * x).astype(np.float32), np.arange(8.0) ** 2)
    np.testing.assert_array_equal(x > 3, np.arange(8) > 3)
    assert (x + np.float32(1)).dtype == np.float32
    assert np.allclose(x, np.arange(8)) and x.max() == 7 and x.argmax() == 7
    assert x.astype(np.int32).tolist() == list(range(8))
    assert x.astype(nl.float8_e5m2).astype(np.float32)[5] == 5
    x[2] = 9.5
    assert x[2] == 9.5 and bool(x[0]) is False
    np.testing.assert_array_equal(np.concatenate([x, x])[8:], x)


@pytest.mark.parametrize("name", ["bfloat16", "float16", "float8_e4m3", "float8_e5m2", "int8",
                                  "uint16", "int32", "float32"])
def test_arrays_go_in_and_come_out(name):
    @nki.jit
    def copy(x):
        out = nl.ndarray(x.shape, x.dtype, nl.shared_hbm)
        assert x.dtype == name
        nl.store(out, nl.load(x))
        return out
    x = np.arange(64 * 8).reshape(64, 8) % 8
    out = nki.simulate(copy)(x.astype(name))
    assert out.dtype == np.dtype(name)
    np.testing.assert_array_equal(out.astype(np.float32), x)


def test_types_the_device_lacks_are_named():
    with pytest.raises(TypeError, match="float64.*astype"):
        nki.simulate(lambda x: x)(np.zeros((4, 4)))
    with pytest.raises(nisa.NkiValidationError, match="float12"):
        nki.simulate(lambda: nl.ndarray((4, 4), "float12", nl.sbuf))()


def test_without_precise_floats_nothing_is_rounded(monkeypatch):
    @nki.jit
    def third(x):
        out = nl.ndarray(x.shape, nl.float32, nl.shared_hbm)
        tile = nl.ndarray(x.shape, nl.bfloat16, nl.sbuf)
        nisa.dma_copy(tile, x)
        assert tile.dtype == nl.bfloat16
        nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=1 / 3)
        nisa.dma_copy(out, tile)
        return out
    x = np.arange(64, dtype=np.float32).reshape(8, 8)
    rounded = nki.simulate(third)(x)
    monkeypatch.setenv("NKI_PRECISE_FP", "0")
    exact = nki.simulate(third)(x)
    np.testing.assert_allclose(exact, x / 3, rtol=1e-6)
    assert np.abs(rounded - exact).max() > 1e-3


@nki.jit
def doubled(x, y):
    """2 x as a new tensor, and in y."""
    out = nl.ndarray(x.shape, x.dtype, nl.shared_hbm)
    tile = nl.load(x)
    nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=2.0)
    nl.store(y, tile)
    nl.store(out, tile)
    return out


@pytest.mark.parametrize("name", ["float32", "bfloat16", "float16", "int32", "uint8", "int8"])
def test_torch_tensors(name):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    dtype = getattr(torch, name)
    x, y = torch.arange(32).reshape(8, 4).to(dtype), torch.zeros(8, 4, dtype=dtype)
    out = nki.simulate(doubled)(x, y)
    assert out.dtype is dtype and torch.equal(out, x * 2) and torch.equal(y, x * 2)
    assert nki.simulate(lambda t: t)(x) is x


def test_torch_tensors_that_are_views_or_have_gradients():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    x, y = torch.arange(32.0).reshape(4, 8).t(), torch.zeros(8, 8)
    out = nki.simulate(doubled)(x, y[:, ::2])
    assert torch.equal(out, x * 2) and torch.equal(y[:, ::2], x * 2)
    assert torch.equal(y[:, 1::2], torch.zeros(8, 4))
    grown = torch.ones(8, 4, requires_grad=True)
    assert torch.equal(nki.simulate(doubled)(grown, torch.zeros(8, 4)), torch.full((8, 4), 2.0))
    with pytest.raises(TypeError, match="float64.*astype|float64.*first"):
        nki.simulate(lambda t: t)(torch.ones(4, 4, dtype=torch.float64))


def test_numpy_arguments_are_updated_in_place_as_the_views_they_are():
    x, y = np.arange(32, dtype=np.float32).reshape(4, 8).T, np.zeros((8, 8), np.float32)
    nki.simulate(doubled)(x, y[:, ::2])
    np.testing.assert_array_equal(y[:, ::2], 2 * x)
    assert not y[:, 1::2].any()
    frozen = np.zeros((8, 4), np.float32)
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        nki.simulate(doubled)(x, frozen)


def test_arrays_of_ml_dtypes():
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="ml_dtypes is not installed")
    for name in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
        x = np.arange(8, dtype=np.float32).reshape(4, 2).astype(getattr(ml_dtypes, name))
        y = np.zeros_like(x)
        out = nki.simulate(doubled)(x, y)
        assert out.dtype.name == name and y.dtype == x.dtype
        np.testing.assert_array_equal(y.astype(np.float32), 2 * x.astype(np.float32))


FOREIGN = """
import importlib.util, shutil, sys
import numpy as np
import nki
from switchyard._module import core
import test_types
own = {name: np.dtype(name) for name in ("bfloat16", "float8_e4m3fn", "float8_e5m2")}
for name in list(np.sctypeDict):
    if str(name).startswith(("bfloat", "float8", "float4")):
        del np.sctypeDict[name]
spec = importlib.util.spec_from_file_location("_switchyard",
                                              shutil.copy(core.__file__, sys.argv[1]))
try:
    importlib.util.module_from_spec(spec)
except ImportError as error:
    assert "already registered" in str(error)
for name, ours in own.items():
    theirs = np.dtype(name)
    assert theirs.num != ours.num
    for dtype in (ours, theirs):
        x = np.arange(8, dtype=np.float32).reshape(4, 2).astype(dtype)
        y = np.zeros_like(x)
        out = nki.simulate(test_types.doubled)(x, y)
        assert out.dtype.name == name and y.dtype == dtype
        np.testing.assert_array_equal(y.astype(np.float32), 2 * x.astype(np.float32))
        np.testing.assert_array_equal(out.astype(np.float32), y.astype(np.float32))
print("same")
"""


def test_arrays_of_another_packages_types_of_the_same_names(tmp_path):
    """What ml_dtypes does when it is imported later, by a second copy of our own module: it
    registers types of the same names with numpy, which then are others than ours."""
    here = pathlib.Path(__file__).resolve().parent
    paths = [str(here), str(here.parent), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    out = subprocess.run([sys.executable, "-c", FOREIGN, str(tmp_path)], capture_output=True,
                         text=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)})
    assert out.stdout == "same\n", out.stderr
