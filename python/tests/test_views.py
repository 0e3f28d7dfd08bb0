"""Views of tensors against numpy's."""
import random

import numpy as np
import pytest

import nki
import nki.isa as nisa
import nki.language as nl


def inside(function, *arrays):
    """Runs `function` as a kernel; what it returns is not converted."""
    kept = []
    nki.simulate(lambda *views: kept.append(function(*views)))(*arrays)
    return kept[0]


def sbuf_copy(x):
    tile = nl.ndarray(x.shape, x.dtype, nl.sbuf)
    nisa.dma_copy(tile, x)
    return tile


def random_step(random_, view, array, on_chip):
    """One random operation on both."""
    first = 1 if on_chip else 0
    dims = [d for d in range(view.ndim) if d >= first]
    dim = random_.choice(dims)
    size = view.shape[dim]
    kind = random_.choice(["slice", "select", "permute", "expand", "split", "merge", "broadcast"])
    if kind == "slice":
        start = random_.randrange(size)
        end = random_.randrange(start + 1, size + 1)
        step = random_.choice([1, 1, 2, 3])
        key = (slice(None),) * dim + (slice(start, end, step),)
        return view[key], array[key]
    if kind == "select" and view.ndim > (2 if on_chip else 1):
        index = random_.randrange(-size, size)
        return view.select(dim, index % size), np.take(array, index, axis=dim)
    if kind == "permute":
        order = dims[:]
        random_.shuffle(order)
        order = list(range(first)) + order
        return view.permute(tuple(order)), array.transpose(order)
    if kind == "expand" and view.ndim < 6:
        return view.expand_dim(dim), np.expand_dims(array, dim)
    if kind == "split" and size % 2 == 0 and view.ndim < 6:
        shape = array.shape[:dim] + (2, size // 2) + array.shape[dim + 1:]
        return view.reshape_dim(dim, (2, -1)), array.reshape(shape)
    if kind == "broadcast" and size == 1:
        return view.broadcast(dim, 3), np.repeat(array, 3, axis=dim)
    if kind == "merge" and dim + 1 < view.ndim:
        a, b = view.get_pattern()[dim], view.get_pattern()[dim + 1]
        if a[0] == b[0] * b[1]:
            shape = array.shape[:dim] + (a[1] * b[1],) + array.shape[dim + 2:]
            return view.flatten_dims(dim, dim + 1), array.reshape(shape)
    return view, array


@pytest.mark.parametrize("on_chip", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_random_operations_agree_with_numpy(seed, on_chip):
    random_ = random.Random(seed)
    array = np.arange(8 * 6 * 10, dtype=np.int32).reshape(8, 6, 10)

    def kernel(x):
        view, expected = (sbuf_copy(x) if on_chip else x), array
        for _ in range(random_.randrange(1, 7)):
            view, expected = random_step(random_, view, expected, on_chip)
            assert view.shape == expected.shape
            np.testing.assert_array_equal(np.asarray(view), expected)
            assert view.size == expected.size

    inside(kernel, array)


def test_indexing_keeps_two_dims_on_chip_and_one_in_hbm():
    def kernel(x):
        t = nl.ndarray((64, 4, 8), nl.float32, nl.sbuf)
        assert t[0, 0, 3].shape == (1, 1)
        assert t[:, 0].shape == (64, 8)
        assert t[:, 0, 3].shape == (64, 1)
        assert t[0, ..., :].shape == (1, 4, 8)
        assert t[...].shape == t[:, ...].shape == (64, 4, 8)
        assert t[0:32, :, ::2].shape == (32, 4, 4)
        assert t[nl.ds(8, 16)].shape == (16, 4, 8)
        assert x[0].shape == (6, 10) and x[0, 1, 2].shape == (1,)
        assert x[-1].offset == 7 * 60
        u = t[0:16].permute((0, 2, 1))[:, 0, :]
        assert u.shape == (16, 4)
        assert t.strides == (32, 8, 1) and t.offset == 0 and t.ndim == 3 and t.size == 2048
        assert t.buffer == nl.sbuf and t.dtype == nl.float32
        assert t[32:].offset == 32 * 32
        return None
    inside(kernel, np.zeros((8, 6, 10), np.float32))


def test_patterns():
    def kernel():
        t = nl.ndarray((128, 64), nl.float32, nl.sbuf)
        u = t.slice(dim=1, start=8, end=24)
        assert u.get_pattern() == [[64, 128], [1, 16]] and u.offset == 8
        v = t.ap(pattern=[[64, 128], [1, 16]], offset=8)
        assert v.get_pattern() == u.get_pattern() and v.offset == u.offset
        assert t.ap([(64, 128), (2, 32)]).shape == (128, 32)
        assert t.is_contiguous() and not t[:, ::2].is_contiguous()
        assert not t.is_indirect()
        i = nl.ndarray((128, 256), nl.int32, nl.sbuf)
        b = i.ap([[512, 128], [1, 512]], dtype=nl.bfloat16)
        assert b.shape == (128, 512) and b.dtype == nl.bfloat16
        assert t.view(nl.uint8).shape == (128, 256)
        assert t.view(nl.uint8).view(nl.float32).shape == (128, 64)
        r = nl.ndarray((128, 24), nl.float32, nl.sbuf)
        assert r.rearrange(("b", ("h", "w")), ("b", "w", "h"), {"h": 4}).shape == (128, 6, 4)
        assert r.reshape_dim(1, (4, -1)).shape == (128, 4, 6)
        assert r.reshape((128, 2, 3, 4)).flatten_dims(1, 2).shape == (128, 6, 4)
    inside(kernel)


@pytest.mark.parametrize("wrong, words", [
    (lambda t: t[:, 0:65], "0 <= start < end <= 64"),
    (lambda t: t[128], "0 to 127"),
    (lambda t: t[0, 0, 0], "at most 2"),
    (lambda t: t.permute((1, 0)), "partitions"),
    (lambda t: t.reshape((64, 128)), "partitions stay"),
    (lambda t: t.reshape((128, 63)), "8192 elements"),
    (lambda t: t.permute((0, 1))[:, ::2].reshape((128, 4, 4)), "elements"),
    (lambda t: t.broadcast(1, 4), "size 1"),
    (lambda t: t.squeeze_dim(1), "size 1"),
    (lambda t: t.ap([[128, 64], [1, 64]]), "stride 128 of the partitions"),
    (lambda t: t[:, 1:].view(nl.int64 if hasattr(nl, "int64") else "int9"), "int9"),
    (lambda t: t["a"], "integers, slices"),
])
def test_wrong_views_say_so_with_the_line(wrong, words):
    def kernel():
        wrong(nl.ndarray((128, 64), nl.float32, nl.sbuf))
    with pytest.raises(nisa.NkiValidationError) as caught:
        nki.simulate(kernel)()
    assert words in str(caught.value)
    assert "test_views.py:" in str(caught.value)


def test_a_tensor_is_not_iterated():
    def kernel():
        list(nl.ndarray((128, 64), nl.float32, nl.sbuf))
    with pytest.raises(TypeError, match="range"):
        nki.simulate(kernel)()
