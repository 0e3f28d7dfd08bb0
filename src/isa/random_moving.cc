// DMA, products, transposes, registers and the pair of cores.
#include <algorithm>

#include "isa/random_instructions.h"

namespace switchyard::isa {

namespace {

using enum OperandName;
using A = AttributeName;
using enum numeric::ElementType;

constexpr bool kWrites = true, kReads = false;

void queue(RandomBuilder& b, bool vector, bool converts) {
  if (!b.before(Generation::kV4) && b.chance(0.3)) b.attribute(A::kPriority, b.between(0, 3));
  if (b.chance(0.5)) return;
  if (vector) {
    b.attribute(A::kDgeMode, b.choose({DgeMode::kUnknown, DgeMode::kSwdge}));
  } else if (converts || b.before(Generation::kV3)) {
    b.attribute(A::kDgeMode, b.choose({DgeMode::kNone, DgeMode::kSwdge}));
  } else {
    b.attribute(A::kDgeMode, b.choose({DgeMode::kNone, DgeMode::kSwdge, DgeMode::kHwdge}));
  }
}

// Rows of a tensor in HBM, chosen by a vector of indices, no row twice if `unique`.
Access rows(RandomBuilder& b, numeric::ElementType type, int partitions, std::int64_t elements,
            bool write, bool unique = false) {
  const std::int64_t limit = unique ? b.between(partitions, partitions + 6) : b.between(1, 6);
  Access out = b.access({.buffer = Buffer::kHbm,
                         .type = type,
                         .write = write,
                         .counts = {limit * elements},
                         .fixed_place = true,
                         .plain = true});
  out.rank = 2;
  out.dims = {};
  out.dims[0] = {elements, partitions};
  out.dims[1] = {1, elements};
  out.indirection = {.kind = IndirectKind::kVector,
                     .operand = static_cast<std::uint8_t>(b.index_count()),
                     .step = elements,
                     .limit = limit};
  b.add_index(b.indices(b.choose({kUint32, kInt32}), partitions, 1, limit, unique));
  return out;
}

void make_dma_copy(RandomBuilder& b) {
  b.start(Opcode::kDmaCopy);
  const RandomShape shape(b, false);
  const bool vector = !b.before(Generation::kV3) && b.chance(0.25);
  const bool converts = b.chance(0.4);
  const auto type = b.type_of(kPlainTypes | (converts ? 0 : kPackedTypes));
  const auto other = converts ? b.type_of(kPlainTypes) : type;
  const bool to_chip = b.chance(0.5);
  Want chip{.type = to_chip ? type : other,
            .partitions = shape.partitions,
            .elements = shape.elements,
            .write = to_chip,
            .any_start = true,
            .fixed_place = vector};
  Want far = chip;
  far.buffer = b.chance(0.15) && !vector ? Buffer::kSbuf : Buffer::kHbm;
  far.type = to_chip ? other : type;
  far.write = !to_chip;
  const auto place_far = [&](OperandName name) {
    if (vector) {
      b.place(name, rows(b, far.type, shape.partitions, shape.elements, far.write));
    } else {
      b.operand(name, far);
    }
  };
  if (to_chip) {
    b.operand(kDst, chip);
    place_far(kSrc);
  } else {
    place_far(kDst);
    b.operand(kSrc, chip);
  }
  if (vector && b.chance(0.3)) b.attribute(A::kOobMode, OobMode::kSkip);
  queue(b, vector, converts);
  b.finish();
}

// Two to four dims, turned around; from HBM or SBUF to SBUF.
void make_dma_transpose(RandomBuilder& b) {
  b.start(Opcode::kDmaTranspose);
  const int rank = static_cast<int>(b.between(2, 4));
  const bool from_chip = b.chance(0.3);
  const auto type = b.type_of(kPlainTypes | kPackedTypes);
  std::vector<std::int64_t> shape;
  shape.push_back(b.between(1, from_chip ? 64 : 48));
  for (int i = 1; i + 1 < rank; ++i) shape.push_back(b.between(1, 4));
  shape.push_back(b.between(1, 64));
  constexpr std::int64_t kPermutations[3][4] = {{1, 0}, {2, 1, 0}, {3, 1, 2, 0}};
  const std::int64_t* axes = kPermutations[rank - 2];
  Want dst{.type = type,
           .partitions = static_cast<int>(shape[axes[0]]),
           .write = true,
           .any_start = true};
  for (int i = 1; i < rank; ++i) dst.counts.push_back(shape[axes[i]]);
  b.operand(kDst, dst);
  Want src{.buffer = from_chip ? Buffer::kSbuf : Buffer::kHbm, .type = type, .any_start = true};
  src.counts = shape;
  if (from_chip) {
    src.partitions = static_cast<int>(shape[0]);
    src.counts.erase(src.counts.begin());
  }
  b.operand(kSrc, src);
  if (b.chance(0.5)) b.attribute(A::kAxes, std::vector<std::int64_t>(axes, axes + rank));
  b.finish();
}

// Gather and transpose: NeuronCore-v3.
void make_gather_transpose(RandomBuilder& b) {
  b.start(Opcode::kDmaTranspose);
  const std::int64_t groups = b.between(1, 4), width = b.between(1, 32);
  const auto type = b.choose({kBfloat16, kFloat16, kInt16, kUint16});
  const auto count = static_cast<int>(16 * groups);
  b.operand(kDst, {.type = type,
                   .partitions = static_cast<int>(width),
                   .elements = count,
                   .write = true,
                   .any_start = true,
                   .counts = {count},
                   .fixed_place = true});
  Access src = b.access({.buffer = Buffer::kHbm,
                         .type = type,
                         .counts = {4 * width},
                         .fixed_place = true,
                         .plain = true});
  src.rank = 2;
  src.dims = {};
  src.dims[0] = {width, count};
  src.dims[1] = {1, width};
  src.indirection = {.kind = IndirectKind::kVector, .step = width, .limit = 4};
  b.place(kSrc, src);
  b.add_index(b.indices(kUint32, count, 1, 4));
  b.finish();
}

void make_transpose_by_dma(RandomBuilder& b) {
  if (!b.before(Generation::kV3) && b.chance(0.3)) return make_gather_transpose(b);
  make_dma_transpose(b);
}

void make_dma_compute(RandomBuilder& b) {
  b.start(Opcode::kDmaCompute);
  const RandomShape shape(b, false);
  if (!b.before(Generation::kV3) && b.chance(0.3)) {  // dst[rows] += src, or dst += src[rows]
    const Want chip{.type = b.type_of(kPlainTypes),
                    .partitions = shape.partitions,
                    .elements = shape.elements,
                    .any_start = true,
                    .fixed_place = true};
    if (b.chance(0.5)) {
      const Access far =
          rows(b, b.type_of(kPlainTypes), shape.partitions, shape.elements, true, true);
      b.place(kDst, far);
      b.place(kSrcs, far);
      b.operand(kSrcs, chip);
    } else {
      Want written = chip;
      written.write = true;
      const Access near = b.access(written);
      b.place(kDst, near);
      b.place(kSrcs, rows(b, b.type_of(kPlainTypes), shape.partitions, shape.elements, false));
      b.place(kSrcs, near);
    }
    b.attribute(A::kReduceOp, Op::kAdd);
    b.finish();
    return;
  }
  const int count = static_cast<int>(b.between(1, 4));
  const auto any = [&](bool write) -> Want {
    const Buffer buffer = b.chance(0.5) ? Buffer::kHbm : Buffer::kSbuf;
    return {.buffer = buffer,
            .type = b.type_of(kPlainTypes),
            .partitions = shape.partitions,
            .elements = shape.elements,
            .write = write,
            .any_start = true,
            .fixed_place = true};
  };
  b.operand(kDst, any(kWrites));
  for (int i = 0; i < count; ++i) b.operand(kSrcs, any(kReads));
  b.attribute(A::kReduceOp, Op::kAdd);
  if (b.chance(0.3)) b.attribute(A::kScales, std::vector<double>(count, 1.0));
  b.finish();
}

// A group of products that accumulate into one tile.
void make_nc_matmul(RandomBuilder& b) {
  const bool v4 = !b.before(Generation::kV4);
  const bool double_row = !b.before(Generation::kV3) && b.chance(0.2);
  const bool wide = !double_row && b.chance(0.2);
  TypeSet inputs = wide ? set_of({kFloat32, kTfloat32})
                        : set_of({kBfloat16, kFloat16, kFloat8E3m4, kFloat8E4m3, kFloat8E5m2});
  if (double_row) inputs = set_of({kFloat8E4m3, kFloat8E5m2});
  if (v4 && !wide && b.chance(0.3)) inputs = set_of({kFloat8E4m3fn, kFloat8E5m2});
  std::int64_t rows = 128, columns = 128, row = 0, column = 0;
  const bool tiled = b.chance(0.25);
  if (tiled) {
    rows = b.before(Generation::kV3) ? b.choose<std::int64_t>({64, 128})
                                     : b.choose<std::int64_t>({32, 64, 128});
    if (!double_row) columns = b.choose<std::int64_t>({64, 128});
    row = rows * b.between(0, kPartitions / rows - 1);
    column = columns * b.between(0, kPartitions / columns - 1);
  }
  const int k = static_cast<int>(b.between(1, rows)), m = static_cast<int>(b.between(1, columns));
  const std::int64_t n = b.between(1, std::min<std::int64_t>(64, b.options().elements_max));
  b.start(Opcode::kNcMatmul);
  const Access dst = b.access({.buffer = Buffer::kPsum,
                               .type = v4 && b.chance(0.3) ? kBfloat16 : kFloat32,
                               .partitions = m,
                               .elements = n,
                               .write = true,
                               .fixed_place = true});
  const int count = static_cast<int>(b.between(1, 3));
  for (int i = 0; i < count; ++i) {
    b.start(Opcode::kNcMatmul);
    b.place(kDst, dst);
    Want stationary{.type = b.type_of(inputs), .partitions = k, .elements = m};
    Want moving{.type = b.type_of(inputs), .partitions = k, .elements = n};
    if (double_row) {
      stationary.counts = {2, m};
      moving.counts = {2, n};
    }
    b.operand(kStationary, stationary);
    b.operand(kMoving, moving);
    if (wide && b.chance(0.2)) b.attribute(A::kIsMovingOnezero, b.chance(0.5));
    // The first overwrites; the next may leave the choice open.
    if (i == 0 || b.chance(0.7)) b.attribute(A::kAccumulate, i > 0);
    if (tiled) {
      b.attribute(A::kTilePosition, std::vector<std::int64_t>{row, column});
      b.attribute(A::kTileSize, std::vector<std::int64_t>{rows, columns});
    }
    if (double_row) b.attribute(A::kPerfMode, PerfMode::kDoubleRow);
    b.finish();
  }
}

// Scales stand at 0, 4, 8 or 12 of each quadrant.
Access scales(RandomBuilder& b, int rows, std::int64_t columns, bool write) {
  const auto type = b.choose({kFloat8E8m0fnu, kUint8});
  const int offset = b.choose({0, 4, 8, 12});
  Access out = b.access({.type = type,
                         .partitions = kPartitions,
                         .elements = columns,
                         .write = write,
                         .fixed_place = true});
  out.start_partition = static_cast<std::int16_t>(offset);
  out.partitions = static_cast<std::int16_t>(rows - kQuadrantPartitions + 4);
  return out;
}

void make_nc_matmul_mx(RandomBuilder& b) {
  const int k = b.choose({32, 64, 96, 128}), m = 2 * static_cast<int>(b.between(1, 64));
  const std::int64_t n = b.between(1, std::min<std::int64_t>(64, b.options().elements_max));
  b.start(Opcode::kNcMatmulMx);
  const Access dst = b.access({.buffer = Buffer::kPsum,
                               .type = b.choose({kFloat32, kBfloat16}),
                               .partitions = m,
                               .elements = n,
                               .write = true,
                               .fixed_place = true});
  const int count = static_cast<int>(b.between(1, 2));
  for (int i = 0; i < count; ++i) {
    b.start(Opcode::kNcMatmulMx);
    b.place(kDst, dst);
    b.operand(kStationary, {.type = b.type_of(kPackedTypes), .partitions = k, .elements = m});
    b.operand(kMoving, {.type = b.type_of(kPackedTypes), .partitions = k, .elements = n});
    b.place(kStationaryScale, scales(b, k, m, kReads));
    b.place(kMovingScale, scales(b, k, n, kReads));
    if (i == 0 || b.chance(0.7)) b.attribute(A::kAccumulate, i > 0);
    b.finish();
  }
}

void make_nc_transpose(RandomBuilder& b) {
  const bool tensor = b.chance(0.5);
  b.start(Opcode::kNcTranspose, tensor ? Engine::kTensor : Engine::kVector);
  const int side = tensor ? kPartitions : kQuadrantPartitions;
  const auto rows = static_cast<int>(b.between(1, side));
  const auto columns = static_cast<int>(b.between(1, side));
  const auto type = b.type_of(tensor ? set_of({kFloat32, kBfloat16, kFloat16}) : kPlainTypes);
  const Buffer from = tensor || b.chance(0.7) ? Buffer::kSbuf : Buffer::kPsum;
  const Buffer to = tensor || b.chance(0.3) ? Buffer::kPsum : Buffer::kSbuf;
  b.operand(kDst,
            {.buffer = to, .type = type, .partitions = columns, .elements = rows, .write = true});
  b.operand(kData, {.buffer = from, .type = type, .partitions = rows, .elements = columns});
  b.finish();
}

void make_quantize_mx(RandomBuilder& b) {
  b.start(Opcode::kQuantizeMx);
  const int rows = b.choose({32, 64, 96, 128});
  const std::int64_t columns =
      b.between(1, std::max<std::int64_t>(1, b.options().elements_max / 4));
  b.operand(kDst, {.type = b.choose({kFloat8E5m2X4, kFloat8E4m3fnX4}),
                   .partitions = rows,
                   .elements = columns,
                   .write = true});
  b.operand(kSrc,
            {.type = b.choose({kFloat16, kBfloat16}), .partitions = rows, .elements = 4 * columns});
  b.place(kDstScale, scales(b, rows, columns, kWrites));
  b.finish();
}

void make_register_alloc(RandomBuilder& b) {
  const RegisterId reg = b.reg();
  b.start(Opcode::kRegisterAlloc);
  b.register_operand(kDst, reg);
  b.number(kSrc, static_cast<double>(b.between(-100, 100)));
  b.finish();
}

void make_register_move(RandomBuilder& b) {
  const RegisterId to = b.reg(), from = b.reg();
  b.start(Opcode::kRegisterMove);
  b.register_operand(kDst, to);
  if (b.chance(0.5)) {
    b.number(kSrc, static_cast<double>(b.between(-100, 100)));
  } else {
    b.register_operand(kSrc, from);
  }
  b.finish();
}

Want single(RandomBuilder& b, bool write) {
  return {.buffer = b.chance(0.5) ? Buffer::kHbm : Buffer::kSbuf,
          .type = b.type_of(kIntegerTypes),
          .write = write,
          .any_start = true};
}

void make_register_load(RandomBuilder& b) {
  const RegisterId reg = b.reg();
  b.start(Opcode::kRegisterLoad);
  b.register_operand(kDst, reg);
  b.operand(kSrc, single(b, kReads));
  b.finish();
}

void make_register_store(RandomBuilder& b) {
  const RegisterId reg = b.reg();
  b.start(Opcode::kRegisterStore);
  b.operand(kDst, single(b, kWrites));
  b.register_operand(kSrc, reg);
  b.finish();
}

void make_core_barrier(RandomBuilder& b) {
  b.start(Opcode::kCoreBarrier);
  b.place(kData, b.whole_input(kFloat32, {b.between(1, 64)}));
  b.attribute(A::kCores, std::vector<std::int64_t>{0, 1});
  b.finish();
}

void make_sendrecv(RandomBuilder& b) {
  b.start(Opcode::kSendrecv);
  const RandomShape shape(b, false);
  const auto type = b.type_of(kPlainTypes | kPackedTypes);
  b.operand(kDst, {.type = type,
                   .partitions = shape.partitions,
                   .elements = shape.elements,
                   .write = true,
                   .any_start = true,
                   .fixed_place = true});
  b.operand(kSrc, {.type = type,
                   .partitions = shape.partitions,
                   .elements = shape.elements,
                   .any_start = true,
                   .fixed_place = true});
  b.attribute(A::kSendToRank, std::int64_t{1});
  b.attribute(A::kRecvFromRank, std::int64_t{1});
  b.attribute(A::kPipeId, std::int64_t{0});
  if (b.chance(0.5)) {
    b.attribute(A::kDmaEngine, b.choose({DmaEngine::kDma, DmaEngine::kGpSimdDma}));
  }
  b.finish();
}

constexpr RandomRow kRows[] = {
    {Opcode::kDmaCopy, make_dma_copy},
    {Opcode::kDmaTranspose, make_transpose_by_dma},
    {Opcode::kDmaCompute, make_dma_compute},
    {Opcode::kNcMatmul, make_nc_matmul},
    {Opcode::kNcMatmulMx, make_nc_matmul_mx},
    {Opcode::kNcTranspose, make_nc_transpose},
    {Opcode::kQuantizeMx, make_quantize_mx},
    {Opcode::kRegisterAlloc, make_register_alloc},
    {Opcode::kRegisterMove, make_register_move},
    {Opcode::kRegisterLoad, make_register_load},
    {Opcode::kRegisterStore, make_register_store},
    {Opcode::kCoreBarrier, make_core_barrier},
    {Opcode::kSendrecv, make_sendrecv},
};

}  // namespace

std::span<const RandomRow> random_moving_rows() { return kRows; }

}  // namespace switchyard::isa
