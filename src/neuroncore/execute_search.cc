// Values of the searching instructions: max8, nc_find_index8, nc_match_replace8, topk,
// nonzero_with_count, sequence_bounds.
//
// Values compare as float32, so -0 equals 0 and a NaN equals nothing. Among the largest, NaN ranks
// above infinity, and of equal values the one at the lower index ranks higher: assumptions, but for
// the order of matches (release notes of NKI 0.6.0).
#include <algorithm>
#include <array>
#include <numeric>

#include "neuroncore/execute_table.h"

namespace switchyard::neuroncore {

namespace {

using isa::OperandName;

constexpr std::size_t kSlots = 8;    // of max8, nc_find_index8, nc_match_replace8
constexpr int kCorePartitions = 16;  // that one GpSimd core is wired to
constexpr std::uint32_t kMissing = 0xffffffff;

using Values8 = std::array<float, kSlots>;
using Indices8 = std::array<std::uint32_t, kSlots>;

bool ranks_above(float a, float b) { return a > b || (a != a && b == b); }

// Descending; what equals is in the order of the row.
Values8 largest8(std::span<const float> row) {
  Values8 best = {};
  std::size_t held = 0;
  for (const float value : row) {
    if (held == kSlots && !ranks_above(value, best[kSlots - 1])) continue;
    std::size_t place = held < kSlots ? held++ : kSlots - 1;
    for (; place > 0 && ranks_above(value, best[place - 1]); --place) best[place] = best[place - 1];
    best[place] = value;
  }
  return best;
}

// For each slot the first position that holds its value and that no slot before took; the slots in
// their order or in reverse.
Indices8 match8(std::span<const float> row, const Values8& wanted, bool reverse) {
  Indices8 found;
  found.fill(kMissing);
  for (std::size_t turn = 0; turn < kSlots; ++turn) {
    const std::size_t slot = reverse ? kSlots - 1 - turn : turn;
    std::size_t from = 0;
    for (std::size_t before = 0; before < turn; ++before) {
      const std::size_t other = reverse ? kSlots - 1 - before : before;
      if (wanted[other] != wanted[slot]) continue;
      from = found[other] == kMissing ? row.size() : found[other] + 1;
    }
    const auto first = row.begin() + static_cast<std::ptrdiff_t>(from);
    const auto place = std::find(first, row.end(), wanted[slot]);
    if (place != row.end()) found[slot] = static_cast<std::uint32_t>(place - row.begin());
  }
  return found;
}

void execute_max8(Machine& machine, const isa::Instruction&) {
  const Tile src = machine.input(OperandName::kSrc);
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  std::vector<float>& row = machine.values(0);
  row.resize(static_cast<std::size_t>(src.elements));
  for (int p = 0; p < src.partitions; ++p) {
    read_values(src, p, 0, src.elements, row.data());
    const Values8 best = largest8(row);
    write_values(dst, p, 0, kSlots, best.data(),
                 machine.rounding(static_cast<std::uint64_t>(p) * kSlots));
  }
}

void execute_nc_find_index8(Machine& machine, const isa::Instruction&) {
  const Tile data = machine.input(OperandName::kData);
  const Tile vals = machine.input(OperandName::kVals);
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  std::vector<float>& row = machine.values(0);
  row.resize(static_cast<std::size_t>(data.elements));
  for (int p = 0; p < data.partitions; ++p) {
    Values8 wanted;
    read_values(vals, p, 0, kSlots, wanted.data());
    read_values(data, p, 0, data.elements, row.data());
    write_words(dst, p, 0, kSlots, match8(row, wanted, false).data());
  }
}

// What is not matched is copied: bit for bit between equal types, else converted.
void execute_nc_match_replace8(Machine& machine, const isa::Instruction& instruction) {
  const Tile data = machine.input(OperandName::kData);
  const Tile vals = machine.input(OperandName::kVals);
  const Tile dst = machine.output(OperandName::kDst);
  const bool indexed = machine.has(OperandName::kDstIdx);
  const Tile indices = indexed ? machine.output(OperandName::kDstIdx) : Tile{};
  if (machine.faulted()) return;
  const auto imm = static_cast<float>(instruction.number(isa::AttributeName::kImm));
  const auto count = static_cast<std::size_t>(data.elements);
  std::vector<float>& row = machine.values(0);
  std::vector<std::uint8_t>& bytes = machine.bytes(0);
  row.resize(count);
  bytes.resize(count * static_cast<std::size_t>(data.element_bytes));
  for (int p = 0; p < data.partitions; ++p) {
    Values8 wanted;
    read_values(vals, p, 0, kSlots, wanted.data());
    read_values(data, p, 0, data.elements, row.data());
    const Indices8 found = match8(row, wanted, true);
    const std::uint64_t position = static_cast<std::uint64_t>(p) * count;
    if (data.type == dst.type) {
      read_bytes(data, p, 0, data.elements, bytes.data());
      write_bytes(dst, p, 0, data.elements, bytes.data());
    } else {
      write_values(dst, p, 0, data.elements, row.data(), machine.rounding(position));
    }
    for (const std::uint32_t at : found) {
      if (at != kMissing) write_values(dst, p, at, 1, &imm, machine.rounding(position + at));
    }
    if (indexed) write_words(indices, p, 0, kSlots, found.data());
  }
}

// The values of one core's snake: element i stands in partition i mod 16, column i / 16.
void read_snake(const Tile& src, int first_partition, std::vector<float>& column,
                std::vector<float>& snake) {
  for (int p = 0; p < kCorePartitions; ++p) {
    const std::size_t columns =
        (snake.size() + kCorePartitions - 1 - static_cast<std::size_t>(p)) / kCorePartitions;
    column.resize(columns);
    read_values(src, first_partition + p, 0, static_cast<std::int64_t>(columns), column.data());
    for (std::size_t i = 0; i < columns; ++i)
      snake[i * kCorePartitions + static_cast<std::size_t>(p)] = column[i];
  }
}

// Each core finds the K largest of its snake and writes them to all its partitions (that it is all
// of them is an assumption).
void execute_topk(Machine& machine, const isa::Instruction& instruction) {
  const Tile src = machine.input(OperandName::kSrc);
  const Tile values = machine.output(OperandName::kValDst);
  const Tile indices = machine.output(OperandName::kIdxDst);
  if (machine.faulted()) return;
  const std::int64_t k = values.elements;
  std::vector<float>& snake = machine.values(0);
  std::vector<float>& best = machine.values(1);
  std::vector<std::uint32_t>& order = machine.words(0);
  snake.resize(static_cast<std::size_t>(instruction.integer(isa::AttributeName::kN)));
  order.resize(snake.size());
  best.resize(static_cast<std::size_t>(k));
  const auto above = [&snake](std::uint32_t a, std::uint32_t b) {
    if (ranks_above(snake[a], snake[b])) return true;
    return !ranks_above(snake[b], snake[a]) && a < b;
  };
  for (int first = 0; first < src.partitions; first += kCorePartitions) {
    read_snake(src, first, machine.values(2), snake);
    std::iota(order.begin(), order.end(), 0u);
    std::partial_sort(order.begin(), order.begin() + k, order.end(), above);
    std::reverse(order.begin(), order.begin() + k);
    for (std::size_t i = 0; i < best.size(); ++i) best[i] = snake[order[i]];
    for (int p = first; p < first + kCorePartitions; ++p) {
      write_values(values, p, 0, k, best.data());
      write_words(indices, p, 0, k, order.data());
    }
  }
}

isa::Operand one_partition(const isa::Operand& operand, int partition) {
  isa::Operand one = operand;
  one.access.start_partition =
      static_cast<std::int16_t>(operand.access.start_partition + partition);
  one.access.partitions = 1;
  return one;
}

// Only the first partition of each core is read and written.
void execute_nonzero_with_count(Machine& machine, const isa::Instruction& instruction) {
  const isa::Operand& from = *instruction.find(OperandName::kSrc);
  const isa::Operand& to = *instruction.find(OperandName::kDst);
  const auto offset =
      static_cast<std::uint32_t>(instruction.integer(isa::AttributeName::kIndexOffset));
  const auto padding =
      static_cast<std::uint32_t>(instruction.integer(isa::AttributeName::kPaddingVal));
  std::vector<float>& row = machine.values(0);
  std::vector<std::uint32_t>& result = machine.words(0);
  for (int p = 0; p < from.access.partitions; p += kCorePartitions) {
    const Tile src = machine.input(one_partition(from, p));
    const Tile dst = machine.output(one_partition(to, p));
    if (machine.faulted()) return;
    row.resize(static_cast<std::size_t>(src.elements));
    read_values(src, 0, 0, src.elements, row.data());
    result.assign(row.size() + 1, padding);
    std::uint32_t count = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i] != 0) result[count++] = static_cast<std::uint32_t>(i) + offset;
    }
    result.back() = count;
    write_words(dst, 0, 0, src.elements + 1, result.data());
  }
}

// A segment is a run of equal ids; its bounds are the first element and the one after the last. Id
// 0 is padding with the bounds n and -1.
void execute_sequence_bounds(Machine& machine, const isa::Instruction&) {
  const Tile ids = machine.input(OperandName::kSegmentIds);
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  const auto n = static_cast<std::size_t>(ids.elements);
  std::vector<std::uint32_t>& id = machine.words(0);
  std::vector<float>& bounds = machine.values(0);
  id.resize(n);
  bounds.resize(2 * n);
  read_words(ids, 0, 0, ids.elements, id.data());
  if (ids.type == numeric::ElementType::kFloat32)
    std::ranges::replace(id, 0x80000000u, 0u);  // -0 is padding too
  for (std::size_t first = 0; first < n;) {
    std::size_t end = first + 1;
    while (end < n && id[end] == id[first]) ++end;
    const bool padding = id[first] == 0;
    for (std::size_t i = first; i < end; ++i) {
      bounds[i] = static_cast<float>(padding ? n : first);
      bounds[n + i] = padding ? -1.0f : static_cast<float>(end);
    }
    first = end;
  }
  write_values(dst, 0, 0, 2 * ids.elements, bounds.data());
}

constexpr HandlerRow kRows[] = {
    {isa::Opcode::kMax8, execute_max8},
    {isa::Opcode::kNcFindIndex8, execute_nc_find_index8},
    {isa::Opcode::kNcMatchReplace8, execute_nc_match_replace8},
    {isa::Opcode::kTopk, execute_topk},
    {isa::Opcode::kNonzeroWithCount, execute_nonzero_with_count},
    {isa::Opcode::kSequenceBounds, execute_sequence_bounds},
};

}  // namespace

std::span<const HandlerRow> search_handlers() { return kRows; }

}  // namespace switchyard::neuroncore
