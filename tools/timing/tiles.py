"""Kernels of which a time on hardware is published, written anew after their descriptions.

Loops and tiles are those of the kernels measured. A tile is allocated where they allocate it: once
where they reuse one, in the loop where the compiler was free to rotate it.
"""
import nki.isa as nisa
import nki.language as nl

P = 128  # partitions
TILE_N = 512  # columns of float32 in a PSUM bank


def sbuf(shape, dtype=nl.float32):
    return nl.ndarray(shape, dtype, nl.sbuf)


def psum(shape, dtype=nl.float32):
    return nl.ndarray(shape, dtype, nl.psum)


def output(shape, dtype):
    return nl.ndarray(shape, dtype, nl.shared_hbm)


def load(source):
    tile = sbuf(source.shape, source.dtype)
    nisa.dma_copy(tile, source)
    return tile


def ones_row():
    ones = sbuf((1, P))
    nisa.memset(ones, 1.0)
    return ones


def broadcast(row, ones):
    """[1, n] to all partitions through TensorE, 512 columns a PSUM bank."""
    n = row.shape[1]
    if n <= TILE_N:
        out = psum((P, n))
        nisa.nc_matmul(out, ones, row)
        return out
    out = sbuf((P, n))
    for at in range(0, n, TILE_N):
        bank = psum((P, TILE_N))
        nisa.nc_matmul(bank, ones, row[:, nl.ds(at, TILE_N)])
        nisa.activation(out[:, nl.ds(at, TILE_N)], nl.copy, bank)
    return out
