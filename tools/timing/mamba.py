"""Mamba's scan (tutorial): state n of channel c, r[t] = exp(delta A) r[t-1] + delta u B"""
import nki
import nki.isa as nisa
import nki.language as nl

from .tiles import P, broadcast, load, ones_row, output, psum, sbuf


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


@nki.jit
def mamba_pieces(delta, u, a, b, c, ahead):
    """Autocomp: pieces of 512 outside, states inside; sums in PSUM, the ends of the scans in one
    tile. `ahead`: rows of b and c take turns in two buffers each, loaded a state ahead."""
    channels, length = delta.shape
    count, piece = a.shape[1], 512
    out = output(delta.shape, delta.dtype)
    ones = ones_row()
    buffers = [[sbuf((1, piece)) for _ in range(2)] for _ in range(2)] if ahead else None

    def rows_of(state, part):
        if not ahead:
            return [load(source[nl.ds(state, 1), part]) for source in (b, c)]
        pair = buffers[state % 2]
        for tile, source in zip(pair, (b, c)):
            nisa.dma_copy(tile, source[nl.ds(state, 1), part])
        return pair

    for at in range(0, channels, P):
        rows = nl.ds(at, P)
        rates, ends = load(a[rows]), zeros((P, count))
        for begin in range(0, length, piece):
            part = nl.ds(begin, piece)
            step = load(delta[rows, part])
            inflow = product_of(step, load(u[rows, part]))
            total = psum((P, piece))
            nisa.memset(total, 0.0)
            following = rows_of(0, part)
            for state in range(count):
                own, end = following, ends[:, nl.ds(state, 1)]
                if ahead and state + 1 < count:
                    following = rows_of(state + 1, part)
                scanned = scan_state(step, rates[:, nl.ds(state, 1)], inflow,
                                     broadcast(own[0], ones), broadcast(own[1], ones), end, total)
                nisa.tensor_copy(end, scanned[:, nl.ds(piece - 1, 1)])
                if not ahead and state + 1 < count:
                    following = rows_of(state + 1, part)
            result = sbuf((P, piece))
            nisa.tensor_copy(result, total, engine=nisa.engine.vector)
            nisa.dma_copy(out[rows, part], result)
    return out
