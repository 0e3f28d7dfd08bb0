"""Whole kernels against numpy."""
import numpy as np
import pytest

import kernels
import nki
import nki.isa as nisa
import nki.language as nl


def normal(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32).astype(dtype)


@pytest.mark.parametrize("target", ["trn1", "trn2", "trn3"])
@pytest.mark.parametrize("kernel", [kernels.matmul_tiled, kernels.matmul_hoisted,
                                    kernels.matmul_blocked, kernels.matmul_all_blocked])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_matmul_stages(kernel, dtype, target, monkeypatch):
    monkeypatch.setenv("NEURON_PLATFORM_TARGET_OVERRIDE", target)
    a_t, b = normal(256, 256, dtype=dtype), normal(256, 1024, seed=1, dtype=dtype)
    out = nki.simulate(kernel)(a_t, b)
    assert out.dtype == np.dtype(dtype)
    np.testing.assert_allclose(out.astype(np.float32), kernels.matmul_reference(a_t, b),
                               rtol=1e-2 if dtype == "bfloat16" else 1e-5,
                               atol=0.1 if dtype == "bfloat16" else 1e-4)


def test_matmul_of_one_tile():
    a_t, b = normal(128, 64), normal(128, 512, seed=1)
    np.testing.assert_allclose(kernels.matmul_one_tile(a_t, b), kernels.matmul_reference(a_t, b),
                               rtol=1e-5, atol=1e-4)


def test_layer_norm():
    x, gain, shift = normal(256, 384), normal(1, 384, seed=1), normal(1, 384, seed=2)
    centred = x - x.mean(axis=1, keepdims=True)
    expected = centred / np.sqrt(x.var(axis=1, keepdims=True) + 1e-5) * gain + shift
    np.testing.assert_allclose(nki.simulate(kernels.layer_norm)(x, gain, shift, 1e-5), expected,
                               rtol=2e-3, atol=2e-3)


def test_rms_norm():
    x, gain = normal(128, 512), normal(1, 512, seed=1)
    expected = x / np.sqrt((x * x).mean(axis=1, keepdims=True) + 1e-6) * gain
    np.testing.assert_allclose(nki.simulate(kernels.rms_norm)(x, gain), expected, rtol=2e-3,
                               atol=2e-3)


def test_softmax():
    x = normal(128, 512) * 4
    raised = np.exp(x - x.max(axis=1, keepdims=True))
    np.testing.assert_allclose(nki.simulate(kernels.softmax_rows)(x),
                               raised / raised.sum(axis=1, keepdims=True), rtol=2e-3, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_attention(dtype):
    q, k, v = (normal(256, 64, seed=i, dtype=dtype) for i in range(3))
    wide = [one.astype(np.float32) for one in (q, k, v)]
    scores = wide[0] @ wide[1].T / 8
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    expected = weights / weights.sum(axis=1, keepdims=True) @ wide[2]
    if dtype == "bfloat16":
        with pytest.raises(nisa.NkiValidationError):
            nki.simulate(kernels.attention)(q, k, v)  # float32 weights times bfloat16 values
        return
    np.testing.assert_allclose(nki.simulate(kernels.attention)(q, k, v), expected, rtol=2e-3,
                               atol=2e-3)


def test_gather_and_scatter():
    table = normal(300, 32)
    rows = np.random.default_rng(3).permutation(300)[:64].astype(np.int32).reshape(64, 1)
    np.testing.assert_array_equal(nki.simulate(kernels.gather_rows)(table, rows), table[rows[:, 0]])
    values, expected = normal(64, 32, seed=4), table.copy()
    expected[rows[:, 0]] = values
    nki.simulate(kernels.scatter_rows)(table, rows, values)
    np.testing.assert_array_equal(table, expected)


@pytest.mark.parametrize("count", [0, 1, 5, 8])
def test_a_loop_whose_bound_is_data(count):
    x = normal(8, 100)
    out = nki.simulate(kernels.running_sums)(x, np.array([[count]], np.int32))
    np.testing.assert_allclose(out[0], x[:count].sum(axis=0), rtol=1e-5, atol=1e-5)


def test_two_cores_exchange_tiles():
    x = normal(128, 96)
    expected = 2 * np.concatenate([x[64:], x[:64]])
    np.testing.assert_array_equal(nki.simulate(kernels.exchange[2])(x), expected)
