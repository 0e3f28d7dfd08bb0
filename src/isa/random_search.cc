// Searching, gathering and random numbers.
#include "isa/random_instructions.h"

namespace switchyard::isa {

namespace {

using enum OperandName;
using A = AttributeName;
using enum numeric::ElementType;

constexpr bool kWrites = true, kReads = false;

void make_max8(RandomBuilder& b) {
  b.start(Opcode::kMax8);
  RandomShape shape(b);
  shape.elements = b.between(8, std::max<std::int64_t>(8, b.options().elements_max));
  Want dst = shape.tile(b, kPlainTypes, kWrites);
  dst.elements = 8;
  dst.rank_max = 1;
  b.operand(kDst, dst);
  Want src = shape.tile(b, kPlainTypes, kReads);
  src.rank_max = 2;
  b.operand(kSrc, src);
  b.finish();
}

void search_values(RandomBuilder& b, const RandomShape& shape) {
  Want vals = shape.tile(b, kPlainTypes, kReads);
  vals.elements = 8;
  vals.rank_max = 2;
  b.operand(kVals, vals);
}

void make_nc_find_index8(RandomBuilder& b) {
  b.start(Opcode::kNcFindIndex8);
  RandomShape shape(b);
  shape.elements = b.between(8, std::max<std::int64_t>(8, b.options().elements_max));
  Want dst = shape.tile(b, set_of({kUint16, kUint32}), kWrites);
  dst.elements = 8;
  dst.rank_max = 1;
  b.operand(kDst, dst);
  Want data = shape.tile(b, kPlainTypes, kReads);
  data.rank_max = 2;
  b.operand(kData, data);
  search_values(b, shape);
  b.finish();
}

void make_nc_match_replace8(RandomBuilder& b) {
  b.start(Opcode::kNcMatchReplace8);
  const RandomShape shape(b);
  b.operand(kDst, shape.tile(b, kPlainTypes, kWrites));
  b.operand(kData, shape.tile(b, kPlainTypes, kReads));
  search_values(b, shape);
  if (b.chance(0.5)) {
    Want indices = shape.tile(b, set_of({kUint16, kUint32}), kWrites);
    indices.elements = 8;
    b.operand(kDstIdx, indices);
  }
  b.attribute(A::kImm, b.number());
  b.finish();
}

void make_topk(RandomBuilder& b) {
  b.start(Opcode::kTopk);
  RandomShape shape(b, false);
  shape.partitions = static_cast<int>(b.between(1, 8)) * 16;
  const std::int64_t n = b.between(8, 16 * shape.elements < 8 ? 8 : 16 * shape.elements);
  shape.elements = std::max(shape.elements, (n + 15) / 16);
  Want found = shape.tile(b, set_of({kBfloat16}), kWrites);
  found.elements = b.between(1, std::min<std::int64_t>(n, 32));
  b.operand(kValDst, found);
  Want indices = found;
  indices.type = kUint32;
  b.operand(kIdxDst, indices);
  b.operand(kSrc, shape.tile(b, set_of({kBfloat16}), kReads));
  b.attribute(A::kN, n);
  b.finish();
}

void make_nonzero_with_count(RandomBuilder& b) {
  b.start(Opcode::kNonzeroWithCount);
  const RandomShape shape(b, false);
  Want dst = shape.tile(b, set_of({kInt32}), kWrites);
  ++dst.elements;
  b.operand(kDst, dst);
  b.operand(kSrc, shape.tile(b, set_of({kFloat32, kInt32}), kReads));
  if (b.chance(0.5)) b.attribute(A::kIndexOffset, b.between(-10, 1000));
  if (b.chance(0.5)) b.attribute(A::kPaddingVal, b.between(-10, 10));
  b.finish();
}

void make_sequence_bounds(RandomBuilder& b) {
  b.start(Opcode::kSequenceBounds);
  RandomShape shape(b, false);
  shape.partitions = 1;
  Want dst = shape.tile(b, set_of({kFloat32, kInt32}), kWrites);
  dst.elements *= 2;
  b.operand(kDst, dst);
  b.operand(kSegmentIds, shape.tile(b, set_of({kFloat32, kInt32}), kReads));
  b.finish();
}

void make_local_gather(RandomBuilder& b) {
  b.start(Opcode::kLocalGather);
  RandomShape shape(b, false);
  shape.partitions = static_cast<int>(b.between(1, 8)) * 16;
  shape.elements = b.between(32, std::max<std::int64_t>(32, b.options().elements_max));
  const TypeSet type = set_of({b.type_of(kPlainTypes | kPackedTypes)});
  const std::int64_t run = b.choose<std::int64_t>({1, 2, 4, 8, 16, 32});
  const std::int64_t columns = b.between(1, 3);
  std::int64_t valid = 16 * columns;
  const bool partial = b.chance(0.5);
  if (partial) valid = b.between(1, valid);
  Want dst = shape.tile(b, type, kWrites);
  dst.elements = valid * run;
  b.operand(kDst, dst);
  b.operand(kSrcBuffer, shape.tile(b, type, kReads));
  b.place(kIndex, b.indices(kUint16, shape.partitions, columns, shape.elements - run + 1));
  b.attribute(A::kNumElemPerIdx, run);
  if (partial) b.attribute(A::kNumValidIndices, valid);
  b.finish();
}

void make_nc_n_gather(RandomBuilder& b) {
  b.start(Opcode::kNcNGather);
  const RandomShape shape(b, false);
  const TypeSet type = set_of({b.type_of(kPlainTypes | kPackedTypes)});
  Want dst = shape.tile(b, type, kWrites);
  dst.elements = b.between(1, 64);
  b.operand(kDst, dst);
  b.operand(kData, shape.tile(b, type, kReads));
  b.place(kIndices, b.indices(kUint32, shape.partitions, dst.elements, shape.elements));
  b.finish();
}

void make_nc_stream_shuffle(RandomBuilder& b) {
  b.start(Opcode::kNcStreamShuffle);
  RandomShape shape(b);
  shape.partitions = static_cast<int>(b.between(1, 4)) * kQuadrantPartitions;
  const TypeSet type = set_of({b.type_of(kPlainTypes | kPackedTypes)});
  b.operand(kDst, shape.tile(b, type, kWrites));
  b.operand(kSrc, shape.tile(b, type, kReads));
  std::vector<std::int64_t> mask;
  for (int i = 0; i < kQuadrantPartitions; ++i) {
    mask.push_back(b.chance(0.1) ? 255 : b.between(0, kQuadrantPartitions - 1));
  }
  b.attribute(A::kShuffleMask, mask);
  b.finish();
}

void make_rng(RandomBuilder& b) {
  Engine engine = b.choose({Engine::kUnknown, Engine::kVector, Engine::kGpSimd});
  if (b.before(Generation::kV3) && engine == Engine::kGpSimd) engine = Engine::kVector;
  b.start(Opcode::kRng, engine);
  const RandomShape shape(b, engine != Engine::kGpSimd);
  b.operand(kDst, shape.tile(b, kIntegerTypes, kWrites));
  b.finish();
}

void make_rand2(RandomBuilder& b) {
  b.start(Opcode::kRand2);
  const RandomShape shape(b);
  b.operand(kDst, shape.tile(b,
                             kIntegerTypes | set_of({kFloat8E4m3, kFloat8E5m2, kFloat16, kBfloat16,
                                                     kFloat32, kTfloat32}),
                             kWrites));
  b.number(kMin, static_cast<double>(b.between(-8, 0)));
  b.number(kMax, static_cast<double>(b.between(1, 8)));
  b.finish();
}

void make_dropout(RandomBuilder& b) {
  b.start(Opcode::kDropout);
  const RandomShape shape(b);
  const TypeSet type = set_of({b.type_of(kPlainTypes)});
  b.operand(kDst, shape.tile(b, type, kWrites));
  b.operand(kData, shape.tile(b, type, kReads));
  b.number(kProb, b.choose({0.0, 0.25, 0.5, 1.0}));
  b.finish();
}

void make_set_rng_seed(RandomBuilder& b) {
  b.start(Opcode::kSetRngSeed);
  RandomShape shape(b);
  shape.partitions = 1;
  shape.elements = 1;
  b.operand(kSrcSeeds, shape.tile(b, set_of({kUint32, kInt32, kFloat32}), kReads));
  b.finish();
}

void make_state(RandomBuilder& b, Opcode opcode, OperandName name, bool write) {
  const bool vector = !b.before(Generation::kV4) && b.chance(0.5);
  b.start(opcode, vector ? Engine::kVector : b.choose({Engine::kUnknown, Engine::kGpSimd}));
  RandomShape shape(b, false);
  shape.elements = vector ? 24 : 6;
  b.operand(name, shape.tile(b, set_of({kUint32}), write));
  b.finish();
}

void make_rand_set_state(RandomBuilder& b) {
  make_state(b, Opcode::kRandSetState, kSrcSeeds, kReads);
}
void make_rand_get_state(RandomBuilder& b) { make_state(b, Opcode::kRandGetState, kDst, kWrites); }

constexpr RandomRow kRows[] = {
    {Opcode::kMax8, make_max8},
    {Opcode::kNcFindIndex8, make_nc_find_index8},
    {Opcode::kNcMatchReplace8, make_nc_match_replace8},
    {Opcode::kTopk, make_topk},
    {Opcode::kNonzeroWithCount, make_nonzero_with_count},
    {Opcode::kSequenceBounds, make_sequence_bounds},
    {Opcode::kLocalGather, make_local_gather},
    {Opcode::kNcNGather, make_nc_n_gather},
    {Opcode::kNcStreamShuffle, make_nc_stream_shuffle},
    {Opcode::kRng, make_rng},
    {Opcode::kRand2, make_rand2},
    {Opcode::kDropout, make_dropout},
    {Opcode::kSetRngSeed, make_set_rng_seed},
    {Opcode::kRandSetState, make_rand_set_state},
    {Opcode::kRandGetState, make_rand_get_state},
};

}  // namespace

std::span<const RandomRow> random_search_rows() { return kRows; }

}  // namespace switchyard::isa
