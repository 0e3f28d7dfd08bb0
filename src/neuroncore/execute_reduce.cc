// Instructions that reduce: along the free dimensions, across partitions, into registers.
//
// Sums and products are strictly sequential in the order of the elements, each step rounded to
// float32 (docs/numerics.md).
#include "neuroncore/alu.h"
#include "neuroncore/execute_scan.h"
#include "neuroncore/execute_table.h"
#include "neuroncore/quiet.h"
#include "neuroncore/reduce_registers.h"
#include "neuroncore/word_alu.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::Engine;
using isa::Instruction;
using isa::Op;
using isa::Opcode;
using isa::OperandName;
using numeric::ElementType;

// The results of all partitions, one after the other, for groups of `length` elements.

// Groups so short that whole rows of them are read at once.
void reduce_short_groups(Op op, const Tile& data, std::int64_t length, float* results) {
  alignas(64) float values[kBlockValues];
  if (data.elements <= kBlockValues / 2) {  // groups of several rows follow each other
    return for_each_block(data, [&](const Block& block) {
      read_block(data, block, values);
      const std::int64_t groups = block.values() / length;
      for (std::int64_t g = 0; g < groups; ++g) results[g] = quiet(values[g * length]);
      reduce_lanes(op, values + 1, length, length - 1, static_cast<int>(groups), results);
      results += groups;
    });
  }
  const std::int64_t piece = std::max<std::int64_t>(kBlockValues / length, 1) * length;
  for (int p = 0; p < data.partitions; ++p) {
    for (std::int64_t at = 0; at < data.elements; at += piece) {
      const std::int64_t count = std::min(piece, data.elements - at);
      const std::int64_t groups = count / length;
      read_values(data, p, at, count, values);
      for (std::int64_t g = 0; g < groups; ++g) results[g] = quiet(values[g * length]);
      reduce_lanes(op, values + 1, length, length - 1, static_cast<int>(groups), results);
      results += groups;
    }
  }
}

// Long ones: eight partitions at a time.
void reduce_long_groups(Op op, const Tile& data, std::int64_t length, float* results) {
  const std::int64_t groups = data.elements / length;
  Tile group = data;  // only its element count is used
  group.elements = length;
  alignas(64) float values[kBlockValues], sums[kStripRows];
  for (std::int64_t g = 0; g < groups; ++g) {
    for_each_strip(group, [&](const Block& strip) {
      const Block block = {strip.partition, strip.rows, g * length + strip.first, strip.count};
      read_block(data, block, values);
      const int skip = strip.first == 0 ? 1 : 0;  // the first element starts the reduction
      for (int r = 0; skip == 1 && r < strip.rows; ++r) sums[r] = quiet(values[r * strip.count]);
      reduce_lanes(op, values + skip, strip.count, strip.count - skip, strip.rows, sums);
      for (int r = 0; r < strip.rows; ++r) results[(strip.partition + r) * groups + g] = sums[r];
    });
  }
}

void reduce_bits(Op op, const Tile& data, std::int64_t length, const Tile& dst) {
  alignas(64) std::uint32_t words[kBlockValues];
  for (int p = 0; p < dst.partitions; ++p) {
    for (std::int64_t g = 0; g < dst.elements; ++g) {
      std::uint32_t sum = 0;
      for (std::int64_t at = 0; at < length; at += kBlockValues) {
        const std::int64_t count = std::min(kBlockValues, length - at);
        read_patterns(data, {p, 1, g * length + at, count}, words);
        if (at == 0) sum = words[0];
        for (std::int64_t i = at == 0 ? 1 : 0; i < count; ++i)
          apply_bits(op, false, &sum, &words[i], 0, 1);
      }
      write_words(dst, p, g, 1, &sum);
    }
  }
}

void execute_tensor_reduce(Machine& machine, const Instruction& instruction) {
  Tile data = machine.input(OperandName::kData);
  if (machine.faulted()) return;
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  data = apart(machine, data, dst, 0);
  const Op op = instruction.op(AttributeName::kOp);
  // The axes reduced are the last ones: each element of dst has so many neighbours of data.
  const std::int64_t length = data.elements / dst.elements;
  if (isa::is_bitvec(op)) return reduce_bits(op, data, length, dst);
  std::vector<float>& results = machine.values(0);
  results.resize(static_cast<std::size_t>(dst.partitions * dst.elements));
  length <= kBlockValues / kStripRows ? reduce_short_groups(op, data, length, results.data())
                                      : reduce_long_groups(op, data, length, results.data());
  if (instruction.flag(AttributeName::kNegate)) {
    for (float& v : results) v = quiet(-v);
  }
  write_block(machine, dst, {0, dst.partitions, 0, dst.elements}, results.data());
}

void partition_reduce_words(Op op, const Tile& data, const Tile& dst) {
  alignas(64) std::uint32_t sums[kBlockValues], words[kBlockValues];
  const bool is_signed = data.type == ElementType::kInt32;
  for_each_block(dst, [&](const Block& block) {
    const auto count = static_cast<std::size_t>(block.count);
    read_patterns(data, {0, 1, block.first, block.count}, sums);
    for (int p = 1; p < data.partitions; ++p) {
      read_patterns(data, {p, 1, block.first, block.count}, words);
      if (isa::is_bitvec(op))
        apply_bits(op, false, sums, words, 1, count);
      else
        apply_integers(op, {sums, is_signed}, {words, is_signed}, sums, count);
    }
    write_patterns(dst, block, sums);
  });
}

void execute_tensor_partition_reduce(Machine& machine, const Instruction& instruction) {
  Tile data = machine.input(OperandName::kData);
  if (machine.faulted()) return;
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  data = apart(machine, data, dst, 0);
  const Op op = instruction.op(AttributeName::kOp);
  const bool average = op == Op::kAverage;  // the sum, then divided
  const bool exact = is_word_integer(data.type) && is_word_integer(dst.type) && !average;
  if (isa::is_bitvec(op) || exact) return partition_reduce_words(op, data, dst);
  alignas(64) float sums[kBlockValues], values[kBlockValues];
  for_each_block(dst, [&](const Block& block) {
    const auto count = static_cast<std::size_t>(block.count);
    read_values(data, 0, block.first, block.count, sums);
    for (int p = 1; p < data.partitions; ++p) {
      read_values(data, p, block.first, block.count, values);
      apply_tensor(average ? Op::kAdd : op, false, sums, values, count);
    }
    if (average) apply_scalar(Op::kDivide, false, sums, static_cast<float>(data.partitions), count);
    write_block(machine, dst, block, sums);
  });
}

void execute_tensor_scalar_reduce(Machine& machine, const Instruction& instruction) {
  Tile source = machine.input(OperandName::kData);
  if (machine.faulted()) return;
  const int partitions = source.partitions;
  const ScalarStep step(machine, instruction, AttributeName::kOp0, AttributeName::kReverse0,
                        OperandName::kOperand0, partitions);
  ReduceRegisters registers(machine, Engine::kVector, instruction.reduce_command(),
                            instruction.op(AttributeName::kReduceOp), partitions);
  if (machine.faulted()) return;
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  source = apart(machine, source, dst, 0);
  alignas(64) float values[kBlockValues];
  for_each_strip(dst, [&](const Block& block) {
    read_block(source, block, values);
    step.apply(block, values);
    registers.add(block, values);
    write_block(machine, dst, block, values);
  });
  registers.store(machine, instruction.flag(AttributeName::kReduceResNegate));
}

constexpr HandlerRow kHandlers[] = {
    {Opcode::kTensorReduce, execute_tensor_reduce},
    {Opcode::kTensorPartitionReduce, execute_tensor_partition_reduce},
    {Opcode::kTensorScalarReduce, execute_tensor_scalar_reduce},
    {Opcode::kTensorScalarCumulative, execute_tensor_scalar_cumulative},
    {Opcode::kTensorTensorScan, execute_tensor_tensor_scan},
    {Opcode::kBnStats, execute_bn_stats},
    {Opcode::kBnAggr, execute_bn_aggr},
};

}  // namespace

std::span<const HandlerRow> reduce_handlers() { return kHandlers; }

}  // namespace switchyard::neuroncore
