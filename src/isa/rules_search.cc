// max8, nc_find_index8, nc_match_replace8, topk, nonzero_with_count, sequence_bounds.
// Bounds of nc_match_replace8 are those of its page of October 2025; the newer gives none.
#include "isa/rules.h"

namespace switchyard::isa {

namespace {

using enum OperandName;
using A = AttributeName;
using enum numeric::ElementType;

constexpr std::int64_t kSearchMin = 8, kSearchMax = 16384;  // elements a partition
constexpr int kSearchDims = 3;
constexpr std::int64_t kFound = 8;
constexpr TypeSet kFoundTypes = set_of({kUint16, kUint32});

void rule_max8(Check& check) {
  check.same_partitions(kDst, kSrc);
  check.dims_at_most(kSrc, kSearchDims);
  check.dims_at_most(kDst, 2);
  check.elements_between(kSrc, kSearchMin, kSearchMax);
  check.elements(kDst, kFound, "the largest of each partition");
}

void check_search(Check& check) {
  check.same_partitions(kDst, kData);
  check.same_partitions(kVals, kData);
  check.dims_at_most(kVals, kSearchDims);
  check.elements(kVals, kFound, "the values to look for");
}

void rule_nc_find_index8(Check& check) {
  check_search(check);
  check.dims_at_most(kData, kSearchDims);
  check.dims_at_most(kDst, 2);
  check.elements_between(kData, kSearchMin, kSearchMax);
  check.elements(kDst, kFound, "an index for each value");
  check.types(kDst, kFoundTypes);
}

void rule_nc_match_replace8(Check& check) {
  check_search(check);
  check.elements_between(kData, 1, kSearchMax);
  check.same_shape(kDst, kData);
  check.same_partitions(kDstIdx, kData);
  check.elements(kDstIdx, kFound, "an index for each value");
  check.types(kDstIdx, kFoundTypes);
}

void check_multiple_of_16(Check& check, OperandName operand) {
  const Access& access = *check.tile(operand);
  if (access.partitions % 16 == 0) return;
  check.fault(operand, fmt::format("has {} partitions", access.partitions),
              "a multiple of 16, the partitions of a GpSimd core");
}

void rule_topk(Check& check) {
  constexpr std::int64_t kInputMin = 8, kInputMax = 65535, kFoundMax = 32767;
  check.types(kSrc, set_of({kBfloat16}));
  check.types(kValDst, set_of({kBfloat16}));
  check.types(kIdxDst, kUint32Only);
  check.same_partitions(kValDst, kSrc);
  check.same_shape(kIdxDst, kValDst);
  check_multiple_of_16(check, kSrc);
  const std::int64_t n = check.instruction.integer(A::kN);
  check.integer_between(A::kN, kInputMin, kInputMax);
  if (!check.ok()) return;
  check.elements_between(kValDst, 1, std::min(kFoundMax, n));
  const Access& src = *check.tile(kSrc);
  if (src.elements_per_partition() < (n + 15) / 16) {
    check.fault(kSrc, fmt::format("has {} elements a partition", src.elements_per_partition()),
                fmt::format("at least {}, a sixteenth of n", (n + 15) / 16));
  }
}

void rule_nonzero_with_count(Check& check) {
  check.types(kSrc, set_of({kFloat32, kInt32}));
  check.types(kDst, set_of({kInt32}));
  check.same_partitions(kDst, kSrc);
  check.elements(kDst, check.tile(kSrc)->elements_per_partition() + 1,
                 "one more than src, for the count");
  check.int32(A::kIndexOffset);
  check.int32(A::kPaddingVal);
}

void rule_sequence_bounds(Check& check) {
  constexpr TypeSet kTypes = set_of({kFloat32, kInt32});
  check.types(kSegmentIds, kTypes);
  check.types(kDst, kTypes);
  check.partitions(kSegmentIds, 1, "all it works on");
  check.partitions(kDst, 1, "all it works on");
  check.elements(kDst, 2 * check.tile(kSegmentIds)->elements_per_partition(),
                 "a start and an end for each segment id");
}

constexpr RuleRow kRules[] = {
    {Opcode::kMax8, rule_max8},
    {Opcode::kNcFindIndex8, rule_nc_find_index8},
    {Opcode::kNcMatchReplace8, rule_nc_match_replace8},
    {Opcode::kTopk, rule_topk},
    {Opcode::kNonzeroWithCount, rule_nonzero_with_count},
    {Opcode::kSequenceBounds, rule_sequence_bounds},
};

}  // namespace

std::span<const RuleRow> search_rules() { return kRules; }

}  // namespace switchyard::isa
