// nc_matmul, nc_matmul_mx, nc_transpose, quantize_mx.
// The page of nc_matmul says both that row and column tiles can be set independently and, at its
// parameters, that the column tile must be the whole width; the text and the arch guides are
// followed. float8_e3m4, absent from the page, is multiplied by all generations
// (trainium2_arch.rst).
#include "isa/rules.h"

namespace switchyard::isa {

namespace {

using enum OperandName;
using A = AttributeName;
using enum numeric::ElementType;

constexpr TypeSet kFloat32Types = set_of({kFloat32, kTfloat32});
constexpr TypeSet kMatmulTypes =
    set_of({kFloat8E3m4, kFloat8E4m3, kFloat8E5m2, kBfloat16, kFloat16, kTfloat32, kFloat32});
constexpr TypeSet kOcpType = set_of({kFloat8E4m3fn});
constexpr TypeSet kResultTypes = set_of({kFloat32, kBfloat16});

bool is_gather(const Access& access) { return access.indirection.kind == IndirectKind::kGather; }

std::int64_t moving_max(const Check& check, const Access& dst) {
  const Limits& limits = check.limits;
  const bool narrow = numeric::traits(dst.type).storage_bytes < 4;
  return narrow && limits.moving_free_max_bfloat16 > 0 ? limits.moving_free_max_bfloat16
                                                       : limits.moving_free_max_float32;
}

struct Tile {
  std::int64_t rows = kPartitions, columns = kPartitions;
};

// tile_position and tile_size: both or neither, sizes the array can be sliced into, positions on
// multiples of them.
Tile check_tiling(Check& check, bool rows_only) {
  const auto& position = check.instruction.integers(A::kTilePosition);
  const auto& size = check.instruction.integers(A::kTileSize);
  if (position.empty() && size.empty()) return {};
  if (position.size() != 2 || size.size() != 2) {
    check.fault(fmt::format("has {} values of tile_position and {} of tile_size", position.size(),
                            size.size()),
                "two of each, or none of both");
    return {};
  }
  for (int axis = 0; axis < 2; ++axis) {
    const std::string_view what = axis == 0 ? "row" : "column";
    const bool whole_only = axis == 1 && rows_only;
    const bool quarter = size[axis] == 32 && !check.before(Generation::kV3) && !whole_only;
    const bool half = size[axis] == 64 && !whole_only;
    if (size[axis] != kPartitions && !half && !quarter) {
      check.fault(A::kTileSize, fmt::format("has {} {}s", size[axis], what),
                  whole_only                      ? "128: the columns are not tiled"
                  : check.before(Generation::kV3) ? "128 or 64"
                                                  : "128, 64 or 32");
      return {};
    }
    if (position[axis] < 0 || position[axis] % size[axis] != 0 ||
        position[axis] > kPartitions - size[axis]) {
      check.fault(A::kTilePosition, fmt::format("starts at {} {}", what, position[axis]),
                  fmt::format("a multiple of {} with the tile inside 128", size[axis]));
    }
  }
  return {size[0], size[1]};
}

// Rows of stationary and moving, free sizes, and dst of [free of stationary, free of moving].
void check_product(Check& check, const Tile& tile, std::int64_t per_row) {
  const Access& dst = *check.tile(kDst);
  const Access& stationary = *check.tile(kStationary);
  const Access& moving = *check.tile(kMoving);
  const std::int64_t columns = stationary.elements_per_partition() / per_row;
  const std::int64_t width = moving.elements_per_partition() / per_row;
  check.buffers(kStationary, {Buffer::kSbuf});
  check.buffers(kMoving, {Buffer::kSbuf});
  check.buffers(kDst, {Buffer::kPsum}, "the Tensor engine writes to psum");
  check.same_partitions(kMoving, kStationary);
  if (stationary.partitions > tile.rows) {
    check.fault(kStationary, fmt::format("has {} partitions", stationary.partitions),
                fmt::format("at most {}, the rows of the tile", tile.rows));
  }
  const std::int64_t columns_max = std::min(tile.columns, check.limits.stationary_free_max);
  if (columns > columns_max) {
    check.fault(kStationary, fmt::format("has a free size of {}", columns),
                fmt::format("at most {}", columns_max), "split it over several nc_matmul");
  }
  if (width > moving_max(check, dst)) {
    check.fault(kMoving, fmt::format("has a free size of {}", width),
                fmt::format("at most {} for a {} dst", moving_max(check, dst), name(dst.type)),
                "split it over several nc_matmul");
  }
  check.partitions(kDst, columns, "the free size of stationary");
  check.elements(kDst, width, "the free size of moving");
}

void check_matmul_types(Check& check, bool double_row) {
  const auto stationary = check.tile(kStationary)->type, moving = check.tile(kMoving)->type;
  TypeSet allowed = double_row ? set_of({kFloat8E4m3, kFloat8E5m2}) : kMatmulTypes;
  if (!check.before(Generation::kV4)) allowed |= kOcpType;
  check.types(kStationary, allowed);
  check.types(kMoving, allowed);
  if (contains(kFloat32Types, stationary) != contains(kFloat32Types, moving)) {
    check.fault(kMoving, fmt::format("is {}", name(moving)),
                fmt::format("{} beside a {} stationary",
                            contains(kFloat32Types, stationary) ? "float32 or tfloat32"
                                                                : "a type of 8 or 16 bits",
                            name(stationary)));
  }
  const bool mixed = (stationary == kFloat8E4m3 && moving == kFloat8E4m3fn) ||
                     (stationary == kFloat8E4m3fn && moving == kFloat8E4m3);
  if (mixed) {
    check.fault(kMoving, fmt::format("is {}", name(moving)),
                fmt::format("not that beside a {} stationary", name(stationary)));
  }
  TypeSet results = check.before(Generation::kV4) ? kFloat32Only : kResultTypes;
  // A transpose passes bits on (NeuronCore-v3 and newer), those of FP8 in the low half of 16 bits.
  if (check.instruction.flag(A::kIsTranspose) && !check.before(Generation::kV3)) {
    results |= set_of({stationary, moving});
    const bool bytes = numeric::traits(stationary).storage_bytes == 1;
    if (bytes) results |= set_of({kBfloat16, kFloat16, kUint16});
  }
  check.types(kDst, results);
}

void check_double_row(Check& check) {
  check.since(Generation::kV3, "perf_mode double_row");
  for (const OperandName operand : {kStationary, kMoving}) {
    const Access& access = *check.tile(operand);
    const std::int64_t first = access.rank > 0 ? access.dims[0].count : 1;
    if (first != 2) {
      check.fault(operand, fmt::format("has a first free dim of {}", first),
                  "2 with perf_mode double_row");
    }
  }
}

void check_no_tile_when_indirect(Check& check) {
  bool indirect = false;
  for (const Operand& operand : check.instruction.operands) {
    indirect |= operand.kind == OperandKind::kAccess && is_gather(operand.access);
  }
  for (const std::int64_t start : check.instruction.integers(A::kTilePosition)) {
    if (indirect && start != 0) {
      check.fault(A::kTilePosition, "is set with tensor indirection", "(0, 0) or none");
      return;
    }
  }
}

void rule_nc_matmul(Check& check) {
  const bool double_row =
      check.has(A::kPerfMode) &&
      std::get<PerfMode>(*check.instruction.find(A::kPerfMode)) == PerfMode::kDoubleRow;
  const Tile tile = check_tiling(check, false);
  if (double_row) {
    check_double_row(check);
    if (tile.columns != kPartitions) {
      check.fault(A::kTileSize, fmt::format("has {} columns", tile.columns),
                  "128 with perf_mode double_row");
    }
  }
  if (!check.ok()) return;
  check_matmul_types(check, double_row);
  check_product(check, tile, double_row ? 2 : 1);
  check_no_tile_when_indirect(check);
  constexpr TypeSet kIndirectTypes =
      set_of({kFloat16, kBfloat16, kFloat8E4m3, kFloat8E5m2, kFloat8E4m3fn});
  for (const OperandName operand : {kDst, kStationary, kMoving}) {
    if (is_gather(*check.tile(operand))) {
      check.types(operand, kIndirectTypes, "tensor indirection of the Tensor engine");
    }
  }
  if (check.instruction.flag(A::kIsTranspose) && is_gather(*check.tile(kMoving))) {
    check.fault(kMoving, "has tensor indirection", "a plain pattern with is_transpose");
  }
}

// Scales of `data`: a value for 8 partitions, in the quadrant of its data. Views may be as large as
// the data and need not reach beyond the last scale.
void check_scale(Check& check, OperandName scale, OperandName data, std::int64_t columns) {
  const Access& access = *check.tile(scale);
  const std::int64_t rows = check.tile(data)->partitions;
  const std::int64_t least = rows - kQuadrantPartitions + kQuadrantPartitions / 8;
  check.buffers(scale, {Buffer::kSbuf});
  check.types(scale, kScaleTypes);
  if (access.partitions < least || access.partitions > rows) {
    check.fault(scale, fmt::format("has {} partitions", access.partitions),
                fmt::format("{} to {} for {} of {}", least, rows, rows, name(data)));
  }
  check.elements(scale, columns, fmt::format("one for each group of {}", name(data)));
}

void check_multiple_of_quadrant(Check& check, OperandName operand) {
  const Access& access = *check.tile(operand);
  if (access.partitions % kQuadrantPartitions == 0) return;
  check.fault(operand, fmt::format("has {} partitions", access.partitions), "a multiple of 32");
}

void check_scale_indirection(Check& check, OperandName data, OperandName scale) {
  const Indirection& one = check.tile(data)->indirection;
  const Indirection& other = check.tile(scale)->indirection;
  const bool gathers = one.kind == IndirectKind::kGather;
  if (gathers != (other.kind == IndirectKind::kGather)) {
    check.fault(scale, gathers ? "has a plain pattern" : "has tensor indirection",
                fmt::format("the same as {}", name(data)));
    return;
  }
  if (!gathers) return;
  const auto& operands = check.instruction.operands;
  if (operands[one.operand].access == operands[other.operand].access) return;
  check.fault(scale, "has another index", fmt::format("the index of {}", name(data)));
}

void rule_nc_matmul_mx(Check& check) {
  check.types(kStationary, kPackedTypes);
  check.types(kMoving, kPackedTypes);
  check.types(kDst, kResultTypes);
  const Tile tile = check_tiling(check, true);
  if (!check.ok()) return;
  check_product(check, tile, 1);
  check_multiple_of_quadrant(check, kStationary);
  const std::int64_t columns = check.tile(kStationary)->elements_per_partition();
  if (columns % 2 != 0) {
    check.fault(kStationary, fmt::format("has a free size of {}", columns), "an even one");
  }
  check_scale(check, kStationaryScale, kStationary, columns);
  check_scale(check, kMovingScale, kMoving, check.tile(kMoving)->elements_per_partition());
  check_scale_indirection(check, kStationary, kStationaryScale);
  check_scale_indirection(check, kMoving, kMovingScale);
  check_no_tile_when_indirect(check);
}

void rule_nc_transpose(Check& check) {
  const Access& data = *check.tile(kData);
  check.same_type(kDst, kData);
  check.partitions(kDst, data.elements_per_partition(), "the free size of data");
  check.elements(kDst, data.partitions, "the partitions of data");
  const std::int64_t size = std::max<std::int64_t>(data.partitions, data.elements_per_partition());
  const bool tensor_engine = check.may_run_on(Engine::kTensor) && size <= kPartitions &&
                             check.in(kData, Buffer::kSbuf) && check.in(kDst, Buffer::kPsum);
  const bool vector_engine = check.may_run_on(Engine::kVector) && size <= kQuadrantPartitions;
  if (tensor_engine || vector_engine) return;
  check.fault(
      kData,
      fmt::format("is [{}, {}] from {} to {}", data.partitions, data.elements_per_partition(),
                  name(check.buffer(data)), name(check.buffer(*check.tile(kDst)))),
      "up to [128, 128] from sbuf to psum on the tensor engine, or up to [32, 32] on the "
      "vector engine");
}

void rule_quantize_mx(Check& check) {
  const Access& src = *check.tile(kSrc);
  check.buffers(kSrc, {Buffer::kSbuf});
  check.buffers(kDst, {Buffer::kSbuf});
  check.types(kSrc, set_of({kFloat16, kBfloat16}));
  check.types(kDst, set_of({kFloat8E5m2X4, kFloat8E4m3fnX4}));
  check_multiple_of_quadrant(check, kSrc);
  check.same_partitions(kDst, kSrc);
  const std::int64_t values = src.elements_per_partition();
  if (values % 4 != 0) {
    check.fault(kSrc, fmt::format("has {} elements a partition", values), "a multiple of 4");
    return;
  }
  check.elements(kDst, values / 4, "a quarter of src, four values each");
  if (check.ok()) check_scale(check, kDstScale, kSrc, values / 4);
}

constexpr RuleRow kRules[] = {
    {Opcode::kNcMatmul, rule_nc_matmul},
    {Opcode::kNcMatmulMx, rule_nc_matmul_mx},
    {Opcode::kNcTranspose, rule_nc_transpose},
    {Opcode::kQuantizeMx, rule_quantize_mx},
};

}  // namespace

std::span<const RuleRow> matmul_rules() { return kRules; }

}  // namespace switchyard::isa
