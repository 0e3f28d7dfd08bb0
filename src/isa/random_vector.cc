// Elementwise, reducing, activating and selecting instructions.
#include <limits>

#include "isa/random_instructions.h"
#include "isa/rules.h"

namespace switchyard::isa {

namespace {

using enum OperandName;
using A = AttributeName;
using enum numeric::ElementType;

constexpr bool kWrites = true, kReads = false;

OpSet known(const RandomBuilder& b, OpSet ops) {
  return b.before(Generation::kV4) ? ops & ~kV4Ops : ops;
}

void flag(RandomBuilder& b, A name) {
  if (b.chance(0.3)) b.attribute(name, b.chance(0.5));
}

// Only one of two inputs of the Vector engine may be in PSUM.
void inputs(RandomBuilder& b, RandomShape shape, OperandName one, OperandName other,
            TypeSet types) {
  Want first = shape.tile(b, types, kReads);
  if (first.buffer == Buffer::kPsum) shape.psum = false;
  b.operand(one, first);
  b.operand(other, shape.tile(b, types, kReads));
}

void make_tensor_copy(RandomBuilder& b) {
  Engine engine = b.choose({Engine::kUnknown, Engine::kVector, Engine::kGpSimd, Engine::kScalar});
  if (engine == Engine::kScalar && b.before(Generation::kV3)) engine = Engine::kVector;
  b.start(Opcode::kTensorCopy, engine);
  const RandomShape shape(b, engine != Engine::kGpSimd);
  if (engine != Engine::kGpSimd) b.maybe_gather(shape.partitions, 16);
  if (b.chance(0.1)) {
    const TypeSet packed = set_of({b.type_of(kPackedTypes)});
    b.operand(kDst, shape.tile(b, packed, kWrites));
    b.operand(kSrc, shape.tile(b, packed, kReads));
  } else {
    b.operand(kDst, shape.tile(b, kPlainTypes, kWrites));
    b.operand(kSrc, shape.tile(b, kPlainTypes, kReads));
  }
  b.finish();
}

void make_tensor_copy_predicated(RandomBuilder& b) {
  b.start(Opcode::kTensorCopyPredicated);
  RandomShape shape(b);
  b.maybe_gather(shape.partitions, 16);
  const TypeSet type = set_of({b.type_of(kPlainTypes)});
  b.operand(kDst, shape.tile(b, type, kWrites));
  Want src = shape.tile(b, type, kReads);
  if (b.chance(0.3)) {
    b.number(kSrc, contains(kIntegerTypes, src.type) ? 3.0 : b.number());
  } else {
    if (src.buffer == Buffer::kPsum) shape.psum = false;
    b.operand(kSrc, src);
  }
  b.operand(kPredicate, shape.tile(b, set_of({kUint8, kUint16, kUint32}), kReads));
  flag(b, A::kReversePred);
  b.finish();
}

void make_memset(RandomBuilder& b) {
  const Engine engine = b.choose({Engine::kUnknown, Engine::kVector, Engine::kGpSimd});
  b.start(Opcode::kMemset, engine);
  const RandomShape shape(b, engine != Engine::kGpSimd);
  const Want dst = shape.tile(b, kPlainTypes | kPackedTypes, kWrites);
  b.operand(kDst, dst);
  if (numeric::is_packed(dst.type)) {
    b.attribute(A::kValue, std::int64_t{0});
  } else if (contains(kIntegerTypes, dst.type)) {
    b.attribute(A::kValue, b.between(0, 100));
  } else {
    b.attribute(A::kValue, b.number());
  }
  b.finish();
}

void make_tensor_tensor(RandomBuilder& b) {
  const bool bits = b.chance(0.3);
  const Op op = b.op_of(known(b, bits ? kBitOps & ~set_of({Op::kInvert}) : kArithmeticOps));
  Engine engine = b.choose({Engine::kUnknown, Engine::kVector, Engine::kGpSimd});
  if (op == Op::kPower && engine == Engine::kVector) engine = Engine::kGpSimd;
  b.start(Opcode::kTensorTensor, engine);
  RandomShape shape(b, engine != Engine::kGpSimd && op != Op::kPower);
  b.maybe_gather(shape.partitions, 16);
  const TypeSet types = bits ? kIntegerTypes : kPlainTypes;
  b.operand(kDst, shape.tile(b, types, kWrites));
  inputs(b, shape, kData1, kData2, types);
  b.attribute(A::kOp, op);
  b.finish();
}

void scalar(RandomBuilder& b, OperandName name, Op op, const RandomShape& shape) {
  if (is_unary(op)) return b.number(name, 0);
  if (is_bitvec(op)) return b.number(name, static_cast<double>(b.between(0, 7)));
  b.value(name, shape.partitions, shape.psum);
}

void make_tensor_scalar(RandomBuilder& b) {
  const bool bits = b.chance(0.25);
  Engine engine =
      bits ? b.choose({Engine::kUnknown, Engine::kVector})
           : b.choose({Engine::kUnknown, Engine::kVector, Engine::kGpSimd, Engine::kScalar});
  if (engine == Engine::kScalar && b.before(Generation::kV3)) engine = Engine::kUnknown;
  const OpSet ops = bits ? kBitOps : known(b, kArithmeticOps | kArithmeticUnaryOps);
  Op op0 = b.op_of(ops), op1 = b.op_of(ops);
  bool two = b.chance(0.5);
  if (engine == Engine::kScalar && b.before(Generation::kV4)) {
    op0 = two ? Op::kMultiply : b.choose({Op::kMultiply, Op::kAdd});
    op1 = Op::kAdd;
  }
  b.start(Opcode::kTensorScalar, engine);
  const RandomShape shape(b, engine != Engine::kGpSimd);
  const TypeSet types = bits ? kIntegerTypes : kPlainTypes;
  const Want dst = shape.tile(b, types, kWrites);
  // 32-bit integers through tensor indirection are not for arithmetic.
  if (bits || !contains(kIndexTypes, dst.type)) b.maybe_gather(shape.partitions, 16);
  b.operand(kDst, dst);
  b.operand(kData, shape.tile(b, types, kReads));
  scalar(b, kOperand0, op0, shape);
  if (two) scalar(b, kOperand1, op1, shape);
  b.attribute(A::kOp0, op0);
  flag(b, A::kReverse0);
  if (two) b.attribute(A::kOp1, op1);
  flag(b, A::kReverse1);
  b.finish();
}

void make_scalar_tensor_tensor(RandomBuilder& b) {
  b.start(Opcode::kScalarTensorTensor);
  RandomShape shape(b);
  b.operand(kDst, shape.tile(b, kPlainTypes, kWrites));
  const Want data = shape.tile(b, kPlainTypes, kReads);
  b.operand(kData, data);
  b.value(kOperand0, shape.partitions, true);
  if (data.buffer == Buffer::kPsum) shape.psum = false;
  b.operand(kOperand1, shape.tile(b, kPlainTypes, kReads));
  b.attribute(A::kOp0, b.op_of(known(b, kArithmeticOps)));
  b.attribute(A::kOp1, b.op_of(known(b, kArithmeticOps)));
  flag(b, A::kReverse0);
  flag(b, A::kReverse1);
  b.finish();
}

void make_tensor_scalar_cumulative(RandomBuilder& b) {
  constexpr TypeSet kTypes =
      (kFloatTypes & ~set_of({kTfloat32})) | set_of({kUint8, kUint16, kInt8, kInt16});
  b.start(Opcode::kTensorScalarCumulative);
  const RandomShape shape(b);
  b.maybe_gather(shape.partitions, 16);
  b.operand(kDst, shape.tile(b, kTypes, kWrites));
  b.operand(kSrc, shape.tile(b, kTypes, kReads));
  b.value(kImm0, shape.partitions, true);
  using enum ReduceCommand;
  const ReduceCommand command = b.choose({kResetReduce, kLoadReduce, kReduce});
  if (command == kLoadReduce) b.value(kImm1, shape.partitions, true);
  b.attribute(A::kOp0, b.op_of(known(b, kArithmeticOps)));
  b.attribute(A::kOp1,
              b.choose({Op::kAdd, Op::kSubtract, Op::kMultiply, Op::kMaximum, Op::kMinimum}));
  b.attribute(A::kReduceCmd, command);
  b.finish();
}

void make_tensor_tensor_scan(RandomBuilder& b) {
  b.start(Opcode::kTensorTensorScan);
  const RandomShape shape(b);
  b.operand(kDst, shape.tile(b, kPlainTypes, kWrites));
  inputs(b, shape, kData0, kData1, kPlainTypes);
  b.value(kInitial, shape.partitions, true);
  b.attribute(A::kOp0, b.op_of(known(b, kArithmeticOps)));
  b.attribute(A::kOp1, b.op_of(known(b, kArithmeticOps)));
  flag(b, A::kReverse0);
  flag(b, A::kReverse1);
  b.finish();
}

void make_reciprocal(RandomBuilder& b) {
  b.start(Opcode::kReciprocal);
  const RandomShape shape(b);
  b.operand(kDst, shape.tile(b, kPlainTypes, kWrites));
  b.operand(kData, shape.tile(b, kPlainTypes, kReads));
  b.finish();
}

void make_tensor_reduce(RandomBuilder& b) {
  const bool bits = b.chance(0.3);
  const Op op = bits ? b.choose({Op::kBitwiseAnd, Op::kBitwiseOr, Op::kBitwiseXor})
                     : b.choose({Op::kAdd, Op::kSubtract, Op::kMultiply, Op::kMaximum, Op::kMinimum,
                                 Op::kLogicalAnd, Op::kLogicalOr, Op::kLogicalXor});
  b.start(Opcode::kTensorReduce);
  RandomShape shape(b);
  b.maybe_gather(shape.partitions, 16);
  const TypeSet types = bits ? kIntegerTypes : kPlainTypes;
  const int rank = static_cast<int>(b.between(1, 3));
  const int reduced = static_cast<int>(b.between(1, rank));
  std::vector<std::int64_t> counts, axes;
  std::int64_t kept = 1;
  for (int i = 0; i < rank; ++i) {
    counts.push_back(b.between(1, i == rank - 1 ? 24 : 4));
    if (i < rank - reduced) {
      kept *= counts.back();
    } else {
      axes.push_back(i + 1);
    }
  }
  shape.elements = kept;
  b.operand(kDst, shape.tile(b, types, kWrites));
  Want data = shape.tile(b, types, kReads);
  data.counts = counts;
  data.elements = 1;
  for (const std::int64_t count : counts) data.elements *= count;
  b.operand(kData, data);
  b.attribute(A::kOp, op);
  b.attribute(A::kAxis, axes);
  if (!bits) flag(b, A::kNegate);
  flag(b, A::kKeepdims);
  b.finish();
}

void make_tensor_partition_reduce(RandomBuilder& b) {
  const bool bits = b.chance(0.3);
  b.start(Opcode::kTensorPartitionReduce);
  const RandomShape shape(b, false);
  const TypeSet types = bits ? kIntegerTypes : kPlainTypes;
  Want dst = shape.tile(b, types, kWrites);
  dst.partitions = 1;
  b.operand(kDst, dst);
  b.operand(kData, shape.tile(b, types, kReads));
  b.attribute(A::kOp, bits ? b.choose({Op::kBitwiseAnd, Op::kBitwiseOr})
                           : b.choose({Op::kAdd, Op::kMaximum}));
  b.finish();
}

void make_tensor_scalar_reduce(RandomBuilder& b) {
  b.start(Opcode::kTensorScalarReduce);
  const RandomShape shape(b);
  b.maybe_gather(shape.partitions, 16);
  b.operand(kDst, shape.tile(b, kPlainTypes, kWrites));
  b.operand(kData, shape.tile(b, kPlainTypes, kReads));
  const Op op0 = b.op_of(known(b, kArithmeticOps | kArithmeticUnaryOps));
  if (is_unary(op0)) {
    b.number(kOperand0, 0);
  } else {
    b.value(kOperand0, shape.partitions, true);
  }
  if (b.chance(0.7)) b.operand(kReduceRes, shape.single(b, kPlainTypes));
  using enum ReduceCommand;
  const ReduceCommand command = b.choose({kResetReduce, kLoadReduce, kReduce});
  if (command == kLoadReduce) b.value(kReduceInit, shape.partitions, true);
  b.attribute(A::kOp0, op0);
  b.attribute(A::kReduceOp, b.choose({Op::kAdd, Op::kMultiply, Op::kMaximum, Op::kMinimum}));
  b.attribute(A::kReduceCmd, command);
  flag(b, A::kReduceResNegate);
  b.finish();
}

void make_bn_stats(RandomBuilder& b) {
  b.start(Opcode::kBnStats);
  RandomShape shape(b);
  Want dst = shape.tile(b, kPlainTypes, kWrites);
  dst.elements = 6;
  b.operand(kDst, dst);
  b.operand(kData, shape.tile(b, kPlainTypes, kReads));
  b.finish();
}

void make_bn_aggr(RandomBuilder& b) {
  b.start(Opcode::kBnAggr);
  RandomShape shape(b);
  Want dst = shape.tile(b, kPlainTypes, kWrites);
  dst.elements = 2;
  b.operand(kDst, dst);
  shape.elements = 3 * b.between(1, 8);
  b.operand(kData, shape.tile(b, kPlainTypes, kReads));
  b.finish();
}

OpSet activations() {
  OpSet functions = 0;
  for (int i = 0; i < kOps; ++i) {
    if (is_activation(static_cast<Op>(i))) functions |= OpSet{1} << i;
  }
  return functions;
}

// dst, data, and the operands of scale and bias.
void activate(RandomBuilder& b, Opcode opcode) {
  b.start(opcode);
  const RandomShape shape(b);
  b.maybe_gather(shape.partitions, 16);
  const bool reduces = opcode == Opcode::kActivationReduce;
  const Op op = b.op_of(activations());
  b.operand(kDst, shape.tile(b, kPlainTypes, kWrites));
  b.operand(kData, shape.tile(b, kPlainTypes, kReads));
  if (reduces) b.operand(kReduceRes, shape.single(b, kPlainTypes));
  const bool no_bias = b.before(Generation::kV3) && op == Op::kReciprocal;
  if (!no_bias && b.chance(0.5)) {
    if (!b.before(Generation::kV3) && b.chance(0.5)) {
      b.number(kBias, b.number());
    } else {
      Want bias = shape.single(b, kPlainTypes & ~set_of({kTfloat32}));
      bias.write = false;
      b.operand(kBias, bias);
    }
  }
  if (b.chance(0.5)) b.value(kScale, shape.partitions, true);
  if (!reduces && b.chance(0.4)) b.operand(kReduceRes, shape.single(b, kPlainTypes));
  b.attribute(A::kOp, op);
  if (reduces || b.chance(0.5)) b.attribute(A::kReduceOp, Op::kAdd);
  using enum ReduceCommand;
  if (!reduces) b.attribute(A::kReduceCmd, b.choose({kIdle, kReset, kReduce, kResetReduce}));
  b.finish();
}

void make_activation(RandomBuilder& b) { activate(b, Opcode::kActivation); }
void make_activation_reduce(RandomBuilder& b) { activate(b, Opcode::kActivationReduce); }

void make_activate2(RandomBuilder& b) {
  struct Pair {
    Op op0, op1;
  };
  const auto [op0, op1] =
      b.choose({Pair{Op::kMultiply, Op::kAdd}, Pair{Op::kMultiply, Op::kSubtract},
                Pair{Op::kMultiply, Op::kBypass}, Pair{Op::kAdd, Op::kBypass},
                Pair{Op::kSubtract, Op::kBypass}, Pair{Op::kBypass, Op::kBypass}});
  b.start(Opcode::kActivate2);
  const RandomShape shape(b);
  b.maybe_gather(shape.partitions, 16);
  b.operand(kDst, shape.tile(b, kPlainTypes, kWrites));
  b.operand(kData, shape.tile(b, kPlainTypes, kReads));
  for (const OperandName name : {kImm0, kImm1}) b.value(name, shape.partitions, true);
  if (b.chance(0.3)) b.value(kReluParam, shape.partitions, true);
  if (b.chance(0.5)) b.operand(kReduceRes, shape.single(b, kPlainTypes));
  b.attribute(A::kOp, b.op_of(activations()));
  b.attribute(A::kOp0, op0);
  b.attribute(A::kOp1, op1);
  if (op0 != Op::kBypass) flag(b, A::kReverse0);
  if (op1 != Op::kBypass) flag(b, A::kReverse1);
  b.attribute(A::kReduceOp,
              b.choose({Op::kAdd, Op::kMaximum, Op::kMinimum, Op::kAbsMax, Op::kAbsMin}));
  using enum ReduceCommand;
  b.attribute(A::kReduceCmd, b.choose({kIdle, kReset, kReduce, kResetReduce}));
  b.finish();
}

void make_exponential(RandomBuilder& b) {
  constexpr TypeSet kSums =
      set_of({kFloat8E4m3, kFloat8E5m2, kFloat16, kBfloat16, kFloat32, kTfloat32});
  b.start(Opcode::kExponential);
  const RandomShape shape(b);
  b.maybe_gather(shape.partitions, 16);
  b.operand(kDst, shape.tile(b, kSums | (kIntegerTypes & ~kUint32Only), kWrites));
  b.operand(kSrc, shape.tile(b, (kSums & ~set_of({kTfloat32})) | kIntegerTypes, kReads));
  if (b.chance(0.6)) b.value(kMaxValue, shape.partitions, true);
  if (b.chance(0.5)) b.operand(kReduceRes, shape.single(b, kSums));
  using enum ReduceCommand;
  const ReduceCommand command = b.choose({kIdle, kResetReduce, kLoadReduce, kReduce});
  if (command == kLoadReduce) b.value(kReduceInit, shape.partitions, true);
  b.attribute(A::kReduceCmd, command);
  b.finish();
}

// One to four pairs of step and count, `elements` in all.
void affine_pattern(RandomBuilder& b, std::int64_t elements) {
  std::vector<std::int64_t> pattern;
  while (pattern.size() < 6 && b.chance(0.5)) {
    std::int64_t factor = b.between(1, 4);
    if (elements % factor != 0) factor = 1;
    pattern.insert(pattern.end(), {b.between(-9, 9), factor});
    elements /= factor;
  }
  pattern.insert(pattern.end(), {b.between(-9, 9), elements});
  b.attribute(A::kPattern, pattern);
}

void make_iota(RandomBuilder& b) {
  b.start(Opcode::kIota);
  const RandomShape shape(b, false);
  b.operand(kDst, shape.tile(b, kPlainTypes, kWrites));
  affine_pattern(b, shape.elements);
  if (b.chance(0.6)) b.attribute(A::kOffset, b.between(-100, 100));
  if (b.chance(0.6)) b.attribute(A::kChannelMultiplier, b.between(-7, 7));
  b.finish();
}

void make_affine_select(RandomBuilder& b) {
  b.start(Opcode::kAffineSelect);
  const RandomShape shape(b, false);
  b.operand(kDst, shape.tile(b, kPlainTypes, kWrites));
  b.operand(kOnTrueTile, shape.tile(b, kPlainTypes, kReads));
  affine_pattern(b, shape.elements);
  b.attribute(A::kChannelMultiplier, b.between(-7, 7));
  b.attribute(A::kOnFalseValue, b.number());
  if (b.chance(0.7)) b.attribute(A::kCmpOp, b.op_of(kComparisonOps));
  if (b.chance(0.6)) b.attribute(A::kOffset, b.between(-100, 100));
  b.finish();
}

void make_range_select(RandomBuilder& b) {
  constexpr OpSet kComparisons = kComparisonOps & ~set_of({Op::kNotEqual});
  b.start(Opcode::kRangeSelect);
  const RandomShape shape(b);
  b.operand(kDst, shape.tile(b, kPlainTypes, kWrites));
  b.operand(kOnTrueTile, shape.tile(b, kFloatTypes, kReads));
  for (const OperandName name : {kBound0, kBound1}) {
    Want bound = shape.single(b, kFloat32Only);
    bound.write = false;
    b.operand(name, bound);
  }
  if (b.chance(0.6)) b.operand(kReduceRes, shape.single(b, kFloatTypes));
  b.attribute(A::kCompOp0, b.op_of(kComparisons));
  b.attribute(A::kCompOp1, b.op_of(kComparisons));
  using enum ReduceCommand;
  if (b.chance(0.5)) b.attribute(A::kReduceCmd, b.choose({kIdle, kReset, kResetReduce}));
  if (b.chance(0.5)) b.attribute(A::kRangeStart, b.between(-50, 50));
  b.finish();
}

void make_select_reduce(RandomBuilder& b) {
  b.start(Opcode::kSelectReduce);
  RandomShape shape(b);
  b.operand(kDst, shape.tile(b, kPlainTypes, kWrites));
  const Want predicate = shape.tile(b, set_of({kInt8, kUint8, kInt16, kUint16}), kReads);
  b.operand(kPredicate, predicate);
  if (predicate.buffer == Buffer::kPsum) shape.psum = false;
  b.operand(kOnTrue, shape.tile(b, kPlainTypes & ~set_of({kTfloat32, kInt32, kUint32}), kReads));
  b.value(kOnFalse, shape.partitions, true);
  if (b.chance(0.6)) b.operand(kReduceRes, shape.single(b, kFloatTypes));
  using enum ReduceCommand;
  b.attribute(A::kReduceCmd, b.choose({kIdle, kResetReduce, kReduce}));
  flag(b, A::kReversePred);
  b.finish();
}

constexpr RandomRow kRows[] = {
    {Opcode::kTensorCopy, make_tensor_copy},
    {Opcode::kTensorCopyPredicated, make_tensor_copy_predicated},
    {Opcode::kMemset, make_memset},
    {Opcode::kTensorTensor, make_tensor_tensor},
    {Opcode::kTensorScalar, make_tensor_scalar},
    {Opcode::kScalarTensorTensor, make_scalar_tensor_tensor},
    {Opcode::kTensorScalarCumulative, make_tensor_scalar_cumulative},
    {Opcode::kTensorTensorScan, make_tensor_tensor_scan},
    {Opcode::kReciprocal, make_reciprocal},
    {Opcode::kTensorReduce, make_tensor_reduce},
    {Opcode::kTensorPartitionReduce, make_tensor_partition_reduce},
    {Opcode::kTensorScalarReduce, make_tensor_scalar_reduce},
    {Opcode::kBnStats, make_bn_stats},
    {Opcode::kBnAggr, make_bn_aggr},
    {Opcode::kActivation, make_activation},
    {Opcode::kActivationReduce, make_activation_reduce},
    {Opcode::kActivate2, make_activate2},
    {Opcode::kExponential, make_exponential},
    {Opcode::kIota, make_iota},
    {Opcode::kAffineSelect, make_affine_select},
    {Opcode::kRangeSelect, make_range_select},
    {Opcode::kSelectReduce, make_select_reduce},
};

}  // namespace

std::span<const RandomRow> random_vector_rows() { return kRows; }

}  // namespace switchyard::isa
