"""Vector additions (CS149), matrix products (tutorial, nki-autotune) and chains."""
import nki
import nki.isa as nisa
import nki.language as nl

from .tiles import P, TILE_N, load, output, psum, sbuf


# --- Vector addition (CS149 assignments, 2024 on trn1, 2025 on trn2) ---

@nki.jit
def add_chunks(a, b, chunk):
    """`chunk` elements of a vector at a time, one a partition."""
    out = output(a.shape, a.dtype)
    for at in range(0, a.shape[0], chunk):
        part = slice(at, at + chunk)
        left, right = sbuf((chunk, 1)), sbuf((chunk, 1))
        nisa.dma_copy(left, a[part].reshape((chunk, 1)))
        nisa.dma_copy(right, b[part].reshape((chunk, 1)))
        total = sbuf((chunk, 1))
        nisa.tensor_tensor(total, left, right, nl.add)
        nisa.dma_copy(out[part].reshape((chunk, 1)), total)
    return out


@nki.jit
def add_stream(a, b, free):
    """The same of a [128, n] view, `free` columns at a time."""
    out = output(a.shape, a.dtype)
    for at in range(0, a.shape[1], free):
        columns = nl.ds(at, free)
        left, right = load(a[:, columns]), load(b[:, columns])
        total = sbuf((P, free))
        nisa.tensor_tensor(total, left, right, nl.add)
        nisa.dma_copy(out[:, columns], total)
    return out


# --- Matrix products ---

def store_tile(out, rows, columns, product):
    tile = sbuf(product.shape, out.dtype)
    nisa.tensor_copy(tile, product)
    nisa.dma_copy(out[rows, columns], tile)


@nki.jit
def matmul_tiled(a_t, b):
    """Tutorial, first stage: both tiles are loaded for each product."""
    (k, m), n = a_t.shape, b.shape[1]
    out = output((m, n), a_t.dtype)
    for i in range(0, m, P):
        for j in range(0, n, TILE_N):
            rows, columns = nl.ds(i, P), nl.ds(j, TILE_N)
            product = psum((P, TILE_N))
            for step in range(0, k, P):
                left = load(a_t[nl.ds(step, P), rows])
                right = load(b[nl.ds(step, P), columns])
                nisa.nc_matmul(product, left, right)
            store_tile(out, rows, columns, product)
    return out


@nki.jit
def matmul_hoisted(a_t, b):
    """Second stage: the left tiles of a row are loaded once."""
    (k, m), n = a_t.shape, b.shape[1]
    out = output((m, n), a_t.dtype)
    for i in range(0, m, P):
        rows = nl.ds(i, P)
        lefts = [load(a_t[nl.ds(step, P), rows]) for step in range(0, k, P)]
        for j in range(0, n, TILE_N):
            columns = nl.ds(j, TILE_N)
            product = psum((P, TILE_N))
            for step, left in enumerate(lefts):
                nisa.nc_matmul(product, left, load(b[nl.ds(step * P, P), columns]))
            store_tile(out, rows, columns, product)
    return out


@nki.jit
def matmul_block_free(a_t, b):
    """Third stage: blocks of two by two tiles share their loads."""
    (k, m), n = a_t.shape, b.shape[1]
    out = output((m, n), a_t.dtype)
    steps = range(0, k, P)
    for i in range(0, m, 2 * P):
        lefts = [load(a_t[nl.ds(step, P), nl.ds(i, 2 * P)]) for step in steps]
        for j in range(0, n, 2 * TILE_N):
            rights = [load(b[nl.ds(step, P), nl.ds(j, 2 * TILE_N)]) for step in steps]
            for row in (0, P):
                for column in (0, TILE_N):
                    product = psum((P, TILE_N))
                    for left, right in zip(lefts, rights):
                        nisa.nc_matmul(product, left[:, nl.ds(row, P)],
                                       right[:, nl.ds(column, TILE_N)])
                    store_tile(out, nl.ds(i + row, P), nl.ds(j + column, TILE_N), product)
    return out


@nki.jit
def matmul_blocked(a_t, b):
    """Fourth stage: blocks of 2048 x 1024 x 1024, sums over K blocks in SBUF."""
    (k, m), n = a_t.shape, b.shape[1]
    block_m, block_n, block_k = 2048, 1024, 1024
    out = output((m, n), a_t.dtype)
    for j in range(0, n, block_n):
        sums = []
        for _ in range(0, m, P):
            sums.append(sbuf((P, block_n), a_t.dtype))
            nisa.memset(sums[-1], 0.0, engine=nisa.engine.gpsimd)
        for step in range(0, k, block_k):
            inner = range(step, step + block_k, P)
            rights = [load(b[nl.ds(at, P), nl.ds(j, block_n)]) for at in inner]
            for i in range(0, m, block_m):
                lefts = [load(a_t[nl.ds(at, P), nl.ds(i, block_m)]) for at in inner]
                for column in range(0, block_n, TILE_N):
                    for row in range(0, block_m, P):
                        product = psum((P, TILE_N))
                        for left, right in zip(lefts, rights):
                            nisa.nc_matmul(product, left[:, nl.ds(row, P)],
                                           right[:, nl.ds(column, TILE_N)])
                        total = sums[(i + row) // P][:, nl.ds(column, TILE_N)]
                        nisa.tensor_tensor(total, total, product, nl.add)
        for i, total in enumerate(sums):
            nisa.dma_copy(out[nl.ds(i * P, P), nl.ds(j, block_n)], total)
    return out


@nki.jit
def matmul_grouped(a_t, b, rows_m, columns_n, wide_m=1, wide_n=1):
    """Autocomp: rows_m x columns_n products at a time share the loads of each step along K. A load
    is `wide_m` tiles of the left side wide, or `wide_n` of the right."""
    (k, m), n = a_t.shape, b.shape[1]
    out = output((m, n), a_t.dtype)
    for i in range(0, m, rows_m * P):
        for j in range(0, n, columns_n * TILE_N):
            products = [[psum((P, TILE_N)) for _ in range(columns_n)] for _ in range(rows_m)]
            for step in range(0, k, P):
                inner = nl.ds(step, P)
                rights = [load(b[inner, nl.ds(j + at * TILE_N, wide_n * TILE_N)])
                          for at in range(0, columns_n, wide_n)]
                lefts = [load(a_t[inner, nl.ds(i + at * P, wide_m * P)])
                         for at in range(0, rows_m, wide_m)]
                for row in range(rows_m):
                    left = lefts[row // wide_m][:, nl.ds(row % wide_m * P, P)]
                    for column in range(columns_n):
                        right = rights[column // wide_n]
                        nisa.nc_matmul(products[row][column], left,
                                       right[:, nl.ds(column % wide_n * TILE_N, TILE_N)])
            for row in range(rows_m):
                for column in range(columns_n):
                    store_tile(out, nl.ds(i + row * P, P), nl.ds(j + column * TILE_N, TILE_N),
                               products[row][column])
    return out


@nki.jit
def matmul_serial(a_t, b):
    """nki-autotune: one buffer a side, filled again for each product."""
    (k, m), n = a_t.shape, b.shape[1]
    out = output((m, n), a_t.dtype)
    left, right = sbuf((P, P), a_t.dtype), sbuf((P, TILE_N), b.dtype)
    product, tile = psum((P, TILE_N)), sbuf((P, TILE_N), a_t.dtype)
    for i in range(0, m, P):
        for j in range(0, n, TILE_N):
            for step in range(0, k, P):
                nisa.dma_copy(left, a_t[nl.ds(step, P), nl.ds(i, P)])
                nisa.dma_copy(right, b[nl.ds(step, P), nl.ds(j, TILE_N)])
                nisa.nc_matmul(product, left, right, accumulate=step > 0)
            nisa.tensor_copy(tile, product)
            nisa.dma_copy(out[nl.ds(i, P), nl.ds(j, TILE_N)], tile)
    return out


@nki.jit
def matmul_resident(a_t, b, accumulators):
    """nki-autotune: both sides in SBUF; a row of products, [128, n], in each accumulator."""
    (k, m), n = a_t.shape, b.shape[1]
    out = output((m, n), a_t.dtype)
    steps = k // P
    left, right = sbuf((P, steps, m), a_t.dtype), sbuf((P, steps, n), b.dtype)
    for step in range(steps):
        nisa.dma_copy(left[:, step], a_t[nl.ds(step * P, P)])
    for step in range(steps):
        nisa.dma_copy(right[:, step], b[nl.ds(step * P, P)])
    products = [psum((P, n)) for _ in range(accumulators)]
    row = sbuf((P, n), a_t.dtype)
    for i in range(m // P):
        product = products[i % accumulators]
        nisa.memset(product, 0.0)
        for j in range(0, n, TILE_N):
            for step in range(steps):
                nisa.nc_matmul(product[:, nl.ds(j, TILE_N)], left[:, step, nl.ds(i * P, P)],
                               right[:, step, nl.ds(j, TILE_N)], accumulate=step > 0)
        nisa.tensor_copy(row, product)
        nisa.dma_copy(out[nl.ds(i * P, P)], row)
    return out


# --- Chains ---

@nki.jit
def scalar_chain(x, count):
    """`count` dependent activations of one element a partition."""
    out = output(x.shape, x.dtype)
    tile = load(x)
    for _ in range(count):
        nisa.activation(tile, nl.exp, tile)
    nisa.dma_copy(out, tile)
    return out
