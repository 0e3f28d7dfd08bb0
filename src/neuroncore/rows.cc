#include "neuroncore/rows.h"

#include <cmath>

#include "neuroncore/alu.h"
#include "neuroncore/word_alu.h"
#include "numeric/convert.h"

namespace switchyard::neuroncore {

using isa::Engine;
using isa::Opcode;
using numeric::ElementType;

namespace {

// Several whole rows of few elements: their bytes are brought together, then converted at once.
bool is_bundle(const Tile& tile, const Block& block) {
  return block.rows > 1 && block.count == tile.elements && block.values() <= kBlockValues &&
         !numeric::is_packed(tile.type);
}

}  // namespace

void read_block(const Tile& tile, const Block& block, float* values) {
  if (is_bundle(tile, block)) {
    if (tile.type == ElementType::kFloat32) {
      return read_rows(tile, block.partition, block.rows, reinterpret_cast<std::uint8_t*>(values));
    }
    alignas(64) std::uint8_t bytes[kBlockValues * 4];
    read_rows(tile, block.partition, block.rows, bytes);
    numeric::convert(tile.type, bytes, ElementType::kFloat32, values,
                     static_cast<std::size_t>(block.values()));
    return;
  }
  for (int r = 0; r < block.rows; ++r)
    read_values(tile, block.partition + r, block.first, block.count, values + r * block.count);
}

void write_block(const Machine& machine, const Tile& tile, const Block& block,
                 const float* values) {
  const auto rounding = [&](int row) {
    const std::int64_t position = (block.partition + row) * tile.elements + block.first;
    return machine.rounding(static_cast<std::uint64_t>(position));
  };
  if (is_bundle(tile, block)) {
    if (tile.type == ElementType::kFloat32) {
      return write_rows(tile, block.partition, block.rows,
                        reinterpret_cast<const std::uint8_t*>(values));
    }
    alignas(64) std::uint8_t bytes[kBlockValues * 4];
    numeric::convert(ElementType::kFloat32, values, tile.type, bytes,
                     static_cast<std::size_t>(block.values()), rounding(0));
    write_rows(tile, block.partition, block.rows, bytes);
    return;
  }
  for (int r = 0; r < block.rows; ++r)
    write_values(tile, block.partition + r, block.first, block.count, values + r * block.count,
                 rounding(r));
}

void read_patterns(const Tile& tile, const Block& block, std::uint32_t* words) {
  for (int r = 0; r < block.rows; ++r)
    read_words(tile, block.partition + r, block.first, block.count, words + r * block.count);
  if (tile.element_bytes == 4) return;
  const std::uint32_t mask = (1u << (8 * tile.element_bytes)) - 1;
  for (std::int64_t i = 0; i < block.values(); ++i) words[i] &= mask;
}

void write_patterns(const Tile& tile, const Block& block, const std::uint32_t* words) {
  for (int r = 0; r < block.rows; ++r)
    write_words(tile, block.partition + r, block.first, block.count, words + r * block.count);
}

namespace {

// Bytes that a tile may touch in each of its rows, from first_byte.
struct Reach {
  std::int64_t low, high;
};

Reach reach_of(const Tile& tile) {
  if (tile.gather) return {0, tile.storage->row_bytes()};
  Reach reach = {tile.first_byte, tile.first_byte + tile.element_bytes};
  for (int i = 0; i < tile.rank; ++i) {
    const std::int64_t last = tile.dims[i].stride * (tile.dims[i].count - 1);
    (last < 0 ? reach.low : reach.high) += last;
  }
  return reach;
}

// Element i of both is the same byte of the same row, so each is read before it is written.
bool same_elements(const Tile& a, const Tile& b) {
  if (a.gather || b.gather || a.data != b.data || a.element_bytes != b.element_bytes ||
      a.rank != b.rank)
    return false;
  for (int i = 0; i < a.rank; ++i) {
    if (a.dims[i].stride != b.dims[i].stride || a.dims[i].count != b.dims[i].count) return false;
  }
  return true;
}

bool may_disturb(const Tile& source, const Tile& dst) {
  if (source.storage != dst.storage) return false;
  if (source.first_row >= dst.first_row + dst.partitions ||
      dst.first_row >= source.first_row + source.partitions)
    return false;
  const Reach a = reach_of(source), b = reach_of(dst);
  return a.low < b.high && b.low < a.high && !same_elements(source, dst);
}

}  // namespace

Tile apart(Machine& machine, const Tile& source, const Tile& dst, int slot) {
  if (!may_disturb(source, dst)) return source;
  const std::int64_t row_bytes = source.elements * source.element_bytes;
  std::vector<std::uint8_t>& bytes = machine.bytes(slot);
  bytes.resize(static_cast<std::size_t>(row_bytes * source.partitions));
  for (int p = 0; p < source.partitions; ++p)
    read_bytes(source, p, 0, source.elements, bytes.data() + p * row_bytes);
  Tile copy = source;
  copy.data = bytes.data();
  copy.partition_stride = row_bytes;
  copy.gather = nullptr;
  copy.storage = nullptr;
  copy.rank = 1;
  copy.dims[0] = {source.element_bytes, source.elements};
  return copy;
}

std::span<const std::uint32_t> partition_patterns(Machine& machine, const isa::Operand* operand,
                                                  int partitions, int slot) {
  std::vector<std::uint32_t>& words = machine.words(slot);
  words.assign(static_cast<std::size_t>(partitions), 0);
  if (!operand) return words;
  if (operand->kind == isa::OperandKind::kNumber) {
    const auto number = static_cast<std::uint32_t>(std::llrint(operand->number));
    std::fill(words.begin(), words.end(), number);
    return words;
  }
  const Tile tile = machine.input(*operand);
  for (int p = 0; p < partitions && !machine.faulted(); ++p)
    read_patterns(tile, {tile.partitions == 1 ? 0 : p, 1, 0, 1},
                  &words[static_cast<std::size_t>(p)]);
  return words;
}

std::uint32_t constant_code(numeric::ElementType type, double value) {
  using numeric::ElementKind;
  const numeric::ElementTraits& traits = numeric::traits(type);
  if (traits.kind == ElementKind::kPacked) return 0;
  if (traits.kind != ElementKind::kInteger) return numeric::encode(type, static_cast<float>(value));
  if (std::isnan(value)) return 0;
  const double low = traits.is_signed ? -traits.max_finite - 1 : 0.0;
  return static_cast<std::uint32_t>(std::llrint(std::clamp(value, low, traits.max_finite)));
}

namespace {

bool is_number(const isa::Operand* operand) {
  return !operand || operand->kind == isa::OperandKind::kNumber;
}

}  // namespace

ScalarStep::ScalarStep(Machine& machine, const isa::Instruction& instruction, isa::Op op,
                       isa::OperandName operand, int partitions) {
  if (!instruction.find(operand)) return;
  op_ = op;
  uniform_ = is_number(instruction.find(operand));
  operand_ = machine.partition_values(operand, partitions, 0);
}

ScalarStep::ScalarStep(Machine& machine, const isa::Instruction& instruction, isa::AttributeName op,
                       isa::AttributeName reverse, isa::OperandName operand, int partitions) {
  if (!instruction.find(op)) return;
  op_ = instruction.op(op);
  reverse_ = instruction.flag(reverse);
  uniform_ = is_number(instruction.find(operand));
  operand_ = machine.partition_values(operand, partitions, 0);
}

void ScalarStep::apply(const Block& block, float* values) const {
  if (op_ == isa::Op::kBypass) return;
  const auto first = static_cast<std::size_t>(block.partition);
  if (uniform_) {
    apply_scalar(op_, reverse_, values, operand_[first], static_cast<std::size_t>(block.values()));
    return;
  }
  for (int r = 0; r < block.rows; ++r)
    apply_scalar(op_, reverse_, values + r * block.count,
                 operand_[first + static_cast<std::size_t>(r)],
                 static_cast<std::size_t>(block.count));
}

void ScalarStep::apply(const ScalarStep& next, const Block& block, float* values) const {
  if (op_ != isa::Op::kMultiply || next.op_ != isa::Op::kAdd) {
    apply(block, values);
    next.apply(block, values);
    return;
  }
  const bool at_once = uniform_ && next.uniform_;
  const int rows = at_once ? 1 : block.rows;
  const std::int64_t count = at_once ? block.values() : block.count;
  for (int r = 0; r < rows; ++r) {
    const auto p = static_cast<std::size_t>(block.partition + r);
    multiply_add(values + r * count, operand_[p], next.operand_[p],
                 static_cast<std::size_t>(count));
  }
}

Engine engine_of(const Machine& machine, const isa::Instruction& instruction) {
  if (instruction.engine != Engine::kUnknown) return instruction.engine;
  const Engine preferred = instruction.info().engines[0];
  if (instruction.opcode != Opcode::kTensorTensor) return preferred;
  if (instruction.op(isa::AttributeName::kOp) == isa::Op::kPower) return Engine::kGpSimd;
  for (const isa::Operand& operand : instruction.operands) {
    if (operand.kind != isa::OperandKind::kAccess) continue;
    const isa::Tensor& tensor = machine.program().tensor(operand.access.tensor);
    if (!is_word_integer(operand.access.type) || tensor.buffer == isa::Buffer::kPsum)
      return preferred;
  }
  return Engine::kGpSimd;
}

}  // namespace switchyard::neuroncore
