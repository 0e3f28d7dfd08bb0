"""The vendor's own example kernels, unmodified, where a checkout of its documentation is given.

SWITCHYARD_NKI_DOCS is the root of a checkout of aws-neuron/aws-neuron-sdk. None of it is here.
"""
import importlib.util
import os
import pathlib
import runpy

import numpy as np
import pytest

import nki

ROOT = os.environ.get("SWITCHYARD_NKI_DOCS")
pytestmark = pytest.mark.skipif(not ROOT, reason="SWITCHYARD_NKI_DOCS is not set")


def path(name):
    return pathlib.Path(ROOT) / "nki" / "examples" / name


def load(name):
    spec = importlib.util.spec_from_file_location(pathlib.Path(name).stem, path(name))
    module = importlib.util.module_from_spec(spec)
    before = dict(os.environ)
    spec.loader.exec_module(module)
    os.environ.clear()
    os.environ.update(before)
    return module


def normal(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32).astype(dtype)


@pytest.mark.parametrize("name, m, k, n", [
    ("nki_matmul_basic_", 64, 128, 512), ("nki_matmul_tiled_", 256, 256, 1024),
    ("nki_matmul_hoist_load_", 256, 256, 1024),
    ("nki_matmul_block_free_dimension_", 256, 256, 1024),
    ("nki_matmul_fully_optimized_", 2048, 1024, 1024)])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_matmul(name, m, k, n, dtype):
    kernel = getattr(load("matrix_multiplication/matrix_multiplication_nki_kernels.py"), name)
    a_t, b = normal(k, m, dtype=dtype), normal(k, n, seed=1, dtype=dtype)
    out = nki.simulate(kernel)(a_t, b)
    expected = a_t.astype(np.float32).T @ b.astype(np.float32)
    loose = dtype == "bfloat16"
    np.testing.assert_allclose(out.astype(np.float32), expected, rtol=2e-2 if loose else 1e-4,
                               atol=0.3 if loose else 1e-3)


@pytest.mark.parametrize("name", ["mamba_v1", "mamba_v2", "mamba_v3"])
def test_mamba(name):
    kernel = getattr(load("fused_mamba/mamba_nki_kernels.py"), name)
    batch, channels, states, length = 1, 128, 4, 512
    delta = np.abs(normal(batch, channels, length)) * 0.1
    u = normal(batch, channels, length, seed=1)
    a = -np.abs(normal(channels, states, seed=2))
    b, c = normal(batch, states, length, seed=3), normal(batch, states, length, seed=4)
    decay = np.exp(delta[0][:, None] * a[:, :, None])
    gain = (delta[0] * u[0])[:, None] * b[0][None]
    state, expected = np.zeros((channels, states)), np.zeros((channels, length))
    for t in range(length):
        state = decay[:, :, t] * state + gain[:, :, t]
        expected[:, t] = (state * c[0][:, t]).sum(axis=1)
    out = nki.simulate(kernel)(delta, u, a, b, c)
    np.testing.assert_allclose(out[0], expected, rtol=1e-2, atol=1e-2)


def test_average_pool():
    module = load("average_pool2d/average_pool2d_nki_kernels.py")
    x = np.arange(2 * 6 * 6, dtype=np.float16).reshape(2, 6, 6)
    out = nki.simulate(module.tensor_avgpool_kernel)(x, 2)
    np.testing.assert_array_equal(out, module.np_average_pool_2D(x, 2))


def test_transpose():
    kernel = load("transpose2d/transpose2d_nki_kernels.py").tensor_transpose2D_kernel_
    x = np.arange(5 * 12, dtype=np.int8).reshape(5, 12)
    expected = x.reshape(5, 3, 4).transpose(0, 2, 1).reshape(5, 12)
    np.testing.assert_array_equal(nki.simulate(kernel)(x, (3, 4)), expected)


def test_tensor_addition():
    kernel = load("tensor_addition/tensor_addition_nki_kernels.py").nki_tensor_add
    a, b = normal(256, 1024), normal(256, 1024, seed=1)
    np.testing.assert_array_equal(nki.simulate(kernel)(a, b), a + b)


def mx_kernels(monkeypatch):
    folder = pathlib.Path(ROOT) / "nki" / "deep-dives" / "src" / "mxfp-matmul"
    monkeypatch.syspath_prepend(str(folder))
    return runpy.run_path(str(folder / "mx_kernels.py"))


@pytest.mark.parametrize("name", ["kernel_copy_strided_quantize_matmul_mx",
                                  "kernel_copy_strided_quantize_matmul_mx_packed_scale"])
@pytest.mark.parametrize("by_engine", [True, False])
def test_mx_quantised_on_device(name, by_engine, monkeypatch):
    random = np.random.default_rng(0)
    a, b = (random.integers(-4, 5, (512, n)).astype(np.float32) / 4 for n in (128, 512))
    kernel = mx_kernels(monkeypatch)[name]
    out = nki.simulate(kernel)(a.astype("bfloat16"), b.astype("bfloat16"), "float8_e5m2_x4",
                               by_engine)
    np.testing.assert_allclose(out.astype(np.float32), a.T @ b, rtol=2 ** -8, atol=1e-2)


def test_mx_quantised_by_the_caller(monkeypatch):
    random = np.random.default_rng(0)
    a, b = ((random.integers(0x30, 0x44, (128, n))).astype(np.uint8) for n in (512, 2048))
    scales = [np.full((16, n), 127, np.uint8) for n in (128, 512)]
    wide = [one.view("float8_e5m2").astype(np.float32).reshape(128, -1, 4) for one in (a, b)]
    expected = np.einsum("pik,pjk->ij", *wide)
    kernels = mx_kernels(monkeypatch)
    out = nki.simulate(kernels["kernel_offline_quantized_mx_matmul"])(
        a.view(np.uint32), scales[0], b.view(np.uint32), scales[1], "float8_e5m2_x4")
    np.testing.assert_allclose(out.astype(np.float32), expected, rtol=2 ** -8)
    out = nki.simulate(kernels["kernel_on_device_quantize_matmul_mx"])(
        a.view(np.uint32), scales[0], wide[1].reshape(128, 2048).astype("bfloat16"),
        "float8_e5m2_x4", "float8_e5m2_x4")
    np.testing.assert_allclose(out.astype(np.float32), expected, rtol=2 ** -8)


@pytest.mark.parametrize("script", [
    "simulate/nki_simulate_example.py", "average_pool2d/average_pool2d_nki_kernels.py",
    "transpose2d/transpose2d_nki_kernels.py", "getting_started_baremetal.py"])
def test_scripts_run(script, monkeypatch):
    monkeypatch.setattr("sys.argv", [script])
    runpy.run_path(str(path(script)), run_name="__main__")
