#include "isa/random_builder.h"

#include <algorithm>

namespace switchyard::isa {

RandomBuilder::RandomBuilder(std::uint64_t seed, const Limits& limits,
                             const RandomProgramOptions& options)
    : random_(seed), limits_(limits), options_(options), program_(limits.generation) {}

std::int64_t RandomBuilder::between(std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(high - low + 1)));
}

numeric::ElementType RandomBuilder::type_of(TypeSet set) {
  for (;;) {
    const auto type =
        static_cast<numeric::ElementType>(random_.below(numeric::element_types().size()));
    if (contains(set, type)) return type;
  }
}

Op RandomBuilder::op_of(OpSet set) {
  for (;;) {
    const auto op = static_cast<Op>(random_.below(kOps));
    if (contains(set, op)) return op;
  }
}

double RandomBuilder::number() {
  switch (random_.below(5)) {
    case 0:
      return static_cast<double>(between(-4, 4));
    case 1:
      return 0;
    case 2:
      return static_cast<double>(static_cast<float>(random_.uniform() * 2 - 1));
    case 3:
      return static_cast<double>(between(-64, 64)) / 16;
    default:
      return static_cast<double>(static_cast<float>(random_.uniform() * 200 - 100));
  }
}

int RandomBuilder::partitions() {
  switch (random_.below(6)) {
    case 0:
      return static_cast<int>(between(1, 32));
    case 1:
      return static_cast<int>(between(33, 64));
    case 2:
      return static_cast<int>(between(65, kPartitions));
    default:
      return choose({1, 16, 32, 64, 128, 128});
  }
}

std::int64_t RandomBuilder::elements() {
  return chance(0.2) ? between(1, 8) : between(1, options_.elements_max);
}

void RandomBuilder::start(Opcode opcode, Engine engine) {
  instruction_ = {};
  instruction_.opcode = opcode;
  instruction_.engine = engine;
  pending_indices_.clear();
  gathers_ = false;
  indexed_by_register_ = false;
}

void RandomBuilder::maybe_gather(int partitions, int group) {
  gathers_ = !before(Generation::kV4) && partitions % group == 0 && chance(0.2);
  gather_group_ = group;
}

void RandomBuilder::place(OperandName name, const Access& access) {
  Operand operand;
  operand.name = name;
  operand.access = access;
  instruction_.operands.push_back(operand);
}

void RandomBuilder::operand(OperandName name, const Want& wanted) {
  Want want = wanted;
  const bool by_tensor_engine =
      instruction_.opcode == Opcode::kNcMatmul || instruction_.opcode == Opcode::kNcMatmulMx;
  // The Scalar engine scatters to SBUF only.
  if (gathers_ && want.write && !by_tensor_engine) want.buffer = Buffer::kSbuf;
  if (!gathers_ || !may_gather(instruction_.opcode, name) || chance(0.3)) {
    place(name, access(want));
    return;
  }
  // Elements at index * step, below limit.
  const std::int64_t step = between(1, 2),
                     limit = between(1, std::max<std::int64_t>(2, want.elements));
  Want flat = want;
  flat.counts = {(limit - 1) * step + 1};
  flat.elements = flat.counts[0];
  flat.plain = true;
  Access out = access(flat);
  const std::vector<std::int64_t> counts =
      want.counts.empty() ? std::vector<std::int64_t>{want.elements} : want.counts;
  out.rank = static_cast<std::uint8_t>(counts.size());
  out.dims = {};
  std::int64_t stride = 1;
  for (int i = out.rank - 1; i >= 0; --i) {
    out.dims[i] = {stride, counts[i]};
    stride *= counts[i];
  }
  out.indirection = {.kind = IndirectKind::kGather,
                     .operand = static_cast<std::uint8_t>(index_count()),
                     .step = step,
                     .limit = limit};
  add_index(indices(numeric::ElementType::kUint32, want.partitions,
                    (want.elements + gather_group_ - 1) / gather_group_, limit));
  place(name, out);
}

void RandomBuilder::number(OperandName name, double value) {
  Operand operand;
  operand.name = name;
  operand.kind = OperandKind::kNumber;
  operand.number = value;
  instruction_.operands.push_back(operand);
}

void RandomBuilder::register_operand(OperandName name, RegisterId reg) {
  Operand operand;
  operand.name = name;
  operand.kind = OperandKind::kRegister;
  operand.reg = reg;
  instruction_.operands.push_back(operand);
}

void RandomBuilder::value(OperandName name, int partitions, bool psum) {
  if (chance(0.6)) return number(name, number());
  const Buffer buffer = psum && chance(0.2) ? Buffer::kPsum : Buffer::kSbuf;
  operand(name, {.buffer = buffer, .partitions = partitions, .elements = 1});
}

void RandomBuilder::attribute(AttributeName name, AttributeValue value) {
  instruction_.attributes.push_back({name, std::move(value)});
}

void RandomBuilder::add_index(Access access) { pending_indices_.push_back(std::move(access)); }

InstructionId RandomBuilder::finish() {
  const auto first = static_cast<std::uint8_t>(instruction_.operands.size());
  for (Operand& operand : instruction_.operands) {
    Indirection& indirection = operand.access.indirection;
    if (indirection.kind != IndirectKind::kNone && indirection.kind != IndirectKind::kRegister) {
      indirection.operand = static_cast<std::uint8_t>(first + indirection.operand);
    }
  }
  for (const Access& access : pending_indices_) place(OperandName::kIndirectIndex, access);
  pending_indices_.clear();
  gathers_ = false;
  decorate();
  const InstructionId id = program_.append(instruction_);
  if (depth == 0) outside_.push_back(id);
  return id;
}

// The rare parts.
void RandomBuilder::decorate() {
  if (chance(0.1)) instruction_.name = fmt::format("i{}", serial_++);
  if (chance(0.2)) {
    instruction_.source = program_.add_source(fmt::format("kernel.py:{}", between(1, 60)));
  }
  if (chance(0.05)) scope_ = scope_ == 0 ? static_cast<std::uint32_t>(between(1, 9)) : 0;
  instruction_.no_reorder_scope = scope_;
  if (depth > 0) return;
  if (!outside_.empty() && chance(0.1)) {
    instruction_.depends_on.push_back(outside_[random_.below(outside_.size())]);
  }
  if (chance(0.05)) {
    const SemaphoreId semaphore = program_.add_semaphore(fmt::format("s{}", serial_++));
    instruction_.updates.push_back({semaphore, static_cast<std::int32_t>(between(1, 3))});
    raised_.push_back(semaphore);
  } else if (!raised_.empty() && chance(0.05)) {
    instruction_.waits.push_back({raised_[random_.below(raised_.size())], 1});
  }
}

RegisterId RandomBuilder::reg() {
  constexpr std::size_t kRegistersMax = 4;
  if (program_.registers().size() < kRegistersMax && counters.empty()) {
    const RegisterId id = program_.add_register(fmt::format("r{}", program_.registers().size()));
    set_register(id, between(0, 3));
    return id;
  }
  for (RegisterId id = 0; id < program_.registers().size(); ++id) {
    const bool is_counter = program_.registers()[id].starts_with("c");
    if (!is_counter && (chance(0.5) || id + 1 == program_.registers().size())) return id;
  }
  const RegisterId id = program_.add_register(fmt::format("r{}", program_.registers().size()));
  set_register(id, between(0, 3));
  return id;
}

void RandomBuilder::set_register(RegisterId reg, std::int64_t value) {
  Instruction move;
  move.opcode = Opcode::kRegisterMove;
  Operand dst, src;
  dst.kind = OperandKind::kRegister;
  dst.reg = reg;
  src.name = OperandName::kSrc;
  src.kind = OperandKind::kNumber;
  src.number = static_cast<double>(value);
  move.operands = {dst, src};
  program_.append(move);
}

}  // namespace switchyard::isa
