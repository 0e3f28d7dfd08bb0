// tensor_reduce, tensor_partition_reduce, tensor_scalar_reduce, bn_stats, bn_aggr.
#include "isa/rules.h"

namespace switchyard::isa {

namespace {

using enum OperandName;
using A = AttributeName;

constexpr OpSet kReductions = set_of({Op::kBitwiseAnd, Op::kBitwiseOr, Op::kBitwiseXor, Op::kAdd,
                                      Op::kSubtract, Op::kMultiply, Op::kMaximum, Op::kMinimum,
                                      Op::kLogicalAnd, Op::kLogicalOr, Op::kLogicalXor});

// The axes are the last free dims; dim 0 is the partitions.
void rule_tensor_reduce(Check& check) {
  check.same_partitions(kDst, kData);
  check.ops(A::kOp, kReductions);
  const Access& data = *check.tile(kData);
  const auto& axes = check.instruction.integers(A::kAxis);
  const auto first = static_cast<std::int64_t>(data.rank + 1 - axes.size());
  bool trailing = !axes.empty() && first >= 1;
  for (std::size_t i = 0; trailing && i < axes.size(); ++i) {
    trailing = axes[i] == first + static_cast<std::int64_t>(i);
  }
  if (!trailing) {
    check.fault(A::kAxis, "is " + text_of(axes),
                fmt::format("the last of the free dims 1 to {}, in order", data.rank));
    return;
  }
  std::int64_t kept = 1;
  for (std::int64_t i = 1; i < first; ++i) kept *= data.dims[i - 1].count;
  check.elements(kDst, kept, "what the axes leave of data");
  const Op op = check.instruction.op(A::kOp);
  if (!is_bitvec(op)) return;
  check_bit_types(check, {kDst, kData});
  if (check.instruction.flag(A::kNegate)) {
    check.fault(A::kNegate, "is true", fmt::format("false with {}", name(op)));
  }
}

void rule_tensor_partition_reduce(Check& check) {
  check.partitions(kDst, 1, "one for all partitions of data");
  if (const Access* data = check.tile(kData)) {
    check.elements(kDst, data->elements_per_partition(), "as data has");
  }
  check.ops(A::kOp,
            set_of({Op::kAdd, Op::kAverage, Op::kMaximum, Op::kBitwiseOr, Op::kBitwiseAnd}));
  if (is_bitvec(check.instruction.op(A::kOp))) check_bit_types(check, {kDst, kData});
}

void rule_tensor_scalar_reduce(Check& check) {
  check.same_shape(kDst, kData);
  check_alu_op(check, A::kOp0, kArithmeticOps | kArithmeticUnaryOps);
  check.value_a_partition(kOperand0, kData);
  check.types(kOperand0, kFloat32Only);
  check.ops(A::kReduceOp, set_of({Op::kAdd, Op::kMultiply, Op::kMaximum, Op::kMinimum}));
  check.value_a_partition(kReduceRes, kData);
  check.value_a_partition(kReduceInit, kData);
  check.types(kReduceInit, kFloat32Only);
  if (check.instruction.flag(A::kReverse0)) {
    check.fault(A::kReverse0, "is true", "false: not supported yet");
  }
  using enum ReduceCommand;
  check.commands({kResetReduce, kReduce, kLoadReduce});
  const bool loads = check.instruction.reduce_command() == kLoadReduce;
  const bool given = check.instruction.find(kReduceInit) != nullptr;
  if (loads != given) {
    check.fault(
        kReduceInit, given ? "is given" : "is missing",
        given ? "none without reduce_cmd=load_reduce" : "what reduce_cmd=load_reduce loads");
  }
}

void rule_bn_stats(Check& check) {
  constexpr std::int64_t kStatistics = 6;
  check.same_partitions(kDst, kData);
  check.elements(kDst, kStatistics, "count, mean and variance * count of even and odd elements");
  check.elements_between(kData, 1, check.limits.bn_stats_free_max);
}

void rule_bn_aggr(Check& check) {
  check.same_partitions(kDst, kData);
  check.elements(kDst, 2, "mean and variance");
  const std::int64_t values = check.tile(kData)->elements_per_partition();
  if (values % 3 != 0) {
    check.fault(kData, fmt::format("has {} elements a partition", values),
                "a multiple of 3: count, mean, variance * count");
  }
}

constexpr RuleRow kRules[] = {
    {Opcode::kTensorReduce, rule_tensor_reduce},
    {Opcode::kTensorPartitionReduce, rule_tensor_partition_reduce},
    {Opcode::kTensorScalarReduce, rule_tensor_scalar_reduce},
    {Opcode::kBnStats, rule_bn_stats},
    {Opcode::kBnAggr, rule_bn_aggr},
};

}  // namespace

std::span<const RuleRow> reduce_rules() { return kRules; }

}  // namespace switchyard::isa
