// rng, rand2, dropout, set_rng_seed, rand_set_state, rand_get_state.
#include "isa/rules.h"

namespace switchyard::isa {

namespace {

using enum OperandName;
using A = AttributeName;
using enum numeric::ElementType;

void rule_rng(Check& check) {
  check.types(kDst, kIntegerTypes);
  if (check.instruction.engine == Engine::kGpSimd) {
    check.since(Generation::kV3, "rng on the GpSimd engine");
  }
}

void rule_rand2(Check& check) {
  constexpr TypeSet kTypes =
      kIntegerTypes | set_of({kFloat8E4m3, kFloat8E5m2, kFloat16, kBfloat16, kFloat32, kTfloat32});
  check.types(kDst, kTypes);
  for (const OperandName operand : {kMin, kMax}) {
    check.value_a_partition(operand, kDst);
    check.types(operand, kFloat32Only);
  }
  const Operand& low = *check.instruction.find(kMin);
  const Operand& high = *check.instruction.find(kMax);
  const bool numbers = low.kind == OperandKind::kNumber && high.kind == OperandKind::kNumber;
  if (numbers && !(low.number < high.number)) {
    check.fault(kMax, fmt::format("is {}", high.number),
                fmt::format("a number above min, {}", low.number));
  }
}

void rule_dropout(Check& check) {
  check.same_type(kDst, kData);
  check.same_shape(kDst, kData);
  check.value_a_partition(kProb, kData);
  const bool integers = contains(kIntegerTypes, check.tile(kData)->type);
  check.types(kProb, integers ? kFloat32Only : kFloatTypes);
}

void rule_set_rng_seed(Check& check) {
  check.partitions(kSrcSeeds, 1, "a tensor of shape [1, 1]");
  check.elements(kSrcSeeds, 1, "a tensor of shape [1, 1]");
  const auto type = check.tile(kSrcSeeds)->type;
  if (numeric::traits(type).storage_bytes != 4) {
    check.fault(kSrcSeeds, fmt::format("is {}", name(type)), "a type of 32 bits");
  }
}

// Both engines keep XORWOW states, GpSimd one and Vector four of 6 words a partition.
void check_state(Check& check, OperandName operand) {
  constexpr std::int64_t kGpSimdWords = 6, kVectorWords = 24;
  const bool on_vector = check.instruction.engine == Engine::kVector;
  if (on_vector) check.since(Generation::kV4, "the state of the Vector engine");
  check.types(operand, kUint32Only);
  check.elements(operand, on_vector ? kVectorWords : kGpSimdWords,
                 on_vector ? "the state of a partition of the Vector engine"
                           : "the state of a partition of the GpSimd engine");
}

void rule_rand_set_state(Check& check) {
  check_state(check, kSrcSeeds);
  check.buffers(kSrcSeeds, {Buffer::kSbuf});
}

void rule_rand_get_state(Check& check) {
  check_state(check, kDst);
  if (check.instruction.engine != Engine::kVector) {
    check.buffers(kDst, {Buffer::kSbuf}, "the GpSimd engine cannot reach psum");
  }
}

constexpr RuleRow kRules[] = {
    {Opcode::kRng, rule_rng},
    {Opcode::kRand2, rule_rand2},
    {Opcode::kDropout, rule_dropout},
    {Opcode::kSetRngSeed, rule_set_rng_seed},
    {Opcode::kRandSetState, rule_rand_set_state},
    {Opcode::kRandGetState, rule_rand_get_state},
};

}  // namespace

std::span<const RuleRow> random_rules() { return kRules; }

}  // namespace switchyard::isa
