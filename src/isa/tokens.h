// The words that instructions take as attributes, named as in nki.language and nki.isa.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace switchyard::isa {

// Operators of the vector engines and functions of the Scalar engine in one list, as in
// nki.language. Source: tables of nki.api.shared.rst.
enum class Op : std::uint8_t {
  // Bit patterns.
  kInvert,
  kBitwiseAnd,
  kBitwiseOr,
  kBitwiseXor,
  kLeftShift,
  kRightShift,
  // Arithmetic, in float32.
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kMaximum,
  kMinimum,
  kEqual,
  kNotEqual,
  kGreaterEqual,
  kGreater,
  kLessEqual,
  kLess,
  kLogicalAnd,
  kLogicalOr,
  kLogicalXor,
  kLogicalNot,
  kPower,
  kMod,
  kFmod,
  kAbsMax,
  kAbsMin,
  kAverage,  // of tensor_partition_reduce only
  kBypass,
  // Of one operand, on several engines.
  kAbs,
  kSquare,
  kRelu,
  kRsqrt,
  kReciprocal,
  kCopy,
  kSqrt,
  kSign,
  kNegative,
  kCeil,
  kFloor,
  kTrunc,
  // Functions of the Scalar engine.
  kExp,
  kLog,
  kSigmoid,
  kPrelu,
  kGelu,
  kGeluDx,
  kGeluApprxTanh,
  kGeluApprxSigmoid,
  kGeluApprxSigmoidDx,
  kSilu,
  kSiluDx,
  kTanh,
  kSoftplus,
  kMish,
  kErf,
  kErfDx,
  kSin,
  kCos,
  kTan,
  kArctan,
};
inline constexpr int kOps = static_cast<int>(Op::kArctan) + 1;

enum class ReduceCommand : std::uint8_t { kIdle, kReset, kReduce, kResetReduce, kLoadReduce };
enum class DgeMode : std::uint8_t { kUnknown, kSwdge, kHwdge, kNone };
enum class OobMode : std::uint8_t { kError, kSkip };
enum class PerfMode : std::uint8_t { kNone, kDoubleRow };
enum class DmaEngine : std::uint8_t { kDma, kGpSimdDma };

std::string_view name(Op op);  // "add"
std::string_view name(ReduceCommand command);
std::string_view name(DgeMode mode);
std::string_view name(OobMode mode);
std::string_view name(PerfMode mode);
std::string_view name(DmaEngine engine);

// All names of one kind, in the order of its enumerators.
std::span<const std::string_view> op_names();
std::span<const std::string_view> reduce_command_names();
std::span<const std::string_view> dge_mode_names();
std::span<const std::string_view> oob_mode_names();
std::span<const std::string_view> perf_mode_names();
std::span<const std::string_view> dma_engine_names();

bool is_bitvec(Op op);      // works on bit patterns
bool is_unary(Op op);       // takes no second operand
bool may_reduce(Op op);     // legal as a reduction
bool is_activation(Op op);  // a function of the Scalar engine

}  // namespace switchyard::isa
