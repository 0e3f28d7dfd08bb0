#include "neuroncore/session.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"

namespace switchyard::neuroncore {

using isa::Instruction;
using isa::InstructionId;
using isa::Opcode;
using isa::OperandKind;
using isa::OperandName;
using isa::TensorId;

namespace {

// Beyond so many times the memory a tensor is taken for a slip.
constexpr int kOversizeMax = 16;

isa::Limits roomy(isa::Limits limits) {
  limits.sbuf_partition_bytes *= kOversizeMax;
  limits.psum_partition_bytes *= kOversizeMax;
  return limits;
}

// What an instruction of a later iteration has that the first one's has not; empty: nothing.
std::string difference(const Instruction& first, const Instruction& now) {
  const std::string_view name = isa::name(now.opcode);
  if (first.opcode != now.opcode)
    return fmt::format("{} where {} was", name, isa::name(first.opcode));
  if (first.engine != now.engine) return fmt::format("{} on another engine", name);
  if (first.operands.size() != now.operands.size())
    return fmt::format("{} of other operands", name);
  for (std::size_t i = 0; i < now.operands.size(); ++i) {
    const isa::Operand &a = first.operands[i], &b = now.operands[i];
    if (a == b) continue;
    if (a.kind == OperandKind::kNumber && b.kind == OperandKind::kNumber && a.name == b.name)
      return fmt::format("{} with {}={} where {} was", name, isa::name(b.name), b.number, a.number);
    return fmt::format("{} with another {}", name, isa::name(b.name));
  }
  if (first.attributes.size() != now.attributes.size())
    return fmt::format("{} of other attributes", name);
  for (std::size_t i = 0; i < now.attributes.size(); ++i) {
    if (first.attributes[i] != now.attributes[i])
      return fmt::format("{} with another {}", name, isa::name(now.attributes[i].name));
  }
  return "";
}

}  // namespace

Session::Session(const Core& core, const ExecuteOptions& options)
    : core_(core),
      program_(core.limits.generation),
      memory_(core.limits),
      machine_(program_, memory_, core.limits, options),
      validator_(program_, core.limits) {}

Error Session::differs(const std::string& what, isa::SourceId source) const {
  return {.kind = ErrorKind::kImpossible,
          .where = program_.sources()[source],
          .found = "a loop on the device that does something else in a later iteration: " + what,
          .wanted = "the same calls in every iteration",
          .hint = "python's range unrolls a loop; values that differ go through registers"};
}

Result<TensorId> Session::add_tensor(isa::Tensor tensor) {
  if (!open_.empty()) {
    Loop& loop = open_.back();
    Body& body = bodies_[loop.begin];
    if (loop.tensor < body.tensors.size()) {
      const TensorId id = body.tensors[loop.tensor];
      const isa::Tensor& first = program_.tensor(id);
      if (first.shape != tensor.shape || first.type != tensor.type ||
          first.buffer != tensor.buffer) {
        return fail(differs("another tensor", 0));
      }
      ++loop.tensor;
      return id;
    }
    if (repeating()) return fail(differs("one more tensor", 0));
  }
  const TensorId id = program_.add_tensor(std::move(tensor));
  const isa::Limits& limits = core_.limits;
  Status status =
      isa::validate_tensor(program_, id, program_.tensor(id).address ? limits : roomy(limits));
  if (status) status = memory_.bind(id, program_.tensor(id));
  if (!status) {
    // Ids have no gaps: an empty one takes its place.
    program_.tensor(id) = {.name = "none", .buffer = isa::Buffer::kHbm, .shape = {1}};
    if (memory_.tensors() == id) {
      const Status bound = memory_.bind(id, program_.tensor(id));
      SWITCHYARD_CHECK(bound, "no place for an empty tensor");
    }
    return fail(std::move(status).error());
  }
  if (!open_.empty()) {
    bodies_[open_.back().begin].tensors.push_back(id);
    ++open_.back().tensor;
  }
  return id;
}

Result<TensorId> Session::add_shared(isa::Tensor tensor, Storage& storage) {
  const TensorId id = program_.add_tensor(std::move(tensor));
  SWITCHYARD_TRY_STATUS(isa::validate_tensor(program_, id, core_.limits));
  memory_.bind_shared(id, storage);
  return id;
}

void Session::release(TensorId id) {
  for (const auto& [begin, body] : bodies_) {
    if (std::find(body.tensors.begin(), body.tensors.end(), id) != body.tensors.end()) return;
  }
  memory_.release(id);
}

isa::RegisterId Session::add_register() {
  if (!open_.empty()) {
    Loop& loop = open_.back();
    Body& body = bodies_[loop.begin];
    if (loop.reg_made < body.registers.size()) return body.registers[loop.reg_made++];
    ++loop.reg_made;
    body.registers.push_back(
        program_.add_register(fmt::format("r{}", program_.registers().size())));
    return body.registers.back();
  }
  return program_.add_register(fmt::format("r{}", program_.registers().size()));
}

void Session::write(TensorId id, std::span<const std::uint8_t> bytes) {
  memory_.write(id, program_.tensor(id), bytes);
}

std::vector<std::uint8_t> Session::read(TensorId id) const {
  return memory_.read(id, program_.tensor(id));
}

// An argument that is written becomes one that is updated in place.
void Session::note_writes(const Instruction& instruction) {
  const isa::InstructionInfo& info = instruction.info();
  for (const isa::Operand& operand : instruction.operands) {
    if (operand.kind != OperandKind::kAccess) continue;
    isa::Tensor& tensor = program_.tensor(operand.access.tensor);
    if (tensor.kind != isa::TensorKind::kInput) continue;
    const isa::OperandInfo* row = info.find(operand.name);
    if (row && row->role != isa::Role::kRead) tensor.kind = isa::TensorKind::kInputOutput;
  }
}

Result<InstructionId> Session::append(const Instruction& instruction) {
  const InstructionId id = program_.append(instruction);
  if (Status status = validator_.check(id); !status) {
    program_.remove_last();
    return fail(std::move(status).error());
  }
  cursor_ = id + 1;
  return id;
}

// The same instruction as in the first iteration, at the place where that stands.
Result<InstructionId> Session::repeat(Instruction& instruction) {
  const InstructionId id = cursor_;
  program_.read(id, scratch_);
  const std::string other = difference(scratch_, instruction);
  if (!other.empty()) return fail(differs(other, instruction.source));
  ++cursor_;
  return id;
}

Result<InstructionId> Session::call(Instruction& instruction) {
  if (no_reorder_depth_ > 0) instruction.no_reorder_scope = no_reorder_scopes_;
  SWITCHYARD_TRY(id, repeating() ? repeat(instruction) : append(instruction));
  SWITCHYARD_CHECK(handler(instruction.opcode), "{} has no handler", isa::name(instruction.opcode));
  note_writes(instruction);
  if (execute(machine_, id, instruction)) return id;
  const Fault fault = *machine_.fault();
  return fail({.kind = ErrorKind::kImpossible,
               .where = fault.where,
               .found = std::string(name(fault.kind)) + ": " + fault.what});
}

std::int64_t Session::bound(const isa::Operand& operand) const {
  return operand.kind == OperandKind::kRegister ? machine_.reg(operand.reg)
                                                : static_cast<std::int64_t>(operand.number);
}

Status Session::open(Loop loop, Instruction& marker) {
  SWITCHYARD_TRY(id, repeating() ? repeat(marker) : append(marker));
  loop.begin = id;
  loop.trip = trips_.size();
  trips_.push_back(0);
  bodies_.try_emplace(id);
  open_.push_back(loop);
  return {};
}

Result<isa::RegisterId> Session::begin_for(const isa::Operand& lower, const isa::Operand& upper,
                                           std::int64_t step, isa::SourceId source) {
  const isa::RegisterId reg = add_register();
  Instruction marker{.opcode = Opcode::kForBegin, .source = source};
  marker.operands = {
      {.name = OperandName::kDst, .kind = OperandKind::kRegister, .reg = reg}, lower, upper};
  marker.operands[1].name = OperandName::kLower;
  marker.operands[2].name = OperandName::kUpper;
  marker.attributes = {{isa::AttributeName::kStep, step}};
  SWITCHYARD_TRY_STATUS(open(
      {.counted = true, .reg = reg, .value = bound(lower), .upper = bound(upper), .step = step},
      marker));
  return reg;
}

Status Session::begin_while(isa::RegisterId condition, isa::SourceId source) {
  Instruction marker{.opcode = Opcode::kWhileBegin, .source = source};
  marker.operands = {
      {.name = OperandName::kCondition, .kind = OperandKind::kRegister, .reg = condition}};
  return open({.reg = condition}, marker);
}

// The end of an iteration: records or checks the end of the body.
Status Session::close(Loop& loop, Body& body) {
  if (body.recorded) {
    if (cursor_ != body.end) return fail(differs("it does less", 0));
    return {};
  }
  if (repeating()) return fail(differs("a loop whose first run had no iteration", 0));
  body.end = program_.append({.opcode = Opcode::kLoopEnd});
  body.recorded = true;
  cursor_ = body.end + 1;
  loop.value += 0;
  return {};
}

Result<bool> Session::next() {
  SWITCHYARD_CHECK(!open_.empty(), "no loop is open");
  Loop& loop = open_.back();
  Body& body = bodies_[loop.begin];
  if (loop.started) {
    SWITCHYARD_TRY_STATUS(close(loop, body));
    loop.value += loop.step;
  }
  const bool more = loop.counted ? loop.value < loop.upper : machine_.reg(loop.reg) != 0;
  if (!more) {
    leave();
    return false;
  }
  if (!body.recorded && repeating()) {
    return fail(differs("a loop whose first run had no iteration", 0));
  }
  ++trips_[loop.trip];
  if (body.recorded) machine_.start_iteration(loop.begin, body.end);
  if (loop.counted) machine_.set_reg(loop.reg, static_cast<std::int32_t>(loop.value));
  loop.started = true;
  loop.tensor = loop.reg_made = 0;
  cursor_ = loop.begin + 1;
  return true;
}

void Session::leave() {
  SWITCHYARD_CHECK(!open_.empty(), "no loop is open");
  Body& body = bodies_[open_.back().begin];
  if (!body.recorded) {
    body.end = program_.append({.opcode = Opcode::kLoopEnd});
    body.recorded = true;
  }
  open_.pop_back();
  cursor_ = body.end + 1;
}

void Session::begin_no_reorder() {
  if (no_reorder_depth_++ == 0) ++no_reorder_scopes_;
}

void Session::end_no_reorder() {
  SWITCHYARD_CHECK(no_reorder_depth_ > 0, "no scope is open");
  --no_reorder_depth_;
}

}  // namespace switchyard::neuroncore
