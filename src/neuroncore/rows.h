// What the vector engines' instructions share: going through tiles block by block.
//
// A block is a piece of one partition, several whole partitions when those are short, or a piece of
// eight, so that its float32 values stay in the first cache and short rows cost little.
#pragma once

#include <algorithm>
#include <cstdint>

#include "neuroncore/machine.h"

namespace switchyard::neuroncore {

inline constexpr std::int64_t kBlockValues = 2048;

struct Block {
  int partition = 0;  // the first
  int rows = 1;
  std::int64_t first = 0, count = 0;  // elements of each row
  std::int64_t values() const { return rows * count; }
};

template <class Work>
void for_each_block(const Tile& tile, Work work) {
  const std::int64_t elements = tile.elements;
  if (elements <= kBlockValues / 2) {
    const int rows_max = static_cast<int>(kBlockValues / std::max<std::int64_t>(elements, 1));
    for (int p = 0; p < tile.partitions; p += rows_max)
      work(Block{p, std::min(rows_max, tile.partitions - p), 0, elements});
    return;
  }
  for (int p = 0; p < tile.partitions; ++p) {
    for (std::int64_t at = 0; at < elements; at += kBlockValues)
      work(Block{p, 1, at, std::min(kBlockValues, elements - at)});
  }
}

// For work whose elements depend on those before them: pieces of up to eight partitions, each from
// left to right, so that eight chains run at once.
inline constexpr int kStripRows = 8;
template <class Work>
void for_each_strip(const Tile& tile, Work work) {
  constexpr std::int64_t kColumns = kBlockValues / kStripRows;
  for (int p = 0; p < tile.partitions; p += kStripRows) {
    const int rows = std::min(kStripRows, tile.partitions - p);
    for (std::int64_t at = 0; at < tile.elements; at += kColumns)
      work(Block{p, rows, at, std::min(kColumns, tile.elements - at)});
  }
}

// float32 values of a block, row by row.
void read_block(const Tile& tile, const Block& block, float* values);
// Rounded as the machine's options say.
void write_block(const Machine& machine, const Tile& tile, const Block& block, const float* values);

// Bit patterns of a block, zero-extended from the width of the type.
void read_patterns(const Tile& tile, const Block& block, std::uint32_t* words);
void write_patterns(const Tile& tile, const Block& block, const std::uint32_t* words);

// `source`, or a copy of it in the machine's bytes(slot) when writing `dst` block by block would
// change elements of it that are still to be read: an instruction reads all of its inputs before it
// writes.
Tile apart(Machine& machine, const Tile& source, const Tile& dst, int slot);

// A value for each partition as bit patterns, for operators on bit patterns: a [P, 1] or [1, 1]
// access, or a number taken modulo 2^32. 0 when absent. In the machine's words(slot).
std::span<const std::uint32_t> partition_patterns(Machine& machine, const isa::Operand* operand,
                                                  int partitions, int slot);

// What stands in memory for a compile-time constant. The compiler converts it: to the nearest even,
// integers from the exact value. Packed types know only 0.
std::uint32_t constant_code(numeric::ElementType type, double value);

// One operator of an instruction, with an operand that is one number a partition.
class ScalarStep {
 public:
  ScalarStep() = default;  // does nothing
  // An operator that the instruction implies. Does nothing without the operand.
  ScalarStep(Machine& machine, const isa::Instruction& instruction, isa::Op op,
             isa::OperandName operand, int partitions);
  // One that it names. Does nothing without the attribute.
  ScalarStep(Machine& machine, const isa::Instruction& instruction, isa::AttributeName op,
             isa::AttributeName reverse, isa::OperandName operand, int partitions);

  void apply(const Block& block, float* values) const;
  // This one, then `next`: in one pass where both are common.
  void apply(const ScalarStep& next, const Block& block, float* values) const;

 private:
  isa::Op op_ = isa::Op::kBypass;
  bool reverse_ = false;
  bool uniform_ = false;  // the same number in every partition
  std::span<const float> operand_;
};

// The engine that the instruction runs on: its own, or the one documented as the default.
isa::Engine engine_of(const Machine& machine, const isa::Instruction& instruction);

}  // namespace switchyard::neuroncore
