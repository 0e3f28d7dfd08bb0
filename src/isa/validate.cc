#include "isa/validate.h"

#include <algorithm>

#include "isa/rules.h"

namespace switchyard::isa {

namespace {

constexpr int kBadInstructionsMax = 100;        // then validation stops
constexpr std::size_t kCachedAccessesMax = 32;  // two bits of memory each

// The rules of `opcode`; nullptr where the table says all.
Rule rule_of(Opcode opcode) {
  static const auto kTable = [] {
    std::array<Rule, kOpcodes> table = {};
    for (const auto rows :
         {dma_rules(), matmul_rules(), elementwise_rules(), reduce_rules(), activation_rules(),
          select_rules(), search_rules(), gather_rules(), random_rules(), sequencer_rules()}) {
      for (const RuleRow& row : rows) table[static_cast<int>(row.opcode)] = row.rule;
    }
    return table;
  }();
  return kTable[static_cast<int>(opcode)];
}

void check_instruction(const Program& program, const Instruction& instruction, const Limits& limits,
                       std::string_view place, FaultList& faults) {
  Check check(program, instruction, limits, place, faults);
  check_row(check);
  if (!check.ok()) return;
  check_accesses(check);
  if (!check.ok()) return;
  check_types(check);
  check_indirections(check);
  if (!check.ok()) return;
  if (const Rule rule = rule_of(instruction.opcode)) rule(check);
}

// "kernel.py:12", or "instruction 7 (name)".
std::string place_of(const Program& program, InstructionId id, const Instruction& instruction) {
  if (instruction.source != 0 && instruction.source < program.sources().size()) {
    return program.sources()[instruction.source];
  }
  if (instruction.name.empty()) return fmt::format("instruction {}", id);
  return fmt::format("instruction {} ({})", id, quote(instruction.name));
}

// Some rules relate the places of several operands: the indices of gathers, dst and sources of a
// read-modify-write. Such forms are checked in full each time.
bool relates_places(const Instruction& instruction) {
  const bool computes = instruction.opcode == Opcode::kDmaCompute;
  return std::any_of(
      instruction.operands.begin(), instruction.operands.end(), [&](const Operand& operand) {
        const IndirectKind kind = operand.access.indirection.kind;
        return kind == IndirectKind::kGather || (computes && kind == IndirectKind::kVector);
      });
}

void check_tensor(const Tensor& tensor, const Limits& limits, FaultList& faults) {
  const auto fault = [&](std::string found, std::string wanted, std::string hint = "") {
    faults.add({.kind = ErrorKind::kImpossible,
                .where = "tensor " + tensor.name,
                .found = std::move(found),
                .wanted = std::move(wanted),
                .hint = std::move(hint)});
  };
  std::int64_t elements = 1;
  for (const std::int64_t extent : tensor.shape) {
    if (extent < 1 || __builtin_mul_overflow(elements, extent, &elements) ||
        elements > (std::int64_t{1} << 56)) {
      fault(fmt::format("has shape {}", text_of(tensor.shape)), "extents of 1 or more that fit");
      return;
    }
  }
  if (tensor.shape.empty()) return fault("has no shape", "one dim or more");
  if (!is_on_chip(tensor.buffer)) {
    if (tensor.address) fault("is in hbm and has an address", "none");
    return;
  }
  if (tensor.kind != TensorKind::kInternal) {
    fault(fmt::format("is an {} in {}", name(tensor.kind), name(tensor.buffer)), "hbm");
  }
  const std::int64_t room =
      tensor.buffer == Buffer::kSbuf ? limits.sbuf_partition_bytes : limits.psum_partition_bytes;
  const FixedAddress address = tensor.address.value_or(FixedAddress{});
  if (tensor.shape[0] > kPartitions) {
    fault(fmt::format("has {} partitions", tensor.shape[0]), fmt::format("at most {}", kPartitions),
          "the first dim of a tensor on chip is its partitions");
  } else if (address.partition < 0 || address.partition + tensor.shape[0] > kPartitions) {
    fault(fmt::format("lies in partitions {}:{}", address.partition,
                      address.partition + tensor.shape[0]),
          fmt::format("0:{}", kPartitions));
  }
  const std::int64_t bytes = tensor.partition_bytes();
  if (bytes > room) {
    fault(fmt::format("takes {} bytes of a partition", bytes),
          fmt::format("at most {} of {}", room, name(tensor.buffer)));
  } else if (address.byte < 0 || address.byte > room - bytes) {
    fault(fmt::format("lies in bytes {} to {} of a partition", address.byte,
                      address.byte + bytes - 1),
          fmt::format("0 to {} of {}", room - 1, name(tensor.buffer)));
  }
}

}  // namespace

Status validate(const Program& program, const Instruction& instruction, const Limits& limits) {
  FaultList faults;
  const bool known = instruction.source != 0 && instruction.source < program.sources().size();
  check_instruction(program, instruction, limits,
                    known ? program.sources()[instruction.source] : std::string(), faults);
  return faults.status();
}

Status validate_tensor(const Program& program, TensorId id, const Limits& limits) {
  FaultList faults;
  check_tensor(program.tensor(id), limits, faults);
  return faults.status();
}

const Validator::Place& Validator::place(TensorId id) {
  for (std::size_t next = places_.size(); next < program_.tensors().size(); ++next) {
    const Tensor& tensor = program_.tensor(static_cast<TensorId>(next));
    const FixedAddress address = tensor.address.value_or(FixedAddress{});
    places_.push_back({.bytes = tensor.partition_bytes(),
                       .address = address.byte,
                       .partitions = tensor.partitions(),
                       .first_partition = address.partition,
                       .buffer = tensor.buffer});
  }
  return places_[id];
}

bool Validator::fits(const Part& part, const Place& place, std::int64_t offset) const {
  const std::int64_t room = place.bytes / part.element_bytes;
  // Offsets beyond this cannot fit, and keep the sums within 64 bits.
  if (offset < -place.bytes || offset > 2 * place.bytes) return false;
  const std::int64_t first = offset * part.element_bytes + part.low;
  const std::int64_t last = offset * part.element_bytes + part.high;
  if (first < 0 || last >= room * part.element_bytes) return false;
  if (!is_on_chip(place.buffer)) return true;
  if (part.start + part.partitions > place.partitions) return false;
  if (place.address % part.element_bytes != 0) return false;
  if (!start_allowed(static_cast<StartRule>(part.rule), place.first_partition + part.start,
                     part.partitions)) {
    return false;
  }
  const std::int64_t bank = limits_.psum_bank_bytes();
  return !part.one_bank || place.buffer != Buffer::kPsum || bank <= 0 ||
         (place.address + first) / bank == (place.address + last) / bank;
}

bool Validator::passes(const Form& form, std::span<const Binding> bindings) {
  const Part* part = parts_.data() + form.first;
  const Part* const end = part + form.count;
  std::uint64_t memories = 0;
  int shift = 0;
  for (std::size_t i = 0; i < bindings.size() && part < end; ++i, ++part) {
    const std::uint32_t target = bindings[i].target;
    if (part->is_register) {
      if (target >= program_.registers().size()) return false;
      continue;
    }
    if (target >= program_.tensors().size()) return false;
    const Place& where = place(target);
    if (!fits(*part, where, bindings[i].offset)) return false;
    memories |= static_cast<std::uint64_t>(where.buffer) << shift;
    shift += 2;
    if (part->by_register && bindings[++i].target >= program_.registers().size()) return false;
  }
  for (int i = 0; i < form.known; ++i) {
    if (form.memories[i] == memories) return true;
  }
  return false;
}

// After a full check of `instruction`, which is of the form.
void Validator::remember(FormId id, const Instruction& instruction) {
  if (relates_places(instruction) || instruction.operands.size() > kCachedAccessesMax) return;
  if (id >= forms_.size()) forms_.resize(id + 1);
  Form& form = forms_[id];
  const bool is_new = form.known == 0;
  if (is_new) form.first = static_cast<std::uint32_t>(parts_.size());
  std::uint64_t memories = 0;
  int shift = 0;
  for (const Operand& operand : instruction.operands) {
    if (operand.kind == OperandKind::kNumber) continue;
    Part part;
    part.is_register = operand.kind == OperandKind::kRegister;
    if (!part.is_register) {
      const Access& access = operand.access;
      const Place& where = place(access.tensor);
      Reach reach;
      reach_of(access, reach);
      part.element_bytes = numeric::traits(access.type).storage_bytes;
      part.low = reach.low * part.element_bytes;
      part.high = (reach.high + 1) * part.element_bytes - 1;
      part.start = access.start_partition;
      part.partitions = access.partitions;
      part.rule = static_cast<std::uint8_t>(start_rule(instruction.opcode, operand.name));
      part.one_bank = within_one_bank(instruction.opcode, operand.name, limits_);
      part.by_register = access.indirection.kind == IndirectKind::kRegister;
      memories |= static_cast<std::uint64_t>(where.buffer) << shift;
      shift += 2;
    }
    if (is_new) parts_.push_back(part);
  }
  if (is_new) form.count = static_cast<std::uint32_t>(parts_.size()) - form.first;
  form.memories[form.next] = memories;
  form.next = static_cast<std::uint8_t>((form.next + 1) % form.memories.size());
  if (form.known < form.memories.size()) ++form.known;
}

Status Validator::check(InstructionId id) {
  const FormId form = program_.form_of(id);
  if (form < forms_.size() && forms_[form].known > 0 &&
      passes(forms_[form], program_.bindings(id))) {
    return {};
  }
  program_.read(id, scratch_);
  FaultList faults;
  check_instruction(program_, scratch_, limits_, place_of(program_, id, scratch_), faults);
  if (!faults.empty()) return fail(faults.error());
  remember(form, scratch_);
  return {};
}

Status validate(const Program& program, const Limits& limits) {
  FaultList faults;
  for (const Tensor& tensor : program.tensors()) check_tensor(tensor, limits, faults);
  if (!faults.empty()) return faults.status();
  Validator validator(program, limits);
  int bad = 0;
  for (InstructionId id = 0; id < program.size(); ++id) {
    Status status = validator.check(id);
    if (status) continue;
    Error error = std::move(status).error();
    const std::vector<Error> also = std::move(error.also);
    error.also.clear();
    faults.add(std::move(error));
    for (const Error& one : also) faults.add(one);
    if (++bad == kBadInstructionsMax) break;
  }
  check_structure(program, faults);
  return faults.status();
}

}  // namespace switchyard::isa
