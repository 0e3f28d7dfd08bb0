"""Recorded streams: the engine again, and an independent numpy interpretation, give the same."""
import numpy as np
import pytest

import kernels
import nki
import nki.isa as nisa
import nki.language as nl
from plain_numpy import Recording, narrow, widen


def normal(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32).astype(dtype)


def values(recording, contents):
    out = []
    for at, content in zip(recording.outputs, contents):
        dtype = recording.tensors[at]["dtype"]
        codes = np.asarray(content).reshape(-1).view(np.dtype(dtype) if dtype != "bfloat16"
                                                     else np.uint16)
        out.append(widen(codes.view(np.uint32), dtype) if dtype == "float32"
                   else widen(codes, dtype))
    return out


CASES = {
    "matmul_tiled": (kernels.matmul_tiled, (256, 128), (256, 512)),
    "matmul_hoisted": (kernels.matmul_hoisted, (256, 128), (256, 512)),
    "matmul_blocked": (kernels.matmul_blocked, (256, 256), (256, 1024)),
    "softmax": (kernels.softmax_rows, (128, 96)),
    "rms_norm": (kernels.rms_norm, (128, 96), (1, 96)),
    "layer_norm": (kernels.layer_norm, (128, 96), (1, 96), (1, 96), 1e-5),
    "attention": (kernels.attention, (256, 64), (256, 64), (256, 64)),
    "scan": (kernels.state_space_scan, (128, 40), (128, 40)),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_kernels_agree(name, dtype):
    kernel, *shapes = CASES[name]
    if name == "attention" and dtype == "bfloat16":
        pytest.skip("the kernel takes float32")
    arrays = [normal(*shape, seed=i, dtype=dtype) if isinstance(shape, tuple) else shape
              for i, shape in enumerate(shapes)]
    recording = Recording(kernel, *arrays)
    _, executed, again = recording.replay()
    assert executed == recording.kernel.instructions
    np.testing.assert_array_equal(again[0].view(np.uint8),
                                  np.ascontiguousarray(recording.result).reshape(-1).view(np.uint8))
    ours, plain = values(recording, again)[0], values(recording, recording.interpret())[0]
    loose = 2e-2 if dtype == "bfloat16" else 2e-3
    np.testing.assert_allclose(ours, plain, rtol=loose, atol=loose)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "int32", "uint8"])
@pytest.mark.parametrize("seed", range(6))
def test_arithmetic_agrees_bit_by_bit(dtype, seed):
    random = np.random.default_rng(seed)
    ops = [nl.add, nl.subtract, nl.multiply, nl.maximum, nl.minimum, nl.less, nl.not_equal]

    def window():
        first, step = int(random.integers(0, 16)), int(random.integers(1, 4))
        row = int(random.integers(0, 4)) * 32
        return slice(row, row + 32), slice(first, first + 16 * step, step)

    def kernel(a, b):
        x, y = nl.load(a), nl.load(b)
        for _ in range(60):
            op, kind = ops[random.integers(len(ops))], random.integers(4)
            out, one, other = x[window()], y[window()], x[window()]
            if kind == 0:
                nisa.tensor_tensor(out, one, other, op, engine=nisa.engine.vector)
            elif kind == 1:
                nisa.tensor_scalar(out, one, op0=op, operand0=float(random.integers(-4, 5)),
                                   reverse0=bool(random.integers(2)), op1=nl.multiply,
                                   operand1=0.5)
            elif kind == 2:
                nisa.scalar_tensor_tensor(out, one, op0=op, operand0=1.5, op1=nl.add,
                                          operand1=other)
            else:
                nisa.tensor_copy(out, one, engine=nisa.engine.vector)
        nisa.dma_copy(a, x)
    whole = dtype in ("int32", "uint8")
    a, b = ((random.integers(0, 100, (128, 64)) if whole else random.standard_normal((128, 64)))
            .astype(np.float32).astype(dtype) for _ in range(2))
    recording = Recording(kernel, a, b)
    _, _, again = recording.replay()
    np.testing.assert_array_equal(again[0], a.reshape(-1).view(np.uint8))
    np.testing.assert_array_equal(again[0], recording.interpret()[0].reshape(-1))


def test_a_loop_is_replayed_as_it_ran():
    x = normal(8, 100)
    recording = Recording(kernels.running_sums, x, np.array([[5]], np.int32))
    _, executed, again = recording.replay()
    assert executed > recording.kernel.instructions - 2
    np.testing.assert_array_equal(again[0], recording.result.reshape(-1).view(np.uint8))


def test_bfloat16_as_numpys_view_of_float32():
    x = normal(1000) * 100
    codes = narrow(x, "bfloat16")
    np.testing.assert_array_equal(codes, x.astype("bfloat16").view(np.uint16))
    np.testing.assert_allclose(widen(codes, "bfloat16"), x, rtol=2 ** -8)
