#include "isa/opcode.h"

#include <array>
#include <cstddef>

#include "base/check.h"
#include "isa/tokens.h"

namespace switchyard::isa {

namespace {

constexpr std::string_view kOpcodeNames[] = {"dma_copy",
                                             "dma_transpose",
                                             "dma_compute",
                                             "tensor_copy",
                                             "tensor_copy_predicated",
                                             "memset",
                                             "nc_matmul",
                                             "nc_matmul_mx",
                                             "nc_transpose",
                                             "tensor_tensor",
                                             "tensor_scalar",
                                             "scalar_tensor_tensor",
                                             "tensor_reduce",
                                             "tensor_partition_reduce",
                                             "tensor_scalar_reduce",
                                             "tensor_scalar_cumulative",
                                             "tensor_tensor_scan",
                                             "activation",
                                             "activation_reduce",
                                             "activate2",
                                             "exponential",
                                             "reciprocal",
                                             "iota",
                                             "affine_select",
                                             "range_select",
                                             "select_reduce",
                                             "local_gather",
                                             "nc_n_gather",
                                             "nc_stream_shuffle",
                                             "bn_stats",
                                             "bn_aggr",
                                             "max8",
                                             "nc_find_index8",
                                             "nc_match_replace8",
                                             "topk",
                                             "nonzero_with_count",
                                             "sequence_bounds",
                                             "rng",
                                             "rand2",
                                             "dropout",
                                             "set_rng_seed",
                                             "rand_set_state",
                                             "rand_get_state",
                                             "quantize_mx",
                                             "core_barrier",
                                             "sendrecv",
                                             "register_alloc",
                                             "register_move",
                                             "register_load",
                                             "register_store",
                                             "for_begin",
                                             "while_begin",
                                             "loop_end"};
static_assert(std::size(kOpcodeNames) == kOpcodes);

constexpr std::string_view kOperandNameTexts[] = {
    "dst",          "src",       "srcs",          "data",         "data0",      "data1",
    "data2",        "operand0",  "operand1",      "stationary",   "moving",     "stationary_scale",
    "moving_scale", "predicate", "bias",          "scale",        "reduce_res", "reduce_init",
    "imm0",         "imm1",      "relu_param",    "on_true_tile", "on_true",    "on_false",
    "src_buffer",   "index",     "indices",       "initial",      "prob",       "src_seeds",
    "min",          "max",       "max_value",     "segment_ids",  "dst_scale",  "bound0",
    "bound1",       "vals",      "dst_idx",       "val_dst",      "idx_dst",    "lower",
    "upper",        "condition", "indirect_index"};
static_assert(std::size(kOperandNameTexts) == kOperandNames);

constexpr std::string_view kAttributeNameTexts[] = {"priority",
                                                    "oob_mode",
                                                    "dge_mode",
                                                    "axes",
                                                    "reduce_op",
                                                    "scales",
                                                    "unique_indices",
                                                    "reverse_pred",
                                                    "value",
                                                    "is_stationary_onezero",
                                                    "is_moving_onezero",
                                                    "is_transpose",
                                                    "accumulate",
                                                    "tile_position",
                                                    "tile_size",
                                                    "perf_mode",
                                                    "op",
                                                    "op0",
                                                    "op1",
                                                    "reverse0",
                                                    "reverse1",
                                                    "axis",
                                                    "negate",
                                                    "keepdims",
                                                    "reduce_cmd",
                                                    "reduce_res_negate",
                                                    "pattern",
                                                    "offset",
                                                    "channel_multiplier",
                                                    "on_false_value",
                                                    "cmp_op",
                                                    "comp_op0",
                                                    "comp_op1",
                                                    "range_start",
                                                    "num_elem_per_idx",
                                                    "num_valid_indices",
                                                    "shuffle_mask",
                                                    "imm",
                                                    "n",
                                                    "index_offset",
                                                    "padding_val",
                                                    "cores",
                                                    "send_to_rank",
                                                    "recv_from_rank",
                                                    "pipe_id",
                                                    "dma_engine",
                                                    "step"};
static_assert(std::size(kAttributeNameTexts) == kAttributeNames);

using enum OperandName;
using enum Role;
using A = AttributeName;
using K = AttributeKind;

constexpr Engine kTensorOnly[] = {Engine::kTensor};
constexpr Engine kVectorOnly[] = {Engine::kVector};
constexpr Engine kScalarOnly[] = {Engine::kScalar};
constexpr Engine kGpSimdOnly[] = {Engine::kGpSimd};
constexpr Engine kVectorGpSimd[] = {Engine::kVector, Engine::kGpSimd};
constexpr Engine kGpSimdVector[] = {Engine::kGpSimd, Engine::kVector};
constexpr Engine kVectorScalarGpSimd[] = {Engine::kVector, Engine::kScalar, Engine::kGpSimd};
constexpr Engine kTensorVector[] = {Engine::kTensor, Engine::kVector};
constexpr Engine kDmaStarters[] = {Engine::kSync, Engine::kScalar, Engine::kGpSimd, Engine::kVector,
                                   Engine::kTensor};
constexpr Engine kSequencers[] = {Engine::kSync, Engine::kTensor, Engine::kVector, Engine::kScalar,
                                  Engine::kGpSimd};
constexpr Engine kBarrierEngines[] = {Engine::kGpSimd, Engine::kVector, Engine::kScalar,
                                      Engine::kTensor, Engine::kSync};

constexpr std::uint8_t kValue = kTakesAccess | kTakesNumber;  // `float | tensor`
constexpr std::uint8_t kScalarValue = kTakesNumber | kTakesRegister;
constexpr bool kMayMiss = true;

constexpr OperandInfo kDstSrc[] = {{kDst, kWrite}, {kSrc, kRead}};
constexpr OperandInfo kDstData[] = {{kDst, kWrite}, {kData, kRead}};
constexpr OperandInfo kDstOnly[] = {{kDst, kWrite}};
constexpr OperandInfo kSeedsOnly[] = {{kSrcSeeds, kRead}};

constexpr AttributeInfo kOpRequired = {A::kOp, K::kOp, Presence::kRequired};
constexpr AttributeInfo kOp0Required = {A::kOp0, K::kOp, Presence::kRequired};
constexpr AttributeInfo kOp1Required = {A::kOp1, K::kOp, Presence::kRequired};
constexpr AttributeInfo kReverse0Flag = {A::kReverse0, K::kFlag};
constexpr AttributeInfo kReverse1Flag = {A::kReverse1, K::kFlag};
constexpr AttributeInfo kPriorityClass = {A::kPriority, K::kInteger, Presence::kOptional};
constexpr AttributeInfo kOobError = {A::kOobMode, K::kOobMode};
constexpr AttributeInfo kDgeAny = {A::kDgeMode, K::kDgeMode};
constexpr AttributeInfo kReduceOpOptional = {A::kReduceOp, K::kOp, Presence::kOptional};
constexpr AttributeInfo kReduceOpRequired = {A::kReduceOp, K::kOp, Presence::kRequired};
constexpr AttributeInfo kReduceOpMaximum = {A::kReduceOp, K::kOp, Presence::kDefault,
                                            static_cast<double>(Op::kMaximum)};
constexpr AttributeInfo kReduceIdle = {A::kReduceCmd, K::kReduceCommand};
constexpr AttributeInfo kReduceResetReduce = {A::kReduceCmd, K::kReduceCommand, Presence::kDefault,
                                              static_cast<double>(ReduceCommand::kResetReduce)};
constexpr AttributeInfo kAccumulateFlag = {A::kAccumulate, K::kFlag, Presence::kOptional};
constexpr AttributeInfo kPositionOfTile = {A::kTilePosition, K::kIntegers, Presence::kOptional};
constexpr AttributeInfo kSizeOfTile = {A::kTileSize, K::kIntegers, Presence::kOptional};

// One row each, named as the opcode.
constexpr AttributeInfo kDmaCopyAttributes[] = {kPriorityClass, kOobError, kDgeAny};
constexpr AttributeInfo kDmaTransposeAttributes[] = {
    {A::kAxes, K::kIntegers, Presence::kOptional}, kPriorityClass, kDgeAny, kOobError};
constexpr OperandInfo kDmaComputeOperands[] = {{kDst, kWrite},
                                               {kSrcs, kRead, kTakesAccess, false, true}};
constexpr AttributeInfo kDmaComputeAttributes[] = {
    kReduceOpRequired,
    {A::kScales, K::kNumbers, Presence::kOptional},
    {A::kUniqueIndices, K::kFlag, Presence::kDefault, 1},
    kOobError};
constexpr OperandInfo kPredicatedOperands[] = {
    {kDst, kReadWrite}, {kSrc, kRead, kValue}, {kPredicate, kRead}};
constexpr AttributeInfo kPredicatedAttributes[] = {{A::kReversePred, K::kFlag}};
constexpr AttributeInfo kMemsetAttributes[] = {{A::kValue, K::kNumber, Presence::kRequired}};
// dst is read too when accumulating; the executor and the scheduler look at `accumulate`.
constexpr OperandInfo kMatmulOperands[] = {
    {kDst, kReadWrite}, {kStationary, kRead}, {kMoving, kRead}};
constexpr AttributeInfo kMatmulAttributes[] = {{A::kIsStationaryOnezero, K::kFlag},
                                               {A::kIsMovingOnezero, K::kFlag},
                                               {A::kIsTranspose, K::kFlag},
                                               kAccumulateFlag,
                                               kPositionOfTile,
                                               kSizeOfTile,
                                               {A::kPerfMode, K::kPerfMode}};
constexpr OperandInfo kMatmulMxOperands[] = {{kDst, kReadWrite},
                                             {kStationary, kRead},
                                             {kMoving, kRead},
                                             {kStationaryScale, kRead},
                                             {kMovingScale, kRead}};
constexpr AttributeInfo kMatmulMxAttributes[] = {kPositionOfTile, kSizeOfTile, kAccumulateFlag};
constexpr OperandInfo kTensorTensorOperands[] = {{kDst, kWrite}, {kData1, kRead}, {kData2, kRead}};
constexpr AttributeInfo kOpAttributes[] = {kOpRequired};
constexpr OperandInfo kTensorScalarOperands[] = {{kDst, kWrite},
                                                 {kData, kRead},
                                                 {kOperand0, kRead, kValue},
                                                 {kOperand1, kRead, kValue, kMayMiss}};
constexpr AttributeInfo kTensorScalarAttributes[] = {
    kOp0Required, kReverse0Flag, {A::kOp1, K::kOp, Presence::kOptional}, kReverse1Flag};
constexpr OperandInfo kScalarTensorTensorOperands[] = {
    {kDst, kWrite}, {kData, kRead}, {kOperand0, kRead, kValue}, {kOperand1, kRead}};
constexpr AttributeInfo kTwoOpsAttributes[] = {kOp0Required, kOp1Required, kReverse0Flag,
                                               kReverse1Flag};
constexpr AttributeInfo kTensorReduceAttributes[] = {kOpRequired,
                                                     {A::kAxis, K::kIntegers, Presence::kRequired},
                                                     {A::kNegate, K::kFlag},
                                                     {A::kKeepdims, K::kFlag}};
constexpr OperandInfo kTensorScalarReduceOperands[] = {{kDst, kWrite},
                                                       {kData, kRead},
                                                       {kOperand0, kRead, kValue},
                                                       {kReduceRes, kWrite, kTakesAccess, kMayMiss},
                                                       {kReduceInit, kRead, kValue, kMayMiss}};
constexpr AttributeInfo kTensorScalarReduceAttributes[] = {kOp0Required,
                                                           kReduceOpRequired,
                                                           kReverse0Flag,
                                                           kReduceResetReduce,
                                                           {A::kReduceResNegate, K::kFlag}};
constexpr OperandInfo kCumulativeOperands[] = {
    {kDst, kWrite}, {kSrc, kRead}, {kImm0, kRead, kValue}, {kImm1, kRead, kValue, kMayMiss}};
constexpr AttributeInfo kCumulativeAttributes[] = {kOp0Required, kOp1Required, kReduceResetReduce};
constexpr OperandInfo kScanOperands[] = {
    {kDst, kWrite}, {kData0, kRead}, {kData1, kRead}, {kInitial, kRead, kValue}};
constexpr OperandInfo kActivationOperands[] = {{kDst, kWrite},
                                               {kData, kRead},
                                               {kBias, kRead, kValue, kMayMiss},
                                               {kScale, kRead, kValue, kMayMiss},
                                               {kReduceRes, kWrite, kTakesAccess, kMayMiss}};
constexpr AttributeInfo kActivationAttributes[] = {kOpRequired, kReduceOpOptional, kReduceIdle};
constexpr OperandInfo kActivationReduceOperands[] = {{kDst, kWrite},
                                                     {kData, kRead},
                                                     {kReduceRes, kWrite},
                                                     {kBias, kRead, kValue, kMayMiss},
                                                     {kScale, kRead, kValue, kMayMiss}};
constexpr AttributeInfo kActivationReduceAttributes[] = {kOpRequired, kReduceOpRequired};
constexpr OperandInfo kActivate2Operands[] = {{kDst, kWrite},
                                              {kData, kRead},
                                              {kImm0, kRead, kValue},
                                              {kImm1, kRead, kValue},
                                              {kReluParam, kRead, kValue, kMayMiss},
                                              {kReduceRes, kWrite, kTakesAccess, kMayMiss}};
constexpr AttributeInfo kActivate2Attributes[] = {kOpRequired,   kOp0Required,  kOp1Required,
                                                  kReverse0Flag, kReverse1Flag, kReduceOpOptional,
                                                  kReduceIdle};
constexpr OperandInfo kExponentialOperands[] = {{kDst, kWrite},
                                                {kSrc, kRead},
                                                {kMaxValue, kRead, kValue, kMayMiss},
                                                {kReduceRes, kWrite, kTakesAccess, kMayMiss},
                                                {kReduceInit, kRead, kValue, kMayMiss}};
constexpr AttributeInfo kExponentialAttributes[] = {kReduceIdle};
constexpr AttributeInfo kIotaAttributes[] = {{A::kPattern, K::kIntegers, Presence::kRequired},
                                             {A::kOffset, K::kInteger},
                                             {A::kChannelMultiplier, K::kInteger}};
constexpr OperandInfo kAffineSelectOperands[] = {{kDst, kWrite}, {kOnTrueTile, kRead}};
constexpr AttributeInfo kAffineSelectAttributes[] = {
    {A::kPattern, K::kIntegers, Presence::kRequired},
    {A::kChannelMultiplier, K::kInteger, Presence::kRequired},
    {A::kOnFalseValue, K::kNumber, Presence::kRequired},
    {A::kCmpOp, K::kOp, Presence::kDefault, static_cast<double>(Op::kEqual)},
    {A::kOffset, K::kInteger}};
constexpr double kFloat32Lowest = -3.4028234663852886e38;
constexpr OperandInfo kRangeSelectOperands[] = {{kDst, kWrite},
                                                {kOnTrueTile, kRead},
                                                {kBound0, kRead},
                                                {kBound1, kRead},
                                                {kReduceRes, kWrite, kTakesAccess, kMayMiss}};
constexpr AttributeInfo kRangeSelectAttributes[] = {
    {A::kCompOp0, K::kOp, Presence::kRequired},
    {A::kCompOp1, K::kOp, Presence::kRequired},
    kReduceResetReduce,
    kReduceOpMaximum,
    {A::kRangeStart, K::kInteger},
    {A::kOnFalseValue, K::kNumber, Presence::kDefault, kFloat32Lowest}};
constexpr OperandInfo kSelectReduceOperands[] = {{kDst, kWrite},
                                                 {kPredicate, kRead},
                                                 {kOnTrue, kRead},
                                                 {kOnFalse, kRead, kValue},
                                                 {kReduceRes, kWrite, kTakesAccess, kMayMiss}};
constexpr AttributeInfo kSelectReduceAttributes[] = {
    kReduceIdle, kReduceOpMaximum, {A::kReversePred, K::kFlag}};
constexpr OperandInfo kLocalGatherOperands[] = {
    {kDst, kWrite}, {kSrcBuffer, kRead}, {kIndex, kRead}};
constexpr AttributeInfo kLocalGatherAttributes[] = {
    {A::kNumElemPerIdx, K::kInteger, Presence::kDefault, 1},
    {A::kNumValidIndices, K::kInteger, Presence::kOptional}};
constexpr OperandInfo kNGatherOperands[] = {{kDst, kWrite}, {kData, kRead}, {kIndices, kRead}};
constexpr AttributeInfo kShuffleAttributes[] = {
    {A::kShuffleMask, K::kIntegers, Presence::kRequired}};
constexpr OperandInfo kFindIndexOperands[] = {{kDst, kWrite}, {kData, kRead}, {kVals, kRead}};
constexpr OperandInfo kMatchReplaceOperands[] = {
    {kDst, kWrite}, {kData, kRead}, {kVals, kRead}, {kDstIdx, kWrite, kTakesAccess, kMayMiss}};
constexpr AttributeInfo kMatchReplaceAttributes[] = {{A::kImm, K::kNumber, Presence::kRequired}};
constexpr OperandInfo kTopkOperands[] = {{kValDst, kWrite}, {kIdxDst, kWrite}, {kSrc, kRead}};
constexpr AttributeInfo kTopkAttributes[] = {{A::kN, K::kInteger, Presence::kRequired}};
constexpr AttributeInfo kNonzeroAttributes[] = {
    {A::kIndexOffset, K::kInteger}, {A::kPaddingVal, K::kInteger, Presence::kDefault, -1}};
constexpr OperandInfo kSequenceBoundsOperands[] = {{kDst, kWrite}, {kSegmentIds, kRead}};
constexpr OperandInfo kRand2Operands[] = {
    {kDst, kWrite}, {kMin, kRead, kValue}, {kMax, kRead, kValue}};
constexpr OperandInfo kDropoutOperands[] = {{kDst, kWrite}, {kData, kRead}, {kProb, kRead, kValue}};
constexpr OperandInfo kQuantizeOperands[] = {{kDst, kWrite}, {kSrc, kRead}, {kDstScale, kWrite}};
constexpr OperandInfo kBarrierOperands[] = {{kData, kRead}};
constexpr AttributeInfo kBarrierAttributes[] = {{A::kCores, K::kIntegers, Presence::kRequired}};
constexpr AttributeInfo kSendrecvAttributes[] = {
    {A::kSendToRank, K::kInteger, Presence::kRequired},
    {A::kRecvFromRank, K::kInteger, Presence::kRequired},
    {A::kPipeId, K::kInteger, Presence::kRequired},
    {A::kDmaEngine, K::kDmaEngine}};
constexpr OperandInfo kRegisterAllocOperands[] = {{kDst, kWrite, kTakesRegister},
                                                  {kSrc, kRead, kScalarValue, kMayMiss}};
constexpr OperandInfo kRegisterMoveOperands[] = {{kDst, kWrite, kTakesRegister},
                                                 {kSrc, kRead, kScalarValue}};
constexpr OperandInfo kRegisterLoadOperands[] = {{kDst, kWrite, kTakesRegister}, {kSrc, kRead}};
constexpr OperandInfo kRegisterStoreOperands[] = {{kDst, kWrite}, {kSrc, kRead, kScalarValue}};
constexpr OperandInfo kForOperands[] = {
    {kDst, kWrite, kTakesRegister}, {kLower, kRead, kScalarValue}, {kUpper, kRead, kScalarValue}};
constexpr AttributeInfo kForAttributes[] = {{A::kStep, K::kInteger, Presence::kDefault, 1}};
constexpr OperandInfo kWhileOperands[] = {{kCondition, kRead, kTakesRegister}};

using enum Opcode;
constexpr Generation kAll = Generation::kV2;
constexpr bool kByDma = true, kByEngine = false;

constexpr InstructionInfo kTable[] = {
    {kDmaCopy, kDmaStarters, kAll, kByDma, kDstSrc, kDmaCopyAttributes},
    {kDmaTranspose, kDmaStarters, kAll, kByDma, kDstSrc, kDmaTransposeAttributes},
    {kDmaCompute, kDmaStarters, kAll, kByDma, kDmaComputeOperands, kDmaComputeAttributes},
    {kTensorCopy, kVectorScalarGpSimd, kAll, kByEngine, kDstSrc, {}},
    {kTensorCopyPredicated, kVectorOnly, kAll, kByEngine, kPredicatedOperands,
     kPredicatedAttributes},
    {kMemset, kVectorGpSimd, kAll, kByEngine, kDstOnly, kMemsetAttributes},
    {kNcMatmul, kTensorOnly, kAll, kByEngine, kMatmulOperands, kMatmulAttributes},
    {kNcMatmulMx, kTensorOnly, Generation::kV4, kByEngine, kMatmulMxOperands, kMatmulMxAttributes},
    {kNcTranspose, kTensorVector, kAll, kByEngine, kDstData, {}},
    {kTensorTensor, kVectorGpSimd, kAll, kByEngine, kTensorTensorOperands, kOpAttributes},
    {kTensorScalar, kVectorScalarGpSimd, kAll, kByEngine, kTensorScalarOperands,
     kTensorScalarAttributes},
    {kScalarTensorTensor, kVectorOnly, kAll, kByEngine, kScalarTensorTensorOperands,
     kTwoOpsAttributes},
    {kTensorReduce, kVectorOnly, kAll, kByEngine, kDstData, kTensorReduceAttributes},
    {kTensorPartitionReduce, kGpSimdOnly, kAll, kByEngine, kDstData, kOpAttributes},
    {kTensorScalarReduce, kVectorOnly, kAll, kByEngine, kTensorScalarReduceOperands,
     kTensorScalarReduceAttributes},
    {kTensorScalarCumulative, kVectorOnly, kAll, kByEngine, kCumulativeOperands,
     kCumulativeAttributes},
    {kTensorTensorScan, kVectorOnly, kAll, kByEngine, kScanOperands, kTwoOpsAttributes},
    {kActivation, kScalarOnly, kAll, kByEngine, kActivationOperands, kActivationAttributes},
    {kActivationReduce, kScalarOnly, kAll, kByEngine, kActivationReduceOperands,
     kActivationReduceAttributes},
    {kActivate2, kScalarOnly, Generation::kV4, kByEngine, kActivate2Operands, kActivate2Attributes},
    {kExponential, kVectorOnly, Generation::kV4, kByEngine, kExponentialOperands,
     kExponentialAttributes},
    {kReciprocal, kVectorOnly, kAll, kByEngine, kDstData, {}},
    {kIota, kGpSimdOnly, kAll, kByEngine, kDstOnly, kIotaAttributes},
    {kAffineSelect, kGpSimdOnly, kAll, kByEngine, kAffineSelectOperands, kAffineSelectAttributes},
    {kRangeSelect, kVectorOnly, Generation::kV3, kByEngine, kRangeSelectOperands,
     kRangeSelectAttributes},
    {kSelectReduce, kVectorOnly, kAll, kByEngine, kSelectReduceOperands, kSelectReduceAttributes},
    {kLocalGather, kGpSimdOnly, kAll, kByEngine, kLocalGatherOperands, kLocalGatherAttributes},
    {kNcNGather, kGpSimdOnly, kAll, kByEngine, kNGatherOperands, {}},
    {kNcStreamShuffle, kVectorOnly, kAll, kByEngine, kDstSrc, kShuffleAttributes},
    {kBnStats, kVectorOnly, kAll, kByEngine, kDstData, {}},
    {kBnAggr, kVectorOnly, kAll, kByEngine, kDstData, {}},
    {kMax8, kVectorOnly, kAll, kByEngine, kDstSrc, {}},
    {kNcFindIndex8, kVectorOnly, kAll, kByEngine, kFindIndexOperands, {}},
    {kNcMatchReplace8, kVectorOnly, kAll, kByEngine, kMatchReplaceOperands,
     kMatchReplaceAttributes},
    {kTopk, kGpSimdOnly, kAll, kByEngine, kTopkOperands, kTopkAttributes},
    {kNonzeroWithCount, kGpSimdOnly, Generation::kV3, kByEngine, kDstSrc, kNonzeroAttributes},
    {kSequenceBounds, kGpSimdOnly, kAll, kByEngine, kSequenceBoundsOperands, {}},
    {kRng, kVectorGpSimd, kAll, kByEngine, kDstOnly, {}},
    {kRand2, kVectorOnly, Generation::kV4, kByEngine, kRand2Operands, {}},
    {kDropout, kVectorOnly, kAll, kByEngine, kDropoutOperands, {}},
    {kSetRngSeed, kVectorOnly, kAll, kByEngine, kSeedsOnly, {}},
    {kRandSetState, kGpSimdVector, Generation::kV3, kByEngine, kSeedsOnly, {}},
    {kRandGetState, kGpSimdVector, Generation::kV3, kByEngine, kDstOnly, {}},
    {kQuantizeMx, kVectorOnly, Generation::kV4, kByEngine, kQuantizeOperands, {}},
    {kCoreBarrier, kBarrierEngines, Generation::kV3, kByEngine, kBarrierOperands,
     kBarrierAttributes},
    {kSendrecv, kDmaStarters, Generation::kV3, kByDma, kDstSrc, kSendrecvAttributes},
    {kRegisterAlloc, kSequencers, kAll, kByEngine, kRegisterAllocOperands, {}},
    {kRegisterMove, kSequencers, kAll, kByEngine, kRegisterMoveOperands, {}},
    {kRegisterLoad, kSequencers, kAll, kByEngine, kRegisterLoadOperands, {}},
    {kRegisterStore, kSequencers, kAll, kByEngine, kRegisterStoreOperands, {}},
    {kForBegin, kSequencers, kAll, kByEngine, kForOperands, kForAttributes},
    {kWhileBegin, kSequencers, kAll, kByEngine, kWhileOperands, {}},
    {kLoopEnd, kSequencers, kAll, kByEngine, {}, {}},
};
static_assert(std::size(kTable) == kOpcodes);

constexpr bool in_order() {
  for (int i = 0; i < kOpcodes; ++i) {
    if (static_cast<int>(kTable[i].opcode) != i) return false;
  }
  return true;
}
static_assert(in_order());

}  // namespace

std::string_view name(Opcode opcode) { return kOpcodeNames[static_cast<int>(opcode)]; }
std::string_view name(OperandName name) { return kOperandNameTexts[static_cast<int>(name)]; }
std::string_view name(AttributeName name) { return kAttributeNameTexts[static_cast<int>(name)]; }
std::span<const std::string_view> opcode_names() { return kOpcodeNames; }
std::span<const std::string_view> operand_names() { return kOperandNameTexts; }
std::span<const std::string_view> attribute_names() { return kAttributeNameTexts; }

const InstructionInfo& info(Opcode opcode) { return kTable[static_cast<int>(opcode)]; }
std::span<const InstructionInfo> instruction_table() { return kTable; }

const OperandInfo* InstructionInfo::find(OperandName wanted) const {
  for (const OperandInfo& operand : operands) {
    if (operand.name == wanted) return &operand;
  }
  return nullptr;
}

const AttributeInfo* InstructionInfo::find(AttributeName wanted) const {
  for (const AttributeInfo& attribute : attributes) {
    if (attribute.name == wanted) return &attribute;
  }
  return nullptr;
}

}  // namespace switchyard::isa
