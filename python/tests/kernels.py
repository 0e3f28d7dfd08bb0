"""Our own kernels in the current dialect, with what they should give in numpy."""
import numpy as np

import nki
import nki.isa as nisa
import nki.language as nl


@nki.jit
def add_one(x):
    out = nl.ndarray(x.shape, x.dtype, nl.shared_hbm)
    tile = nl.ndarray(x.shape, x.dtype, nl.sbuf)
    nisa.dma_copy(dst=tile, src=x)
    nisa.tensor_scalar(dst=tile, data=tile, op0=nl.add, operand0=1.0)
    nisa.dma_copy(dst=out, src=tile)
    return out


@nki.jit
def matmul_one_tile(a_t, b):
    out = nl.ndarray((a_t.shape[1], b.shape[1]), nl.float32, nl.shared_hbm)
    left = nl.load(a_t)
    right = nl.load(b)
    product = nl.ndarray(out.shape, nl.float32, nl.psum)
    nisa.nc_matmul(product, left, right)
    nl.store(out, nl.copy(product))
    return out


@nki.jit
def matmul_tiled(a_t, b):
    """Each product tile from all tiles along K, loaded anew."""
    k, m = a_t.shape
    n = b.shape[1]
    tile_n = min(n, 512)
    out = nl.ndarray((m, n), a_t.dtype, nl.shared_hbm)
    for i in range(m // 128):
        for j in range(n // tile_n):
            product = nl.ndarray((128, tile_n), nl.float32, nl.psum)
            for step in range(k // 128):
                left = nl.ndarray((128, 128), a_t.dtype, nl.sbuf)
                right = nl.ndarray((128, tile_n), b.dtype, nl.sbuf)
                nisa.dma_copy(left, a_t[nl.ds(step * 128, 128), nl.ds(i * 128, 128)])
                nisa.dma_copy(right, b[nl.ds(step * 128, 128), nl.ds(j * tile_n, tile_n)])
                nisa.nc_matmul(product, left, right)
            result = nl.ndarray((128, tile_n), out.dtype, nl.sbuf)
            nisa.tensor_copy(result, product)
            nisa.dma_copy(out[nl.ds(i * 128, 128), nl.ds(j * tile_n, tile_n)], result)
    return out


@nki.jit
def matmul_hoisted(a_t, b):
    """The left side is loaded once a row of tiles, the right side once for all."""
    k, m = a_t.shape
    n = b.shape[1]
    tile_n = min(n, 512)
    steps = k // 128
    out = nl.ndarray((m, n), a_t.dtype, nl.shared_hbm)
    right = nl.ndarray((128, steps, n), b.dtype, nl.sbuf)
    nisa.dma_copy(right, b.reshape_dim(0, (steps, 128)).permute((1, 0, 2)))
    for i in range(m // 128):
        left = nl.ndarray((128, steps, 128), a_t.dtype, nl.sbuf)
        columns = a_t[:, i * 128:(i + 1) * 128]
        nisa.dma_copy(left, columns.reshape_dim(0, (steps, 128)).permute((1, 0, 2)))
        for j in range(n // tile_n):
            product = nl.ndarray((128, tile_n), nl.float32, nl.psum)
            for step in range(steps):
                nisa.nc_matmul(product, left[:, step], right[:, step, nl.ds(j * tile_n, tile_n)],
                               accumulate=step > 0)
            result = nl.ndarray((128, tile_n), out.dtype, nl.sbuf)
            nisa.activation(result, nl.copy, product)
            nisa.dma_copy(out[i * 128:(i + 1) * 128, nl.ds(j * tile_n, tile_n)], result)
    return out


@nki.jit
def matmul_blocked(a_t, b):
    """All of both sides in SBUF, products of a row in several PSUM banks."""
    k, m = a_t.shape
    n = b.shape[1]
    tile_n = min(n, 512)
    steps = k // 128
    out = nl.ndarray((m, n), a_t.dtype, nl.shared_hbm)
    left = nl.ndarray((128, steps, m), a_t.dtype, nl.sbuf)
    right = nl.ndarray((128, steps, n), b.dtype, nl.sbuf)
    for step in range(steps):
        nisa.dma_copy(left[:, step], a_t[step * 128:(step + 1) * 128])
        nisa.dma_copy(right[:, step], b[step * 128:(step + 1) * 128])
    for i in range(m // 128):
        row = nl.ndarray((128, n), out.dtype, nl.sbuf)
        for j in range(n // tile_n):
            product = nl.ndarray((128, tile_n), nl.float32, nl.psum)
            for step in range(steps):
                nisa.nc_matmul(product, left[:, step, i * 128:(i + 1) * 128],
                               right[:, step, j * tile_n:(j + 1) * tile_n])
            nisa.tensor_copy(row[:, j * tile_n:(j + 1) * tile_n], product)
        nisa.dma_copy(out[i * 128:(i + 1) * 128], row)
    return out


@nki.jit
def matmul_all_blocked(a_t, b, block_m=256, block_n=512, block_k=256):
    """Blocks along all three dims: sums over blocks of K stay in SBUF, in float32."""
    k, m = a_t.shape
    n = b.shape[1]
    out = nl.ndarray((m, n), a_t.dtype, nl.shared_hbm)
    tiles_m, steps = block_m // 128, block_k // 128
    for j in range(0, n, block_n):
        sums = nl.zeros((128, m // 128, block_n), nl.float32)
        for at in range(0, k, block_k):
            right = nl.ndarray((128, steps, block_n), b.dtype, nl.sbuf)
            nisa.dma_copy(right, b[at:at + block_k, j:j + block_n].reshape_dim(0, (steps, 128))
                          .permute((1, 0, 2)))
            for i in range(0, m, block_m):
                left = nl.ndarray((128, steps, block_m), a_t.dtype, nl.sbuf)
                nisa.dma_copy(left, a_t[at:at + block_k, i:i + block_m]
                              .reshape_dim(0, (steps, 128)).permute((1, 0, 2)))
                for tile in range(tiles_m):
                    product = nl.ndarray((128, block_n), nl.float32, nl.psum)
                    for step in range(steps):
                        nisa.nc_matmul(product, left[:, step, tile * 128:(tile + 1) * 128],
                                       right[:, step])
                    place = sums[:, i // 128 + tile]
                    nisa.tensor_tensor(place, place, product, nl.add)
        result = nl.ndarray((128, m // 128, block_n), out.dtype, nl.sbuf)
        nisa.tensor_copy(result, sums)
        nisa.dma_copy(out[:, j:j + block_n].reshape_dim(0, (m // 128, 128)).permute((1, 0, 2)),
                      result)
    return out


@nki.jit
def layer_norm(x, gain, shift, epsilon):
    rows, width = x.shape
    out = nl.ndarray(x.shape, x.dtype, nl.shared_hbm)
    weights = nl.broadcast_to(nl.load(gain), (128, width))
    offsets = nl.broadcast_to(nl.load(shift), (128, width))
    for i in range(rows // 128):
        tile = nl.load(x[i * 128:(i + 1) * 128])
        statistics = nl.ndarray((128, 6), nl.float32, nl.sbuf)
        moments = nl.ndarray((128, 2), nl.float32, nl.sbuf)
        nisa.bn_stats(statistics, tile)
        nisa.bn_aggr(moments, statistics)
        scale = nl.ndarray((128, 1), nl.float32, nl.sbuf)
        nisa.tensor_scalar(scale, moments[:, 1:2], op0=nl.add, operand0=epsilon)
        nisa.tensor_scalar(scale, scale, op0=nl.power, operand0=-0.5)
        normal = nl.ndarray(tile.shape, nl.float32, nl.sbuf)
        nisa.tensor_scalar(normal, tile, op0=nl.subtract, operand0=moments[:, 0:1],
                           op1=nl.multiply, operand1=scale)
        nisa.tensor_tensor(normal, normal, weights, nl.multiply)
        nisa.tensor_tensor(tile, normal, offsets, nl.add)
        nl.store(out[i * 128:(i + 1) * 128], tile)
    return out


@nki.jit
def rms_norm(x, gain):
    out = nl.ndarray(x.shape, x.dtype, nl.shared_hbm)
    tile = nl.load(x)
    weights = nl.broadcast_to(nl.load(gain), x.shape)
    nl.store(out, nl.rms_norm(tile, weights, axis=1, n=x.shape[1]))
    return out


@nki.jit
def softmax_rows(x):
    out = nl.ndarray(x.shape, x.dtype, nl.shared_hbm)
    tile = nl.load(x)
    top = nl.ndarray((x.shape[0], 1), nl.float32, nl.sbuf)
    nisa.tensor_reduce(top, nl.maximum, tile, axis=1, negate=True)
    total = nl.ndarray((x.shape[0], 1), nl.float32, nl.sbuf)
    raised = nl.ndarray(x.shape, nl.float32, nl.sbuf)
    nisa.activation(raised, nl.exp, tile, bias=top, reduce_op=nl.add, reduce_res=total,
                    reduce_cmd=nisa.reduce_cmd.reset_reduce)
    nisa.reciprocal(total, total)
    nisa.tensor_scalar(raised, raised, op0=nl.multiply, operand0=total)
    nl.store(out, raised)
    return out


@nki.jit
def attention(q, k, v):
    """softmax(q k^T / sqrt(d)) v for one head: q, k, v of shape (sequence, d)."""
    sequence, d = q.shape
    out = nl.ndarray((sequence, d), nl.float32, nl.shared_hbm)
    q_t, k_t = nl.load_transpose2d(q), nl.load_transpose2d(k)
    blocks = sequence // 128
    values = nl.ndarray((128, blocks, d), v.dtype, nl.sbuf)
    nisa.dma_copy(values, v.reshape((blocks, 128, d)).permute((1, 0, 2)))
    for i in range(blocks):
        scores = nl.ndarray((128, sequence), nl.float32, nl.psum)
        nisa.nc_matmul(scores, q_t[:, i * 128:(i + 1) * 128], k_t)
        scaled = nl.ndarray((128, sequence), nl.float32, nl.sbuf)
        nisa.tensor_scalar(scaled, scores, op0=nl.multiply, operand0=1 / d ** 0.5)
        weights = nl.softmax(scaled, axis=1)
        result = nl.ndarray((128, d), nl.float32, nl.psum)
        for j in range(blocks):
            turned = nl.ndarray((128, 128), nl.float32, nl.psum)
            nisa.nc_transpose(turned, weights[:, j * 128:(j + 1) * 128])
            nisa.nc_matmul(result, nl.copy(turned), values[:, j])
        nl.store(out[i * 128:(i + 1) * 128], nl.copy(result))
    return out


@nki.jit
def state_space_scan(a, b):
    """r[t] = a[t] * r[t - 1] + b[t] along each row."""
    out = nl.ndarray(a.shape, a.dtype, nl.shared_hbm)
    decay, gain = nl.load(a), nl.load(b)
    state = nl.ndarray(a.shape, nl.float32, nl.sbuf)
    nisa.tensor_tensor_scan(state, decay, gain, initial=0.0, op0=nl.multiply, op1=nl.add)
    nl.store(out, state)
    return out


@nki.jit
def selective_scan(delta, u, a, b, c):
    """Mamba's scan of 128 channels: h = exp(delta a) h + delta u b along time, y = sum of h c over
    states. delta, u: [128, time]; a: [128, states]; b, c: [states, time]."""
    channels, time = delta.shape
    out = nl.ndarray((channels, time), nl.float32, nl.shared_hbm)
    steps, drive, decay_rate = nl.load(delta), nl.load(u), nl.load(a)
    nisa.tensor_tensor(drive, drive, steps, nl.multiply)
    total = nl.zeros((channels, time), nl.float32)
    for state in range(a.shape[1]):
        decay, gain, h = (nl.ndarray((channels, time), nl.float32, nl.sbuf) for _ in range(3))
        nisa.activation(decay, nl.exp, steps, scale=decay_rate[:, state:state + 1])
        rows = [nl.broadcast_to(nl.load(one[state:state + 1]), (channels, time)) for one in (b, c)]
        nisa.tensor_tensor(gain, drive, rows[0], nl.multiply)
        nisa.tensor_tensor_scan(h, decay, gain, initial=0.0, op0=nl.multiply, op1=nl.add)
        nisa.tensor_tensor(h, h, rows[1], nl.multiply)
        nisa.tensor_tensor(total, total, h, nl.add)
    nl.store(out, total)
    return out


@nki.jit
def mx_matmul(a, b):
    """Both sides quantised to MXFP8 on the device: [128, 4 m] and [128, 4 n] give [m, n]."""
    m, n = a.shape[1] // 4, b.shape[1] // 4
    out = nl.ndarray((m, n), nl.float32, nl.shared_hbm)
    packed = []
    for source in (a, b):
        tile = nl.load(source)
        data = nl.ndarray((128, tile.shape[1] // 4), nl.float8_e4m3fn_x4, nl.sbuf)
        scale = nl.ndarray((128, tile.shape[1] // 4), nl.uint8, nl.sbuf)
        nisa.quantize_mx(data, tile, scale)
        packed += [data, scale]
    product = nl.ndarray((m, n), nl.float32, nl.psum)
    nisa.nc_matmul_mx(product, packed[0], packed[2], packed[1], packed[3])
    nl.store(out, nl.copy(product))
    return out


@nki.jit
def gather_rows(table, rows):
    out = nl.ndarray((rows.shape[0], table.shape[1]), table.dtype, nl.shared_hbm)
    index = nl.load(rows)
    tile = nl.ndarray(out.shape, table.dtype, nl.sbuf)
    nisa.dma_copy(tile, table.vector_select(0, index))
    nisa.dma_copy(out, tile)
    return out


@nki.jit
def scatter_rows(table, rows, values):
    """table[rows] = values, in place."""
    index, tile = nl.load(rows), nl.load(values)
    pattern = [[table.shape[1], rows.shape[0]], [1, table.shape[1]]]
    nisa.dma_copy(table.ap(pattern, vector_offset=index, indirect_dim=0), tile)


@nki.jit
def running_sums(x, count):
    """The sums of the first rows, as many as `count` says on the device."""
    width = x.shape[1]
    out = nl.ndarray((1, width), nl.float32, nl.shared_hbm)
    total = nl.zeros((1, width), nl.float32)
    limit = nisa.register_alloc()
    nisa.register_load(limit, nl.load(count))

    def body(row):
        one = nl.ndarray((1, width), nl.float32, nl.sbuf)
        nisa.dma_copy(one, x.ap([[width, 1], [1, width]], scalar_offset=row, indirect_dim=0))
        nisa.tensor_tensor(total, total, one, nl.add)

    nl.fori_loop(0, limit, body)
    nl.store(out, total)
    return out


@nki.jit
def exchange(x):
    """Each core of the LNC doubles its half and sends it to the other."""
    rank = nl.program_id(0)
    assert nl.num_programs() == 2
    out = nl.ndarray(x.shape, x.dtype, nl.shared_hbm)
    half = x.shape[0] // 2
    mine = nl.load(x[rank * half:(rank + 1) * half])
    nisa.tensor_scalar(mine, mine, op0=nl.multiply, operand0=2.0)
    theirs = nl.ndarray(mine.shape, mine.dtype, nl.sbuf)
    nisa.sendrecv(src=mine, dst=theirs, send_to_rank=1 - rank, recv_from_rank=1 - rank, pipe_id=0)
    nl.store(out[rank * half:(rank + 1) * half], theirs)
    nisa.core_barrier(out, (0, 1))
    return out


def matmul_reference(a_t, b):
    return a_t.astype(np.float32).T @ b.astype(np.float32)
