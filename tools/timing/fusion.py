"""trainium-kernel-fusion: a product with bias and GELU, attention of one head of 128; float32."""
import nki
import nki.isa as nisa
import nki.language as nl

from .tiles import P, TILE_N, broadcast, load, ones_row, output, psum, sbuf


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
