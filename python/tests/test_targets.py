"""Every own kernel on every target: values and a profile, or the reason why not."""
import numpy as np
import pytest

import kernels
import nki.isa as nisa
import switchyard


def normal(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32).astype(dtype)


def product():
    a_t, b = normal(256, 256, dtype="bfloat16"), normal(256, 512, seed=1, dtype="bfloat16")
    return (a_t, b), kernels.matmul_reference(a_t, b)


def one_tile():
    a_t, b = normal(128, 64), normal(128, 512, seed=1)
    return (a_t, b), kernels.matmul_reference(a_t, b)


def layer_norm():
    x, gain, shift = normal(256, 384), normal(1, 384, seed=1), normal(1, 384, seed=2)
    centred = x - x.mean(axis=1, keepdims=True)
    return ((x, gain, shift, 1e-5),
            centred / np.sqrt(x.var(axis=1, keepdims=True) + 1e-5) * gain + shift)


def rms_norm():
    x, gain = normal(128, 512), normal(1, 512, seed=1)
    return (x, gain), x / np.sqrt((x * x).mean(axis=1, keepdims=True) + 1e-6) * gain


def softmax():
    x = normal(128, 512) * 4
    raised = np.exp(x - x.max(axis=1, keepdims=True))
    return (x,), raised / raised.sum(axis=1, keepdims=True)


def attention():
    q, k, v = (normal(256, 64, seed=i) for i in range(3))
    scores = q @ k.T / 8
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return (q, k, v), weights / weights.sum(axis=1, keepdims=True) @ v


def scan():
    a, b = np.abs(normal(128, 64)) % 1, normal(128, 64, seed=1)
    expected, state = np.empty_like(b), np.zeros(128, np.float32)
    for step in range(64):
        state = a[:, step] * state + b[:, step]
        expected[:, step] = state
    return (a, b), expected


def selective_scan():
    time, states = 96, 4
    delta, u = np.abs(normal(128, time)) * 0.1, normal(128, time, seed=1)
    a = -np.abs(normal(128, states, seed=2))
    b, c = normal(states, time, seed=3), normal(states, time, seed=4)
    h, expected = np.zeros((128, states)), np.empty((128, time))
    for t in range(time):
        h = np.exp(delta[:, t, None] * a) * h + (delta[:, t] * u[:, t])[:, None] * b[:, t]
        expected[:, t] = (h * c[:, t]).sum(axis=1)
    return (delta, u, a, b, c), expected


def mx():
    """Multiples of 1/4 up to 2 with one 2 in each block: exact as MXFP8."""
    random = np.random.default_rng(5)
    sides = []
    for width in (512, 1024):
        side = random.integers(-8, 9, (128, width)).astype(np.float32) / 4
        side[::8, ::4] = 2
        sides.append(side)
    a, b = (one.reshape(128, -1, 4) for one in sides)
    return tuple(one.astype("bfloat16") for one in sides), np.einsum("pik,pjk->ij", a, b)


def gather():
    table = normal(300, 32)
    rows = np.random.default_rng(3).permutation(300)[:64].astype(np.int32).reshape(64, 1)
    return (table, rows), table[rows[:, 0]]


def running_sums():
    x = normal(8, 100)
    return (x, np.array([[5]], np.int32)), x[:5].sum(axis=0, keepdims=True)


def exchange():
    x = normal(128, 96)
    return (x,), 2 * np.concatenate([x[64:], x[:64]])


ALL = {"trn1", "trn2", "trn3"}
CASES = {
    "matmul of one tile": (kernels.matmul_one_tile, one_tile, ALL, 1e-4, ""),
    "matmul tiled": (kernels.matmul_tiled, product, ALL, 0.3, ""),
    "matmul hoisted": (kernels.matmul_hoisted, product, ALL, 0.3, ""),
    "matmul blocked": (kernels.matmul_blocked, product, ALL, 0.3, ""),
    "matmul all blocked": (kernels.matmul_all_blocked, product, ALL, 0.3, ""),
    "layer norm": (kernels.layer_norm, layer_norm, ALL, 2e-3, ""),
    "rms norm": (kernels.rms_norm, rms_norm, ALL, 2e-3, ""),
    "softmax": (kernels.softmax_rows, softmax, ALL, 1e-5, ""),
    "attention": (kernels.attention, attention, ALL, 1e-3, ""),
    "scan": (kernels.state_space_scan, scan, ALL, 1e-5, ""),
    "selective scan": (kernels.selective_scan, selective_scan, ALL, 1e-4, ""),
    "mx": (kernels.mx_matmul, mx, {"trn3"}, 1e-6, "quantize_mx.*v4"),
    "gather": (kernels.gather_rows, gather, {"trn2", "trn3"}, 0, "gather or scatter.*v3"),
    "dynamic loop": (kernels.running_sums, running_sums, ALL, 1e-5, ""),
    "exchange": (kernels.exchange[2], exchange, {"trn2", "trn3"}, 0, "sendrecv.*v3"),
}


@pytest.mark.parametrize("target", sorted(ALL))
@pytest.mark.parametrize("name", CASES)
def test_values_and_time(name, target):
    kernel, make, targets, tolerance, lacks = CASES[name]
    arguments, expected = make()
    run = switchyard.profile(kernel, target=target)
    if target not in targets:
        with pytest.raises(nisa.NkiValidationError, match=lacks):
            run(*arguments)
        return
    result, profile = run(*arguments)
    np.testing.assert_allclose(result.astype(np.float32), expected, rtol=tolerance, atol=tolerance)
    times = profile.duration_ns
    assert profile.target == target and profile.fault is None
    assert 0 < times["ideal"] <= times["list"] <= times["program"]
    assert profile.bound_by and profile.summary()["total_time"] > 0


def test_better_stages_take_less_time():
    arguments, _ = product()
    stages = (kernels.matmul_tiled, kernels.matmul_hoisted, kernels.matmul_blocked)
    times = [switchyard.profile(one, target="trn2")(*arguments)[1].duration_ns["program"]
             for one in stages]
    assert times[0] > times[1] > times[2], times
