"""Kernels of which a time on hardware is published, written anew after their descriptions.

Loops and tiles are those of the kernels measured. A tile is allocated where they allocate it: once
where they reuse one, in the loop where the compiler was free to rotate it.
"""
import nki
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


# --- Matrix product, bias and GELU (trainium-kernel-fusion), float32 ---

def product_and_bias(a_t, b, bias, ones, rows, columns):
    product = psum((P, TILE_N))
    for step in range(0, a_t.shape[0], P):
        left = load(a_t[nl.ds(step, P), rows])
        right = load(b[nl.ds(step, P), columns])
        nisa.nc_matmul(product, left, right)
    tile = sbuf((P, TILE_N))
    nisa.tensor_copy(tile, product)
    nisa.tensor_tensor(tile, tile, broadcast(load(bias[:, columns]), ones), nl.add)
    return tile


def gelu_lookup(tile):
    nisa.activation(tile, nl.gelu, tile)


def gelu_series(tile):
    """0.5 x (1 + tanh(c (x + d x^3))) through a sigmoid, step by step as written there."""
    square, inner = sbuf(tile.shape), sbuf(tile.shape)
    nisa.tensor_tensor(square, tile, tile, nl.multiply)
    nisa.tensor_tensor(inner, square, tile, nl.multiply)
    nisa.tensor_scalar(inner, inner, op0=nl.multiply, operand0=0.044715)
    nisa.tensor_tensor(inner, tile, inner, nl.add)
    nisa.tensor_scalar(inner, inner, op0=nl.multiply, operand0=0.7978845608)
    nisa.activation(inner, nl.sigmoid, inner, scale=2.0)
    nisa.tensor_scalar(inner, inner, op0=nl.multiply, operand0=2.0, op1=nl.subtract, operand1=1.0)
    nisa.tensor_scalar(inner, inner, op0=nl.add, operand0=1.0)
    nisa.tensor_scalar(square, tile, op0=nl.multiply, operand0=0.5)
    nisa.tensor_tensor(tile, square, inner, nl.multiply)


@nki.jit
def mlp(a_t, b, bias, activate):
    """gelu(a_t.T @ b + bias), or without gelu if `activate` is None."""
    m, n = a_t.shape[1], b.shape[1]
    out = output((m, n), a_t.dtype)
    ones = ones_row()
    for i in range(0, m, P):
        for j in range(0, n, TILE_N):
            rows, columns = nl.ds(i, P), nl.ds(j, TILE_N)
            tile = product_and_bias(a_t, b, bias, ones, rows, columns)
            if activate is not None:
                activate(tile)
            nisa.dma_copy(out[rows, columns], tile)
    return out


@nki.jit
def gelu(x):
    out = output(x.shape, x.dtype)
    for i in range(0, x.shape[0], P):
        for j in range(0, x.shape[1], TILE_N):
            tile = load(x[nl.ds(i, P), nl.ds(j, TILE_N)])
            gelu_lookup(tile)
            nisa.dma_copy(out[nl.ds(i, P), nl.ds(j, TILE_N)], tile)
    return out


# --- Attention (trainium-kernel-fusion), float32, one head of 128 ---

def transposed_tiles(source, count):
    """[128, count * 128] as `count` transposed squares."""
    out = sbuf((P, count, P))
    for at in range(count):
        turned = psum((P, P))
        nisa.nc_transpose(turned, source[:, nl.ds(at * P, P)])
        nisa.tensor_copy(out[:, at], turned)
    return out


def scores_of(q, k, at):
    scores = sbuf((P, k.shape[1]))
    for j in range(0, k.shape[1], TILE_N):
        product = psum((P, TILE_N))
        nisa.nc_matmul(product, q[:, nl.ds(at * P, P)], k[:, nl.ds(j, TILE_N)])
        nisa.tensor_copy(scores[:, nl.ds(j, TILE_N)], product)
    return scores


def exponentials(scores):
    """exp(scores less their row's maximum), and one over the sum of each row."""
    width = scores.shape[1]
    chunks = [nl.ds(j, TILE_N) for j in range(0, width, TILE_N)]
    tops, top = sbuf((P, len(chunks))), sbuf((P, 1))
    for at, chunk in enumerate(chunks):
        nisa.tensor_reduce(tops[:, nl.ds(at, 1)], nl.maximum, scores[:, chunk], axis=1)
    nisa.tensor_reduce(top, nl.maximum, tops, axis=1, negate=True)
    raised, sums, total = sbuf((P, width)), sbuf((P, len(chunks))), sbuf((P, 1))
    for at, chunk in enumerate(chunks):
        nisa.activation(raised[:, chunk], nl.exp, scores[:, chunk], bias=top)
        nisa.tensor_reduce(sums[:, nl.ds(at, 1)], nl.add, raised[:, chunk], axis=1)
    nisa.tensor_reduce(total, nl.add, sums, axis=1)
    nisa.reciprocal(total, total)
    return raised, total


def weighted_sum(weights, values):
    count = values.shape[1]
    turned = transposed_tiles(weights, count)
    product = psum((P, P))
    for at in range(count):
        nisa.nc_matmul(product, turned[:, at], values[:, at])
    return product


@nki.jit
def attention_fused(q_t, k_t, v_t):
    length = q_t.shape[1]
    out = output((length, P), q_t.dtype)
    q, k, v = load(q_t), load(k_t), load(v_t)
    values = transposed_tiles(v, length // P)
    for at in range(length // P):
        raised, inverse = exponentials(scores_of(q, k, at))
        product = weighted_sum(raised, values)
        result = sbuf((P, P))
        nisa.tensor_scalar(result, product, op0=nl.multiply, operand0=inverse,
                           engine=nisa.engine.vector)
        nisa.dma_copy(out[nl.ds(at * P, P)], result)
    return out


@nki.jit
def attention_phases(q_t, k_t, v_t):
    """Scores, softmax and weighted sum one after the other, through HBM."""
    length = q_t.shape[1]
    out = output((length, P), q_t.dtype)
    q, k, v = load(q_t), load(k_t), load(v_t)
    between = output((length // P, P, length), nl.float32)
    for at in range(length // P):
        nisa.dma_copy(between[at], scores_of(q, k, at))
    for at in range(length // P):
        raised, inverse = exponentials(load(between[at]))
        weights = sbuf(raised.shape)
        for j in range(0, length, TILE_N):
            chunk = nl.ds(j, TILE_N)
            nisa.tensor_scalar(weights[:, chunk], raised[:, chunk], op0=nl.multiply,
                               operand0=inverse, engine=nisa.engine.vector)
        nisa.dma_copy(between[at], weights)
    values = transposed_tiles(v, length // P)
    for at in range(length // P):
        product = weighted_sum(load(between[at]), values)
        result = sbuf((P, P))
        nisa.tensor_copy(result, product)
        nisa.dma_copy(out[nl.ds(at * P, P)], result)
    return out


# --- Mamba's scan (tutorial): state n of channel c, r[t] = exp(delta A) r[t-1] + delta u B ---

def scan_state(delta, rate, inflow, b, c, initial, total):
    """Adds the state's share to `total`; returns its scan."""
    decay, entering, scanned, share = (sbuf(delta.shape) for _ in range(4))
    nisa.activation(decay, nl.exp, delta, scale=rate)
    nisa.tensor_tensor(entering, inflow, b, nl.multiply)
    nisa.tensor_tensor_scan(scanned, decay, entering, initial, nl.multiply, nl.add)
    nisa.tensor_tensor(share, scanned, c, nl.multiply)
    nisa.tensor_tensor(total, total, share, nl.add)
    return scanned


def product_of(a, b):
    out = sbuf(a.shape)
    nisa.tensor_tensor(out, a, b, nl.multiply)
    return out


def zeros(shape):
    out = sbuf(shape)
    nisa.memset(out, 0.0)
    return out


@nki.jit
def mamba_v1(delta, u, a, b, c, states_outside=False):
    """All is loaded anew for each state. `states_outside`: the loop over states around the one
    over channels, as the guide's first version has it."""
    channels, length = delta.shape
    out = output(delta.shape, delta.dtype)
    ones = ones_row()
    tiles = range(0, channels, P)
    states = range(a.shape[1])
    totals = {at: zeros((P, length)) for at in tiles} if states_outside else {}
    order = ([(at, state) for state in states for at in tiles] if states_outside
             else [(at, state) for at in tiles for state in states])
    for at, state in order:
        rows = nl.ds(at, P)
        if at not in totals:
            totals[at] = zeros((P, length))
        step, rate = load(delta[rows]), load(a[rows, nl.ds(state, 1)])
        inflow = product_of(step, load(u[rows]))
        scan_state(step, rate, inflow, broadcast(load(b[nl.ds(state, 1)]), ones),
                   broadcast(load(c[nl.ds(state, 1)]), ones), 0.0, totals[at])
        if not states_outside and state == states[-1]:
            nisa.dma_copy(out[rows], totals.pop(at))
    for at, total in totals.items():
        nisa.dma_copy(out[nl.ds(at, P)], total)
    return out


@nki.jit
def mamba_v2(delta, u, a, b, c):
    """What no state changes is loaded, and multiplied, once a tile of channels."""
    channels, length = delta.shape
    out = output(delta.shape, delta.dtype)
    ones = ones_row()
    for at in range(0, channels, P):
        rows = nl.ds(at, P)
        total, step = zeros((P, length)), load(delta[rows])
        inflow = product_of(step, load(u[rows]))
        for state in range(a.shape[1]):
            scan_state(step, load(a[rows, nl.ds(state, 1)]), inflow,
                       broadcast(load(b[nl.ds(state, 1)]), ones),
                       broadcast(load(c[nl.ds(state, 1)]), ones), 0.0, total)
        nisa.dma_copy(out[rows], total)
    return out


@nki.jit
def mamba_v3(delta, u, a, b, c):
    """The sequence in pieces of 512, each scan going on from the one before."""
    channels, length = delta.shape
    out = output(delta.shape, delta.dtype)
    ones = ones_row()
    piece = 512
    for at in range(0, channels, P):
        rows = nl.ds(at, P)
        total, step = zeros((P, length)), load(delta[rows])
        inflow = product_of(step, load(u[rows]))
        for state in range(a.shape[1]):
            rate, last = load(a[rows, nl.ds(state, 1)]), zeros((P, 1))
            for begin in range(0, length, piece):
                part = nl.ds(begin, piece)
                scanned = scan_state(step[:, part], rate, inflow[:, part],
                                     broadcast(load(b[nl.ds(state, 1), part]), ones),
                                     broadcast(load(c[nl.ds(state, 1), part]), ones), last,
                                     total[:, part])
                nisa.tensor_copy(last, scanned[:, nl.ds(piece - 1, 1)])
        nisa.dma_copy(out[rows], total)
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
