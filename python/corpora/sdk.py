"""aws-neuron/aws-neuron-sdk: examples, tutorials, guides and deep dives."""
import numpy as np

from . import Case, NotRun, normal

REPOSITORY = "aws-neuron-sdk"
FOLDERS = ["nki/examples", "nki/deep-dives", "nki/get-started", "nki/guides"]
EXAMPLES = "nki/examples/"
MX = "nki/deep-dives/src/mxfp-matmul/mx_kernels.py"


def product(m, k, n, dtype="bfloat16"):
    """Arguments and result of a.T @ b."""
    def arguments(_):
        a_t, b = normal(k, m, dtype=dtype), normal(k, n, seed=1, dtype=dtype)
        return (a_t, b), a_t.astype(np.float32).T @ b.astype(np.float32)
    return arguments


def matmuls(repository, path, names, tolerance=(2e-2, 0.3)):
    sizes = [(64, 128, 512), (1024, 1024, 1024), (1024, 1024, 1024), (1024, 1024, 1024),
             (2048, 1024, 1024)]
    for name, size in zip(names, sizes):
        yield Case(repository, path, name, product(*size), "x".join(map(str, size)) + " bf16",
                   tolerance=tolerance)


def mamba(_):
    channels, states, length = 256, 16, 512
    delta = np.abs(normal(1, channels, length)) * 0.1
    u = normal(1, channels, length, seed=1)
    a = -np.abs(normal(channels, states, seed=2))
    b, c = normal(1, states, length, seed=3), normal(1, states, length, seed=4)
    state, out = np.zeros((channels, states)), np.zeros((1, channels, length))
    for t in range(length):
        state = (np.exp(delta[0, :, t, None] * a) * state
                 + (delta[0, :, t] * u[0, :, t])[:, None] * b[0, :, t])
        out[0, :, t] = (state * c[0, :, t]).sum(axis=1)
    return (delta, u, a, b, c), out


def unary(function, *shape, dtype=np.float32, low=None):
    def arguments(_):
        x = normal(*shape, dtype=dtype)
        if low:
            x = (np.abs(x.astype(np.float32)) + low).astype(dtype)
        return (x,), function(x.astype(np.float32))
    return arguments


def both(function, *shape, dtype=np.float32, count=2):
    def arguments(_):
        arrays = [normal(*shape, seed=i, dtype=dtype) for i in range(count)]
        return tuple(arrays), function(*(one.astype(np.float32) for one in arrays))
    return arguments


def tripled(function):
    return lambda a, b, c: tuple(function(one) for one in (a, b, c))


def pool_of(module):
    x = np.arange(2 * 6 * 6, dtype=np.float16).reshape(2, 6, 6)
    return (x, 2), module.np_average_pool_2D(x, 2)


def max_pool(_):
    x = normal(2, 6, 6)
    return (x, 2), x.reshape(2, 3, 2, 3, 2).max(axis=(2, 4))


def transposed(_):
    x = np.arange(5 * 12, dtype=np.int8).reshape(5, 12)
    return (x, (3, 4)), x.reshape(5, 3, 4).transpose(0, 2, 1).reshape(5, 12)


def split(_):
    x = normal(4, 5, dtype="bfloat16")
    return (x,), (x[:, 0::2], x[:, 1::2])


def in_place(function):
    """A kernel that writes its second argument and returns nothing."""
    def arguments(_):
        x = normal(256, 512)
        return (x, np.zeros_like(x)), function(x)
    return arguments


def second_argument(kernel):
    """The kernel as one that returns what it left in its second argument."""
    def function(x, out):
        kernel.func(x, out)
        return out
    return function


def mx_packed(dtype, shape, utilities):
    data, _, packed, scale = utilities.generate_stabilized_mx_data(dtype, shape)
    return data, packed, scale


def mx_offline(stationary, moving):
    """Both operands quantised by the host, as mx_toplevel.py does."""
    def arguments(module):
        import ml_dtypes
        import mx_cpu_utils as utilities
        np.random.seed(0)
        left, right = (getattr(ml_dtypes, one) for one in (stationary, moving))
        _, a, a_scale = mx_packed(left, (128, 512), utilities)
        _, b, b_scale = mx_packed(right, (128, 2048), utilities)
        expected = utilities.nc_matmul_mx_golden(a, b, a_scale, b_scale, left, right)
        return (a, a_scale, b, b_scale, f"{stationary}_x4"), expected
    return arguments


def mx_on_device(stationary, moving):
    def arguments(module):
        import ml_dtypes
        import mx_cpu_utils as utilities
        np.random.seed(0)
        left, right = (getattr(ml_dtypes, one) for one in (stationary, moving))
        _, a, a_scale = mx_packed(left, (128, 512), utilities)
        data, _, _ = mx_packed(right, (128, 2048), utilities)
        b, b_scale = utilities.quantize_mx_golden(data, right)
        expected = utilities.nc_matmul_mx_golden(a, b, a_scale, b_scale, left, right)
        return (a, a_scale, data.astype(np.float32).astype("bfloat16"), f"{stationary}_x4",
                f"{moving}_x4"), expected
    return arguments


def mx_strided(by_engine):
    """Multiples of 1/4 up to 1: exact in every type, so the plain product is the reference."""
    def arguments(_):
        random = np.random.default_rng(0)
        a, b = (random.integers(-4, 5, (512, n)).astype(np.float32) / 4 for n in (128, 512))
        return (a.astype("bfloat16"), b.astype("bfloat16"), "float8_e5m2_x4", by_engine), a.T @ b
    return arguments


def mx_cases(repository, path, packed=True):
    own, loose = "mx_cpu_utils.nc_matmul_mx_golden", (5e-2, 5e-2)
    for name, kernel, make in (
            ("fp8 x fp8", "kernel_offline_quantized_mx_matmul", mx_offline),
            ("fp8 x fp8", "kernel_on_device_quantize_matmul_mx", mx_on_device)):
        yield Case(repository, path, kernel, make("float8_e5m2", "float8_e5m2"),
                   f"128x128x512 {name}", own, "trn3", loose)
    yield Case(repository, path, "kernel_on_device_quantize_matmul_mx",
               mx_on_device("float8_e4m3fn", "float8_e5m2"), "128x128x512 e4m3fn x e5m2", own,
               "trn3", loose)
    kernels = ["kernel_copy_strided_quantize_matmul_mx"]
    if packed:
        kernels.append("kernel_copy_strided_quantize_matmul_mx_packed_scale")
    for kernel in kernels:
        for by_engine in (True, False):
            yield Case(repository, path, kernel, mx_strided(by_engine),
                       f"512x128 x 512x512, {'engine' if by_engine else 'DMA'} layout",
                       target="trn3", tolerance=(2 ** -8, 1e-2))


def _case(path, kernel, arguments, shapes, **more):
    return Case(REPOSITORY, path, kernel, arguments, shapes, **more)


def _cases():
    add = np.add
    loose = {"tolerance": (2e-2, 2e-2)}
    matmul = EXAMPLES + "matrix_multiplication/matrix_multiplication_nki_kernels.py"
    yield from matmuls(REPOSITORY, matmul, [
        "nki_matmul_basic_", "nki_matmul_tiled_", "nki_matmul_hoist_load_",
        "nki_matmul_block_free_dimension_", "nki_matmul_fully_optimized_"])
    for version in ("mamba_v1", "mamba_v2", "mamba_v3"):
        yield _case(EXAMPLES + "fused_mamba/mamba_nki_kernels.py", version, mamba,
                    "256 channels, 16 states, length 512", tolerance=(1e-2, 1e-2))
    yield _case(EXAMPLES + "average_pool2d/average_pool2d_nki_kernels.py", "tensor_avgpool_kernel",
                pool_of, "2x6x6 fp16, window 2", reference="np_average_pool_2D")
    yield _case(EXAMPLES + "transpose2d/transpose2d_nki_kernels.py", "tensor_transpose2D_kernel_",
                transposed, "5x3x4 int8")
    yield _case(EXAMPLES + "tensor_addition/tensor_addition_nki_kernels.py", "nki_tensor_add",
                both(add, 256, 1024), "256x1024 fp32")
    yield _case(EXAMPLES + "simulate/nki_simulate_example.py", "add_kernel", both(add, 128, 512),
                "128x512 fp32")
    for name in ("baremetal", "jax", "torch"):
        yield _case(EXAMPLES + f"getting_started_{name}.py", "nki_tensor_add_kernel",
                    both(add, 4, 3, dtype=np.float16), "4x3 fp16", tolerance=(1e-3, 1e-3))
    yield _case(EXAMPLES + "index-case-1.py", "tensor_split_kernel_", split, "4x5 bf16")
    yield _case(EXAMPLES + "index-case-3.py", "tensor_maxpool_kernel_", max_pool, "2x6x6, window 2")
    yield _case(EXAMPLES + "layout-pass.py", "tensor_exp_kernel_", unary(np.exp, 128, 512),
                "128x512 fp32", tolerance=(1e-3, 1e-3))
    yield _case(EXAMPLES + "layout-violation.py", "tensor_exp_kernel_", unary(np.exp, 256, 512),
                "256x512 fp32", raises="wanted at most 128")
    yield from mx_cases(REPOSITORY, MX)
    start = "nki/get-started/"
    yield _case(start + "quickstart-implement-run-kernel.rst:1", "nki_tensor_add_kernel",
                both(add, 4, 3, dtype=np.float16), "4x3 fp16", tolerance=(1e-3, 1e-3))
    for number, shape in ((0, (4, 4096)), (1, (128, 128))):
        yield _case(start + f"about/nki-dma-overview.rst:{number}", "tensor_exp_kernel_isa",
                    unary(np.exp, *shape, dtype="bfloat16"), f"{shape[0]}x{shape[1]} bf16", **loose)
    yield _case(start + "about/tiling-overview.rst:1", "tensor_exp_kernel_",
                unary(np.reciprocal, 256, 512, low=0.1), "256x512 fp32")
    yield _case(start + "about/tiling-overview.rst:2", "tensor_exp_kernel_",
                unary(np.reciprocal, 256, 300, low=0.1), "256x300 fp32")
    language = start + "nki-language-guide.rst"
    yield _case(language + ":0", "nki_tensor_add_kernel", both(add, 4, 3), "4x3 fp32")
    for kernel, function in (("relu_kernel", lambda x: np.maximum(x, 0)),
                             ("scale_kernel", lambda x: x * 0.5)):
        yield _case(language + ":3", kernel, in_place(function), "256x512 fp32",
                    call=second_argument)
    order = "nki/guides/how-to-scheduling-apis.rst"
    yield _case(order + ":0", "kernel", unary(lambda x: 1 / x + x + 1, 128, 64, low=0.1),
                "128x64 fp32", tolerance=(1e-3, 1e-3))
    for number, kernel in ((1, "kernel"), (2, "loop"), (3, "loop")):
        yield _case(order + f":{number}", kernel,
                    both(tripled(np.exp), 128, 64, count=3), "3 of 128x64 fp32",
                    tolerance=(1e-3, 1e-3))
    tutorial = "nki/guides/tutorials/kernel-optimization.rst"
    sizes = [(64, 128, 512), (1024, 1024, 1024), (1024, 1024, 1024), (1024, 1024, 1024),
             (2048, 1024, 1024)]
    for number, size in enumerate(sizes):
        yield _case(f"{tutorial}:{number}", "matrix_multiply_kernel", product(*size),
                    "x".join(map(str, size)) + " bf16", tolerance=(2e-2, 0.3))


CASES = list(_cases())

_FRAGMENT = "a fragment: the page leaves out "
NOT_RUN = [NotRun(REPOSITORY, *one) for one in (
    (EXAMPLES + "layout-dynamic-loop.py", "tensor_exp_kernel_",
     "does not parse as published: a bracket is not closed"),
    ("nki/get-started/quickstart-implement-run-kernel.rst:0", "nki_tensor_add_kernel",
     _FRAGMENT + "the body"),
    ("nki/get-started/about/lnc.rst:0", "lnc_test", _FRAGMENT + "the argument of its calls"),
    ("nki/get-started/about/tiling-overview.rst:0", "tensor_kernel",
     "does not parse as published: its docstring is indented less than its body"),
    ("nki/get-started/about/index.rst:0", "my_kernel", _FRAGMENT + "the body"),
    ("nki/get-started/about/index.rst:1", "my_function", _FRAGMENT + "where its result lies"),
    ("nki/get-started/nki-language-guide.rst:1", "example_kernel",
     "runs, and computes nothing that leaves the core"),
    ("nki/get-started/nki-language-guide.rst:2", "kernel", _FRAGMENT + "the body"),
    ("nki/get-started/nki-language-guide.rst:4", "kernel", _FRAGMENT + "the functions it chooses"),
    ("nki/deep-dives/nki-compiler.rst:0", "kernel", _FRAGMENT + "the body"),
    ("nki/guides/nki_simulator.rst:0", "my_kernel", _FRAGMENT + "where its result goes"),
    ("nki/guides/nki_simulator.rst:1", "my_kernel", _FRAGMENT + "the rest"),
    ("nki/guides/nki_simulator.rst:2", "bad_kernel", _FRAGMENT + "the rest"))]
