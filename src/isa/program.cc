#include "isa/program.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#include "base/check.h"
#include "isa/form_key.h"

namespace switchyard::isa {

std::string_view name(TensorKind kind) {
  constexpr std::string_view kNames[] = {"internal", "input", "output", "inout"};
  return kNames[static_cast<int>(kind)];
}

int Tensor::partitions() const {
  return is_on_chip(buffer) && !shape.empty() ? static_cast<int>(shape[0]) : 1;
}

std::int64_t Tensor::partition_elements() const {
  std::int64_t elements = 1;
  for (std::size_t i = is_on_chip(buffer) ? 1 : 0; i < shape.size(); ++i) elements *= shape[i];
  return elements;
}

std::int64_t Tensor::partition_bytes() const {
  return partition_elements() * numeric::traits(type).storage_bytes;
}

bool Tensor::has_whole_access() const {
  constexpr std::int64_t kPartitionsMax = std::numeric_limits<std::int16_t>::max();
  const std::size_t dims = shape.size() - (is_on_chip(buffer) && !shape.empty() ? 1 : 0);
  return dims <= kPatternDims && (!is_on_chip(buffer) || (dims < shape.size() && shape[0] >= 0 &&
                                                          shape[0] <= kPartitionsMax));
}

Access Tensor::all(TensorId id) const {
  Access access{.tensor = id, .type = type};
  const std::size_t first = is_on_chip(buffer) ? 1 : 0;
  access.partitions = static_cast<std::int16_t>(partitions());
  access.rank = static_cast<std::uint8_t>(shape.size() - first);
  SWITCHYARD_CHECK(has_whole_access(), "tensor {} has {} dims", name, shape.size());
  std::int64_t stride = 1;
  for (int i = access.rank - 1; i >= 0; --i) {
    access.dims[i] = {stride, shape[first + i]};
    stride *= shape[first + i];
  }
  return access;
}

TensorId Program::add_tensor(Tensor tensor) {
  tensors_.push_back(std::move(tensor));
  return static_cast<TensorId>(tensors_.size() - 1);
}

RegisterId Program::add_register(std::string name) {
  registers_.push_back(std::move(name));
  return static_cast<RegisterId>(registers_.size() - 1);
}

SemaphoreId Program::add_semaphore(std::string name) {
  semaphores_.push_back(std::move(name));
  return static_cast<SemaphoreId>(semaphores_.size() - 1);
}

SourceId Program::add_source(std::string text) {
  if (text.empty()) return 0;
  const auto [place, added] = source_ids_.emplace(text, static_cast<SourceId>(sources_.size()));
  if (added) sources_.push_back(std::move(text));
  return place->second;
}

namespace {

// Calls visit(target, offset) for each binding of `instruction`, in order; they may be assigned.
template <class I, class Visit>
void for_each_binding(I& instruction, Visit visit) {
  using Offset = std::conditional_t<std::is_const_v<I>, const std::int64_t, std::int64_t>;
  for (auto& operand : instruction.operands) {
    Offset none = 0;
    switch (operand.kind) {
      case OperandKind::kAccess:
        visit(operand.access.tensor, operand.access.offset);
        if (operand.access.indirection.kind == IndirectKind::kRegister) {
          visit(operand.access.indirection.reg, none);
        }
        break;
      case OperandKind::kRegister:
        visit(operand.reg, none);
        break;
      case OperandKind::kNumber:
        break;
    }
  }
}

}  // namespace

InstructionId Program::append(const Instruction& instruction) {
  const auto id = static_cast<InstructionId>(records_.size());
  write_form_key(instruction, key_);
  const auto [place, added] = form_ids_.emplace(key_, static_cast<FormId>(forms_.size()));
  if (added) {
    Instruction form = instruction;
    for_each_binding(form, [](std::uint32_t& target, std::int64_t& offset) {
      target = 0;
      offset = 0;
    });
    form.name.clear();
    form.source = 0;
    form.depends_on.clear();
    form.waits.clear();
    form.updates.clear();
    forms_.push_back(std::move(form));
  }
  records_.push_back({place->second, instruction.source, bindings_.size()});
  for_each_binding(instruction, [&](const std::uint32_t& target, const std::int64_t& offset) {
    bindings_.push_back({target, offset});
  });
  const bool rare = !instruction.name.empty() || !instruction.depends_on.empty() ||
                    !instruction.waits.empty() || !instruction.updates.empty();
  if (rare) {
    extras_.emplace(id, InstructionExtras{instruction.name, instruction.depends_on,
                                          instruction.waits, instruction.updates});
  }
  return id;
}

std::span<const Binding> Program::bindings(InstructionId id) const {
  const std::uint64_t begin = records_[id].first_binding;
  const std::uint64_t end =
      id + 1 < records_.size() ? records_[id + 1].first_binding : bindings_.size();
  return {bindings_.data() + begin, static_cast<std::size_t>(end - begin)};
}

const InstructionExtras* Program::extras(InstructionId id) const {
  const auto found = extras_.find(id);
  return found == extras_.end() ? nullptr : &found->second;
}

void Program::read(InstructionId id, Instruction& out) const {
  SWITCHYARD_CHECK(id < records_.size(), "instruction {} of {}", id, records_.size());
  out = forms_[records_[id].form];
  const Binding* binding = bindings(id).data();
  for_each_binding(out, [&](std::uint32_t& target, std::int64_t& offset) {
    target = binding->target;
    offset = binding->offset;
    ++binding;
  });
  out.source = records_[id].source;
  if (const InstructionExtras* rare = extras(id)) {
    out.name = rare->name;
    out.depends_on = rare->depends_on;
    out.waits = rare->waits;
    out.updates = rare->updates;
  }
}

Instruction Program::at(InstructionId id) const {
  Instruction out;
  read(id, out);
  return out;
}

void Program::add_dependency(InstructionId later, InstructionId earlier) {
  std::vector<InstructionId>& edges = extras_[later].depends_on;
  if (std::find(edges.begin(), edges.end(), earlier) == edges.end()) edges.push_back(earlier);
}

void Program::set_dependencies(InstructionId later, std::vector<InstructionId> earlier) {
  extras_[later].depends_on = std::move(earlier);
}

void Program::remove_last() {
  SWITCHYARD_CHECK(!records_.empty());
  bindings_.resize(records_.back().first_binding);
  records_.pop_back();
  extras_.erase(static_cast<InstructionId>(records_.size()));
}

}  // namespace switchyard::isa
