"""A plain numpy interpretation of a recorded instruction stream: an oracle and a yardstick.

Written from the pages of nki.isa alone, sharing nothing with src/. Each instruction is decoded, its
accesses become index arrays, elements are gathered, widened to float32, computed, rounded to the
type of the destination and scattered, as a simulator of numpy calls does it. Straight streams only:
no device loops, no indirect accesses, no registers.
"""
import numpy as np

from switchyard._module import core

FLOAT8 = {"float8_e4m3": (4, 3, True), "float8_e4m3fn": (4, 3, False), "float8_e5m2": (5, 2, True)}
CODES = {"float32": np.uint32, "tfloat32": np.uint32, "float16": np.float16, "bfloat16": np.uint16,
         "int8": np.int8, "int16": np.int16, "int32": np.int32, "uint8": np.uint8,
         "uint16": np.uint16, "uint32": np.uint32, "bool": np.uint8,
         **{name: np.uint8 for name in FLOAT8}}


def float8_values(name):
    """What the 128 codes without sign mean; infinities and NaN as numpy's."""
    exponents, mantissa, ieee = FLOAT8[name]
    bias = 2 ** (exponents - 1) - 1
    out = np.zeros(128, np.float32)
    for code in range(128):
        exponent, fraction = code >> mantissa, code & (2 ** mantissa - 1)
        if exponent == 0:
            out[code] = fraction * 2.0 ** (1 - bias - mantissa)
        elif ieee and exponent == 2 ** exponents - 1:
            out[code] = np.nan if fraction else np.inf
        elif not ieee and code == 127:
            out[code] = np.nan
        else:
            out[code] = (1 + fraction / 2 ** mantissa) * 2.0 ** (exponent - bias)
    return out


def widen(codes, dtype):
    """float32 of elements as they lie in memory."""
    if dtype == "bfloat16":
        return (codes.astype(np.uint32) << 16).view(np.float32)
    if dtype in ("float32", "tfloat32"):
        return codes.view(np.float32)
    if dtype in FLOAT8:
        magnitude = float8_values(dtype)[codes & 127]
        return np.where(codes & 128, -magnitude, magnitude)
    return codes.astype(np.float32)


def narrow(values, dtype):
    """Elements as they lie in memory: to nearest even, integers saturate."""
    values = np.asarray(values, np.float32)
    if dtype == "float32":
        return values.view(np.uint32)
    if dtype == "float16":
        return values.astype(np.float16)
    if dtype == "bfloat16":
        bits = values.view(np.uint32)
        rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
        return np.where(np.isnan(values), 0x7FC0, rounded).astype(np.uint16)
    if dtype == "bool":
        return (values != 0).astype(np.uint8)
    info = np.iinfo(CODES[dtype])
    whole = np.rint(np.nan_to_num(values.astype(np.float64), nan=0.0))
    return np.clip(whole, info.min, info.max).astype(CODES[dtype])


def _compare(name):
    return lambda a, b: getattr(np, name)(a, b).astype(np.float32)


BINARY = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide,
          "maximum": np.maximum, "minimum": np.minimum, "equal": _compare("equal"),
          "not_equal": _compare("not_equal"), "less": _compare("less"),
          "less_equal": _compare("less_equal"), "greater": _compare("greater"),
          "greater_equal": _compare("greater_equal"), "logical_and": _compare("logical_and"),
          "logical_or": _compare("logical_or"), "power": np.power, "bypass": lambda a, b: a}
UNARY = {"copy": lambda x: x, "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "square": np.square,
         "rsqrt": lambda x: 1 / np.sqrt(x), "reciprocal": lambda x: 1 / x, "abs": np.abs,
         "relu": lambda x: np.maximum(x, 0), "tanh": np.tanh,
         "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
         "silu": lambda x: x / (1 + np.exp(-x)), "sin": np.sin, "sign": np.sign}


class Interpreter:
    """Memory and the instructions that change it."""

    def __init__(self, tensors, inputs):
        self.tensors = tensors
        self.bytes = [np.zeros((one["partitions"], one["partition_bytes"]), np.uint8)
                      for one in tensors]
        self.summed = {}  # tensor -> which elements hold a sum that a matmul goes on with
        for at, content in inputs:
            self.bytes[at][:] = content.reshape(self.bytes[at].shape)

    def run(self, stream):
        for instruction in stream:
            work = getattr(self, "_" + instruction["opcode"], None)
            if work is None:
                raise NotImplementedError(instruction["opcode"])
            with np.errstate(all="ignore"):
                work(instruction["operands"], instruction["attributes"])

    def _place(self, access):
        """(memory in elements, index of each element as [partitions, elements])."""
        if access["indirect"]:
            raise NotImplementedError("an indirect access")
        memory = self.bytes[access["tensor"]].reshape(-1).view(CODES[access["dtype"]])
        row = self.tensors[access["tensor"]]["partition_bytes"] // memory.itemsize
        at = np.full(1, access["offset"])
        for stride, count in access["dims"]:
            at = (at[:, None] + stride * np.arange(count)).reshape(-1)
        if at.min() < 0 or at.max() >= row:
            raise IndexError(f"elements {at.min()} to {at.max()} of {row}")
        rows = access["start_partition"] + np.arange(access["partitions"])
        if rows[-1] >= self.tensors[access["tensor"]]["partitions"]:
            raise IndexError(f"partition {rows[-1]}")
        return memory, rows[:, None] * row + at

    def read(self, access):
        memory, index = self._place(access)
        return widen(memory[index], access["dtype"])

    def codes(self, access):
        memory, index = self._place(access)
        return memory[index]

    def write(self, access, values, codes=None):
        memory, index = self._place(access)
        if codes is None:
            codes = narrow(values, access["dtype"])
        if codes.size != index.size:
            raise ValueError(f"{codes.shape} to {index.shape}")
        memory[index] = codes.reshape(index.shape)
        if access["tensor"] in self.summed:
            self.summed[access["tensor"]].reshape(-1)[index] = False

    def scalar(self, operand):
        """A number, or one value a partition as a column."""
        return self.read(operand) if isinstance(operand, dict) else np.float32(operand)

    def _step(self, x, operands, attributes, number):
        op = attributes.get(f"op{number}")
        if op is None:
            return x
        if op in UNARY:
            return UNARY[op](x)
        y = self.scalar(operands[f"operand{number}"])
        if attributes.get(f"reverse{number}"):
            x, y = np.broadcast_to(y, x.shape), x
        return BINARY[op](x, y).astype(np.float32)

    # Instructions.

    def _dma_copy(self, operands, _):
        src, dst = operands["src"], operands["dst"]
        if src["dtype"] == dst["dtype"]:
            self.write(dst, None, self.codes(src))
        else:
            self.write(dst, self.read(src))

    _tensor_copy = _dma_copy

    def _memset(self, operands, attributes):
        _, index = self._place(operands["dst"])
        self.write(operands["dst"], np.full(index.shape, attributes["value"], np.float32))

    def _tensor_tensor(self, operands, attributes):
        a, b = self.read(operands["data1"]), self.read(operands["data2"])
        self.write(operands["dst"], BINARY[attributes["op"]](a, b))

    def _tensor_scalar(self, operands, attributes):
        x = self._step(self.read(operands["data"]), operands, attributes, 0)
        self.write(operands["dst"], self._step(x, operands, attributes, 1))

    def _scalar_tensor_tensor(self, operands, attributes):
        x = self._step(self.read(operands["data"]), operands, attributes, 0)
        y = self.read(operands["operand1"])
        pair = (y, x) if attributes.get("reverse1") else (x, y)
        self.write(operands["dst"], BINARY[attributes["op1"]](*pair))

    def _reciprocal(self, operands, _):
        self.write(operands["dst"], 1 / self.read(operands["data"]))

    def _activation(self, operands, attributes):
        x = self.read(operands["data"])
        bias = self.scalar(operands.get("bias", 0.0))
        y = UNARY[attributes["op"]](x * self.scalar(operands.get("scale", 1.0)) + bias)
        self.write(operands["dst"], y)
        if "reduce_res" in operands:
            if attributes.get("reduce_cmd") != "reset_reduce":
                raise NotImplementedError("a reduce register that goes on")
            self.write(operands["reduce_res"], y.sum(axis=1, dtype=np.float32)[:, None])

    def _tensor_reduce(self, operands, attributes):
        data = operands["data"]
        shape = [count for _, count in data["dims"]]
        kept = len(shape) - len(attributes["axis"])
        x = self.read(data).reshape(data["partitions"], *shape[:kept], -1)
        out = BINARY[attributes["op"]].reduce(x, axis=-1)
        self.write(operands["dst"], -out if attributes.get("negate") else out)

    def _bn_stats(self, operands, _):
        x = self.read(operands["data"])
        parts = [np.stack([np.full(len(x), one.shape[1]), one.mean(axis=1),
                           one.var(axis=1) * one.shape[1]], axis=1)
                 for one in (x[:, ::2], x[:, 1::2])]
        self.write(operands["dst"], np.concatenate(parts, axis=1))

    def _bn_aggr(self, operands, _):
        x = self.read(operands["data"]).reshape(operands["data"]["partitions"], -1, 3)
        count, mean, squares = x[:, :, 0], x[:, :, 1], x[:, :, 2]
        total = count.sum(axis=1)
        centre = (count * mean).sum(axis=1) / total
        spread = (squares + count * (mean - centre[:, None]) ** 2).sum(axis=1) / total
        self.write(operands["dst"], np.stack([centre, spread], axis=1))

    def _tensor_tensor_scan(self, operands, attributes):
        a, b = self.read(operands["data0"]), self.read(operands["data1"])
        state = np.broadcast_to(self.scalar(operands["initial"]), (len(a), 1))[:, 0]
        out = np.empty_like(b)
        for i in range(a.shape[1]):
            state = BINARY[attributes["op1"]](BINARY[attributes["op0"]](a[:, i], state), b[:, i])
            out[:, i] = state
        self.write(operands["dst"], out)

    def _nc_stream_shuffle(self, operands, attributes):
        x, mask = self.codes(operands["src"]), attributes["shuffle_mask"]
        rows = [row // 32 * 32 + mask[row % 32] for row in range(operands["dst"]["partitions"])]
        self.write(operands["dst"], None, x[rows])

    def _nc_transpose(self, operands, _):
        x = self.codes(operands["data"])
        codes = x.T
        if operands["data"]["dtype"] != operands["dst"]["dtype"]:
            codes = narrow(widen(x, operands["data"]["dtype"]).T, operands["dst"]["dtype"])
        self.write(operands["dst"], None, np.ascontiguousarray(codes))

    def _nc_matmul(self, operands, attributes):
        product = self.read(operands["stationary"]).T @ self.read(operands["moving"])
        dst = operands["dst"]
        _, index = self._place(dst)
        shape = self.bytes[dst["tensor"]].shape
        summed = self.summed.setdefault(dst["tensor"], np.zeros(shape, bool)).reshape(-1)
        onto = attributes.get("accumulate")
        going = summed[index] if onto is None else np.full(index.shape, onto)
        before = np.where(going, self.read(dst), 0)
        self.write(dst, before + product.reshape(index.shape))
        summed[index] = True


class Recording:
    """What nki.simulate of a kernel recorded: the stream, and what its inputs held before."""

    def __init__(self, kernel, *args):
        from nki import _kernel
        self.inputs = []
        plain = core.Kernel.input

        def noted(of, name, shape, dtype, content, *rest):
            view = plain(of, name, shape, dtype, content, *rest)
            self.inputs.append((view.tensor_id, np.array(content)))
            return view
        core.Kernel.input = noted
        try:
            self.result, kernels = _kernel.run(kernel, args, {})
        finally:
            core.Kernel.input = plain
        self.kernel = kernels[0]
        self.tensors = core.tensors(self.kernel)
        self.outputs = [at for at, one in enumerate(self.tensors)
                        if one["kind"] in ("output", "inout")]

    def stream(self):
        return core.stream(self.kernel)

    def replay(self):
        """(seconds, instructions, bytes of each output), by the engine alone."""
        return core.replay(self.kernel, self.inputs, self.outputs)

    def interpret(self):
        interpreter = Interpreter(self.tensors, self.inputs)
        interpreter.run(self.stream())
        return [interpreter.bytes[at] for at in self.outputs]
