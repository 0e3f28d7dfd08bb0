#include "neuroncore/profile_form.h"

#include <algorithm>

#include "neuroncore/cost.h"

namespace switchyard::neuroncore {

namespace {

using isa::Instruction;
using isa::Opcode;
using isa::Operand;
using isa::OperandKind;
using isa::OperandName;
using numeric::ElementType;

bool is_float32(const isa::Access& access) { return access.type == ElementType::kFloat32; }

void add_matmul(const Instruction& form, const Peaks& peaks, FormFacts& facts) {
  const isa::Access& stationary = form.access(OperandName::kStationary);
  const isa::Access& moving = form.access(OperandName::kMoving);
  // Every stationary value meets every column of the result once; double rows and packed lanes are
  // in the number of stationary values.
  facts.flops = 2 * stationary.elements() * numeric::traits(stationary.type).lanes *
                form.access(OperandName::kDst).elements_per_partition();
  if (form.opcode == Opcode::kNcMatmulMx) {
    facts.flop_cost = 1.0 / numeric::traits(stationary.type).lanes;
    return;
  }
  facts.transpose = form.flag(isa::AttributeName::kIsTranspose);
  facts.float32 = is_float32(stationary) || is_float32(moving);
  if (facts.float32) facts.flop_cost = peaks.float32_cost;
  const auto* mode = form.find(isa::AttributeName::kPerfMode);
  const bool double_row = mode && *mode == isa::AttributeValue(isa::PerfMode::kDoubleRow);
  if (double_row) facts.flop_cost = 0.5;  // two values of K in each PE
}

// TensorE multiplies the data with an identity as wide as the data has partitions.
void add_transpose(const Instruction& form, FormFacts& facts) {
  const isa::Access& data = form.access(OperandName::kData);
  facts.flops = 2 * data.elements() * data.partitions;
  facts.transpose = true;
  facts.float32 = is_float32(data);
}

DmaKind dma_kind(const Instruction& form, const Peaks& peaks) {
  switch (dge_mode(peaks.hardware_dge, form)) {
    case isa::DgeMode::kSwdge:
      return DmaKind::kSoftware;
    case isa::DgeMode::kHwdge:
      return DmaKind::kHardware;
    default:
      return DmaKind::kStatic;
  }
}

bool reads(const Instruction& form, const Operand& operand, isa::Role role) {
  // TensorE adds to PSUM where it lies: the bank's own business, not a read (architecture guide).
  const bool sums_in_psum = form.opcode == Opcode::kNcMatmul || form.opcode == Opcode::kNcMatmulMx;
  if (sums_in_psum && operand.name == OperandName::kDst) return false;
  return role != isa::Role::kWrite;
}

}  // namespace

FormFacts facts_of(const Instruction& form, const Peaks& peaks) {
  FormFacts facts;
  if (form.opcode == Opcode::kCoreBarrier) return facts;  // names a tensor, but moves nothing
  facts.dma = form.info().dma;
  if (facts.dma) facts.dma_kind = dma_kind(form, peaks);
  std::uint8_t binding = 0;
  for (const Operand& operand : form.operands) {
    if (operand.kind == OperandKind::kNumber) continue;
    if (operand.kind == OperandKind::kAccess) {
      const isa::OperandInfo* info = form.info().find(operand.name);
      const isa::Role role = info ? info->role : isa::Role::kRead;
      const isa::Access& access = operand.access;
      facts.accesses.push_back(
          {.binding = binding,
           .reads = reads(form, operand, role),
           .writes = role != isa::Role::kRead,
           .indirect = access.indirection.kind != isa::IndirectKind::kNone,
           .bytes = access.elements() * numeric::traits(access.type).storage_bytes});
      if (!facts.dma) facts.partitions = std::max(facts.partitions, int{access.partitions});
      if (access.indirection.kind == isa::IndirectKind::kRegister) ++binding;
    }
    ++binding;
  }
  if (form.opcode == Opcode::kNcMatmul || form.opcode == Opcode::kNcMatmulMx) {
    add_matmul(form, peaks, facts);
  }
  if (form.opcode == Opcode::kNcTranspose) add_transpose(form, facts);
  return facts;
}

std::vector<FormFacts> facts_of_forms(const isa::Program& program, const Peaks& peaks) {
  std::vector<FormFacts> facts;
  facts.reserve(program.forms());
  for (isa::FormId f = 0; f < program.forms(); ++f) {
    facts.push_back(facts_of(program.form(f), peaks));
  }
  return facts;
}

SiteTable::SiteTable(const isa::Program& program)
    : program_(program), by_form_(program.forms(), kNoSite), by_source_(program.sources().size()) {}

SiteId SiteTable::add(isa::InstructionId id) {
  sites_.push_back({.opcode = program_.form(program_.form_of(id)).opcode,
                    .source = program_.source_of(id),
                    .example = id});
  return static_cast<SiteId>(sites_.size() - 1);
}

SiteId SiteTable::site(isa::InstructionId id) {
  const isa::FormId form = program_.form_of(id);
  const isa::SourceId source = program_.source_of(id);
  if (source == 0) {
    SiteId& known = by_form_[form];
    if (known == kNoSite) known = add(id);
    return known;
  }
  const isa::Opcode opcode = program_.form(form).opcode;
  for (const auto& [of, site] : by_source_[source]) {
    if (of == opcode) return site;
  }
  by_source_[source].emplace_back(opcode, add(id));
  return by_source_[source].back().second;
}

}  // namespace switchyard::neuroncore
