// Indirect accesses. Sources: nki-aps.rst and nki-dge.rst (scalar and vector offsets of DMA), the
// "Tensor indirection" sections of the nki.isa pages and NkiTensor.indirect (NeuronCore-v4).
#include <algorithm>
#include <span>

#include "isa/check.h"

namespace switchyard::isa {

namespace {

using enum OperandName;

// Which operands of an instruction may gather or scatter; the input whose partitions the index of a
// scattered dst must share.
struct GatherRow {
  Opcode opcode;
  OperandName input;
  std::span<const OperandName> inputs;  // dst may always
};
constexpr OperandName kSrcOnly[] = {kSrc};
constexpr OperandName kDataOnly[] = {kData};
constexpr OperandName kData1Only[] = {kData1};
constexpr OperandName kPredicateOnly[] = {kPredicate};
constexpr OperandName kMatmulInputs[] = {kStationary, kMoving};
constexpr OperandName kMxInputs[] = {kStationary, kMoving, kStationaryScale, kMovingScale};
constexpr GatherRow kGatherRows[] = {
    {Opcode::kTensorCopy, kSrc, kSrcOnly},
    {Opcode::kTensorCopyPredicated, kPredicate, kPredicateOnly},
    {Opcode::kNcMatmul, kStationary, kMatmulInputs},
    {Opcode::kNcMatmulMx, kStationary, kMxInputs},
    {Opcode::kTensorTensor, kData1, kData1Only},
    {Opcode::kTensorScalar, kData, kDataOnly},
    {Opcode::kTensorReduce, kData, kDataOnly},
    {Opcode::kTensorScalarCumulative, kSrc, kSrcOnly},
    {Opcode::kActivation, kData, kDataOnly},
    {Opcode::kActivationReduce, kData, kDataOnly},
    {Opcode::kActivate2, kData, kDataOnly},
    {Opcode::kExponential, kSrc, kSrcOnly},
    {Opcode::kTensorScalarReduce, kData, kDataOnly},
};

// Partitions that share one list of offsets.
int group_of(Engine engine) { return engine == Engine::kTensor ? 32 : 16; }

bool is_gather(const Access* access) {
  return access && access->indirection.kind == IndirectKind::kGather;
}

void check_scalar(Check& check, const Operand& operand, const Operand& index) {
  if (index.access.partitions == 1 && index.access.elements_per_partition() == 1) return;
  check.fault(operand,
              fmt::format("has an index of shape [{}, {}]", index.access.partitions,
                          index.access.elements_per_partition()),
              "one value, [1, 1]");
}

void check_vector(Check& check, const Operand& operand, const Operand& index) {
  const Access& access = operand.access;
  const Opcode opcode = check.instruction.opcode;
  if (opcode != Opcode::kDmaCopy && opcode != Opcode::kDmaTranspose &&
      opcode != Opcode::kDmaCompute) {
    check.fault(operand, "has a vector of offsets",
                "no vector of offsets: DMA instructions alone take one");
    return;
  }
  check.since(Generation::kV3, "a gather or scatter by DMA");
  if (check.buffer(access) != Buffer::kHbm) {
    check.fault(operand,
                fmt::format("is in {} and has a vector of offsets", name(check.buffer(access))),
                "hbm");
  }
  if (access.rank < 1 || access.indirection.dim != 0) {
    check.fault(operand, fmt::format("has offsets for dim {}", access.indirection.dim),
                "dim 0, the outermost");
    return;
  }
  if (opcode == Opcode::kDmaTranspose) return;  // has rules of its own for the index
  if (index.access.elements_per_partition() != 1 ||
      index.access.partitions != access.dims[0].count) {
    check.fault(operand,
                fmt::format("has an index of shape [{}, {}]", index.access.partitions,
                            index.access.elements_per_partition()),
                fmt::format("[{}, 1], one for each step of dim 0", access.dims[0].count));
  }
}

void check_gather(Check& check, const Operand& operand, const Operand& index) {
  check.since(Generation::kV4, "tensor indirection");
  if (!may_gather(check.instruction.opcode, operand.name)) {
    check.fault(operand, "has tensor indirection", "a plain pattern");
    return;
  }
  const int group = group_of(check.instruction.info().engines[0]);
  const Access& access = operand.access;
  const Access& offsets = index.access;
  if (offsets.partitions != access.partitions) {
    check.fault(operand, fmt::format("has an index of {} partitions", offsets.partitions),
                fmt::format("{}, its own partitions", access.partitions));
  }
  if (access.partitions % group != 0) {
    check.fault(operand, fmt::format("has {} partitions", access.partitions),
                fmt::format("a multiple of {}, which share a list of offsets", group));
  }
  const std::int64_t room = group * offsets.elements_per_partition();
  if (access.elements_per_partition() > room) {
    check.fault(operand,
                fmt::format("has {} elements a partition", access.elements_per_partition()),
                fmt::format("at most {}, the offsets in its index", room));
  }
}

// The base partitions of index and input, "when operands are manually allocated".
void check_gather_partitions(Check& check) {
  for (const GatherRow& row : kGatherRows) {
    if (row.opcode != check.instruction.opcode) continue;
    const auto index_of = [&](const Access& access) {
      return check.physical_partition(
          check.instruction.operands[access.indirection.operand].access);
    };
    for (const OperandName name : row.inputs) {
      const Access* access = check.tile(name);
      const bool scale = name == kStationaryScale || name == kMovingScale;
      if (!is_gather(access) || scale) continue;
      if (check.physical_partition(*access) != index_of(*access)) {
        check.fault(name, fmt::format("starts at partition {}", check.physical_partition(*access)),
                    fmt::format("{}, where its index starts", index_of(*access)));
      }
    }
    const Access* dst = check.tile(kDst);
    const Access* input = check.tile(row.input);
    if (!is_gather(dst) || !input) continue;
    const bool in_sbuf = check.buffer(*input) == Buffer::kSbuf;
    if (!in_sbuf && !is_gather(input)) continue;
    const int wanted = in_sbuf ? check.physical_partition(*input) : index_of(*input);
    if (index_of(*dst) != wanted) {
      check.fault(kDst, fmt::format("has an index at partition {}", index_of(*dst)),
                  fmt::format("{}, as {}{} starts", wanted, in_sbuf ? "" : "the index of ",
                              name(row.input)));
    }
  }
}

const Operand* index_of(Check& check, const Operand& operand) {
  const std::size_t place = operand.access.indirection.operand;
  const auto& operands = check.instruction.operands;
  if (place < operands.size() && operands[place].name == kIndirectIndex) return &operands[place];
  check.fault(operand, fmt::format("is indexed by operand {}", place),
              "one of the index operands at the end");
  return nullptr;
}

void check_one(Check& check, const Operand& operand) {
  const Indirection& indirection = operand.access.indirection;
  if (operand.name == kIndirectIndex) {
    check.fault(operand, "is indirect itself", "a plain pattern");
    return;
  }
  if (indirection.limit < 1) {
    check.fault(operand, fmt::format("has indices below {}", indirection.limit),
                "a limit of 1 or more");
    return;
  }
  const bool dynamic_start =
      indirection.kind == IndirectKind::kRegister || indirection.kind == IndirectKind::kScalar;
  if (dynamic_start && check.instruction.opcode == Opcode::kDmaCompute) {
    check.fault(operand, "has a start that is known at run time only",
                "a fixed start or a vector of offsets");
  }
  if (indirection.kind == IndirectKind::kRegister) return;
  const Operand* index = index_of(check, operand);
  if (!index) return;
  if (indirection.kind == IndirectKind::kScalar) check_scalar(check, operand, *index);
  if (indirection.kind == IndirectKind::kVector) check_vector(check, operand, *index);
  if (indirection.kind == IndirectKind::kGather) check_gather(check, operand, *index);
}

}  // namespace

bool may_gather(Opcode opcode, OperandName operand) {
  for (const GatherRow& row : kGatherRows) {
    if (row.opcode != opcode) continue;
    return operand == kDst ||
           std::find(row.inputs.begin(), row.inputs.end(), operand) != row.inputs.end();
  }
  return false;
}

void check_indirections(Check& check) {
  bool gathers = false;
  std::uint64_t used = 0;  // index operands, by place
  const auto& operands = check.instruction.operands;
  for (const Operand& operand : operands) {
    if (operand.kind != OperandKind::kAccess) continue;
    const Indirection& indirection = operand.access.indirection;
    if (indirection.kind == IndirectKind::kNone) continue;
    check_one(check, operand);
    gathers |= indirection.kind == IndirectKind::kGather;
    if (indirection.kind != IndirectKind::kRegister && indirection.operand < 64) {
      used |= std::uint64_t{1} << indirection.operand;
    }
  }
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (operands[i].name != kIndirectIndex) continue;
    if (i >= 64 || (used >> i & 1) == 0) {
      check.fault(operands[i], "is not used by an access", "an access that it indexes");
    }
    if (operands[i].access.indirection.kind == IndirectKind::kNone &&
        !contains(kIndexTypes, operands[i].access.type)) {
      check.fault(operands[i], fmt::format("is {}", name(operands[i].access.type)),
                  names_of(kIndexTypes));
    }
  }
  if (gathers && check.ok()) check_gather_partitions(check);
}

}  // namespace switchyard::isa
