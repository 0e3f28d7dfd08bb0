"""Whole kernels against numpy, beyond what test_targets.py has of them."""
import numpy as np
import pytest

import kernels
import nki
import nki.isa as nisa


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


def test_attention_in_bfloat16_mixes_types():
    q, k, v = (normal(256, 64, seed=i, dtype="bfloat16") for i in range(3))
    with pytest.raises(nisa.NkiValidationError, match="moving.*float32"):
        nki.simulate(kernels.attention)(q, k, v)  # float32 weights times bfloat16 values


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
