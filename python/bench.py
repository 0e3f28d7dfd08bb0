"""Speed of the Python layer: a line of JSON for each figure, as the C++ benchmarks print."""
import json
import statistics
import sys
import time

import numpy as np

import nki
import nki.isa as nisa
import nki.language as nl


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
    sys.path.insert(0, __file__.rsplit("/", 1)[0] + "/tests")
    import kernels
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


def small_tiles(count):
    """Against the same stream of operations in numpy, as nki.simulate does them."""
    a, b = (np.ones((128, 64), np.float32) for _ in range(2))
    start = time.perf_counter()
    for i in range(count):
        first = i % 32
        a[:, first:first + 8] = np.add(a[:, first:first + 8].astype(np.float32),
                                       b[:, first:first + 8].astype(np.float32))
    plain = time.perf_counter() - start

    def kernel():
        x, y = nl.ones((128, 64), nl.float32), nl.ones((128, 64), nl.float32)
        start = time.perf_counter()
        for i in range(count):
            first = i % 32
            nisa.tensor_tensor(x[:, first:first + 8], x[:, first:first + 8], y[:, first:first + 8],
                               nl.add)
        kernel.time = time.perf_counter() - start
    nki.simulate(kernel)()
    report("small_tiles", plain / kernel.time, "x", "speed against numpy, tiles of [128, 8]")


overhead()
small_tiles(20000)
many_calls(1_000_000)
matmul(2048)
