#include "neuroncore/machine.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/text.h"
#include "neuroncore/rows.h"

namespace switchyard::neuroncore {

using isa::IndirectKind;
using isa::OperandKind;

Machine::Machine(const isa::Program& program, Memory& memory, const isa::Limits& limits,
                 const ExecuteOptions& options)
    : program_(program),
      memory_(memory),
      limits_(limits),
      options_(options),
      accumulations_(program, memory) {
  for (int i = 0; i < isa::kEngines; ++i) {
    random_.emplace_back(program.generation(), static_cast<isa::Engine>(i), options.seed);
  }
}

void Machine::begin(isa::InstructionId id, const isa::Instruction& instruction) {
  current_ = &instruction;
  id_ = id;
  ++executed_;
  gathers_in_use_ = 0;
}

namespace {

// A tile of the access's dims, before indirection; data is set by the caller.
Tile shape_of(const isa::Access& access) {
  Tile tile;
  tile.type = access.type;
  tile.element_bytes = numeric::traits(access.type).storage_bytes;
  tile.partitions = access.partitions;
  tile.elements = access.elements_per_partition();
  const isa::Access simple = access.collapsed();
  tile.rank = simple.rank;
  for (int i = 0; i < simple.rank; ++i) {
    tile.dims[i] = {simple.dims[i].stride * tile.element_bytes, simple.dims[i].count};
  }
  return tile;
}

}  // namespace

Tile Machine::resolve(const isa::Operand& operand) {
  SWITCHYARD_CHECK(operand.kind == OperandKind::kAccess, "{} is not an access",
                   isa::name(operand.name));
  const isa::Access& access = operand.access;
  const Place& place = memory_.place(access.tensor);
  Tile tile = shape_of(access);
  std::int64_t offset = access.offset;
  const IndirectKind kind = access.indirection.kind;
  if (kind == IndirectKind::kRegister || kind == IndirectKind::kScalar) {
    if (!index_in_bounds(operand)) {
      fault(FaultKind::kOutOfBounds, where(operand),
            fmt::format("the index is {}, wanted 0 to {}", index_of(access.indirection),
                        access.indirection.limit - 1));
      return {};
    }
    offset += index_of(access.indirection) * access.indirection.step;
  }
  tile.storage = place.storage;
  tile.first_row = place.first_row + access.start_partition;
  tile.first_byte = place.first_byte + offset * tile.element_bytes;
  tile.partition_stride = place.storage->pitch();
  if (kind == IndirectKind::kGather) resolve_gather(operand, tile);
  if (faulted() || !within(operand, tile, offset)) return {};
  tile.data = place.storage->row(tile.first_row) + tile.first_byte;
  return tile;
}

// Positions of a vector-indirect access are for the DMA engine to check, one by one.
bool Machine::within(const isa::Operand& operand, const Tile& tile, std::int64_t offset) {
  const isa::Access& access = operand.access;
  if (access.indirection.kind == IndirectKind::kVector) return true;
  const isa::Tensor& tensor = program_.tensor(access.tensor);
  std::int64_t low = offset * tile.element_bytes, high = low;
  if (tile.gather) {
    const auto count = static_cast<std::size_t>(tile.partitions * tile.elements);
    const auto [least, most] = std::minmax_element(tile.gather, tile.gather + count);
    low += *least;
    high += *most;
  } else {
    for (int i = 0; i < tile.rank; ++i) {
      const std::int64_t reach = tile.dims[i].stride * (tile.dims[i].count - 1);
      (reach < 0 ? low : high) += reach;
    }
  }
  high += tile.element_bytes;
  const bool inside = tile.elements > 0 && low >= 0 && high <= tensor.partition_bytes() &&
                      access.start_partition >= 0 &&
                      access.start_partition + access.partitions <= tensor.partitions();
  if (!inside) {
    fault(
        FaultKind::kOutOfBounds, where(operand),
        fmt::format("partitions {} to {}, bytes {} to {}; wanted inside {} partitions of {} bytes",
                    access.start_partition, access.start_partition + access.partitions - 1, low,
                    high - 1, tensor.partitions(), tensor.partition_bytes()));
  }
  return inside;
}

std::int64_t Machine::index_of(const isa::Indirection& indirection) {
  if (indirection.kind == IndirectKind::kRegister) return reg(indirection.reg);
  return index_values(indirection).front();
}

std::span<const std::int64_t> Machine::index_values(const isa::Indirection& indirection) {
  const isa::Operand& operand = current_->operands[indirection.operand];
  const Tile tile = input(operand);
  indices_.assign(static_cast<std::size_t>(tile.partitions * tile.elements), 0);
  if (faulted()) {
    indices_.assign(1, 0);
    return indices_;
  }
  std::vector<std::uint32_t>& raw = index_words_;
  raw.resize(static_cast<std::size_t>(tile.elements));
  const bool is_signed = tile.type == numeric::ElementType::kInt32 ||
                         tile.type == numeric::ElementType::kInt16 ||
                         tile.type == numeric::ElementType::kInt8;
  std::size_t at = 0;
  for (int p = 0; p < tile.partitions; ++p) {
    read_words(tile, p, 0, tile.elements, raw.data());
    for (const std::uint32_t word : raw) {
      indices_[at++] = is_signed ? std::int64_t{static_cast<std::int32_t>(word)} : word;
    }
  }
  return indices_;
}

bool Machine::index_in_bounds(const isa::Operand& operand) {
  const isa::Indirection& indirection = operand.access.indirection;
  const std::int64_t index = index_of(indirection);
  return index >= 0 && index < indirection.limit;
}

// Offset i of a partition comes from index[i % G, i / G] of its group of G partitions.
void Machine::resolve_gather(const isa::Operand& operand, Tile& tile) {
  const isa::Indirection& indirection = operand.access.indirection;
  const std::span<const std::int64_t> index = index_values(indirection);
  const isa::Access& table = current_->operands[indirection.operand].access;
  const std::int64_t columns = table.elements_per_partition();
  const std::int64_t group = current_->info().engines[0] == isa::Engine::kTensor &&
                                     current_->engine != isa::Engine::kVector
                                 ? isa::kQuadrantPartitions
                                 : isa::kQuadrantPartitions / 2;
  if (faulted()) return;
  std::vector<std::int64_t>& offsets = gathers_[gathers_in_use_++ % kSlots];
  offsets.resize(static_cast<std::size_t>(tile.partitions * tile.elements));
  for (std::int64_t p = 0; p < tile.partitions; ++p) {
    for (std::int64_t i = 0; i < tile.elements; ++i) {
      const std::int64_t row = p / group * group + i % group, column = i / group;
      const bool there = row < table.partitions && column < columns;
      const std::int64_t at =
          there ? index[static_cast<std::size_t>(row * columns + column)] : std::int64_t{-1};
      if (at < 0 || at >= indirection.limit) {
        return fault(FaultKind::kOutOfBounds, where(operand),
                     fmt::format("index {} of partition {} is {}, wanted 0 to {}", i, p, at,
                                 indirection.limit - 1));
      }
      offsets[static_cast<std::size_t>(p * tile.elements + i)] =
          at * indirection.step * tile.element_bytes;
    }
  }
  tile.gather = offsets.data();
}

Tile Machine::input(const isa::Operand& operand) {
  const Tile tile = resolve(operand);
  if (!faulted() && operand.access.indirection.kind != IndirectKind::kVector) {
    report_unwritten(operand, tile);
  }
  return tile;
}

Tile Machine::output(const isa::Operand& operand) {
  const Tile tile = resolve(operand);
  if (!faulted() && operand.access.indirection.kind != IndirectKind::kVector) mark_written(tile);
  return tile;
}

namespace {

const isa::Operand& required(const isa::Instruction& instruction, isa::OperandName name) {
  const isa::Operand* operand = instruction.find(name);
  SWITCHYARD_CHECK(operand, "{} has no {}", isa::name(instruction.opcode), isa::name(name));
  return *operand;
}

}  // namespace

Tile Machine::input(isa::OperandName name) { return input(required(*current_, name)); }
Tile Machine::output(isa::OperandName name) { return output(required(*current_, name)); }

void Machine::report_unwritten(const isa::Operand& operand, const Tile& tile) {
  if (!options_.check_uninitialised) return;
  const UnwrittenElement found = find_unwritten(tile);
  if (found.partition < 0 || reports_.size() >= options_.reports_max) return;
  reports_.push_back({.kind = FaultKind::kUninitialised,
                      .instruction = id_,
                      .where = where(operand),
                      .what = fmt::format("partition {}, element {} was never written",
                                          found.partition, found.element)});
}

std::span<const float> Machine::partition_values(isa::OperandName name, int partitions,
                                                 float fallback) {
  std::vector<float>& out = partition_values_[static_cast<std::size_t>(name)];
  const isa::Operand* operand = current_->find(name);
  out.assign(static_cast<std::size_t>(partitions), fallback);
  if (!operand) return out;
  if (operand->kind == OperandKind::kNumber) {
    std::fill(out.begin(), out.end(), static_cast<float>(operand->number));
  } else {
    const Tile tile = input(*operand);
    if (faulted()) return out;
    if (tile.partitions == 1) {
      read_values(tile, 0, 0, 1, out.data());
      std::fill(out.begin() + 1, out.end(), out[0]);
    } else {
      Tile column = tile;  // the first element of each partition
      column.elements = 1;
      column.rank = 0;
      read_block(column, {0, partitions, 0, 1}, out.data());
    }
  }
  return out;
}

std::int32_t Machine::reg(isa::RegisterId id) const {
  return id < registers_.size() ? registers_[id] : 0;
}

void Machine::set_reg(isa::RegisterId id, std::int32_t value) {
  if (id >= registers_.size()) registers_.resize(id + 1);
  registers_[id] = value;
}

numeric::Rounding Machine::rounding(std::uint64_t position) const {
  return {.mode = options_.rounding, .random = {options_.seed, executed_, position}};
}

Accumulators& Machine::accumulators(isa::Engine engine) {
  return accumulators_[static_cast<std::size_t>(engine)];
}

RandomEngine& Machine::random(isa::Engine engine) {
  return random_[static_cast<std::size_t>(engine)];
}

void Machine::fault(FaultKind kind, std::string where, std::string what,
                    std::vector<std::string> details) {
  if (fault_) return;
  fault_ = Fault{.kind = kind,
                 .instruction = id_,
                 .where = std::move(where),
                 .what = std::move(what),
                 .details = std::move(details)};
}

std::string Machine::where(const isa::Operand& operand) const {
  std::string text = fmt::format("{} {}", isa::name(current_->opcode), isa::name(operand.name));
  if (operand.kind == OperandKind::kAccess) {
    text += "=" + quote(program_.tensor(operand.access.tensor).name);
  }
  const std::string& source = program_.sources()[current_->source];
  return source.empty() ? text : text + ", " + source;
}

std::vector<float>& Machine::values(int slot) { return values_[static_cast<std::size_t>(slot)]; }
std::vector<std::uint32_t>& Machine::words(int slot) {
  return words_[static_cast<std::size_t>(slot)];
}
std::vector<std::uint8_t>& Machine::bytes(int slot) {
  return bytes_[static_cast<std::size_t>(slot)];
}

}  // namespace switchyard::neuroncore
