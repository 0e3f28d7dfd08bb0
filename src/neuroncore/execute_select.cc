// Instructions that choose between elements or partitions, and the index patterns they choose by.
#include "base/text.h"
#include "neuroncore/affine_pattern.h"
#include "neuroncore/alu.h"
#include "neuroncore/execute_table.h"
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

AffinePattern pattern_of(const Instruction& instruction) {
  return {instruction.integers(AttributeName::kPattern),
          instruction.integer(AttributeName::kOffset),
          instruction.integer(AttributeName::kChannelMultiplier)};
}

void fill_block(const AffinePattern& pattern, const Block& block, std::int32_t* values) {
  for (int r = 0; r < block.rows; ++r)
    pattern.fill(block.partition + r, block.first, block.count, values + r * block.count);
}

void execute_iota(Machine& machine, const Instruction& instruction) {
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  const AffinePattern pattern = pattern_of(instruction);
  alignas(64) std::int32_t integers[kBlockValues];
  alignas(64) std::uint32_t words[kBlockValues];
  alignas(64) float values[kBlockValues];
  for_each_block(dst, [&](const Block& block) {
    fill_block(pattern, block, integers);
    if (is_word_integer(dst.type)) {
      std::copy_n(integers, block.values(), words);
      write_patterns(dst, block, words);
    } else {
      for (std::int64_t i = 0; i < block.values(); ++i) values[i] = static_cast<float>(integers[i]);
      write_block(machine, dst, block, values);
    }
  });
}

void execute_affine_select(Machine& machine, const Instruction& instruction) {
  Tile source = machine.input(OperandName::kOnTrueTile);
  if (machine.faulted()) return;
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  source = apart(machine, source, dst, 0);
  const AffinePattern pattern = pattern_of(instruction);
  const Op compare = instruction.op(AttributeName::kCmpOp);
  const auto otherwise = static_cast<float>(instruction.number(AttributeName::kOnFalseValue));
  const std::uint32_t otherwise_code = constant_code(dst.type, static_cast<double>(otherwise));
  alignas(64) std::int32_t integers[kBlockValues];
  alignas(64) float chosen[kBlockValues], values[kBlockValues];
  alignas(64) std::uint32_t words[kBlockValues];
  for_each_block(dst, [&](const Block& block) {
    // Conversion to float32 keeps the sign and zero: all that comparing with 0 looks at.
    fill_block(pattern, block, integers);
    for (std::int64_t i = 0; i < block.values(); ++i) chosen[i] = static_cast<float>(integers[i]);
    apply_scalar(compare, false, chosen, 0, static_cast<std::size_t>(block.values()));
    if (source.type == dst.type) {
      read_patterns(source, block, words);
      for (std::int64_t i = 0; i < block.values(); ++i)
        words[i] = chosen[i] != 0 ? words[i] : otherwise_code;
      write_patterns(dst, block, words);
    } else {
      read_block(source, block, values);
      for (std::int64_t i = 0; i < block.values(); ++i)
        values[i] = chosen[i] != 0 ? values[i] : otherwise;
      write_block(machine, dst, block, values);
    }
  });
}

void execute_range_select(Machine& machine, const Instruction& instruction) {
  Tile source = machine.input(OperandName::kOnTrueTile);
  if (machine.faulted()) return;
  const int partitions = source.partitions;
  const auto bound0 = machine.partition_values(OperandName::kBound0, partitions, 0);
  const auto bound1 = machine.partition_values(OperandName::kBound1, partitions, 0);
  ReduceRegisters registers(machine, Engine::kVector, instruction.reduce_command(),
                            instruction.op(AttributeName::kReduceOp), partitions);
  if (machine.faulted()) return;
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  source = apart(machine, source, dst, 0);
  const Op op0 = instruction.op(AttributeName::kCompOp0),
           op1 = instruction.op(AttributeName::kCompOp1);
  const auto start = instruction.number(AttributeName::kRangeStart);
  const auto otherwise = static_cast<float>(instruction.number(AttributeName::kOnFalseValue));
  alignas(64) float values[kBlockValues], first[kBlockValues], second[kBlockValues];
  for_each_strip(dst, [&](const Block& block) {
    read_block(source, block, values);
    const auto count = static_cast<std::size_t>(block.count);
    for (int r = 0; r < block.rows; ++r) {
      const auto p = static_cast<std::size_t>(block.partition + r);
      for (std::int64_t i = 0; i < block.count; ++i)
        first[i] = second[i] = static_cast<float>(start + static_cast<double>(block.first + i));
      apply_scalar(op0, false, first, bound0[p], count);
      apply_scalar(op1, false, second, bound1[p], count);
      float* row = values + r * block.count;
      for (std::int64_t i = 0; i < block.count; ++i)
        row[i] = first[i] != 0 && second[i] != 0 ? row[i] : otherwise;
    }
    registers.add(block, values);
    write_block(machine, dst, block, values);
  });
  registers.store(machine);
}

void execute_select_reduce(Machine& machine, const Instruction& instruction) {
  Tile predicate = machine.input(OperandName::kPredicate);
  if (machine.faulted()) return;
  Tile source = machine.input(OperandName::kOnTrue);
  const int partitions = predicate.partitions;
  const auto otherwise = machine.partition_values(OperandName::kOnFalse, partitions, 0);
  ReduceRegisters registers(machine, Engine::kVector, instruction.reduce_command(),
                            instruction.op(AttributeName::kReduceOp), partitions);
  if (machine.faulted()) return;
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  predicate = apart(machine, predicate, dst, 0);
  source = apart(machine, source, dst, 1);
  const bool reverse = instruction.flag(AttributeName::kReversePred);
  alignas(64) float values[kBlockValues];
  alignas(64) std::uint32_t conditions[kBlockValues];
  for_each_strip(dst, [&](const Block& block) {
    read_block(source, block, values);
    read_patterns(predicate, block, conditions);
    for (int r = 0; r < block.rows; ++r) {
      const float other = otherwise[static_cast<std::size_t>(block.partition + r)];
      for (std::int64_t i = r * block.count; i < (r + 1) * block.count; ++i)
        values[i] = (conditions[i] != 0) != reverse ? values[i] : other;
    }
    registers.add(block, values);
    write_block(machine, dst, block, values);
  });
  registers.store(machine);
}

// Elements that share a byte cannot be read, changed and written together.
bool may_repeat(const Tile& tile) {
  if (tile.gather) return true;
  for (int i = 0; i < tile.rank; ++i) {
    if (tile.dims[i].stride == 0 && tile.dims[i].count > 1) return true;
  }
  return false;
}

void execute_tensor_copy_predicated(Machine& machine, const Instruction& instruction) {
  Tile predicate = machine.input(OperandName::kPredicate);
  if (machine.faulted()) return;
  const isa::Operand& operand = *instruction.find(OperandName::kSrc);
  const bool constant = operand.kind == isa::OperandKind::kNumber;
  Tile source = constant ? Tile{} : machine.input(operand);
  if (machine.faulted()) return;
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  predicate = apart(machine, predicate, dst, 0);
  if (!constant) source = apart(machine, source, dst, 1);
  const bool reverse = instruction.flag(AttributeName::kReversePred);
  const bool one_by_one = may_repeat(dst);
  alignas(64) std::uint32_t conditions[kBlockValues], words[kBlockValues], old[kBlockValues];
  std::fill_n(words, kBlockValues, constant ? constant_code(dst.type, operand.number) : 0);
  for_each_block(dst, [&](const Block& block) {
    read_patterns(predicate, block, conditions);
    if (!constant) read_patterns(source, block, words);
    if (!one_by_one) read_patterns(dst, block, old);
    for (std::int64_t i = 0; i < block.values(); ++i) {
      const bool copied = (conditions[i] != 0) != reverse;
      if (!one_by_one)
        old[i] = copied ? words[i] : old[i];
      else if (copied)
        write_words(dst, block.partition + static_cast<int>(i / block.count),
                    block.first + i % block.count, 1, &words[i]);
    }
    if (!one_by_one) write_patterns(dst, block, old);
  });
}

constexpr std::int64_t kUnmodified = 255;  // in a shuffle mask

void execute_nc_stream_shuffle(Machine& machine, const Instruction& instruction) {
  const Tile source = machine.input(OperandName::kSrc);
  if (machine.faulted()) return;
  const Tile dst = machine.output(OperandName::kDst);
  if (machine.faulted()) return;
  const std::vector<std::int64_t>& mask = instruction.integers(AttributeName::kShuffleMask);
  // A copy: shuffling in place is allowed.
  const std::int64_t row_bytes = source.elements * source.element_bytes;
  std::vector<std::uint8_t>& rows = machine.bytes(0);
  rows.resize(static_cast<std::size_t>(row_bytes * source.partitions));
  for (int p = 0; p < source.partitions; ++p)
    read_bytes(source, p, 0, source.elements, rows.data() + p * row_bytes);
  for (int p = 0; p < dst.partitions; ++p) {
    const std::int64_t wanted = mask[static_cast<std::size_t>(p % isa::kQuadrantPartitions)];
    if (wanted == kUnmodified) continue;
    const std::int64_t from = p / isa::kQuadrantPartitions * isa::kQuadrantPartitions + wanted;
    if (from < 0 || from >= source.partitions) {
      machine.fault(FaultKind::kOutOfBounds, machine.where(*instruction.find(OperandName::kSrc)),
                    fmt::format("partition {} of dst wants partition {} of src; src has {}", p,
                                from, source.partitions));
      return;
    }
    write_bytes(dst, p, 0, dst.elements, rows.data() + from * row_bytes);
  }
}

constexpr HandlerRow kHandlers[] = {
    {Opcode::kIota, execute_iota},
    {Opcode::kAffineSelect, execute_affine_select},
    {Opcode::kRangeSelect, execute_range_select},
    {Opcode::kSelectReduce, execute_select_reduce},
    {Opcode::kTensorCopyPredicated, execute_tensor_copy_predicated},
    {Opcode::kNcStreamShuffle, execute_nc_stream_shuffle},
};

}  // namespace

std::span<const HandlerRow> select_handlers() { return kHandlers; }

}  // namespace switchyard::neuroncore
