// local_gather, nc_n_gather, nc_stream_shuffle.
#include "isa/rules.h"

namespace switchyard::isa {

namespace {

using enum OperandName;
using A = AttributeName;

// Release notes of NKI 0.6.0: dst must hold num_valid_indices * num_elem_per_idx elements.
void rule_local_gather(Check& check) {
  constexpr std::int64_t kCorePartitions = 16, kIndicesMax = 4096;
  const Access& index = *check.tile(kIndex);
  check.same_type(kDst, kSrcBuffer);
  check.types(kIndex, set_of({numeric::ElementType::kUint16}));
  check.same_partitions(kIndex, kSrcBuffer);
  check.same_partitions(kDst, kSrcBuffer);
  if (index.partitions % kCorePartitions != 0) {
    check.fault(kIndex, fmt::format("has {} partitions", index.partitions),
                "a multiple of 16, the partitions of a GpSimd core");
  }
  const std::int64_t indices = kCorePartitions * index.elements_per_partition();
  if (indices > kIndicesMax) {
    check.fault(kIndex, fmt::format("has {} indices for each core", indices),
                fmt::format("at most {}", kIndicesMax));
  }
  const std::int64_t run = check.instruction.integer(A::kNumElemPerIdx);
  const bool known = run == 1 || run == 2 || run == 4 || run == 8 || run == 16 || run == 32;
  if (!known) {
    check.fault(A::kNumElemPerIdx, fmt::format("is {}", run), "1, 2, 4, 8, 16 or 32");
    return;
  }
  check.integer_between(A::kNumValidIndices, 1, indices);
  const std::int64_t valid =
      check.has(A::kNumValidIndices) ? check.instruction.integer(A::kNumValidIndices) : indices;
  if (valid >= 1 && valid <= indices) {
    check.elements(kDst, valid * run, "num_valid_indices * num_elem_per_idx");
  }
}

void rule_nc_n_gather(Check& check) {
  check.same_type(kDst, kData);
  check.types(kIndices, kUint32Only);
  check.same_partitions(kIndices, kData);
  check.same_shape(kDst, kIndices);
}

void rule_nc_stream_shuffle(Check& check) {
  constexpr std::int64_t kKeep = 255;  // leave the partition as it is
  check.same_type(kDst, kSrc);
  const std::int64_t elements = check.tile(kSrc)->elements_per_partition();
  check.elements(kDst, elements, "as src has");
  const auto& mask = check.instruction.integers(A::kShuffleMask);
  if (mask.size() != kQuadrantPartitions) {
    check.fault(A::kShuffleMask, fmt::format("has {} values", mask.size()),
                "32, one for each partition of a quadrant");
    return;
  }
  for (const std::int64_t source : mask) {
    if (source == kKeep || (source >= 0 && source < kQuadrantPartitions)) continue;
    check.fault(A::kShuffleMask, fmt::format("holds {}", source), "0 to 31, or 255 to keep");
    return;
  }
}

constexpr RuleRow kRules[] = {
    {Opcode::kLocalGather, rule_local_gather},
    {Opcode::kNcNGather, rule_nc_n_gather},
    {Opcode::kNcStreamShuffle, rule_nc_stream_shuffle},
};

}  // namespace

std::span<const RuleRow> gather_rules() { return kRules; }

}  // namespace switchyard::isa
