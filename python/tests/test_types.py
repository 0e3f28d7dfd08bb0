"""The low-precision types as numpy dtypes, without any other package."""
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


def test_torch_tensors(monkeypatch):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    x = torch.ones(8, 4, dtype=torch.bfloat16)
    out = nki.simulate(lambda t: t)(x)
    assert out is x


def test_arrays_of_ml_dtypes():
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="ml_dtypes is not installed")
    x = np.ones((8, 4), ml_dtypes.bfloat16)
    assert nki.simulate(lambda t: nl.load(t))(x).dtype.name == "bfloat16"
