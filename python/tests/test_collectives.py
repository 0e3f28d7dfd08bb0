"""nki.collectives: ranks that exchange data, against numpy."""
import numpy as np
import pytest

import nki
import nki.collectives as ncc
import nki.isa as nisa
import nki.language as nl
import switchyard


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def ranks(function, *lists):
    """Runs `function` with argument r of each list on rank r."""
    return ncc.simulate_ranks(nki.jit(function), list(zip(*lists)))


def everybody(count):
    return ncc.ReplicaGroup([list(range(count))])


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int32"])
@pytest.mark.parametrize("op", [nl.add, nl.minimum, nl.maximum])
def test_all_reduce_adds_in_the_order_of_the_group(dtype, op):
    xs = [(normal(128, 40, seed=r) * 100).astype(nki.dtype.bfloat16 if dtype == "bfloat16"
                                                 else dtype) for r in range(4)]

    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, nl.hbm)
        ncc.all_reduce([x], [out], everybody(4), op)
        return out
    expected = xs[0].astype(np.float32)
    for x in xs[1:]:
        x = x.astype(np.float32)
        expected = {nl.add: np.add, nl.minimum: np.minimum, nl.maximum: np.maximum}[op](expected, x)
    for out in ranks(kernel, xs):
        np.testing.assert_array_equal(out, expected.astype(xs[0].dtype))


def test_groups_work_apart():
    xs = [normal(4, 8, seed=r) for r in range(6)]

    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, nl.hbm)
        ncc.all_reduce([x], [out], ncc.ReplicaGroup([[0, 2, 4], [5, 3, 1]]), nl.add)
        return out
    out = ranks(kernel, xs)
    np.testing.assert_array_equal(out[2], xs[0] + xs[2] + xs[4])
    np.testing.assert_array_equal(out[1], xs[5] + xs[3] + xs[1])


def test_gather_scatter_exchange_and_permute():
    xs = [normal(6, 4, seed=r) for r in range(3)]

    def kernel(x):
        group = everybody(3)
        gathered = nl.ndarray((18, 4), x.dtype, nl.hbm)
        ncc.all_gather([x], [gathered], group, 0)
        scattered = nl.ndarray((2, 4), x.dtype, nl.hbm)
        ncc.reduce_scatter([x], [scattered], group, 0, nl.add)
        exchanged = nl.ndarray((6, 4), x.dtype, nl.hbm)
        ncc.all_to_all([x], [exchanged], group, 0)
        permuted = nl.ndarray((6, 4), x.dtype, nl.hbm)
        ncc.collective_permute([x], [permuted], [(0, 1), (1, 2), (2, 0)])
        return gathered, scattered, exchanged, permuted
    for rank, (gathered, scattered, exchanged, permuted) in enumerate(ranks(kernel, xs)):
        mine = slice(2 * rank, 2 * rank + 2)
        np.testing.assert_array_equal(gathered, np.concatenate(xs))
        np.testing.assert_array_equal(scattered, (xs[0] + xs[1] + xs[2])[mine])
        np.testing.assert_array_equal(exchanged, np.concatenate([x[mine] for x in xs]))
        np.testing.assert_array_equal(permuted, xs[rank - 1])


def test_sbuf_tensors_gather_along_both_dims():
    xs = [normal(32, 8, seed=r) for r in range(2)]

    def kernel(x):
        tile = nl.load(x)
        rows = nl.ndarray((64, 8), x.dtype, nl.sbuf)
        ncc.all_gather([tile], [rows], everybody(2), 0)
        columns = nl.ndarray((32, 16), x.dtype, nl.sbuf)
        ncc.all_gather([tile], [columns], everybody(2), 1)
        out0, out1 = nl.ndarray((64, 8), x.dtype, nl.hbm), nl.ndarray((32, 16), x.dtype, nl.hbm)
        nl.store(out0, rows)
        nl.store(out1, columns)
        return out0, out1
    for rows, columns in ranks(kernel, xs):
        np.testing.assert_array_equal(rows, np.concatenate(xs))
        np.testing.assert_array_equal(columns, np.concatenate(xs, axis=1))


def test_all_to_all_v_moves_what_the_metadata_say():
    counts = np.array([[1, 2, 0], [3, 0, 1], [2, 2, 4]])  # [from][to]
    xs = [np.arange(8, dtype=np.float32) + 10 * r for r in range(3)]
    metadata = [np.array([counts[r], np.cumsum(counts[r]) - counts[r], [9, 9, 9]], np.uint32)
                for r in range(3)]

    def kernel(x, meta):
        out = nl.ndarray((12,), x.dtype, nl.hbm)
        ncc.all_to_all_v([x], [out], everybody(3), meta)
        return out, meta
    for rank, (out, meta) in enumerate(ranks(kernel, xs, metadata)):
        np.testing.assert_array_equal(meta[2], counts[:, rank])
        for peer in range(3):
            start = counts[peer, :rank].sum()
            count = counts[peer, rank]
            np.testing.assert_array_equal(out[4 * peer:4 * peer + count],
                                          xs[peer][start:start + count])


def test_a_ring_of_implicit_permutes_is_a_gather():
    xs = [normal(2, 4, seed=r) for r in range(4)]

    def kernel(x):
        group = everybody(4)
        out = nl.ndarray((8, 4), x.dtype, nl.hbm)
        held = x
        for step in range(4):
            owner = ncc.collective_permute_implicit_current_processing_rank_id(step, group)
            nisa.dma_copy(out[2 * owner:2 * owner + 2], held)
            if step < 3:
                got = nl.ndarray(x.shape, x.dtype, nl.hbm)
                ncc.collective_permute_implicit([[held]], [[got]], group)
                held = got
        return out
    for out in ranks(kernel, xs):
        np.testing.assert_array_equal(out, np.concatenate(xs))


def mlp(x_t, w1, w2, world):
    """relu(x w1) w2 with the columns of w1 and the rows of w2 that this rank has."""
    out = nl.ndarray((x_t.shape[1], w2.shape[1]), nl.float32, nl.hbm)
    hidden = nl.ndarray((w1.shape[1], x_t.shape[1]), nl.float32, nl.psum)
    nisa.nc_matmul(hidden, nl.load(w1), nl.load(x_t))  # transposed: ready to be stationary
    product = nl.ndarray(out.shape, nl.float32, nl.psum)
    nisa.nc_matmul(product, nl.maximum(nl.copy(hidden), 0.0), nl.load(w2))
    if world == 1:
        nl.store(out, nl.copy(product))
        return out
    partial = nl.ndarray(out.shape, nl.float32, nl.hbm)
    nl.store(partial, nl.copy(product))
    ncc.all_reduce([partial], [out], everybody(world), nl.add)
    return out


def test_a_tensor_parallel_mlp_on_8_ranks_is_that_of_one():
    x_t, w1, w2 = normal(128, 64), normal(128, 128, seed=1), normal(128, 256, seed=2)
    whole = nki.simulate(lambda a, b, c: mlp(a, b, c, 1))(x_t, w1, w2)
    parts = [slice(16 * r, 16 * r + 16) for r in range(8)]
    out = ranks(lambda a, b, c: mlp(a, b, c, 8), [x_t] * 8,
                [w1[:, p].copy() for p in parts], [w2[p].copy() for p in parts])
    for one in out:
        np.testing.assert_array_equal(one, out[0])
        np.testing.assert_allclose(one, whole, rtol=1e-4, atol=1e-2)


def test_expert_parallel_exchange_on_144_ranks_is_that_of_one():
    count, width = 144, 16
    tokens = [normal(count, width, seed=r) for r in range(count)]

    def kernel(x):  # token e of every rank is for the expert on rank e
        group = everybody(count)
        arrived = nl.ndarray((count, width), x.dtype, nl.hbm)
        ncc.all_to_all([x], [arrived], group, 0)
        done = nl.ndarray((count, width), x.dtype, nl.hbm)
        for start, rows in ((0, 128), (128, 16)):
            tile = nl.load(arrived[start:start + rows])
            nisa.tensor_scalar(tile, tile, nl.multiply, float(ncc.rank_id() + 1))
            nl.store(done[start:start + rows], tile)
        back = nl.ndarray((count, width), x.dtype, nl.hbm)
        ncc.all_to_all([done], [back], group, 0)
        return back
    factors = np.arange(1, count + 1, dtype=np.float32)[:, None]
    for x, out in zip(tokens, ranks(kernel, tokens)):
        np.testing.assert_array_equal(out, x * factors)


def test_both_cores_of_an_lnc_take_part():
    xs = [normal(128, 8, seed=r) for r in range(4)]

    @nki.jit
    def kernel(x):
        doubled = nl.ndarray(x.shape, x.dtype, nl.shared_hbm)
        core = nl.program_id(0)
        tile = nl.load(x[64 * core:64 * core + 64])
        nisa.tensor_scalar(tile, tile, nl.multiply, 2.0)
        nl.store(doubled[64 * core:64 * core + 64], tile)
        out = nl.ndarray(x.shape, x.dtype, nl.shared_hbm)
        ncc.all_reduce([doubled], [out], everybody(4), nl.add)
        return out
    for out in ncc.simulate_ranks(kernel[2], [(x,) for x in xs]):
        np.testing.assert_array_equal(out, 2 * xs[0] + 2 * xs[1] + 2 * xs[2] + 2 * xs[3])


def test_a_rank_that_never_arrives_is_a_deadlock_with_names():
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, nl.hbm)
        if ncc.rank_id() != 2:
            ncc.all_reduce([x], [out], everybody(3), nl.add)
        return x
    with pytest.raises(switchyard.ValidationError) as error:
        ranks(kernel, [normal(2, 2)] * 3)
    assert "deadlock" in str(error.value)
    assert "ranks 0, 1: waiting at all_reduce" in str(error.value)
    assert "for rank 2" in str(error.value)


def test_a_rank_that_fails_is_the_error_of_all():
    def kernel(x):
        if ncc.rank_id() == 1:
            raise RuntimeError("rank 1 has no memory")
        out = nl.ndarray(x.shape, x.dtype, nl.hbm)
        ncc.all_reduce([x], [out], everybody(2), nl.add)
        return out
    with pytest.raises(RuntimeError, match="rank 1 has no memory"):
        ranks(kernel, [normal(2, 2)] * 2)


@pytest.mark.parametrize("call, text", [
    (lambda x, o: ncc.all_reduce([x], [o], ncc.ReplicaGroup([[1]]), nl.add),
     "rank 0 is in 0 groups"),
    (lambda x, o: ncc.all_reduce([x], [o], everybody(1), nl.multiply), "wanted nl.add"),
    (lambda x, o: ncc.all_reduce([x], [], everybody(1), nl.add), "1 srcs and 0 dsts"),
    (lambda x, o: ncc.all_gather([x], [o], everybody(1), 1), "collective_dim=1"),
    (lambda x, o: ncc.all_to_all([x], [nl.ndarray((1, 2), x.dtype, nl.hbm)], everybody(1), 0),
     "wanted"),
])
def test_misuse_is_told(call, text):
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, nl.hbm)
        call(x, out)
        return out
    with pytest.raises(ValueError, match=text):
        ranks(kernel, [normal(2, 2)])


def test_outside_of_ranks_the_way_in_is_named():
    @nki.jit
    def kernel(x):
        ncc.all_reduce([x], [x], everybody(1), nl.add)
        return x
    with pytest.raises(RuntimeError, match="simulate_ranks"):
        kernel(normal(2, 2))
