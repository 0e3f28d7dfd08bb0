"""Speed of the Python layer: a line of JSON for each figure, as the C++ benchmarks print."""
import json
import statistics
import sys
import time

import numpy as np

import nki
import nki.isa as nisa
import nki.language as nl

sys.path.insert(0, __file__.rsplit("/", 1)[0] + "/tests")
import kernels  # noqa: E402
import plain_numpy  # noqa: E402


def report(name, value, unit, note):
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, "note": note}))


def overhead():
    """Median time of one recorded call on a tile so small that its work is nothing."""
    times = {}

    def kernel():
        clock = time.perf_counter_ns
        a, b = nl.zeros((128, 64), nl.float32), nl.zeros((128, 64), nl.float32)
        one, other = a[0:1, 0:1], b[0:1, 0:1]
        plain, views = [], []
        for _ in range(20000):
            start = clock()
            nisa.tensor_tensor(dst=one, data1=one, data2=other, op=nl.add)
            plain.append(clock() - start)
        for i in range(20000):
            column = i % 64
            start = clock()
            nisa.tensor_tensor(dst=a[0:1, column:column + 1], data1=a[0:1, column:column + 1],
                               data2=b[0:1, column:column + 1], op=nl.add)
            views.append(clock() - start)
        times["call"] = statistics.median(plain) / 1e3
        times["call_with_views"] = statistics.median(views) / 1e3
    nki.simulate(kernel)()
    report("call", times["call"], "us", "tensor_tensor of [1, 1], median of 20000")
    report("call_with_views", times["call_with_views"], "us",
           "the same with three slices made in the call")


def many_calls(count):
    def kernel():
        tile = nl.zeros((128, 64), nl.float32)
        for i in range(count):
            column = i % 64
            nisa.tensor_scalar(dst=tile[0:1, column:column + 1],
                               data=tile[0:1, column:column + 1], op0=nl.add, operand0=1.0)
    start = time.perf_counter()
    nki.simulate(kernel)()
    report("many_calls", time.perf_counter() - start, "s", f"a kernel of {count} calls")


def matmul(size):
    random = np.random.default_rng(0)
    a_t, b = (random.standard_normal((size, size)).astype(np.float32).astype("bfloat16")
              for _ in range(2))
    for kernel in (kernels.matmul_tiled, kernels.matmul_hoisted, kernels.matmul_blocked):
        start = time.perf_counter()
        out = nki.simulate(kernel)(a_t, b)
        report(kernel.__name__, time.perf_counter() - start, "s",
               f"nki.simulate of a bfloat16 matmul of {size}^3")
    expected = a_t.astype(np.float32).T @ b.astype(np.float32)
    error = np.abs(out.astype(np.float32) - expected).max()
    report("matmul_error", float(error), "", "largest difference from numpy's float32")


OPERATIONS = {
    "tensor_tensor": lambda x, y, z: nisa.tensor_tensor(z, x, y, nl.add),
    "tensor_scalar": lambda x, y, z: nisa.tensor_scalar(z, x, nl.multiply, 0.5, op1=nl.add,
                                                        operand1=1.0),
    "activation": lambda x, y, z: nisa.activation(z, nl.exp, x),
    "tensor_copy": lambda x, y, z: nisa.tensor_copy(z, x),
    "tensor_reduce": lambda x, y, z: nisa.tensor_reduce(z[:, 0:1], nl.add, x, 1),
}


def against_numpy(work, dtype, partitions, width, count=2000):
    """Seconds a call: in python, of the recorded stream by the engine, of the same by numpy."""
    spent = []

    def kernel(a, b):
        x, y, z = nl.load(a), nl.load(b), nl.zeros(a.shape, a.dtype)
        x, y, z = (one[:partitions, :width] for one in (x, y, z))
        start = time.perf_counter()
        for _ in range(count):
            work(x, y, z)
        spent.append((time.perf_counter() - start) / count)
        nisa.dma_copy(a[:partitions, :width], z)
    arrays = [np.full((128, 64), value, np.float32).astype(dtype) for value in (1, 2)]
    recording = plain_numpy.Recording(kernel, *arrays)
    seconds, instructions, _ = recording.replay()
    interpreter = plain_numpy.Interpreter(recording.tensors, recording.inputs)
    stream = recording.stream()
    start = time.perf_counter()
    interpreter.run(stream)
    return spent[0], seconds / instructions, (time.perf_counter() - start) / len(stream)


def small_tiles():
    """Called from python, and the recorded stream by the engine alone, against the same stream in
    plain numpy (tests/plain_numpy.py)."""
    for dtype in ("float32", "bfloat16"):
        for partitions, width in ((1, 1), (128, 1), (128, 8), (128, 64)):
            eager, engine = [], []
            for work in OPERATIONS.values():
                runs = [against_numpy(work, dtype, partitions, width) for _ in range(3)]
                python, replay, numpy = (min(one) for one in zip(*runs))
                eager.append(numpy / python)
                engine.append(numpy / replay)
            tile = f"{dtype}_{partitions}x{width}"
            for name, found in (("called", eager), ("replayed", engine)):
                report(f"{name}_{tile}", statistics.geometric_mean(found), "x",
                       f"speed against plain numpy, {min(found):.0f} to {max(found):.0f} over "
                       + ", ".join(OPERATIONS))


overhead()
small_tiles()
many_calls(1_000_000)
matmul(2048)
