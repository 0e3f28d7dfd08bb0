"""nki.isa 0.6: one callable an instruction, made from the simulator's own table."""
import enum
import inspect
import sys
import types

from switchyard import _loops
from switchyard._module import core

from .language._tensor import NKIObject, kernel


class engine(enum.Enum):
    tensor = 1
    vector = 5
    scalar = 2
    gpsimd = 3
    dma = 4
    sync = 6
    unknown = 0


class reduce_cmd(enum.Enum):
    idle = 0
    reset = 1
    reduce = 2
    reset_reduce = 3
    load_reduce = 4


class dge_mode(enum.Enum):
    unknown = 0
    swdge = 1
    hwdge = 2
    none = 3


class oob_mode(enum.Enum):
    error = 0
    skip = 1


class matmul_perf_mode(enum.Enum):
    none = "none"
    double_row = "double_row"


class nc_version(enum.Enum):
    gen2 = 2
    gen3 = 3
    gen4 = 4

    def __ge__(self, other):
        return self.value >= other.value

    def __gt__(self, other):
        return self.value > other.value

    def __le__(self, other):
        return self.value <= other.value

    def __lt__(self, other):
        return self.value < other.value


class dma_engine(enum.Enum):
    dma = 1
    gpsimd_dma = 2


tensor_engine = engine.tensor
vector_engine = engine.vector
scalar_engine = engine.scalar
gpsimd_engine = engine.gpsimd
unknown_engine = engine.unknown

NkiValidationError = core.ValidationError


def _no_value(register, operator, other):
    """Refuses python's arithmetic on a register's value; other objects differ from it."""
    if not isinstance(other, (int, float)):
        return False
    raise NkiValidationError(
        f"{core.user_place()}: a register {operator} {other}: its value is known on the device "
        "alone, wanted while register:, loop bounds, indices or nisa.register_*; int(register) is "
        "its value here, to look at")


NkiInstruction = core.Issued
VirtualRegister = core.Register
VirtualRegister.__bool__ = lambda self: _loops.truth(self)
VirtualRegister.__eq__ = lambda self, other: self is other or _no_value(self, "==", other)
VirtualRegister.__ne__ = lambda self, other: self is not other and not _no_value(self, "!=", other)
VirtualRegister.__int__ = lambda self: self.value
for _operator, _sign in (("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">="), ("add", "+"),
                         ("radd", "+"), ("sub", "-"), ("rsub", "-"), ("mul", "*"), ("rmul", "*"),
                         ("floordiv", "//"), ("mod", "%")):
    setattr(VirtualRegister, f"__{_operator}__",
            lambda self, other, sign=_sign: _no_value(self, sign, other) or NotImplemented)
VirtualRegister.__repr__ = lambda self: f"VirtualRegister({self.value})"

for _kind, _members in (("engine", engine), ("reduce_cmd", reduce_cmd), ("dge_mode", dge_mode),
                        ("oob_mode", oob_mode), ("perf_mode", matmul_perf_mode),
                        ("dma_engine", dma_engine)):
    for _member in _members:
        core.register_token(_kind, _member, _member.name)

# The parameters of each instruction in the order of its page, a word after = the default.
_SIGNATURES = """
dma_copy dst src priority=None oob_mode=oob_mode.error dge_mode=dge_mode.unknown
    engine=engine.unknown
tensor_copy dst src engine=engine.unknown
memset dst value engine=engine.unknown
tensor_copy_predicated dst src predicate reverse_pred=False
nc_matmul dst stationary moving is_stationary_onezero=False is_moving_onezero=False
    is_transpose=False accumulate=None tile_position=() tile_size=()
    perf_mode=matmul_perf_mode.none
nc_matmul_mx dst stationary moving stationary_scale moving_scale tile_position=None tile_size=None
    accumulate=None
nc_transpose dst data engine=engine.unknown
dma_transpose dst src axes=None priority=None dge_mode=dge_mode.unknown oob_mode=oob_mode.error
tensor_tensor dst data1 data2 op engine=engine.unknown
tensor_scalar dst data op0 operand0 reverse0=False op1=None operand1=None reverse1=False
    engine=engine.unknown
tensor_reduce dst op data axis negate=False keepdims=False
tensor_partition_reduce dst op data
tensor_scalar_cumulative dst src op0 op1 imm0 imm1=None reduce_cmd=reduce_cmd.reset_reduce
activation dst op data bias=None scale=1.0 reduce_op=None reduce_res=None
    reduce_cmd=reduce_cmd.idle
activation_reduce dst op data reduce_op reduce_res bias=None scale=1.0
activate2 dst op data imm0 imm1 op0 op1 relu_param=0.0 reverse0=False reverse1=False
    reduce_op=None reduce_res=None reduce_cmd=reduce_cmd.idle
iota dst pattern offset=0 channel_multiplier=0
affine_select dst pattern channel_multiplier on_true_tile on_false_value cmp_op=None offset=0
local_gather dst src_buffer index num_elem_per_idx=1 num_valid_indices=None
nc_n_gather dst data indices
bn_stats dst data
bn_aggr dst data
tensor_tensor_scan dst data0 data1 initial op0 op1 reverse0=False reverse1=False
nc_stream_shuffle dst src shuffle_mask
rng dst engine=engine.vector
dropout dst data prob
set_rng_seed src_seeds
rand_set_state src_seeds engine=engine.gpsimd
rand_get_state dst engine=engine.gpsimd
rand2 dst min max
exponential dst src max_value=0.0 reduce_res=None reduce_cmd=reduce_cmd.idle reduce_init=0.0
reciprocal dst data
max8 dst src
sequence_bounds dst segment_ids
scalar_tensor_tensor dst data op0 operand0 op1 operand1 reverse0=False reverse1=False
tensor_scalar_reduce dst data op0 operand0 reduce_op reduce_res=None reverse0=False
    reduce_cmd=reduce_cmd.reset_reduce reduce_init=None reduce_res_negate=False
core_barrier data cores engine=engine.gpsimd
dma_compute dst srcs reduce_op scales=None unique_indices=True oob_mode=oob_mode.error
quantize_mx dst src dst_scale
range_select dst on_true_tile comp_op0 comp_op1 bound0 bound1 reduce_cmd=reduce_cmd.reset_reduce
    reduce_res=None reduce_op=None range_start=0 on_false_value=None
select_reduce dst predicate on_true on_false reduce_res=None reduce_cmd=reduce_cmd.idle
    reduce_op=None reverse_pred=False
sendrecv src dst send_to_rank recv_from_rank pipe_id dma_engine=dma_engine.dma
register_move dst src
register_load dst src
register_store dst src
nc_find_index8 dst data vals
nc_match_replace8 dst data vals imm dst_idx=None
nonzero_with_count dst src index_offset=0 padding_val=-1
topk val_dst idx_dst src n
"""
_NAMELESS = ("register_move", "register_load", "register_store")


def _make(line):
    name, *words = line.split()
    parameters = []
    for word in words:
        parameter, equals, default = word.partition("=")
        parameters.append((parameter, eval(default, globals())) if equals else (parameter,))
    if name not in _NAMELESS:
        parameters.append(("name", None))
    if name == "tensor_copy":  # older kernels give it; dst has a type
        parameters.append(("dtype", None))
    call = core.make_call(name, parameters)
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    call.__name__ = call.__qualname__ = name
    call.__module__ = __name__
    call.__signature__ = inspect.Signature(
        [inspect.Parameter(p[0], kind, default=p[1] if len(p) > 1 else inspect.Parameter.empty)
         for p in parameters])
    return call


_LINES = _SIGNATURES.replace("\n    ", " ").strip().splitlines()
INSTRUCTIONS = [line.split()[0] for line in _LINES]
for _line in _LINES:
    globals()[_line.split()[0]] = _make(_line)


def register_alloc(x=None):
    """A new register, with the value `x` if one is given."""
    if isinstance(x, core.View):
        raise NkiValidationError(f"{core.user_place()}: register_alloc of a tensor, wanted an "
                                 "integer or nothing; register_load loads a tensor's value")
    register = kernel().register()
    if x is not None:
        globals()["register_move"](register, x)
    return register


def get_nc_version():
    """The generation that the kernel is built for."""
    from switchyard._run import target_generation
    return nc_version(target_generation())


def get_nc_sub_version():
    """The revision of the silicon within the generation: the first."""
    return 0


# Where the enumerations were before NKI 0.3.
constants = types.ModuleType(__name__ + ".constants")
vars(constants).update(engine=engine, reduce_cmd=reduce_cmd, dge_mode=dge_mode, oob_mode=oob_mode,
                       matmul_perf_mode=matmul_perf_mode, nc_version=nc_version)
sys.modules[constants.__name__] = constants

HOST = ["get_nc_version", "get_nc_sub_version", "register_alloc"]
__all__ = [*INSTRUCTIONS, *HOST, "engine", "reduce_cmd", "dge_mode", "oob_mode",
           "matmul_perf_mode", "nc_version", "dma_engine", "NkiInstruction", "NkiValidationError",
           "VirtualRegister", "tensor_engine", "vector_engine", "scalar_engine", "gpsimd_engine",
           "unknown_engine", "NKIObject"]
