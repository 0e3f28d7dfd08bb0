// iota, affine_select, range_select, select_reduce.
#include <limits>

#include "isa/rules.h"

namespace switchyard::isa {

namespace {

using enum OperandName;
using A = AttributeName;

void rule_iota(Check& check) {
  check_affine_pattern(check);
  check.int32(A::kOffset);
  check.int32(A::kChannelMultiplier);
}

void rule_affine_select(Check& check) {
  check.same_shape(kOnTrueTile, kDst);
  check_affine_pattern(check);
  check.int32(A::kOffset);
  check.int32(A::kChannelMultiplier);
  check.ops(A::kCmpOp, kComparisonOps);
}

void rule_range_select(Check& check) {
  constexpr OpSet kComparisons = kComparisonOps & ~set_of({Op::kNotEqual});
  constexpr std::int64_t kExactMax = 1 << 24;  // positions are compared as float32
  check.same_shape(kDst, kOnTrueTile);
  check.types(kOnTrueTile, kFloatTypes);
  for (const OperandName operand : {kBound0, kBound1}) {
    check.value_a_partition(operand, kOnTrueTile);
    check.types(operand, kFloat32Only);
  }
  check.ops(A::kCompOp0, kComparisons);
  check.ops(A::kCompOp1, kComparisons);
  check.value_a_partition(kReduceRes, kOnTrueTile);
  check.ops(A::kReduceOp, set_of({Op::kMaximum}));
  using enum ReduceCommand;
  check.commands({kIdle, kReset, kReduce, kResetReduce});
  if (static_cast<float>(check.instruction.number(A::kOnFalseValue)) !=
      std::numeric_limits<float>::lowest()) {
    check.fault(A::kOnFalseValue, fmt::format("is {}", check.instruction.number(A::kOnFalseValue)),
                "the lowest float32, -3.4028235e+38");
  }
  const std::int64_t elements = check.tile(kOnTrueTile)->elements_per_partition();
  check.integer_between(A::kRangeStart, -kExactMax, kExactMax - elements + 1);
}

void rule_select_reduce(Check& check) {
  using enum numeric::ElementType;
  constexpr TypeSet kPredicateTypes = set_of({kInt8, kUint8, kInt16, kUint16});
  for (const OperandName operand : {kOnTrue, kPredicate}) check.same_shape(operand, kDst);
  const Access& on_true = *check.tile(kOnTrue);
  if (contains(set_of({kTfloat32, kInt32, kUint32}), on_true.type)) {
    check.fault(kOnTrue, fmt::format("is {}", name(on_true.type)),
                "any type but tfloat32, int32 and uint32");
  }
  check.types(kPredicate, kPredicateTypes);
  check.value_a_partition(kOnFalse, kOnTrue);
  check.not_both_in_psum(kOnTrue, kPredicate);
  check.value_a_partition(kReduceRes, kOnTrue);
  check.types(kReduceRes, kFloatTypes);
  check.ops(A::kReduceOp, set_of({Op::kMaximum}));
  using enum ReduceCommand;
  check.commands({kResetReduce, kReduce, kIdle});
}

constexpr RuleRow kRules[] = {
    {Opcode::kIota, rule_iota},
    {Opcode::kAffineSelect, rule_affine_select},
    {Opcode::kRangeSelect, rule_range_select},
    {Opcode::kSelectReduce, rule_select_reduce},
};

}  // namespace

void check_affine_pattern(Check& check) {
  constexpr std::size_t kDimsMax = 4;
  const auto& pattern = check.instruction.integers(A::kPattern);
  if (pattern.size() % 2 != 0 || pattern.empty() || pattern.size() > 2 * kDimsMax) {
    check.fault(A::kPattern, fmt::format("has {} values", pattern.size()),
                "one to four pairs of step and count");
    return;
  }
  std::int64_t elements = 1;
  for (std::size_t i = 0; i < pattern.size(); i += 2) {
    const std::int64_t step = pattern[i], count = pattern[i + 1];
    if (step < std::numeric_limits<std::int32_t>::min() ||
        step > std::numeric_limits<std::int32_t>::max()) {
      check.fault(A::kPattern, fmt::format("has a step of {}", step), "an int32");
    }
    if (count < 1 || __builtin_mul_overflow(elements, count, &elements)) {
      check.fault(A::kPattern, fmt::format("has a count of {}", count), "a size of dst's");
      return;
    }
  }
  const std::int64_t wanted = check.tile(kDst)->elements_per_partition();
  if (elements != wanted) {
    check.fault(A::kPattern, fmt::format("has {} elements", elements),
                fmt::format("{}, as a partition of dst has", wanted));
  }
}

std::span<const RuleRow> select_rules() { return kRules; }

}  // namespace switchyard::isa
