"""The variables of the vendor's simulator, both ways (sim.rst)."""
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import kernels
import nki
import nki.isa as nisa
import nki.language as nl
import switchyard
from test_targets import CASES

ROOT = pathlib.Path(__file__).resolve().parents[1]


@nki.jit
def version(x):
    version.seen = nisa.get_nc_version()
    return x


@pytest.mark.parametrize("word, generation", [
    (None, "gen4"), ("", "gen4"), ("trn1", "gen2"), ("inf2", "gen2"), ("gen2", "gen2"),
    ("trn2", "gen3"), ("gen3", "gen3"), ("trn3", "gen4"),
    ("gen4", "gen4")])
def test_the_target(word, generation, monkeypatch):
    if word is not None:
        monkeypatch.setenv("NEURON_PLATFORM_TARGET_OVERRIDE", word)
    assert nisa.get_nc_version().name == generation  # outside a kernel too
    version(np.zeros((4, 4), np.float32))
    assert version.seen.name == generation
    switchyard.profile(version, target="trn2")(np.zeros((4, 4), np.float32))
    assert version.seen.name == "gen3"  # an argument counts more


@pytest.mark.parametrize("word", ["trn4", "TRN2", "gen1", "cpu"])
def test_a_target_that_is_none(word, monkeypatch):
    monkeypatch.setenv("NEURON_PLATFORM_TARGET_OVERRIDE", word)
    with pytest.raises(nisa.NkiValidationError, match="TARGET_OVERRIDE.*generation"):
        version(np.zeros((4, 4), np.float32))


def through(dtype):
    """A kernel that passes values through a tile of that type."""
    def kernel(x):
        out = nl.ndarray(x.shape, nl.float32, nl.shared_hbm)
        tile = nl.ndarray(x.shape, dtype, nl.sbuf)
        nisa.tensor_copy(tile, nl.load(x))
        assert tile.dtype == dtype
        nisa.dma_copy(out, nl.copy(tile, nl.float32))
        return out
    return kernel


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float8_e4m3", "float8_e4m3fn",
                                   "float8_e5m2"])
def test_low_precision_is_rounded_or_held_as_float32(dtype, monkeypatch):
    x = np.random.default_rng(0).standard_normal((128, 16)).astype(np.float32)
    rounded = x.astype(dtype).astype(np.float32)
    assert (rounded != x).any()
    for word in (None, "1"):
        if word:
            monkeypatch.setenv("NKI_PRECISE_FP", word)
        np.testing.assert_array_equal(nki.simulate(through(dtype))(x), rounded)
    monkeypatch.setenv("NKI_PRECISE_FP", "0")
    np.testing.assert_array_equal(nki.simulate(through(dtype))(x), x)


@pytest.mark.parametrize("dtype", ["float32", "tfloat32", "int32", "int8", "uint8"])
def test_other_types_are_the_same_both_ways(dtype, monkeypatch):
    x = np.random.default_rng(0).integers(0, 100, (128, 16)).astype(np.float32)
    precise = nki.simulate(through(dtype))(x)
    monkeypatch.setenv("NKI_PRECISE_FP", "0")
    np.testing.assert_array_equal(nki.simulate(through(dtype))(x), precise)


@pytest.mark.parametrize("name", [name for name in CASES if name != "mx"])
def test_kernels_without_rounding_are_nearer_to_numpy(name, monkeypatch):
    kernel, make, _, tolerance, _ = CASES[name]
    arguments, expected = make()
    monkeypatch.setenv("NKI_PRECISE_FP", "0")
    result = np.asarray(nki.simulate(kernel)(*arguments))
    if result.dtype == np.float32:  # what leaves as bfloat16 is rounded there
        np.testing.assert_allclose(result, expected, rtol=min(tolerance, 2e-3),
                                   atol=min(tolerance, 2e-3))
    else:
        assert (result != expected.astype(result.dtype)).mean() < 1e-3  # sums in another order


def test_views_of_other_types_without_rounding(monkeypatch):
    monkeypatch.setenv("NKI_PRECISE_FP", "0")

    def kernel(x):
        assert nl.load(x).view(nl.int32).shape == (4, 4)
        nl.load(x).view(nl.bfloat16)
    with pytest.raises(nisa.NkiValidationError, match="float32 as bfloat16.*NKI_PRECISE_FP=1"):
        nki.simulate(kernel)(np.ones((4, 4), np.float32))


def test_instructions_of_low_precision_alone_say_why_not(monkeypatch):
    arguments, _ = CASES["mx"][1]()
    monkeypatch.setenv("NKI_PRECISE_FP", "0")
    with pytest.raises(nisa.NkiValidationError, match="quantize_mx.*src.*NKI_PRECISE_FP=0 holds"):
        nki.simulate(kernels.mx_matmul)(*arguments)


SCRIPT = """
import numpy as np
import nki
import nki.language as nl

@nki.jit
def add(a, b):
    out = nl.ndarray(a.shape, a.dtype, nl.shared_hbm)
    nl.store(out, nl.add(nl.load(a), nl.load(b)))
    return out
print(add(np.ones((4, 3), np.float16), np.ones((4, 3), np.float16)).sum())
"""


@pytest.mark.parametrize("value", [None, "0", "1"])
def test_a_script_runs_with_and_without_nki_simulator(value):
    """There is no device: a call of a kernel is simulated whatever the variable says."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(
        [str(ROOT), os.environ.get("PYTHONPATH", "")])}
    if value is not None:
        environment["NKI_SIMULATOR"] = value
    out = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True,
                         env=environment)
    assert out.stdout == "24.0\n", out.stderr


def test_the_simulator_needs_no_variable():
    a_t, b = (np.ones((128, n), np.float32) for n in (64, 512))
    assert (nki.simulate(kernels.matmul_one_tile)(a_t, b) == 128).all()
