// activation, activation_reduce, activate2, exponential.
// The page of activation_reduce restricts reduce_op to add on NeuronCore-v2 only; the page of
// activation, which it is said to equal, and the guide of NeuronCore-v4 know add alone everywhere.
#include "isa/rules.h"

namespace switchyard::isa {

namespace {

using enum OperandName;
using A = AttributeName;
using enum numeric::ElementType;

void check_function(Check& check) {
  OpSet functions = 0;
  for (int i = 0; i < kOps; ++i) {
    if (is_activation(static_cast<Op>(i))) functions |= OpSet{1} << i;
  }
  check.ops(A::kOp, functions);
}

bool has_bias(const Operand* bias) {
  return bias && (bias->kind == OperandKind::kAccess || bias->number != 0);
}

void check_scale_and_bias(Check& check) {
  check.value_a_partition(kScale, kData);
  check.value_a_partition(kBias, kData);
  check.types(kScale, kFloat32Only);
  const Access* bias = check.tile(kBias);
  if (bias && bias->type == kTfloat32) {
    check.fault(kBias, "is tfloat32", "any other type");
  }
  if (!check.before(Generation::kV3)) return;
  const Operand* operand = check.instruction.find(kBias);
  if (operand && operand->kind == OperandKind::kNumber) {
    check.fault(kBias, "is a number on NeuronCore-v2", "a value a partition, shape [P, 1]",
                "fill a [P, 1] tile with memset");
  }
  if (check.instruction.op(A::kOp) == Op::kReciprocal && has_bias(operand)) {
    check.fault(kBias, "is given with op reciprocal on NeuronCore-v2", "none");
  }
}

void check_activation(Check& check) {
  check.same_shape(kDst, kData);
  check_function(check);
  check_scale_and_bias(check);
  check.value_a_partition(kReduceRes, kData);
  check.ops(A::kReduceOp, set_of({Op::kAdd}));
  check.scattered_not_to_psum();
}

void rule_activation(Check& check) {
  using enum ReduceCommand;
  check_activation(check);
  check.commands({kIdle, kReset, kReduce, kResetReduce});
}

void check_reduction_is_named(Check& check) {
  const ReduceCommand command = check.instruction.reduce_command();
  const bool reduces = command == ReduceCommand::kReduce || command == ReduceCommand::kResetReduce;
  if (reduces && !check.has(A::kReduceOp)) {
    check.fault(A::kReduceOp, "is missing",
                fmt::format("an operator for reduce_cmd={}", name(command)));
  }
}

void rule_activate2(Check& check) {
  check.same_shape(kDst, kData);
  check_function(check);
  for (const OperandName operand : {kImm0, kImm1, kReluParam, kReduceRes}) {
    check.value_a_partition(operand, kData);
  }
  check.same_type(kImm1, kImm0);
  const Op op0 = check.instruction.op(A::kOp0), op1 = check.instruction.op(A::kOp1);
  const bool on_second =
      op1 == Op::kBypass || (op0 == Op::kMultiply && (op1 == Op::kAdd || op1 == Op::kSubtract));
  const bool on_first =
      contains(set_of({Op::kMultiply, Op::kAdd, Op::kSubtract, Op::kBypass}), op0);
  if (!on_first || !on_second) {
    check.fault(fmt::format("has op0 {} and op1 {}", name(op0), name(op1)),
                "multiply with add, subtract or bypass, or add, subtract or bypass with bypass");
  }
  if (check.instruction.flag(A::kReverse0) && op0 == Op::kBypass) {
    check.fault(A::kReverse0, "is true", "false with op0=bypass");
  }
  if (check.instruction.flag(A::kReverse1) && op1 == Op::kBypass) {
    check.fault(A::kReverse1, "is true", "false with op1=bypass");
  }
  check.ops(A::kReduceOp, set_of({Op::kAdd, Op::kMaximum, Op::kMinimum, Op::kAbsMax, Op::kAbsMin}));
  using enum ReduceCommand;
  check.commands({kResetReduce, kReduce, kReset, kIdle});
  check_reduction_is_named(check);
  check.scattered_not_to_psum();
}

void rule_exponential(Check& check) {
  constexpr TypeSet kSourceTypes =
      (kIntegerTypes | set_of({kFloat8E4m3, kFloat8E5m2, kFloat16, kBfloat16, kFloat32}));
  constexpr TypeSet kResultTypes = (kSourceTypes & ~kUint32Only) | set_of({kTfloat32});
  constexpr TypeSet kSumTypes =
      set_of({kFloat8E4m3, kFloat8E5m2, kFloat16, kBfloat16, kFloat32, kTfloat32});
  constexpr int kDimsMax = 4;
  check.same_shape(kDst, kSrc);
  check.types(kSrc, kSourceTypes);
  check.types(kDst, kResultTypes);
  check.dims_at_most(kSrc, kDimsMax);
  check.dims_at_most(kDst, kDimsMax);
  for (const OperandName operand : {kMaxValue, kReduceRes, kReduceInit}) {
    check.value_a_partition(operand, kSrc);
  }
  check.types(kMaxValue, kFloat32Only);
  check.types(kReduceInit, kFloat32Only);
  check.types(kReduceRes, kSumTypes);
  using enum ReduceCommand;
  check.commands({kIdle, kResetReduce, kReduce, kLoadReduce});
  const Operand* start = check.instruction.find(kReduceInit);
  const bool loads = check.instruction.reduce_command() == kLoadReduce;
  if (start && !loads && (start->kind != OperandKind::kNumber || start->number != 0)) {
    check.fault(kReduceInit, "is given", "none or 0 without reduce_cmd=load_reduce");
  }
}

constexpr RuleRow kRules[] = {
    {Opcode::kActivation, rule_activation},
    {Opcode::kActivationReduce, check_activation},
    {Opcode::kActivate2, rule_activate2},
    {Opcode::kExponential, rule_exponential},
};

}  // namespace

std::span<const RuleRow> activation_rules() { return kRules; }

}  // namespace switchyard::isa
