// tensor_copy, memset, tensor_copy_predicated, tensor_tensor, tensor_scalar, scalar_tensor_tensor,
// tensor_scalar_cumulative, tensor_tensor_scan, reciprocal.
#include <cmath>

#include "isa/rules.h"

namespace switchyard::isa {

namespace {

using enum OperandName;
using A = AttributeName;

bool has_gather(const Check& check) {
  for (const Operand& operand : check.instruction.operands) {
    if (operand.kind == OperandKind::kAccess &&
        operand.access.indirection.kind == IndirectKind::kGather) {
      return true;
    }
  }
  return false;
}

void rule_tensor_copy(Check& check) {
  check.same_shape(kDst, kSrc);
  const bool packed =
      numeric::is_packed(check.tile(kDst)->type) || numeric::is_packed(check.tile(kSrc)->type);
  if (packed) check.same_type(kDst, kSrc, "packed types are copied, not converted");
  if (check.instruction.engine == Engine::kScalar && check.before(Generation::kV3)) {
    check.fault("runs on the scalar engine of NeuronCore-v2", "vector or gpsimd",
                "use activation with op=copy");
  }
  if (has_gather(check)) check.engines({Engine::kVector, Engine::kScalar}, "for indirection");
  check.scattered_not_to_psum();
}

void rule_memset(Check& check) {
  const Access& dst = *check.tile(kDst);
  const double value = check.instruction.number(A::kValue);
  if (numeric::is_packed(dst.type) && value != 0) {
    check.fault(A::kValue, fmt::format("is {}", value),
                fmt::format("0, the only value for {}", name(dst.type)));
  }
  if (contains(kIntegerTypes, dst.type) && value != std::floor(value)) {
    check.fault(A::kValue, fmt::format("is {}", value),
                fmt::format("a whole number, as dst is {}", name(dst.type)));
  }
}

void rule_tensor_copy_predicated(Check& check) {
  constexpr TypeSet kPredicateTypes = set_of(
      {numeric::ElementType::kUint8, numeric::ElementType::kUint16, numeric::ElementType::kUint32});
  check.same_shape(kDst, kPredicate);
  check.same_shape(kSrc, kPredicate);
  check.types(kPredicate, kPredicateTypes);
  check.same_type(kSrc, kDst);
  check.not_both_in_psum(kSrc, kPredicate);
}

void rule_tensor_tensor(Check& check) {
  check.same_shape(kData1, kDst);
  check.same_shape(kData2, kDst);
  check.not_both_in_psum(kData1, kData2);
  check_alu_op(check, A::kOp, (kBitOps & ~set_of({Op::kInvert})) | kArithmeticOps);
  const Op op = check.instruction.op(A::kOp);
  if (is_bitvec(op)) check_bit_types(check, {kDst, kData1, kData2});
  if (op != Op::kPower) return;
  check.engines({Engine::kGpSimd}, "power runs there alone");
  for (const OperandName operand : {kDst, kData1, kData2}) {
    check.buffers(operand, {Buffer::kSbuf},
                  "power runs on the GpSimd engine, which cannot reach psum");
  }
}

// operand0 and operand1: a number or a value a partition, float32 for arithmetic.
void check_scalar_operand(Check& check, OperandName operand, A attribute) {
  check.value_a_partition(operand, kData);
  const Op op = check.instruction.op(attribute);
  if (is_bitvec(op)) {
    check_bit_types(check, {operand});
  } else {
    check.types(operand, kFloat32Only);
  }
  const Operand* given = check.instruction.find(operand);
  if (!given || !is_unary(op)) return;
  if (given->kind == OperandKind::kAccess || given->number != 0) {
    check.fault(operand, "has a value", fmt::format("0, as {} takes one operand", name(op)));
  }
}

// The Scalar engine knows three forms before NeuronCore-v4.
void check_scalar_engine(Check& check, Op op0) {
  if (check.instruction.engine != Engine::kScalar || !check.before(Generation::kV4)) return;
  if (check.before(Generation::kV3)) {
    check.fault("runs on the scalar engine of NeuronCore-v2", "vector or gpsimd",
                "use activation with scale and bias");
    return;
  }
  const bool two = check.has(A::kOp1);
  const bool allowed = two ? op0 == Op::kMultiply && check.instruction.op(A::kOp1) == Op::kAdd
                           : op0 == Op::kMultiply || op0 == Op::kAdd;
  if (allowed) return;
  check.fault(
      fmt::format("has op0 {}{} on the scalar engine", name(op0),
                  two ? fmt::format(" and op1 {}", name(check.instruction.op(A::kOp1))) : ""),
      "multiply and add, multiply alone or add alone on NeuronCore-v3",
      "run it on the vector engine");
}

void rule_tensor_scalar(Check& check) {
  check.same_shape(kDst, kData);
  constexpr OpSet kAllowed = kBitOps | kArithmeticOps | kArithmeticUnaryOps;
  check_alu_op(check, A::kOp0, kAllowed);
  check_alu_op(check, A::kOp1, kAllowed);
  const bool two = check.has(A::kOp1);
  if (two != (check.instruction.find(kOperand1) != nullptr)) {
    check.fault(kOperand1, two ? "is missing" : "is given without op1",
                "op1 and operand1 together or neither");
  }
  if (!check.ok()) return;
  const Op op0 = check.instruction.op(A::kOp0);
  check_scalar_operand(check, kOperand0, A::kOp0);
  if (two) {
    check_scalar_operand(check, kOperand1, A::kOp1);
    if (is_bitvec(op0) != is_bitvec(check.instruction.op(A::kOp1))) {
      check.fault(A::kOp1, fmt::format("is {}", name(check.instruction.op(A::kOp1))),
                  fmt::format("an operator {} bits, as op0 {}", is_bitvec(op0) ? "of" : "not of",
                              name(op0)));
    }
  }
  if (is_bitvec(op0)) {
    check_bit_types(check, {kDst, kData});
    check.engines({Engine::kVector}, "operators of bits run there alone");
  }
  check_scalar_engine(check, op0);
  const bool addresses = !is_bitvec(op0) && contains(kIndexTypes, check.tile(kDst)->type) &&
                         contains(kIndexTypes, check.tile(kData)->type);
  if (addresses && has_gather(check)) {
    check.fault("computes 32-bit integers with tensor indirection",
                "a plain pattern or another type");
  }
  check.scattered_not_to_psum();
}

void rule_scalar_tensor_tensor(Check& check) {
  check.same_shape(kDst, kData);
  check.same_shape(kOperand1, kData);
  check.value_a_partition(kOperand0, kData);
  check_alu_op(check, A::kOp0, kArithmeticOps | kArithmeticUnaryOps);
  check_alu_op(check, A::kOp1, kArithmeticOps);
  check.not_both_in_psum(kData, kOperand1);
}

void rule_tensor_scalar_cumulative(Check& check) {
  constexpr TypeSet kTypes = (kFloatTypes & ~set_of({numeric::ElementType::kTfloat32})) |
                             set_of({numeric::ElementType::kUint8, numeric::ElementType::kUint16,
                                     numeric::ElementType::kInt8, numeric::ElementType::kInt16});
  constexpr OpSet kReductions =
      set_of({Op::kAdd, Op::kSubtract, Op::kMultiply, Op::kMaximum, Op::kMinimum});
  check.same_shape(kDst, kSrc);
  check.types(kDst, kTypes);
  check.types(kSrc, kTypes);
  check_alu_op(check, A::kOp0, kArithmeticOps | kArithmeticUnaryOps);
  check.ops(A::kOp1, kReductions);
  for (const OperandName operand : {kImm0, kImm1}) {
    check.value_a_partition(operand, kSrc);
    check.types(operand, kFloat32Only);
  }
  using enum ReduceCommand;
  check.commands({kResetReduce, kLoadReduce, kReduce});
  const bool loads = check.instruction.reduce_command() == kLoadReduce;
  if (loads && !check.instruction.find(kImm1)) {
    check.fault(kImm1, "is missing", "what reduce_cmd=load_reduce loads");
  }
  if (!loads && check.instruction.find(kImm1)) {
    check.fault(kImm1, "is given", "none without reduce_cmd=load_reduce");
  }
}

void rule_tensor_tensor_scan(Check& check) {
  check.same_shape(kData0, kDst);
  check.same_shape(kData1, kDst);
  check.value_a_partition(kInitial, kData0);
  check.not_both_in_psum(kData0, kData1);
  check_alu_op(check, A::kOp0, kArithmeticOps);
  check_alu_op(check, A::kOp1, kArithmeticOps);
}

void rule_reciprocal(Check& check) { check.same_shape(kDst, kData); }

constexpr RuleRow kRules[] = {
    {Opcode::kTensorCopy, rule_tensor_copy},
    {Opcode::kTensorCopyPredicated, rule_tensor_copy_predicated},
    {Opcode::kMemset, rule_memset},
    {Opcode::kTensorTensor, rule_tensor_tensor},
    {Opcode::kTensorScalar, rule_tensor_scalar},
    {Opcode::kScalarTensorTensor, rule_scalar_tensor_tensor},
    {Opcode::kTensorScalarCumulative, rule_tensor_scalar_cumulative},
    {Opcode::kTensorTensorScan, rule_tensor_tensor_scan},
    {Opcode::kReciprocal, rule_reciprocal},
};

}  // namespace

void check_alu_op(Check& check, AttributeName attribute, OpSet allowed) {
  if (!check.has(attribute)) return;
  const Op op = check.instruction.op(attribute);
  if (contains(kV4Ops, op) && contains(allowed, op) && check.before(Generation::kV4)) {
    check.since(Generation::kV4, fmt::format("{} {}", name(attribute), name(op)));
    return;
  }
  const bool no_instruction = contains(set_of({Op::kDivide, Op::kMod, Op::kFmod}), op);
  check.ops(attribute, check.before(Generation::kV4) ? allowed & ~kV4Ops : allowed,
            op == Op::kDivide ? "multiply by the reciprocal"
            : no_instruction  ? "no engine has it"
                              : "");
}

void check_bit_types(Check& check, std::initializer_list<OperandName> operands) {
  for (const OperandName operand : operands) {
    check.types(operand, kIntegerTypes, "operators of bits work on integers");
  }
}

std::span<const RuleRow> elementwise_rules() { return kRules; }

}  // namespace switchyard::isa
