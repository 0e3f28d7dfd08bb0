// The table of instructions: what each is called, takes and runs on.
//
// One row an instruction of nki.isa, with the parameter names of its page, and three for hardware
// loops. Text form, validation, execution and the Python layer all read this table. Host queries of
// nki.isa (get_nc_version, get_nc_sub_version) are not instructions.
// Source: nki/api/nki/isa/__init__.py of aws-neuron-sdk, NKI 0.6.0.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "isa/architecture.h"

namespace switchyard::isa {

enum class Opcode : std::uint8_t {
  kDmaCopy,
  kDmaTranspose,
  kDmaCompute,
  kTensorCopy,
  kTensorCopyPredicated,
  kMemset,
  kNcMatmul,
  kNcMatmulMx,
  kNcTranspose,
  kTensorTensor,
  kTensorScalar,
  kScalarTensorTensor,
  kTensorReduce,
  kTensorPartitionReduce,
  kTensorScalarReduce,
  kTensorScalarCumulative,
  kTensorTensorScan,
  kActivation,
  kActivationReduce,
  kActivate2,
  kExponential,
  kReciprocal,
  kIota,
  kAffineSelect,
  kRangeSelect,
  kSelectReduce,
  kLocalGather,
  kNcNGather,
  kNcStreamShuffle,
  kBnStats,
  kBnAggr,
  kMax8,
  kNcFindIndex8,
  kNcMatchReplace8,
  kTopk,
  kNonzeroWithCount,
  kSequenceBounds,
  kRng,
  kRand2,
  kDropout,
  kSetRngSeed,
  kRandSetState,
  kRandGetState,
  kQuantizeMx,
  kCoreBarrier,
  kSendrecv,
  kRegisterAlloc,
  kRegisterMove,
  kRegisterLoad,
  kRegisterStore,
  // Hardware loops (nl.fori_loop, nl.dynamic_range, nl.while_loop), closed by kLoopEnd.
  kForBegin,
  kWhileBegin,
  kLoopEnd,
};
inline constexpr int kOpcodes = static_cast<int>(Opcode::kLoopEnd) + 1;

enum class OperandName : std::uint8_t {
  kDst,
  kSrc,
  kSrcs,
  kData,
  kData0,
  kData1,
  kData2,
  kOperand0,
  kOperand1,
  kStationary,
  kMoving,
  kStationaryScale,
  kMovingScale,
  kPredicate,
  kBias,
  kScale,
  kReduceRes,
  kReduceInit,
  kImm0,
  kImm1,
  kReluParam,
  kOnTrueTile,
  kOnTrue,
  kOnFalse,
  kSrcBuffer,
  kIndex,
  kIndices,
  kInitial,
  kProb,
  kSrcSeeds,
  kMin,
  kMax,
  kMaxValue,
  kSegmentIds,
  kDstScale,
  kBound0,
  kBound1,
  kVals,
  kDstIdx,
  kValDst,
  kIdxDst,
  kLower,
  kUpper,
  kCondition,
  kIndirectIndex,  // of an indirect access of the same instruction
};
inline constexpr int kOperandNames = static_cast<int>(OperandName::kIndirectIndex) + 1;

enum class AttributeName : std::uint8_t {
  kPriority,
  kOobMode,
  kDgeMode,
  kAxes,
  kReduceOp,
  kScales,
  kUniqueIndices,
  kReversePred,
  kValue,
  kIsStationaryOnezero,
  kIsMovingOnezero,
  kIsTranspose,
  kAccumulate,
  kTilePosition,
  kTileSize,
  kPerfMode,
  kOp,
  kOp0,
  kOp1,
  kReverse0,
  kReverse1,
  kAxis,
  kNegate,
  kKeepdims,
  kReduceCmd,
  kReduceResNegate,
  kPattern,
  kOffset,
  kChannelMultiplier,
  kOnFalseValue,
  kCmpOp,
  kCompOp0,
  kCompOp1,
  kRangeStart,
  kNumElemPerIdx,
  kNumValidIndices,
  kShuffleMask,
  kImm,
  kN,
  kIndexOffset,
  kPaddingVal,
  kCores,
  kSendToRank,
  kRecvFromRank,
  kPipeId,
  kDmaEngine,
  kStep,
};
inline constexpr int kAttributeNames = static_cast<int>(AttributeName::kStep) + 1;

std::string_view name(Opcode opcode);     // "nc_matmul"
std::string_view name(OperandName name);  // "stationary"
std::string_view name(AttributeName name);
// All names of one kind, in the order of its enumerators.
std::span<const std::string_view> opcode_names();
std::span<const std::string_view> operand_names();
std::span<const std::string_view> attribute_names();

enum class Role : std::uint8_t { kWrite, kRead, kReadWrite };

// What may stand for an operand: bits of OperandInfo::takes.
inline constexpr std::uint8_t kTakesAccess = 1;
inline constexpr std::uint8_t kTakesNumber = 2;
inline constexpr std::uint8_t kTakesRegister = 4;

struct OperandInfo {
  OperandName name;
  Role role;
  std::uint8_t takes = kTakesAccess;
  bool optional = false;
  bool repeats = false;  // several operands of this name may follow each other
};

enum class AttributeKind : std::uint8_t {
  kFlag,
  kInteger,
  kNumber,
  kOp,
  kReduceCommand,
  kDgeMode,
  kOobMode,
  kPerfMode,
  kDmaEngine,
  kIntegers,
  kNumbers,
};

enum class Presence : std::uint8_t { kDefault, kRequired, kOptional };  // kOptional: no default

struct AttributeInfo {
  AttributeName name;
  AttributeKind kind;
  Presence presence = Presence::kDefault;
  double fallback = 0;  // kDefault: the value, an enumerator by its number
};

struct InstructionInfo {
  Opcode opcode;
  EngineList engines;  // whose stream may hold it, the preferred first
  Generation since;    // the first generation that has it
  bool dma;            // the work is done by DMA engines; `engines` only start it
  std::span<const OperandInfo> operands;
  std::span<const AttributeInfo> attributes;

  const OperandInfo* find(OperandName name) const;
  const AttributeInfo* find(AttributeName name) const;
};

const InstructionInfo& info(Opcode opcode);
std::span<const InstructionInfo> instruction_table();  // in the order of the opcodes

}  // namespace switchyard::isa
