#include "isa/check.h"

#include <algorithm>
#include <limits>

namespace switchyard::isa {

namespace {

std::string listed(const std::vector<std::string>& names) {
  if (names.size() < 2) return names.empty() ? "none" : names[0];
  const std::vector<std::string> first(names.begin(), names.end() - 1);
  return join(first, ", ") + " or " + names.back();
}

std::string count_text(std::int64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

std::string names_of(TypeSet set) {
  std::vector<std::string> names;
  for (const numeric::ElementTraits& traits : numeric::element_types()) {
    if (contains(set, traits.type)) names.emplace_back(traits.name);
  }
  return listed(names);
}

std::string names_of(OpSet set) {
  std::vector<std::string> names;
  for (int i = 0; i < kOps; ++i) {
    if (contains(set, static_cast<Op>(i))) names.emplace_back(name(static_cast<Op>(i)));
  }
  return listed(names);
}

std::string text_of(const std::vector<std::int64_t>& values) {
  std::vector<std::string> parts;
  for (const std::int64_t value : values) parts.push_back(fmt::format("{}", value));
  return '[' + join(parts, ", ") + ']';
}

const Access* Check::tile(OperandName name) const {
  const Operand* operand = instruction.find(name);
  return operand && operand->kind == OperandKind::kAccess ? &operand->access : nullptr;
}

bool Check::in(OperandName name, Buffer wanted) const {
  const Access* access = tile(name);
  return access && buffer(*access) == wanted;
}

int Check::physical_partition(const Access& access) const {
  const Tensor& tensor = program.tensor(access.tensor);
  return access.start_partition + (tensor.address ? tensor.address->partition : 0);
}

Engine Check::engine() const {
  const EngineList engines = instruction.info().engines;
  if (instruction.engine != Engine::kUnknown) return instruction.engine;
  return engines.size() == 1 ? engines[0] : Engine::kUnknown;
}

bool Check::may_run_on(Engine engine) const {
  if (instruction.engine != Engine::kUnknown) return instruction.engine == engine;
  const EngineList engines = instruction.info().engines;
  return std::find(engines.begin(), engines.end(), engine) != engines.end();
}

void Check::fault(std::string found, std::string wanted, std::string hint) {
  ++fault_count_;
  std::string where(place_);
  if (!where.empty()) where += ": ";
  where += name(instruction.opcode);
  faults_.add({.kind = ErrorKind::kImpossible,
               .where = std::move(where),
               .found = std::move(found),
               .wanted = std::move(wanted),
               .hint = std::move(hint)});
}

void Check::fault(const Operand& operand, std::string found, std::string wanted, std::string hint) {
  std::string subject(name(operand.name));
  const bool known_tensor = operand.kind == OperandKind::kAccess &&
                            operand.access.tensor < program.tensors().size() &&
                            !program.tensor(operand.access.tensor).name.empty();
  if (known_tensor) subject += fmt::format(" ({})", program.tensor(operand.access.tensor).name);
  fault(subject + ' ' + found, std::move(wanted), std::move(hint));
}

void Check::fault(OperandName operand, std::string found, std::string wanted, std::string hint) {
  if (const Operand* given = instruction.find(operand)) {
    fault(*given, std::move(found), std::move(wanted), std::move(hint));
  } else {
    fault(fmt::format("{} {}", name(operand), found), std::move(wanted), std::move(hint));
  }
}

void Check::fault(AttributeName attribute, std::string found, std::string wanted,
                  std::string hint) {
  fault(fmt::format("{} {}", name(attribute), found), std::move(wanted), std::move(hint));
}

void Check::since(Generation first, std::string_view what) {
  if (!before(first)) return;
  fault(fmt::format("{} on NeuronCore-{}", what, name(generation())),
        fmt::format("NeuronCore-{} or newer", name(first)));
}

void Check::buffers(OperandName operand, std::initializer_list<Buffer> allowed,
                    std::string_view hint) {
  const Access* access = tile(operand);
  if (!access || std::find(allowed.begin(), allowed.end(), buffer(*access)) != allowed.end()) {
    return;
  }
  std::vector<std::string> names;
  for (const Buffer one : allowed) names.emplace_back(name(one));
  fault(operand, fmt::format("is in {}", name(buffer(*access))), listed(names), std::string(hint));
}

void Check::types(OperandName operand, TypeSet allowed, std::string_view hint) {
  const Access* access = tile(operand);
  if (!access || contains(allowed, access->type)) return;
  fault(operand, fmt::format("is {}", name(access->type)), names_of(allowed), std::string(hint));
}

void Check::same_type(OperandName operand, OperandName as, std::string_view hint) {
  const Access* access = tile(operand);
  const Access* other = tile(as);
  if (!access || !other || access->type == other->type) return;
  fault(operand, fmt::format("is {}", name(access->type)),
        fmt::format("{}, the type of {}", name(other->type), name(as)), std::string(hint));
}

void Check::partitions(OperandName operand, std::int64_t wanted, std::string_view why) {
  const Access* access = tile(operand);
  if (!access || access->partitions == wanted) return;
  fault(operand, "has " + count_text(access->partitions, "partition"),
        fmt::format("{}, {}", wanted, why));
}

void Check::elements(OperandName operand, std::int64_t wanted, std::string_view why) {
  const Access* access = tile(operand);
  if (!access || access->elements_per_partition() == wanted) return;
  fault(operand, "has " + count_text(access->elements_per_partition(), "element") + " a partition",
        fmt::format("{}, {}", wanted, why));
}

void Check::elements_between(OperandName operand, std::int64_t low, std::int64_t high) {
  const Access* access = tile(operand);
  if (!access) return;
  const std::int64_t count = access->elements_per_partition();
  if (count >= low && count <= high) return;
  fault(operand, "has " + count_text(count, "element") + " a partition",
        low <= 1 ? fmt::format("at most {}", high) : fmt::format("{} to {}", low, high));
}

void Check::same_partitions(OperandName operand, OperandName as) {
  if (const Access* other = tile(as)) {
    partitions(operand, other->partitions, fmt::format("as {} has", name(as)));
  }
}

void Check::same_shape(OperandName operand, OperandName as) {
  same_partitions(operand, as);
  if (const Access* other = tile(as)) {
    elements(operand, other->elements_per_partition(), fmt::format("as {} has", name(as)));
  }
}

void Check::dims_at_most(OperandName operand, int dims) {
  const Access* access = tile(operand);
  if (!access || access->collapsed().rank + 1 <= dims) return;
  fault(operand, fmt::format("has {} dims", access->collapsed().rank + 1),
        fmt::format("at most {}, the partitions included", dims));
}

void Check::value_a_partition(OperandName operand, OperandName of) {
  same_partitions(operand, of);
  elements(operand, 1, "one value a partition");
}

void Check::not_both_in_psum(OperandName a, OperandName b) {
  if (!in(a, Buffer::kPsum) || !in(b, Buffer::kPsum)) return;
  fault(b, fmt::format("is in psum, and so is {}", name(a)), "at most one of them in psum",
        fmt::format("copy {} or {} to sbuf first", name(a), name(b)));
}

void Check::engines(std::initializer_list<Engine> allowed, std::string_view hint) {
  for (const Engine one : allowed) {
    if (may_run_on(one)) return;
  }
  std::vector<std::string> names;
  for (const Engine one : allowed) names.emplace_back(name(one));
  fault(fmt::format("runs on the {} engine", name(engine())), listed(names), std::string(hint));
}

void Check::ops(AttributeName attribute, OpSet allowed, std::string_view hint) {
  const AttributeValue* value = instruction.find(attribute);
  if (!value && instruction.info().find(attribute)->presence != Presence::kDefault) return;
  const Op op = instruction.op(attribute);
  if (contains(allowed, op)) return;
  fault(attribute, fmt::format("is {}", name(op)), names_of(allowed), std::string(hint));
}

void Check::commands(std::initializer_list<ReduceCommand> allowed) {
  const ReduceCommand command = instruction.reduce_command();
  if (std::find(allowed.begin(), allowed.end(), command) != allowed.end()) return;
  std::vector<std::string> names;
  for (const ReduceCommand one : allowed) names.emplace_back(name(one));
  fault(AttributeName::kReduceCmd, fmt::format("is {}", name(command)), listed(names));
}

void Check::integer_between(AttributeName attribute, std::int64_t low, std::int64_t high) {
  if (!has(attribute)) return;
  const std::int64_t value = instruction.integer(attribute);
  if (value >= low && value <= high) return;
  fault(attribute, fmt::format("is {}", value), fmt::format("{} to {}", low, high));
}

void Check::int32(AttributeName attribute) {
  integer_between(attribute, std::numeric_limits<std::int32_t>::min(),
                  std::numeric_limits<std::int32_t>::max());
}

void Check::scattered_not_to_psum() {
  const Access* dst = tile(OperandName::kDst);
  if (!dst || dst->indirection.kind != IndirectKind::kGather || buffer(*dst) != Buffer::kPsum) {
    return;
  }
  engines({Engine::kVector, Engine::kGpSimd},
          "the Scalar engine scatters to sbuf only: move dst there");
}

}  // namespace switchyard::isa
