"""nki.collectives: ranks that exchange tensors.

`simulate_ranks(kernel, arguments)` runs a kernel on as many ranks as there are argument lists, each
on a simulated core (or, for `kernel[2]`, on the two cores of an LNC) of its own. Ranks may stand
for cores, chips or UltraServers: values do not depend on where they are. What a collective costs is
`switchyard collective`'s to say; the schedule of a kernel does not hold it.

With LNC=2 both cores call a collective; they wait for each other before and after it, and core 0's
tensors are exchanged.
"""
import dataclasses
import math
import threading

import numpy as np

from switchyard import _lnc
from switchyard._module import core

from . import language as nl

_here = threading.local()  # .world, .rank: of the rank that runs in this thread


@dataclasses.dataclass
class ReplicaGroup:
    """Groups of ranks that communicate; a rank belongs to one at most."""
    groups: list

    def of(self, rank):
        found = [group for group in self.groups if rank in group]
        if len(found) != 1:
            raise ValueError(f"ReplicaGroup({self.groups}): rank {rank} is in {len(found)} groups, "
                             "wanted in one")
        return list(found[0])


def simulate_ranks(kernel, arguments):
    """Runs `kernel` on len(arguments) ranks, rank r with arguments[r]; returns their results."""
    from . import _kernel
    kernel = kernel if isinstance(kernel, _kernel.Kernel) else _kernel.Kernel(kernel)
    world = core.Ranks(len(arguments))
    results, errors = [None] * len(arguments), [None] * len(arguments)

    def work(rank):
        def place(*args, **kwargs):  # a core's thread does not know its rank yet
            _here.world, _here.rank = world, rank
            return kernel.func(*args, **kwargs)

        own = _kernel.Kernel(place, kernel.lnc, kernel.schedule, kernel.target)
        try:
            results[rank] = _kernel.run(own, arguments[rank], {})[0]
        except BaseException as error:  # handed to the caller's thread
            errors[rank] = error
        finally:
            world.finish(rank)

    threads = [threading.Thread(target=work, args=(rank,)) for rank in range(len(arguments))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [error for error in errors if error is not None]
    # A rank that failed on its own account leaves the others waiting: its error is the cause.
    found.sort(key=lambda error: "deadlock" in str(error))
    if found:
        raise found[0]
    return results


def _rank():
    if getattr(_here, "world", None) is None:
        raise RuntimeError("a collective outside of ranks: run the kernel with "
                           "nki.collectives.simulate_ranks(kernel, [arguments of rank 0, ...])")
    return _here.rank


def _bytes(view):
    return core.view_bytes(view)


def _meet(kind, group, srcs, dsts, sends=(), receives=(), op=None, reduce_from=0):
    """The rank's part in one exchange; on LNC=2 core 0 does it while core 1 waits."""
    from . import isa as nisa
    rank = _rank()
    if _lnc.size() > 1:
        nisa.core_barrier(srcs[0], (0, 1))
    if _lnc.rank() == 0:
        _here.world.meet(rank, kind, group, srcs, dsts, list(sends), list(receives), op,
                         reduce_from)
    if _lnc.size() > 1:
        nisa.core_barrier(dsts[0], (0, 1))


def _pairs(function, srcs, dsts, hbm_only=False, most=None):
    """The tensors of a call, checked."""
    if len(srcs) != len(dsts) or not srcs:
        raise ValueError(f"{function}: {len(srcs)} srcs and {len(dsts)} dsts, wanted as many, one "
                         "or more")
    places = {view.memory for view in (*srcs, *dsts)}
    if len(places) > 1:
        raise ValueError(f"{function}: tensors in {sorted(places)}, wanted all in one memory")
    if places != {"hbm"} and (hbm_only or len(srcs) > 1):
        raise ValueError(f"{function}: {len(srcs)} tensors in {places.pop()}, wanted them in HBM")
    if most is not None and len(srcs) > most:
        raise ValueError(f"{function}: {len(srcs)} tensors, wanted {most}")
    for src, dst in zip(srcs, dsts):
        if src.dtype != dst.dtype:
            raise ValueError(f"{function}: src of {src.dtype}, dst of {dst.dtype}")
    return list(zip(srcs, dsts))


def _wanted(function, view, shape):
    if tuple(view.shape) != tuple(shape):
        raise ValueError(f"{function}: dst is {tuple(view.shape)}, wanted {tuple(shape)}")


def _op(function, op):
    names = {id(nl.add): "add", id(nl.minimum): "min", id(nl.maximum): "max"}
    if id(op) not in names:
        raise ValueError(f"{function}: op {op}, wanted nl.add, nl.minimum or nl.maximum")
    return names[id(op)]


def _scaled(shape, dim, factor):
    out = list(shape)
    out[dim] = out[dim] * factor if factor > 0 else out[dim] // -factor
    return out


def _parts(view, dim, count):
    """`count` equal parts of a tensor along a dimension."""
    size = view.shape[dim] // count
    index = [slice(None)] * len(view.shape)
    out = []
    for part in range(count):
        index[dim] = slice(part * size, (part + 1) * size)
        out.append(view[tuple(index)])
    return out


def _kind(function, src):
    return f"{function} of {tuple(src.shape)} {src.dtype}"


def rank_id(name=None):
    """The rank that runs this."""
    del name
    return _rank()


def all_reduce(srcs, dsts, replica_group, op, priority=None, name=None):
    """dst of every rank = op over the srcs of the group, in its order."""
    del priority, name
    group = replica_group.of(_rank())
    for src, dst in _pairs("all_reduce", srcs, dsts):
        _wanted("all_reduce", dst, src.shape)
        _meet(_kind("all_reduce", src), group, [src], [dst], op=_op("all_reduce", op))


def reduce_scatter(srcs, dsts, replica_group, collective_dim, op, priority=None, name=None):
    """dst = this rank's part, along dim 0, of op over the srcs of the group."""
    del priority, name
    group = replica_group.of(_rank())
    if collective_dim != 0:
        raise ValueError(f"reduce_scatter: collective_dim={collective_dim}, wanted 0")
    for src, dst in _pairs("reduce_scatter", srcs, dsts):
        if src.shape[0] % len(group) != 0:
            raise ValueError(f"reduce_scatter: {src.shape[0]} rows over {len(group)} ranks")
        _wanted("reduce_scatter", dst, _scaled(src.shape, 0, -len(group)))
        at = group.index(_rank()) * _bytes(dst)
        _meet(_kind("reduce_scatter", src), group, [src], [dst], op=_op("reduce_scatter", op),
              reduce_from=at)


def all_gather(srcs, dsts, replica_group, collective_dim, priority=None, name=None):
    """dst = the srcs of the group one after the other along a dimension."""
    del priority, name
    group = replica_group.of(_rank())
    for src, dst in _pairs("all_gather", srcs, dsts):
        allowed = (0,) if src.memory == "hbm" else (0, 1)
        if collective_dim not in allowed:
            raise ValueError(f"all_gather: collective_dim={collective_dim} in {src.memory}, wanted "
                             f"one of {allowed}")
        _wanted("all_gather", dst, _scaled(src.shape, collective_dim, len(group)))
        size = _bytes(src)
        parts = [dst] if collective_dim == 0 else _parts(dst, collective_dim, len(group))
        _meet(_kind("all_gather", src), group, [src], parts,
              sends=[(peer, 0, size) for peer in group],
              receives=[(peer, i * size, size) for i, peer in enumerate(group)])


def all_to_all(srcs, dsts, replica_group, collective_dim, priority=None, name=None):
    """Part i of src, along dim 0, goes to rank i of the group, whose dst has it as our part."""
    del priority, name
    group = replica_group.of(_rank())
    if collective_dim != 0:
        raise ValueError(f"all_to_all: collective_dim={collective_dim}, wanted 0")
    for src, dst in _pairs("all_to_all", srcs, dsts, hbm_only=True):
        if src.shape[0] % len(group) != 0:
            raise ValueError(f"all_to_all: {src.shape[0]} rows over {len(group)} ranks")
        _wanted("all_to_all", dst, src.shape)
        size = _bytes(src) // len(group)
        pieces = [(peer, i * size, size) for i, peer in enumerate(group)]
        _meet(_kind("all_to_all", src), group, [src], [dst], sends=pieces, receives=pieces)


def _metadata(function, kernel, metadata, group, has_rdispls):
    """Rows of the metadata tensor as lists of ints."""
    rows = 4 if has_rdispls else 3
    if math.prod(metadata.shape) != rows * len(group):
        raise ValueError(f"{function}: metadata of {tuple(metadata.shape)}, wanted "
                         f"({rows}, {len(group)})")
    values = np.frombuffer(kernel.read(metadata).tobytes(), dtype=np.uint32)
    return values.reshape(rows, len(group)).astype(int).tolist()


def _exchange_v(function, srcs, dsts, replica_group, metadata, known, has_rdispls, gathers):
    """The exchanges whose sizes stand in a tensor. Counts travel ahead of the data, so that a
    receiver knows where each piece ends."""
    group = replica_group.of(_rank())
    (src, dst), = _pairs(function, srcs, dsts, hbm_only=True, most=1)
    kernel = core.active()
    rows = _metadata(function, kernel, metadata, group, has_rdispls)
    element = _bytes(src) // math.prod(src.shape)
    slot = math.prod(dst.shape) // len(group)
    sends, receives = [], []
    for i, peer in enumerate(group):
        at = 0 if gathers else i
        sends.append((peer, rows[1][at] * element, rows[0][at] * element))
        start = rows[3][i] if has_rdispls else slot * i
        room = math.prod(dst.shape) - start if has_rdispls else slot
        receives.append((peer, start * element, room * element))
    _meet(f"{function} of {src.dtype}", group, [src], [dst], sends, receives)
    if not known:
        counts = metadata[2] if len(metadata.shape) == 2 else metadata[0, 2]
        sent = metadata[0] if len(metadata.shape) == 2 else metadata[0, 0]
        size = 4
        if gathers:
            sends = [(peer, 0, size) for peer in group]
        else:
            sends = [(peer, i * size, size) for i, peer in enumerate(group)]
        _meet(f"{function} counts", group, [sent], [counts], sends,
              [(peer, i * size, size) for i, peer in enumerate(group)])


def all_to_all_v(srcs, dsts, replica_group, metadata_tensor, recv_counts_known=False,
                 has_rdispls=False, priority=None, name=None):
    """all_to_all with counts and displacements, in elements, from a uint32 tensor."""
    del priority, name
    _exchange_v("all_to_all_v", srcs, dsts, replica_group, metadata_tensor, recv_counts_known,
                has_rdispls, gathers=False)


def all_gather_v(srcs, dsts, replica_group, metadata_tensor, recv_counts_known=False,
                 has_rdispls=False, priority=None, name=None):
    """One chunk of each rank, as long as its metadata say, to every rank."""
    del priority, name
    if has_rdispls:
        raise ValueError("all_gather_v: has_rdispls=True is not supported on the device")
    _exchange_v("all_gather_v", srcs, dsts, replica_group, metadata_tensor, recv_counts_known,
                has_rdispls, gathers=True)


def collective_permute(srcs, dsts, source_target_pairs, priority=None, name=None):
    """src of each pair's source goes to dst of its target."""
    del priority, name
    (src, dst), = _pairs("collective_permute", srcs, dsts, hbm_only=True, most=1)
    rank = _rank()
    group = sorted({one for pair in source_target_pairs for one in pair})
    size = _bytes(src)
    _meet(_kind("collective_permute", src), group, [src], [dst],
          [(target, 0, size) for source, target in source_target_pairs if source == rank],
          [(source, 0, size) for source, target in source_target_pairs if target == rank])


def _ring(replica_group):
    group = replica_group.of(_rank())
    at = group.index(_rank())
    return group, group[(at + 1) % len(group)], group[at - 1]


def _channels(function, channel_ids, *lists):
    if list(channel_ids) != list(range(len(channel_ids))) or len(channel_ids) > 4:
        raise ValueError(f"{function}: channel_ids={channel_ids}, wanted 0, 1, ..., at most four")
    for one in lists:
        if len(one) != len(channel_ids):
            raise ValueError(f"{function}: {len(one)} tensor lists for {len(channel_ids)} channels")


def collective_permute_implicit(srcs_by_channel, dsts_by_channel, replica_group, channel_ids=(0,),
                                priority=None, name=None):
    """A step of the ring: src goes to the successor, dst comes from the predecessor."""
    del priority, name
    function = "collective_permute_implicit"
    _channels(function, channel_ids, srcs_by_channel, dsts_by_channel)
    group, successor, predecessor = _ring(replica_group)
    for channel, srcs, dsts in zip(channel_ids, srcs_by_channel, dsts_by_channel):
        (src, dst), = _pairs(function, srcs, dsts, most=1)
        size = _bytes(src)
        _meet(f"{_kind(function, src)}, channel {channel}", group, [src], [dst],
              [(successor, 0, size)], [(predecessor, 0, size)])


def collective_permute_implicit_reduce(srcs0_by_channel, srcs1_by_channel, dsts_by_channel,
                                       replica_group, op, channel_ids=(0,), priority=None,
                                       name=None):
    """A step of the ring with op(src0, src1) in place of src."""
    del priority, name
    function = "collective_permute_implicit_reduce"
    _channels(function, channel_ids, srcs0_by_channel, srcs1_by_channel, dsts_by_channel)
    group, successor, predecessor = _ring(replica_group)
    kernel = core.active()
    for channel, left, right, dsts in zip(channel_ids, srcs0_by_channel, srcs1_by_channel,
                                          dsts_by_channel):
        (src0, dst), = _pairs(function, left, dsts, most=1)
        sums = kernel.tensor("", tuple(src0.shape), src0.dtype, src0.memory, src0.buffer)
        core.reduce_here(_op(function, op), src0, right[0], sums)
        size = _bytes(src0)
        _meet(f"{_kind(function, src0)}, channel {channel}", group, [sums], [dst],
              [(successor, 0, size)], [(predecessor, 0, size)])


def collective_permute_implicit_current_processing_rank_id(iteration_id, replica_group,
                                                           channel_id=0, name=None):
    """Whose data this rank holds after `iteration_id` steps of the ring."""
    del channel_id, name
    group = replica_group.of(_rank())
    return group[(group.index(_rank()) - iteration_id) % len(group)]


__all__ = ["all_reduce", "all_gather", "all_gather_v", "reduce_scatter", "all_to_all",
           "all_to_all_v", "collective_permute", "collective_permute_implicit",
           "collective_permute_implicit_reduce",
           "collective_permute_implicit_current_processing_rank_id", "rank_id", "ReplicaGroup"]
