#include "neuroncore/prepared.h"

#include <algorithm>

#include "base/check.h"

namespace switchyard::neuroncore {

namespace {

using isa::AttributeName;
using isa::Buffer;
using isa::Engine;
using isa::Opcode;
using isa::Operand;
using isa::OperandKind;

bool keeps_state(const isa::Instruction& form) {
  switch (form.opcode) {
    case Opcode::kRng:
    case Opcode::kRand2:
    case Opcode::kDropout:
    case Opcode::kSetRngSeed:
    case Opcode::kRandSetState:
    case Opcode::kRandGetState:
    case Opcode::kSendrecv:
      return true;
    default:
      break;
  }
  return form.info().find(AttributeName::kReduceCmd) &&
         form.reduce_command() != isa::ReduceCommand::kIdle;
}

void add_binding(const isa::Instruction& form, std::size_t index, FormInfo& out) {
  const Operand& operand = form.operands[index];
  if (operand.kind == OperandKind::kNumber) return;
  const isa::OperandInfo* row = form.info().find(operand.name);
  const isa::Role role = row ? row->role : isa::Role::kRead;
  FormBinding binding{.operand = static_cast<std::uint8_t>(index),
                      .is_register = operand.kind == OperandKind::kRegister,
                      .reads = role != isa::Role::kWrite,
                      .writes = role != isa::Role::kRead};
  if (binding.is_register) {
    out.bindings.push_back(binding);
    return;
  }
  binding.indirect = operand.access.indirection.kind != isa::IndirectKind::kNone;
  out.bindings.push_back(binding);
  if (operand.access.indirection.kind == isa::IndirectKind::kRegister) {
    out.bindings.push_back(
        {.operand = static_cast<std::uint8_t>(index), .is_register = true, .reads = true});
  }
}

// Exact integer arithmetic of 32 bits is for GpSimdE (nki.isa tensor_tensor).
bool is_exact_integer(const isa::Instruction& form) {
  if (form.opcode != Opcode::kTensorTensor) return false;
  for (const Operand& operand : form.operands) {
    if (operand.kind != OperandKind::kAccess) continue;
    const numeric::ElementType type = operand.access.type;
    if (type != numeric::ElementType::kInt32 && type != numeric::ElementType::kUint32) return false;
  }
  return true;
}

}  // namespace

Prepared::Prepared(const isa::Program& program, const Core& core,
                   const std::vector<std::optional<isa::FixedAddress>>& addresses)
    : program_(program), core_(core) {
  self_ordered_ = !program.automatic_order;
  move(addresses);
  read_forms();
  cost_of_.resize(program.size());
  engines_.resize(program.size());
  last_use_.resize(program.tensors().size());
  for (std::size_t i = 0; i < program.size(); ++i) {
    const auto id = static_cast<isa::InstructionId>(i);
    const isa::FormId form_id = program.form_of(id);
    FormInfo& info = forms_[form_id];
    if (info.is_loop_marker) continue;
    cost_of_[id] = find_cost(id, info);
    engines_[id] = choose(program.form(form_id), info, costs_[cost_of_[id]]);
    transfers_ += costs_[cost_of_[id]].is_dma;
    check_order(id);
  }
}

void Prepared::move(const std::vector<std::optional<isa::FixedAddress>>& addresses) {
  places_.clear();
  places_.reserve(program_.tensors().size());
  for (std::size_t i = 0; i < program_.tensors().size(); ++i) {
    const isa::Tensor& tensor = program_.tensors()[i];
    const std::optional<isa::FixedAddress> given =
        i < addresses.size() ? addresses[i] : std::nullopt;
    const std::optional<isa::FixedAddress> address = tensor.address ? tensor.address : given;
    const bool on_chip = isa::is_on_chip(tensor.buffer);
    places_.push_back({.buffer = tensor.buffer,
                       .shared = on_chip && address.has_value(),
                       .constant = !on_chip && tensor.kind == isa::TensorKind::kInput,
                       .partition = on_chip && address ? address->partition : 0,
                       .byte = on_chip && address ? address->byte : 0,
                       .partition_bytes = tensor.partition_bytes()});
  }
}

void Prepared::read_forms() {
  forms_.resize(program_.forms());
  for (std::size_t i = 0; i < forms_.size(); ++i) {
    const isa::Instruction& form = program_.form(static_cast<isa::FormId>(i));
    FormInfo& info = forms_[i];
    info.opcode = form.opcode;
    info.is_loop_marker = form.opcode == Opcode::kForBegin || form.opcode == Opcode::kWhileBegin ||
                          form.opcode == Opcode::kLoopEnd;
    info.keeps_state = keeps_state(form);
    for (std::size_t k = 0; k < form.operands.size(); ++k) add_binding(form, k, info);
  }
}

std::uint32_t Prepared::find_cost(isa::InstructionId id, FormInfo& info) {
  const std::span<const isa::Binding> bindings = program_.bindings(id);
  std::uint64_t key = 0;  // two bits an access
  for (std::size_t k = 0; k < bindings.size(); ++k) {
    if (info.bindings[k].is_register) continue;
    last_use_[bindings[k].target] = id;
    key = key << 2 | static_cast<std::uint64_t>(places_[bindings[k].target].buffer);
  }
  for (const FormInfo::ByBuffers& known : info.costs) {
    if (known.buffers == key) return known.cost;
  }
  const isa::Instruction& form = program_.form(program_.form_of(id));
  std::vector<Buffer> buffers(form.operands.size(), Buffer::kSbuf);
  for (std::size_t k = 0; k < bindings.size(); ++k) {
    if (info.bindings[k].is_register) continue;
    buffers[info.bindings[k].operand] = places_[bindings[k].target].buffer;
  }
  info.costs.push_back({key, static_cast<std::uint32_t>(costs_.size())});
  costs_.push_back(cost_of(core_, form, buffers));
  return info.costs.back().cost;
}

// The engine given, if the instruction can run there. Else VectorE or ScalarE, whichever would be
// done first with all that was given to it so far; GpSimdE, slower and sharing a port with VectorE,
// only where neither can. What does not stream elements takes the first engine of its row.
Engine Prepared::choose(const isa::Instruction& form, const FormInfo& info, const Cost& cost) {
  const auto possible = [&](Engine e) { return cost.on[static_cast<int>(e)].possible; };
  const auto load_with = [&](Engine e) {
    return load_[static_cast<int>(e)] + cost.on[static_cast<int>(e)].interval;
  };
  Engine best = form.engine;
  if (best == Engine::kUnknown || !possible(best)) {
    best = Engine::kUnknown;
    for (const Engine e : form.info().engines) {
      if (possible(e) && best == Engine::kUnknown) best = e;
    }
    if (best == Engine::kVector && possible(Engine::kScalar) && !info.keeps_state &&
        load_with(Engine::kScalar) < load_with(Engine::kVector)) {
      best = Engine::kScalar;
    }
    if (is_exact_integer(form) && possible(Engine::kGpSimd)) best = Engine::kGpSimd;
  }
  SWITCHYARD_CHECK(best != Engine::kUnknown, "{} runs nowhere", isa::name(form.opcode));
  load_[static_cast<int>(best)] = load_with(best);
  load_[static_cast<int>(Engine::kGpSimd)] += cost.dma.generation;
  return best;
}

void Prepared::check_order(isa::InstructionId id) {
  const isa::InstructionExtras* extras = program_.extras(id);
  if (!extras) return;
  self_ordered_ |= !extras->waits.empty() || !extras->updates.empty();
  for (const isa::InstructionId earlier : extras->depends_on) self_ordered_ |= earlier >= id;
}

}  // namespace switchyard::neuroncore
