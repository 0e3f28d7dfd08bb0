#include "isa/tokens.h"

#include <iterator>

namespace switchyard::isa {

namespace {

constexpr std::string_view kOpNames[] = {"invert",
                                         "bitwise_and",
                                         "bitwise_or",
                                         "bitwise_xor",
                                         "left_shift",
                                         "right_shift",
                                         "add",
                                         "subtract",
                                         "multiply",
                                         "divide",
                                         "maximum",
                                         "minimum",
                                         "equal",
                                         "not_equal",
                                         "greater_equal",
                                         "greater",
                                         "less_equal",
                                         "less",
                                         "logical_and",
                                         "logical_or",
                                         "logical_xor",
                                         "logical_not",
                                         "power",
                                         "mod",
                                         "fmod",
                                         "abs_max",
                                         "abs_min",
                                         "average",
                                         "bypass",
                                         "abs",
                                         "square",
                                         "relu",
                                         "rsqrt",
                                         "reciprocal",
                                         "copy",
                                         "sqrt",
                                         "sign",
                                         "negative",
                                         "ceil",
                                         "floor",
                                         "trunc",
                                         "exp",
                                         "log",
                                         "sigmoid",
                                         "prelu",
                                         "gelu",
                                         "gelu_dx",
                                         "gelu_apprx_tanh",
                                         "gelu_apprx_sigmoid",
                                         "gelu_apprx_sigmoid_dx",
                                         "silu",
                                         "silu_dx",
                                         "tanh",
                                         "softplus",
                                         "mish",
                                         "erf",
                                         "erf_dx",
                                         "sin",
                                         "cos",
                                         "tan",
                                         "arctan"};
static_assert(std::size(kOpNames) == kOps);

constexpr std::string_view kReduceCommandNames[] = {"idle", "reset", "reduce", "reset_reduce",
                                                    "load_reduce"};
constexpr std::string_view kDgeModeNames[] = {"unknown", "swdge", "hwdge", "none"};
constexpr std::string_view kOobModeNames[] = {"error", "skip"};
constexpr std::string_view kPerfModeNames[] = {"none", "double_row"};
constexpr std::string_view kDmaEngineNames[] = {"dma", "gpsimd_dma"};

}  // namespace

std::string_view name(Op op) { return kOpNames[static_cast<int>(op)]; }
std::string_view name(ReduceCommand c) { return kReduceCommandNames[static_cast<int>(c)]; }
std::string_view name(DgeMode mode) { return kDgeModeNames[static_cast<int>(mode)]; }
std::string_view name(OobMode mode) { return kOobModeNames[static_cast<int>(mode)]; }
std::string_view name(PerfMode mode) { return kPerfModeNames[static_cast<int>(mode)]; }
std::string_view name(DmaEngine engine) { return kDmaEngineNames[static_cast<int>(engine)]; }

std::span<const std::string_view> op_names() { return kOpNames; }
std::span<const std::string_view> reduce_command_names() { return kReduceCommandNames; }
std::span<const std::string_view> dge_mode_names() { return kDgeModeNames; }
std::span<const std::string_view> oob_mode_names() { return kOobModeNames; }
std::span<const std::string_view> perf_mode_names() { return kPerfModeNames; }
std::span<const std::string_view> dma_engine_names() { return kDmaEngineNames; }

bool is_bitvec(Op op) { return op <= Op::kRightShift; }

bool is_unary(Op op) { return op == Op::kInvert || op == Op::kLogicalNot || op >= Op::kBypass; }

bool may_reduce(Op op) {
  switch (op) {
    case Op::kBitwiseAnd:
    case Op::kBitwiseOr:
    case Op::kBitwiseXor:
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kMaximum:
    case Op::kMinimum:
    case Op::kLogicalAnd:
    case Op::kLogicalOr:
    case Op::kLogicalXor:
      return true;
    default:
      return false;
  }
}

bool is_activation(Op op) {
  switch (op) {
    case Op::kCopy:
    case Op::kSquare:
    case Op::kRelu:
    case Op::kSqrt:
    case Op::kRsqrt:
    case Op::kReciprocal:
    case Op::kSign:
    case Op::kAbs:
      return true;
    default:
      return op >= Op::kExp && op != Op::kCos && op != Op::kTan;
  }
}

}  // namespace switchyard::isa
