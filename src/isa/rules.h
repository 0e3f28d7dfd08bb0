// The rules of single instructions, a list a family. Internal to isa/.
//
// A rule runs after the stages of check.h found nothing wrong, so operands are there and of the
// kinds of the table's row, and tensors exist.
#pragma once

#include <span>

#include "isa/check.h"

namespace switchyard::isa {

using Rule = void (*)(Check&);

struct RuleRow {
  Opcode opcode;
  Rule rule;
};

std::span<const RuleRow> dma_rules();          // rules_dma.cc
std::span<const RuleRow> matmul_rules();       // rules_matmul.cc
std::span<const RuleRow> elementwise_rules();  // rules_elementwise.cc
std::span<const RuleRow> reduce_rules();       // rules_reduce.cc
std::span<const RuleRow> activation_rules();   // rules_activation.cc
std::span<const RuleRow> select_rules();       // rules_select.cc
std::span<const RuleRow> search_rules();       // rules_search.cc
std::span<const RuleRow> gather_rules();       // rules_gather.cc
std::span<const RuleRow> random_rules();       // rules_random.cc
std::span<const RuleRow> sequencer_rules();    // rules_sequencer.cc

// Operators of the vector engines (nki.api.shared.rst). divide, mod and fmod are names of
// nki.language that no engine executes (release notes of NKI 0.3.0 and 0.4.0).
inline constexpr OpSet kBitOps = set_of({Op::kInvert, Op::kBitwiseAnd, Op::kBitwiseOr,
                                         Op::kBitwiseXor, Op::kLeftShift, Op::kRightShift});
inline constexpr OpSet kArithmeticOps = set_of(
    {Op::kAdd, Op::kSubtract, Op::kMultiply, Op::kMaximum, Op::kMinimum, Op::kEqual, Op::kNotEqual,
     Op::kGreaterEqual, Op::kGreater, Op::kLessEqual, Op::kLess, Op::kLogicalAnd, Op::kLogicalOr,
     Op::kLogicalXor, Op::kPower, Op::kAbsMax, Op::kAbsMin});
inline constexpr OpSet kArithmeticUnaryOps =
    set_of({Op::kAbs, Op::kSquare, Op::kRelu, Op::kRsqrt, Op::kReciprocal, Op::kLogicalNot});
inline constexpr OpSet kComparisonOps =
    set_of({Op::kEqual, Op::kNotEqual, Op::kGreaterEqual, Op::kGreater, Op::kLessEqual, Op::kLess});
// Ops of kArithmeticOps and kArithmeticUnaryOps that came with NeuronCore-v4.
inline constexpr OpSet kV4Ops = set_of({Op::kAbsMax, Op::kAbsMin, Op::kSquare, Op::kRelu});

// An operator of a vector engine: one of `allowed`, not newer than the generation.
void check_alu_op(Check& check, AttributeName attribute, OpSet allowed);
// Where the pages treat the data as bit patterns: integer types only.
void check_bit_types(Check& check, std::initializer_list<OperandName> operands);
// pattern=[step, num, ...] of iota and affine_select for `dst`.
void check_affine_pattern(Check& check);

}  // namespace switchyard::isa
