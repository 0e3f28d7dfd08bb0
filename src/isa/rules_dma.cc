// dma_copy, dma_transpose, dma_compute, sendrecv.
// The page says that `engine` is for hwdge only; a program may name the queue's engine in every
// mode, since the scheduler needs one. dge_mode none is legal for a transpose in nki-dge.rst and
// not on the page, which is newer and followed; the same for the shape rules of hwdge.
#include <vector>

#include "isa/rules.h"

namespace switchyard::isa {

namespace {

using enum OperandName;
using A = AttributeName;

constexpr std::int64_t kPriorityMax = 3;
constexpr std::size_t kSourcesMax = 16;
constexpr std::int64_t kTransposeWidthMax = 128;

std::int64_t total(const Access& access) { return access.elements(); }

bool is_vector(const Access& access) { return access.indirection.kind == IndirectKind::kVector; }

DgeMode dge_mode(const Check& check) {
  const AttributeValue* value = check.instruction.find(A::kDgeMode);
  return value ? std::get<DgeMode>(*value) : DgeMode::kUnknown;
}

void check_oob(Check& check) {
  const AttributeValue* value = check.instruction.find(A::kOobMode);
  if (!value || std::get<OobMode>(*value) != OobMode::kSkip) return;
  for (const Operand& operand : check.instruction.operands) {
    if (operand.access.indirection.kind != IndirectKind::kNone) return;
  }
  check.fault(A::kOobMode, "is skip", "error, as no access is indirect");
}

void check_queue(Check& check) {
  check.integer_between(A::kPriority, 0, kPriorityMax);
  if (check.has(A::kPriority)) check.since(Generation::kV4, "priority");
  const DgeMode mode = dge_mode(check);
  if (mode == DgeMode::kHwdge) {
    check.since(Generation::kV3, "dge_mode hwdge");
    check.engines({Engine::kSync, Engine::kScalar}, "hwdge is driven from these");
  }
  if (mode == DgeMode::kSwdge) {
    check.engines({Engine::kGpSimd}, "swdge descriptors are made there");
  }
  for (const Operand& operand : check.instruction.operands) {
    if (operand.kind != OperandKind::kAccess || !is_vector(operand.access)) continue;
    if (mode != DgeMode::kUnknown && mode != DgeMode::kSwdge) {
      check.fault(A::kDgeMode, fmt::format("is {} with a vector of offsets", name(mode)),
                  "unknown or swdge");
      return;
    }
  }
  check_oob(check);
}

void check_same_total(Check& check, const Operand& operand) {
  const std::int64_t found = total(operand.access), wanted = total(*check.tile(kDst));
  if (found == wanted) return;
  check.fault(operand, fmt::format("has {} elements", found),
              fmt::format("{}, as dst has", wanted));
}

void rule_dma_copy(Check& check) {
  check_queue(check);
  check_same_total(check, *check.instruction.find(kSrc));
  const Access& dst = *check.tile(kDst);
  const Access& src = *check.tile(kSrc);
  if (dge_mode(check) == DgeMode::kHwdge) {
    check.same_type(kDst, kSrc, "hwdge does not convert");
  } else if (numeric::is_packed(dst.type) || numeric::is_packed(src.type)) {
    check.same_type(kDst, kSrc, "packed types are copied, not converted");
  }
}

// The shape as nki sees it, partitions first on chip.
std::vector<std::int64_t> shape_of(const Check& check, const Access& access) {
  std::vector<std::int64_t> shape;
  if (is_on_chip(check.buffer(access))) shape.push_back(access.partitions);
  for (int i = 0; i < access.rank; ++i) shape.push_back(access.dims[i].count);
  return shape;
}

void check_two_bytes(Check& check) {
  const auto type = check.tile(kSrc)->type;
  if (numeric::traits(type).storage_bytes != 2) {
    check.fault(kSrc, fmt::format("is {}", name(type)), "a type of 2 bytes");
  }
}

void check_width(Check& check, const std::vector<std::int64_t>& shape) {
  if (shape.back() <= kTransposeWidthMax) return;
  check.fault(kSrc, fmt::format("has a last dim of {}", shape.back()),
              fmt::format("at most {}", kTransposeWidthMax));
}

void check_hardware_transpose(Check& check, const std::vector<std::int64_t>& shape) {
  const std::int64_t rows = shape[0];
  if (shape.size() == 2 && rows != 16) {
    check.fault(kSrc, fmt::format("has a first dim of {}", rows), "16 for hwdge in two dims");
  }
  if (shape.size() > 2) {
    const bool known = rows == 1 || rows == 2 || rows == 4 || rows == 8 || rows == 16;
    if (!known) {
      check.fault(kSrc, fmt::format("has a first dim of {}", rows), "1, 2, 4, 8 or 16 for hwdge");
    } else if (rows * shape[shape.size() - 2] % 16 != 0) {
      check.fault(kSrc, "has shape " + text_of(shape),
                  "first and last but one dim that multiply to a multiple of 16, for hwdge");
    }
  }
  check_width(check, shape);
  check_two_bytes(check);
}

void check_indirect_transpose(Check& check, const std::vector<std::int64_t>& shape) {
  const Access& src = *check.tile(kSrc);
  const Operand& operand = check.instruction.operands[src.indirection.operand];
  const std::int64_t rows = operand.access.partitions;
  const std::int64_t columns = operand.access.elements_per_partition();
  if (shape.size() == 4 && shape[1] != 1 && shape[2] != 1) {
    check.fault(kSrc, "has shape " + text_of(shape), "a second or third dim of 1");
  }
  check_width(check, shape);
  check_two_bytes(check);
  if (shape[0] % 16 != 0) {
    check.fault(kSrc, fmt::format("has a first dim of {}", shape[0]), "a multiple of 16");
  }
  if (operand.access.rank > 1) {
    check.fault(operand, fmt::format("has {} dims", operand.access.rank + 1), "two");
  }
  if (!contains(kUint32Only, operand.access.type)) {
    check.fault(operand, fmt::format("is {}", name(operand.access.type)), "uint32");
  }
  if (rows < 16 || rows > kPartitions || rows % 16 != 0) {
    check.fault(operand, fmt::format("has {} partitions", rows), "a multiple of 16 up to 128");
  }
  if (columns > 1 && rows != kPartitions) {
    check.fault(operand, fmt::format("has {} partitions and {} columns", rows, columns),
                "128 partitions for more than one column");
  }
  if (rows * columns < shape[0]) {
    check.fault(operand, fmt::format("has {} indices", rows * columns),
                fmt::format("at least {}, the first dim of src", shape[0]));
  }
}

void rule_dma_transpose(Check& check) {
  check_queue(check);
  check.buffers(kDst, {Buffer::kSbuf});
  check.same_type(kDst, kSrc);
  const Access& src = *check.tile(kSrc);
  const std::vector<std::int64_t> shape = shape_of(check, src);
  if (shape.size() < 2 || shape.size() > 4) {
    check.fault(kSrc, fmt::format("has {} dims", shape.size()), "2, 3 or 4");
    return;
  }
  constexpr std::int64_t kPermutations[3][4] = {{1, 0}, {2, 1, 0}, {3, 1, 2, 0}};
  const std::int64_t* permutation = kPermutations[shape.size() - 2];
  const std::vector<std::int64_t> axes(permutation, permutation + shape.size());
  if (check.has(A::kAxes) && check.instruction.integers(A::kAxes) != axes) {
    check.fault(A::kAxes, "is " + text_of(check.instruction.integers(A::kAxes)), text_of(axes));
  }
  std::vector<std::int64_t> turned;
  for (const std::int64_t axis : axes) turned.push_back(shape[axis]);
  const std::vector<std::int64_t> found = shape_of(check, *check.tile(kDst));
  if (check.in(kDst, Buffer::kSbuf) && found != turned) {
    check.fault(kDst, "has shape " + text_of(found),
                fmt::format("{}, src {} transposed", text_of(turned), text_of(shape)));
  }
  if (is_vector(src)) {
    check_indirect_transpose(check, shape);
    return;
  }
  const DgeMode mode = dge_mode(check);
  if (mode == DgeMode::kHwdge) check_hardware_transpose(check, shape);
  if (mode != DgeMode::kHwdge && mode != DgeMode::kUnknown) {
    check.fault(A::kDgeMode, fmt::format("is {}", name(mode)), "unknown or hwdge");
  }
}

// dst += src, where one of them is gathered or scattered: dst must be one of the two sources.
void check_read_modify_write(Check& check) {
  const Access& dst = *check.tile(kDst);
  std::vector<const Access*> sources;
  for (const Operand& operand : check.instruction.operands) {
    if (operand.name == kSrcs) sources.push_back(&operand.access);
  }
  if (!check.instruction.flag(A::kUniqueIndices)) {
    check.fault(A::kUniqueIndices, "is false", "true");
  }
  if (sources.size() != 2) {
    check.fault(fmt::format("has {} srcs with a vector of offsets", sources.size()), "2");
    return;
  }
  for (int i = 0; i < 2; ++i) {
    const Access& same = *sources[i];
    const Access& other = *sources[1 - i];
    if (same != dst) continue;
    const bool scatter =
        is_vector(dst) && !is_vector(other) && check.buffer(other) == Buffer::kSbuf;
    const bool gather = !is_vector(dst) && is_vector(other) && check.buffer(dst) == Buffer::kSbuf;
    if (scatter || gather) return;
  }
  check.fault("has srcs that do not fit a read-modify-write",
              "dst and a source in sbuf for a scatter to hbm, or dst in sbuf and a source gathered "
              "from hbm");
}

void rule_dma_compute(Check& check) {
  check.ops(A::kReduceOp, set_of({Op::kAdd}));
  check_oob(check);
  std::size_t count = 0;
  bool indirect = is_vector(*check.tile(kDst));
  for (const Operand& operand : check.instruction.operands) {
    if (operand.name != kSrcs) continue;
    ++count;
    check_same_total(check, operand);
    indirect |= is_vector(operand.access);
  }
  if (count > kSourcesMax) {
    check.fault(fmt::format("has {} srcs", count), fmt::format("at most {}", kSourcesMax));
  }
  if (const AttributeValue* value = check.instruction.find(A::kScales)) {
    const auto& scales = std::get<std::vector<double>>(*value);
    if (scales.size() != count) {
      check.fault(A::kScales, fmt::format("has {} values", scales.size()),
                  fmt::format("{}, one a source", count));
    }
    for (const double scale : scales) {
      if (scale == 1) continue;
      check.fault(A::kScales, fmt::format("holds {}", scale), "1.0 for every source");
      break;
    }
  }
  if (indirect) check_read_modify_write(check);
}

void rule_sendrecv(Check& check) {
  check.buffers(kDst, {Buffer::kSbuf});
  check.buffers(kSrc, {Buffer::kSbuf});
  check.same_type(kDst, kSrc);
  check.same_shape(kDst, kSrc);
  check.integer_between(A::kSendToRank, 0, 1);
  check.integer_between(A::kRecvFromRank, 0, 1);
  const AttributeValue* value = check.instruction.find(A::kDmaEngine);
  if (!value || std::get<DmaEngine>(*value) != DmaEngine::kGpSimdDma) return;
  check.engines({Engine::kGpSimd}, "gpsimd_dma is started there");
  const Access& src = *check.tile(kSrc);
  constexpr std::int64_t kElementsMax = 256;  // 1024 bytes of 32 bits, 512 of 16, 256 of 8
  if (src.elements_per_partition() > kElementsMax) {
    const int size = numeric::traits(src.type).storage_bytes;
    check.fault(
        kSrc, fmt::format("has {} bytes a partition", src.elements_per_partition() * size),
        fmt::format("at most {} of {} through gpsimd_dma", kElementsMax * size, name(src.type)));
  }
}

constexpr RuleRow kRules[] = {
    {Opcode::kDmaCopy, rule_dma_copy},
    {Opcode::kDmaTranspose, rule_dma_transpose},
    {Opcode::kDmaCompute, rule_dma_compute},
    {Opcode::kSendrecv, rule_sendrecv},
};

}  // namespace

std::span<const RuleRow> dma_rules() { return kRules; }

}  // namespace switchyard::isa
