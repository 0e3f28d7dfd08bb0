// Transfers: descriptors, packets and the time each DMA engine spends on them.
//
// A descriptor moves bytes that are neighbours in source and destination: at least one a partition
// (nki-dma-overview.rst). It goes out in packets; each costs a fixed time and its bytes at wire
// rate. That gives the published curve: a full packet reaches the published peak, 2 KiB most of
// it, less than 256 B a small part.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "neuroncore/cost.h"

namespace switchyard::neuroncore {

namespace {

using isa::AttributeName;
using isa::Buffer;
using isa::DgeMode;
using isa::Engine;
using isa::Opcode;
using isa::OperandName;

struct Side {
  const isa::Access* access = nullptr;
  Buffer buffer = Buffer::kHbm;
};

// Elements that are neighbours in memory, at the end of the access's order.
std::int64_t run_of(const Side& side) {
  isa::Access access = *side.access;
  if (access.indirection.kind == isa::IndirectKind::kVector) {
    // Each step of the indexed dim goes somewhere else.
    const int first = access.indirection.dim + 1;
    for (int i = first; i < access.rank; ++i) access.dims[i - first] = access.dims[i];
    access.rank = static_cast<std::uint8_t>(std::max(0, access.rank - first));
    access.indirection = {};
  }
  const isa::Access simple = access.collapsed();
  if (simple.rank == 0) return 1;
  const isa::Dim& inner = simple.dims[simple.rank - 1];
  return inner.stride == 1 ? inner.count : 1;
}

std::int64_t bytes_of(const isa::Access& access) {
  return access.elements() * numeric::traits(access.type).storage_bytes;
}

double packets_of(const DmaCosts& dma, double bytes) {
  return std::max(1.0, std::ceil(bytes / dma.packet));
}
double packet_time(const DmaCosts& dma, double packets, double bytes) {
  return packets * dma.packet_overhead + bytes / dma.rate;
}

struct Plan {
  std::int64_t elements = 0, descriptors = 0;
  double descriptor_bytes = 0;
};

Plan plan_of(const Side& source, const Side& destination) {
  Plan plan;
  plan.elements = std::max<std::int64_t>(1, destination.access->elements());
  const std::int64_t run = std::max<std::int64_t>(1, std::gcd(run_of(source), run_of(destination)));
  plan.descriptors = std::max<std::int64_t>(1, plan.elements / run);
  const int size = std::max(numeric::traits(source.access->type).storage_bytes,
                            numeric::traits(destination.access->type).storage_bytes);
  plan.descriptor_bytes = static_cast<double>(run * size);
  return plan;
}

// On-chip partitions go to the engine that serves them.
void spread_by_partition(const Core& core, const Plan& plan, const isa::Access& chip, double scale,
                         DmaCost& out) {
  const DmaCosts& dma = core.dma;
  const int partitions = std::max<int>(1, chip.partitions);
  const double each = static_cast<double>(plan.descriptors) / partitions;
  const double time =
      packet_time(dma, each * packets_of(dma, plan.descriptor_bytes), each * plan.descriptor_bytes);
  std::array<double, kDmaEnginesMax> total = {};
  for (int p = 0; p < partitions; ++p) {
    total[(chip.start_partition + p) / dma.partitions_per_engine % dma.engines] += time;
  }
  for (int e = 0; e < dma.engines; ++e) out.service[e] = nanoseconds(total[e] * scale).ps();
}

void spread_evenly(const Core& core, const Plan& plan, double scale, DmaCost& out) {
  const DmaCosts& dma = core.dma;
  const double packets =
      static_cast<double>(plan.descriptors) * packets_of(dma, plan.descriptor_bytes);
  const double bytes = static_cast<double>(plan.descriptors) * plan.descriptor_bytes;
  const int engines = static_cast<int>(std::min<double>(dma.engines, packets));
  const double time = packet_time(dma, packets / engines, bytes / engines);
  for (int e = 0; e < engines; ++e) out.service[e] = nanoseconds(time * scale).ps();
}

}  // namespace

DgeMode dge_mode(bool hardware, const isa::Instruction& form) {
  bool vector_index = false, dynamic = false;
  for (const isa::Operand& operand : form.operands) {
    if (operand.kind != isa::OperandKind::kAccess) continue;
    const isa::IndirectKind kind = operand.access.indirection.kind;
    vector_index |= kind == isa::IndirectKind::kVector || kind == isa::IndirectKind::kGather;
    dynamic |= kind != isa::IndirectKind::kNone;
  }
  DgeMode mode = DgeMode::kUnknown;
  if (form.info().find(AttributeName::kDgeMode)) {
    const isa::AttributeValue* value = form.find(AttributeName::kDgeMode);
    if (const auto* given = value ? std::get_if<DgeMode>(value) : nullptr) mode = *given;
  }
  if (vector_index) return DgeMode::kSwdge;  // nki-dge.rst: the only one that can
  if (mode == DgeMode::kHwdge && !hardware) return DgeMode::kSwdge;
  if (mode != DgeMode::kUnknown) return mode;
  if (dynamic) return hardware ? DgeMode::kHwdge : DgeMode::kSwdge;
  return DgeMode::kNone;
}

namespace {

double transpose_share(const Core& core, const Side& source, const Side& destination) {
  const isa::Access& dst = *destination.access;
  constexpr std::int64_t kColumns = 16;  // all engines write one [128, 16] tile together
  const isa::Access simple = dst.collapsed();
  const std::int64_t inner = simple.rank == 0 ? 1 : simple.dims[simple.rank - 1].count;
  const bool aligned = dst.partitions % isa::kPartitions == 0 && inner % kColumns == 0;
  const double best =
      source.buffer == Buffer::kHbm ? core.dma.transpose_hbm : core.dma.transpose_sbuf;
  return aligned ? best : std::min(best, core.dma.transpose_unaligned);
}

// As if it copied whole packets, at a share of the rate.
void add_transpose(const Core& core, const Side& source, const Side& destination, DmaCost& out) {
  const DmaCosts& dma = core.dma;
  const double share = transpose_share(core, source, destination);
  const double bytes = static_cast<double>(bytes_of(*destination.access)) / dma.engines;
  const double time = packet_time(dma, bytes / dma.packet, bytes) / share;
  for (int e = 0; e < dma.engines; ++e) out.service[e] = nanoseconds(time).ps();
}

}  // namespace

void add_dma_cost(const Core& core, const isa::Instruction& form, std::span<const Buffer> buffers,
                  Cost& cost) {
  Side source, destination;
  int sources = 0;
  DmaCost& out = cost.dma;
  for (std::size_t i = 0; i < form.operands.size(); ++i) {
    const isa::Operand& operand = form.operands[i];
    const bool is_source = operand.name == OperandName::kSrc || operand.name == OperandName::kSrcs;
    if (!is_source && operand.name != OperandName::kDst) continue;
    Side& side = is_source ? source : destination;
    sources += is_source;
    if (!side.access) side = {&operand.access, buffers[i]};
    if (buffers[i] == Buffer::kHbm) out.hbm_bytes += bytes_of(operand.access);
  }
  const Plan plan = plan_of(source, destination);
  cost.is_dma = true;
  out.source = source.buffer;
  out.destination = destination.buffer;
  out.bytes = bytes_of(*destination.access);
  out.descriptors = plan.descriptors;
  out.mode = dge_mode(core.dma.hardware_generators > 0, form);
  if (form.info().find(AttributeName::kPriority) && form.find(AttributeName::kPriority)) {
    const auto given = form.integer(AttributeName::kPriority);
    out.priority = static_cast<int>(std::clamp<std::int64_t>(given, 0, core.dma.classes - 1));
  } else {
    out.priority = core.dma.classes - 1;
  }
  // Each further source is added to what is there.
  const double scale =
      form.opcode == Opcode::kDmaCompute && sources > 1 ? (sources - 1) / core.dma.accumulate : 1;
  const Side& chip = isa::is_on_chip(destination.buffer) ? destination : source;
  if (form.opcode == Opcode::kDmaTranspose) {
    add_transpose(core, source, destination, out);
  } else if (isa::is_on_chip(chip.buffer)) {
    spread_by_partition(core, plan, *chip.access, scale, out);
  } else {
    spread_evenly(core, plan, scale, out);
  }
  if (form.opcode == Opcode::kSendrecv) {
    out.meeting = nanoseconds(core.kernel.barrier).ps();
    const isa::AttributeValue* engine = form.find(AttributeName::kDmaEngine);
    const auto* own = engine ? std::get_if<isa::DmaEngine>(engine) : nullptr;
    if (own && *own == isa::DmaEngine::kGpSimdDma) {
      out.service = {};
      out.own_time = nanoseconds(static_cast<double>(out.bytes) / core.gpsimd.dma_rate).ps();
    }
  }
  if (out.mode == DgeMode::kSwdge) {
    const double cycles = core.dma.software_generation +
                          core.dma.software_descriptor * static_cast<double>(plan.descriptors);
    out.generation = core.cycles(Engine::kGpSimd, cycles).ps();
  }
  for (const Engine engine : form.info().engines) {
    const bool may = out.mode == DgeMode::kSwdge ? engine == Engine::kGpSimd
                     : out.mode == DgeMode::kHwdge
                         ? engine == Engine::kSync || engine == Engine::kScalar
                         : true;
    cost.on[static_cast<int>(engine)] = {.interval = core.cycles(engine, core.dma.trigger).ps(),
                                         .possible = may};
  }
}

}  // namespace switchyard::neuroncore
