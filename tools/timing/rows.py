"""The published times, each with the kernel that reproduces it.

The figures are those of the project's fact sheet on NKI (section 4), with their sources. `held`
rows took no part in the choice of any constant of catalog/cores.
"""
import dataclasses

import numpy as np

from . import dense, fusion, mamba

STUDENTS_1 = "CS149 2024, asst4-trainium @8a1d41c"
STUDENTS_2 = "CS149 2025, asst4-trainium2 @d155261"
TUTORIAL = "SDK 2.26, matrix_multiplication.rst"
MAMBA = "SDK, fused_mamba.rst"
AUTOTUNE = "nki-autotune @d57bcc3"
FUSION = "trainium-kernel-fusion @d709ddf"
AUTOCOMP = "autocomp @dd26a56"
GUIDE = "nki_perf_guide.rst"


@dataclasses.dataclass(frozen=True)
class Array:
    shape: tuple
    dtype: str

    def make(self):
        return np.zeros(self.shape, np.float32).astype(self.dtype)


def array(*shape, dtype="float32"):
    return Array(shape, dtype)


@dataclasses.dataclass
class Call:
    """One kernel call; the microseconds of a row are those of its calls together."""
    kernel: object
    arguments: tuple


@dataclasses.dataclass
class Row:
    target: str
    name: str
    measured_us: float
    calls: list
    source: str
    held: bool = False
    note: str = ""
    repeats: int = 1  # of what is measured, in the kernel: the difference to none of them counts

    @property
    def key(self):
        return f"{self.target} {self.name}"


def vector_rows():
    """Vector additions, 25,600 elements unless said otherwise."""
    whole = array(25600)
    for target, source, times in (
            ("trn1", STUDENTS_1, (27404, 206, 53, 19, 34, 29.5)),
            ("trn2", STUDENTS_2, (37308, 378, 186, 15, 28, 26))):
        for chunk, time in zip((1, 128), times):
            yield Row(target, f"vector add, chunk {chunk}", time,
                      [Call(dense.add_chunks, (whole, whole, chunk))], source)
        small, large = array(128, 200), array(128, 2000)
        for view, free, time in zip((small, small, large, large), (2, 200, 2000, 1000), times[2:]):
            count = view.shape[0] * view.shape[1]
            yield Row(target, f"vector add of {count:,}, free {free}", time,
                      [Call(dense.add_stream, (view, view, free))], source)


def matmul_rows():
    left, right = array(8192, 4096, dtype="bfloat16"), array(8192, 8192, dtype="bfloat16")
    for name, kernel, time in (("tiled", dense.matmul_tiled, 51800),
                               ("hoisted load", dense.matmul_hoisted, 42960),
                               ("block free", dense.matmul_block_free, 22070),
                               ("fully optimised", dense.matmul_blocked, 6970)):
        yield Row("trn1", f"matmul 4096x8192x8192, {name}", time, [Call(kernel, (left, right))],
                  TUTORIAL)
    yield Row("trn1", "matmul 4096x8192x8192, tiled, another compiler", 20990,
              [Call(dense.matmul_tiled, (left, right))], AUTOCOMP, held=True,
              note="the kernel of the row `tiled`, 2.5 times as fast as there")
    for name, time, groups in (
            ("groups of 1x2", 28680, (1, 2)), ("groups of 2x2", 11800, (2, 2)),
            ("groups of 4x2", 8070, (4, 2)), ("groups of 4x2, loads of 2x1", 7620, (4, 2, 2, 1)),
            ("groups of 4x2, loads of 4x2", 6960, (4, 2, 4, 2))):
        yield Row("trn1", f"matmul 4096x8192x8192, {name}", time,
                  [Call(dense.matmul_grouped, (left, right, *groups))], AUTOCOMP,
                  held=groups not in ((2, 2), (4, 2)))
    cube = array(2048, 2048, dtype="bfloat16")
    ideal = 2 * 2048**3 / (2 * 128 * 128 * 2.4e9) * 1e6
    yield Row("trn2", "matmul 2048, serialised loads", ideal / 0.16,
              [Call(dense.matmul_serial, (cube, cube))], AUTOTUNE, note="about 16 % MFU")
    for count, time in ((1, 366), (2, 262)):
        yield Row("trn2", f"matmul 2048, {count} PSUM tile{'s' * (count > 1)}", time,
                  [Call(dense.matmul_resident, (cube, cube, count))], AUTOTUNE)


def mamba_call(kernel, channels, length, *more):
    return Call(kernel, (array(channels, length), array(channels, length), array(channels, 16),
                         array(16, length), array(16, length), *more))


def mamba_rows():
    yield Row("trn1", "mamba v1, 256 channels, 512 steps", 172.93,
              [mamba_call(mamba.mamba_v1, 256, 512)], MAMBA,
              note="the guide does not name the instance")
    yield Row("trn1", "mamba v1, 4096 channels, 512 steps", 2340,
              [mamba_call(mamba.mamba_v1, 4096, 512)], MAMBA)
    yield Row("trn1", "mamba v2, 4096 channels, 512 steps", 1610,
              [mamba_call(mamba.mamba_v2, 4096, 512)], MAMBA)
    yield Row("trn1", "mamba v1, 256 channels, 2048 steps, states outside", 636,
              [mamba_call(mamba.mamba_v1, 256, 2048, True)], AUTOCOMP, held=True)
    yield Row("trn1", "mamba v2, 256 channels, 2048 steps", 539,
              [mamba_call(mamba.mamba_v2, 256, 2048)], AUTOCOMP, held=True)
    for name, time, ahead in (("pieces", 435, False), ("pieces, rows ahead", 362, True)):
        yield Row("trn1", f"mamba, 256 channels, 2048 steps, {name}", time,
                  [mamba_call(mamba.mamba_pieces, 256, 2048, ahead)], AUTOCOMP, held=True)
    v2 = (4400, 8900, 13100, 17600, 23700, 27500, 41300, 52200)
    v3 = (3300, 6600, 10100, 13300, 17300, 19600, 24200, 27800)
    for at, (second, third) in enumerate(zip(v2, v3), 1):
        held = at % 2 == 0
        yield Row("trn1", f"mamba v2, 4096 channels, {at * 1024} steps", second,
                  [mamba_call(mamba.mamba_v2, 4096, at * 1024)], MAMBA, held=held)
        yield Row("trn1", f"mamba v3, 4096 channels, {at * 1024} steps", third,
                  [mamba_call(mamba.mamba_v3, 4096, at * 1024)], MAMBA, held=held)


def mlp_rows():
    sizes = ((128, 128, 512), (256, 512, 1024), (512, 1024, 2048), (1024, 2048, 4096),
             (2048, 4096, 4096))
    times = ((37, 21, 26), (59, 40, 53), (182, 150, 159), (1173, 1074, 1297), (4085, 4187, 4620))
    for (m, k, n), (two, lookup, series) in zip(sizes, times):
        arguments = (array(k, m), array(k, n), array(1, n))
        shape = f"{m}x{k}x{n}"
        yield Row("trn2", f"gemm and gelu {shape}, two kernels", two,
                  [Call(fusion.mlp, (*arguments, None)), Call(fusion.gelu, (array(m, n),))],
                  FUSION)
        yield Row("trn2", f"gemm and gelu {shape}, fused, lookup", lookup,
                  [Call(fusion.mlp, (*arguments, fusion.gelu_lookup))], FUSION)
        yield Row("trn2", f"gemm and gelu {shape}, fused, series", series,
                  [Call(fusion.mlp, (*arguments, fusion.gelu_series))], FUSION, held=True)


def attention_rows():
    times = {512: (52, 31), 1024: (107, 69), 2048: (274, 215), 4096: (1137, 839)}
    for length, (phases, fused) in times.items():
        arguments = (array(128, length),) * 3
        yield Row("trn2", f"attention float32, {length}, three phases", phases,
                  [Call(fusion.attention_phases, arguments)], FUSION, held=True)
        yield Row("trn2", f"attention float32, {length}, fused", fused,
                  [Call(fusion.attention_fused, arguments)], FUSION, held=True)


def chain_rows():
    yield Row("trn1", "dependent activations of one element, each", 0.189,
              [Call(dense.scalar_chain, (array(128, 1),))], GUIDE, repeats=100)


def all_rows():
    for rows in (vector_rows, chain_rows, matmul_rows, mamba_rows, mlp_rows, attention_rows):
        yield from rows()
