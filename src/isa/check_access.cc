// Accesses: which memory, which partitions, which pattern, inside the tensor.
// Sources: trainium_inferentia2_arch.rst (start partitions, uint16 sizes, int16 strides),
// nki-aps.rst (dims), the memory type sections of the nki.isa pages. Natural alignment is an
// assumption.
#include <limits>

#include "isa/check.h"

namespace switchyard::isa {

namespace {

constexpr std::int64_t kElementsMax = std::int64_t{1} << 48;  // of an access
constexpr int kMxScaleOffsetMax = 12;                         // 0, 4, 8, 12: mxfp-matmul.rst

bool is_sequencer_access(Opcode opcode) {
  return opcode == Opcode::kRegisterLoad || opcode == Opcode::kRegisterStore ||
         opcode == Opcode::kCoreBarrier;
}

// Counts in uint16, strides in int16, four dims.
bool fits_engine(const Access& access) {
  constexpr std::int64_t kCountMax = std::numeric_limits<std::uint16_t>::max();
  if (access.rank > kPatternDims - 1) return false;
  for (int i = 0; i < access.rank; ++i) {
    const auto [stride, count] = access.dims[i];
    if (count > kCountMax) return false;
    if (count > 1 && (stride < std::numeric_limits<std::int16_t>::min() ||
                      stride > std::numeric_limits<std::int16_t>::max())) {
      return false;
    }
  }
  return true;
}

// Counts, and sizes that later arithmetic can hold. False after a fault.
bool check_counts(Check& check, const Operand& operand) {
  const Access& access = operand.access;
  std::int64_t elements = kPartitions;
  for (int i = 0; i < access.rank; ++i) {
    const auto [stride, count] = access.dims[i];
    std::int64_t distance = 0;
    if (count < 1) {
      check.fault(operand, fmt::format("has a dim of {} elements", count), "at least 1");
      return false;
    }
    if (__builtin_mul_overflow(elements, count, &elements) || elements > kElementsMax ||
        __builtin_mul_overflow(stride, count, &distance)) {
      check.fault(operand, fmt::format("has a dim of {} elements {} apart", count, stride),
                  "a pattern within 64 bits");
      return false;
    }
  }
  return true;
}

void check_pattern(Check& check, const Operand& operand) {
  const Access& access = operand.access;
  const Buffer buffer = check.buffer(access);
  if (!is_on_chip(buffer)) return;
  const bool by_engine =
      !check.instruction.info().dma && !is_sequencer_access(check.instruction.opcode);
  const Access simple = access.collapsed();
  if (by_engine ? fits_engine(access) || fits_engine(simple) : simple.rank < kPatternDims) return;
  if (simple.rank >= kPatternDims) {
    check.fault(operand, fmt::format("has a pattern of {} dims in each partition", simple.rank),
                fmt::format("at most {}", kPatternDims - 1));
    return;
  }
  check.fault(operand, "has a count or stride beyond what an instruction encodes",
              "counts up to 65535 and strides from -32768 to 32767 elements",
              "split the access into several instructions");
}

void check_partitions(Check& check, const Operand& operand) {
  const Access& access = operand.access;
  const Tensor& tensor = check.program.tensor(access.tensor);
  const int begin = access.start_partition, end = begin + access.partitions;
  if (!is_on_chip(tensor.buffer)) {
    if (begin != 0 || access.partitions != 1) {
      check.fault(operand, fmt::format("has partitions {}:{}", begin, end),
                  "none: its tensor is in hbm");
    }
    return;
  }
  if (access.partitions < 1 || access.partitions > kPartitions) {
    check.fault(operand, fmt::format("has {} partitions", access.partitions),
                fmt::format("1 to {}", kPartitions));
    return;
  }
  if (begin < 0 || end > tensor.partitions()) {
    check.fault(operand, fmt::format("reaches partitions {}:{}", begin, end),
                fmt::format("partitions within 0:{} of the tensor", tensor.partitions()));
    return;
  }
  const StartRule rule = start_rule(check.instruction.opcode, operand.name);
  const int start = check.physical_partition(access);
  if (start_allowed(rule, start, access.partitions)) return;
  if (rule == StartRule::kScale) {
    check.fault(operand, fmt::format("starts at partition {}", start),
                "a start 0, 4, 8 or 12 partitions into a quadrant");
    return;
  }
  check.fault(operand,
              fmt::format("starts at partition {} with {} partitions", start, access.partitions),
              access.partitions > 64   ? "start 0 for more than 64 partitions"
              : access.partitions > 32 ? "start 0 or 64 for 33 to 64 partitions"
                                       : "start 0, 32, 64 or 96 for up to 32 partitions",
              "move the data with a DMA, which starts anywhere");
}

void check_memory(Check& check, const Operand& operand) {
  const Buffer buffer = check.buffer(operand.access);
  const Opcode opcode = check.instruction.opcode;
  const auto wrong = [&](std::string_view wanted, std::string_view hint) {
    check.fault(operand, fmt::format("is in {}", name(buffer)), std::string(wanted),
                std::string(hint));
  };
  if (operand.name == OperandName::kIndirectIndex) {
    if (buffer != Buffer::kSbuf) wrong("sbuf, where indices are", "");
  } else if (opcode == Opcode::kCoreBarrier) {
    if (buffer != Buffer::kHbm) wrong("hbm, which the cores share", "");
  } else if (check.instruction.info().dma || is_sequencer_access(opcode)) {
    if (buffer == Buffer::kPsum) wrong("hbm or sbuf", "copy it to sbuf with tensor_copy first");
  } else if (buffer == Buffer::kHbm) {
    wrong("sbuf or psum", "load it with dma_copy first");
  } else if (buffer == Buffer::kPsum && check.engine() == Engine::kGpSimd) {
    wrong("sbuf", "the GpSimd engine cannot reach psum");
  }
}

void check_bounds(Check& check, const Operand& operand) {
  const Access& access = operand.access;
  const Tensor& tensor = check.program.tensor(access.tensor);
  const std::int64_t size = numeric::traits(access.type).storage_bytes;
  const std::int64_t room = tensor.partition_bytes() / size;  // whole elements of the view
  Reach reach;
  std::int64_t low = 0, high = 0;
  const bool in_range = reach_of(access, reach) &&
                        !__builtin_add_overflow(access.offset, reach.low, &low) &&
                        !__builtin_add_overflow(access.offset, reach.high, &high);
  if (!in_range) {
    check.fault(operand, "reaches beyond 64 bits", "a pattern inside its tensor");
    return;
  }
  if (low < 0 || high >= room) {
    check.fault(
        operand, fmt::format("reaches elements {} to {} as {}", low, high, name(access.type)),
        fmt::format("0 to {}, what {} has", room - 1,
                    is_on_chip(tensor.buffer) ? "a partition of the tensor" : "the tensor"));
    return;
  }
  const std::int64_t address = tensor.address ? tensor.address->byte : 0;
  if (is_on_chip(tensor.buffer) && address % size != 0) {
    check.fault(operand, fmt::format("is at byte {}", address),
                fmt::format("a multiple of {}, the size of {}", size, name(access.type)));
  }
  if (tensor.buffer != Buffer::kPsum ||
      !within_one_bank(check.instruction.opcode, operand.name, check.limits)) {
    return;
  }
  const std::int64_t bank = check.limits.psum_bank_bytes();
  const std::int64_t first = address + low * size, last = address + (high + 1) * size - 1;
  if (bank > 0 && first / bank != last / bank) {
    check.fault(operand, fmt::format("lies in psum bytes {} to {}", first, last),
                fmt::format("one bank of {} bytes", bank));
  }
}

}  // namespace

StartRule start_rule(Opcode opcode, OperandName operand) {
  if (info(opcode).dma || is_sequencer_access(opcode)) return StartRule::kAny;
  switch (operand) {
    case OperandName::kDstScale:
    case OperandName::kStationaryScale:
    case OperandName::kMovingScale:
      return StartRule::kScale;
    default:
      return StartRule::kQuadrant;
  }
}

bool start_allowed(StartRule rule, int start, int partitions) {
  if (start < 0 || start + partitions > kPartitions) return false;
  if (rule == StartRule::kAny) return true;
  if (rule == StartRule::kScale) {
    const int offset = start % kQuadrantPartitions;
    if (offset % 4 != 0 || offset > kMxScaleOffsetMax) return false;
    partitions += offset;
    start -= offset;
  }
  if (partitions > 2 * kQuadrantPartitions) return start == 0;
  if (partitions > kQuadrantPartitions) return start % (2 * kQuadrantPartitions) == 0;
  return start % kQuadrantPartitions == 0;
}

bool within_one_bank(Opcode opcode, OperandName operand, const Limits& limits) {
  const bool by_tensor_engine = opcode == Opcode::kNcMatmul || opcode == Opcode::kNcMatmulMx;
  return by_tensor_engine && operand == OperandName::kDst && limits.generation < Generation::kV4;
}

bool reach_of(const Access& access, Reach& reach) {
  reach = {};
  const auto add = [&](std::int64_t stride, std::int64_t last) {
    std::int64_t distance = 0;
    if (__builtin_mul_overflow(stride, last, &distance)) return false;
    return !__builtin_add_overflow(distance < 0 ? reach.low : reach.high, distance,
                                   distance < 0 ? &reach.low : &reach.high);
  };
  const Indirection& indirection = access.indirection;
  if (indirection.kind != IndirectKind::kGather) {
    for (int i = 0; i < access.rank; ++i) {
      if (indirection.kind == IndirectKind::kVector && i == indirection.dim) continue;
      if (!add(access.dims[i].stride, access.dims[i].count - 1)) return false;
    }
  }
  return indirection.kind == IndirectKind::kNone || indirection.limit < 1 ||
         add(indirection.step, indirection.limit - 1);
}

void check_accesses(Check& check) {
  for (const Operand& operand : check.instruction.operands) {
    if (operand.kind == OperandKind::kRegister && operand.reg >= check.program.registers().size()) {
      check.fault(operand, fmt::format("is register {}", operand.reg), "one that the program has");
    }
    if (operand.kind != OperandKind::kAccess) continue;
    const Access& access = operand.access;
    const bool by_register = access.indirection.kind == IndirectKind::kRegister;
    if (access.tensor >= check.program.tensors().size()) {
      check.fault(operand, fmt::format("is of tensor {}", access.tensor),
                  "one that the program has");
    } else if (by_register && access.indirection.reg >= check.program.registers().size()) {
      check.fault(operand, fmt::format("is indexed by register {}", access.indirection.reg),
                  "one that the program has");
    } else if (access.rank > kPatternDims) {
      check.fault(operand, fmt::format("has {} dims", access.rank),
                  fmt::format("at most {}", kPatternDims));
    } else if (check_counts(check, operand)) {
      check_memory(check, operand);
      check_pattern(check, operand);
      check_partitions(check, operand);
      check_bounds(check, operand);
    }
  }
}

namespace {

// Instructions that move packed values without a look at them, and those made for them.
bool takes_packed(Opcode opcode) {
  switch (opcode) {
    case Opcode::kDmaCopy:
    case Opcode::kDmaTranspose:
    case Opcode::kTensorCopy:
    case Opcode::kTensorCopyPredicated:
    case Opcode::kMemset:
    case Opcode::kNcMatmulMx:
    case Opcode::kNcTranspose:
    case Opcode::kLocalGather:
    case Opcode::kNcNGather:
    case Opcode::kNcStreamShuffle:
    case Opcode::kQuantizeMx:
    case Opcode::kCoreBarrier:
    case Opcode::kSendrecv:
    case Opcode::kRegisterLoad:
    case Opcode::kRegisterStore:
      return true;
    default:
      return false;
  }
}

}  // namespace

void check_types(Check& check) {
  if (takes_packed(check.instruction.opcode)) return;
  for (const Operand& operand : check.instruction.operands) {
    if (operand.kind == OperandKind::kAccess && numeric::is_packed(operand.access.type)) {
      check.fault(operand, fmt::format("is {}", name(operand.access.type)),
                  "a type that is not packed",
                  "packed types are for nc_matmul_mx, quantize_mx and copies");
    }
  }
}

}  // namespace switchyard::isa
