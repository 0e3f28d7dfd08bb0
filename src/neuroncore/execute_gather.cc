// Values of the gathers of GpSimdE: local_gather, nc_n_gather. Elements move as bytes.
#include <cstring>

#include "base/text.h"
#include "neuroncore/execute_table.h"

namespace switchyard::neuroncore {

namespace {

using isa::OperandName;

constexpr int kCorePartitions = 16;  // that one GpSimd core is wired to [local_gather]

// Runs of `run` neighbours of T from each index.
template <class T>
void gather(const std::uint8_t* row, std::span<const std::uint32_t> indices, std::size_t run,
            std::uint8_t* gathered) {
  for (const std::uint32_t index : indices) {
    for (std::size_t j = 0; j < run; ++j, gathered += sizeof(T))
      std::memcpy(gathered, row + (index + j) * sizeof(T), sizeof(T));
  }
}

// Of one row, packed.
void gather_row(const Tile& src, int partition, std::span<const std::uint32_t> indices,
                std::int64_t run, std::vector<std::uint8_t>& row,
                std::vector<std::uint8_t>& gathered) {
  const auto size = static_cast<std::size_t>(src.element_bytes);
  const auto length = static_cast<std::size_t>(run);
  row.resize(static_cast<std::size_t>(src.elements) * size);
  gathered.resize(indices.size() * length * size);
  read_bytes(src, partition, 0, src.elements, row.data());
  if (size == 4) gather<std::uint32_t>(row.data(), indices, length, gathered.data());
  if (size == 2) gather<std::uint16_t>(row.data(), indices, length, gathered.data());
  if (size == 1) gather<std::uint8_t>(row.data(), indices, length, gathered.data());
}

// False, with a fault, if a run of elements from some index leaves the row.
bool within(Machine& machine, const isa::Instruction& instruction, OperandName name,
            std::span<const std::uint32_t> indices, std::int64_t run, std::int64_t elements,
            int partition) {
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (std::int64_t{indices[i]} + run <= elements) continue;
    machine.fault(
        FaultKind::kOutOfBounds, machine.where(*instruction.find(name)),
        fmt::format("index {} (number {} of partition {}) reads {} beyond the {} elements of "
                    "each partition of the source",
                    indices[i], i, partition, run == 1 ? "" : fmt::format("{} elements,", run),
                    elements));
    return false;
  }
  return true;
}

// The indices of one core: those of its 16 partitions, partition first.
void core_indices(const Tile& index, int first_partition, std::vector<std::uint32_t>& row,
                  std::vector<std::uint32_t>& indices) {
  row.resize(static_cast<std::size_t>(index.elements));
  for (int p = 0; p < kCorePartitions; ++p) {
    read_words(index, first_partition + p, 0, index.elements, row.data());
    for (std::size_t column = 0; column < row.size(); ++column) {
      const std::size_t place = column * kCorePartitions + static_cast<std::size_t>(p);
      if (place < indices.size()) indices[place] = row[column];
    }
  }
}

void execute_local_gather(Machine& machine, const isa::Instruction& instruction) {
  const Tile src = machine.input(OperandName::kSrcBuffer);
  const Tile index = machine.input(OperandName::kIndex);
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  const std::int64_t run = instruction.integer(isa::AttributeName::kNumElemPerIdx);
  const bool counted = instruction.find(isa::AttributeName::kNumValidIndices) != nullptr;
  const std::int64_t valid = counted ? instruction.integer(isa::AttributeName::kNumValidIndices)
                                     : index.elements * kCorePartitions;
  std::vector<std::uint32_t>& indices = machine.words(0);
  indices.resize(static_cast<std::size_t>(valid));
  for (int first = 0; first < src.partitions; first += kCorePartitions) {
    core_indices(index, first, machine.words(1), indices);
    if (!within(machine, instruction, OperandName::kIndex, indices, run, src.elements, first))
      return;
    for (int p = first; p < first + kCorePartitions; ++p) {
      gather_row(src, p, indices, run, machine.bytes(0), machine.bytes(1));
      write_bytes(dst, p, 0, valid * run, machine.bytes(1).data());
    }
  }
}

void execute_nc_n_gather(Machine& machine, const isa::Instruction& instruction) {
  const Tile data = machine.input(OperandName::kData);
  const Tile index = machine.input(OperandName::kIndices);
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  std::vector<std::uint32_t>& indices = machine.words(0);
  indices.resize(static_cast<std::size_t>(index.elements));
  for (int p = 0; p < data.partitions; ++p) {
    read_words(index, p, 0, index.elements, indices.data());
    if (!within(machine, instruction, OperandName::kIndices, indices, 1, data.elements, p)) return;
    gather_row(data, p, indices, 1, machine.bytes(0), machine.bytes(1));
    write_bytes(dst, p, 0, index.elements, machine.bytes(1).data());
  }
}

constexpr HandlerRow kRows[] = {
    {isa::Opcode::kLocalGather, execute_local_gather},
    {isa::Opcode::kNcNGather, execute_nc_n_gather},
};

}  // namespace

std::span<const HandlerRow> gather_handlers() { return kRows; }

}  // namespace switchyard::neuroncore
