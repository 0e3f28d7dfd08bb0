// For tests only: instructions of the vector engines as their pages read, element by element, on a
// copy of the tensors' bytes.
//
// A VectorCase owns a core with random tensors; `run` executes the instruction on both sides and
// compares every byte of every tensor.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <map>

#include "base/random.h"
#include "neuroncore/alu_reference.h"
#include "neuroncore/test_core.h"
#include "numeric/convert.h"

namespace switchyard::neuroncore::reference {

using isa::Access;
using isa::OperandName;
using numeric::ElementKind;
using numeric::ElementType;

// The byte of an element in its partition: one loop counter a dim, the last one fastest.
inline std::int64_t byte_of(const Access& access, std::int64_t index) {
  std::int64_t place = access.offset;
  for (int d = access.rank - 1; d >= 0; --d) {
    place += index % access.dims[d].count * access.dims[d].stride;
    index /= access.dims[d].count;
  }
  return place * numeric::traits(access.type).storage_bytes;
}

class VectorCase {
 public:
  explicit VectorCase(std::uint64_t seed, isa::Generation generation = isa::Generation::kV4)
      : random(seed), core(generation) {}

  // Values of everyday size, some special ones, or (kAnyBits) all codes of the type.
  enum class Content { kValues, kAnyBits, kSmallIntegers };

  // A [partitions, columns] tensor, random.
  isa::TensorId tensor(ElementType type, int partitions, std::int64_t columns, Content content) {
    const isa::TensorId id = core.sbuf(type, {partitions, columns});
    const auto count = static_cast<std::size_t>(partitions * columns);
    const auto size = static_cast<std::size_t>(numeric::traits(type).storage_bytes);
    std::vector<std::uint8_t> bytes(count * size);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t code = random_code(type, content);
      std::memcpy(bytes.data() + i * size, &code, size);
    }
    core.memory.write(id, core.program.tensor(id), bytes);
    images_[id] = bytes;
    return id;
  }

  // An access of a random shape with `elements` elements a partition, over a tensor of its own.
  isa::Operand operand(OperandName name, ElementType type, int partitions, std::int64_t elements,
                       Content content = Content::kValues) {
    Access access{.type = type, .partitions = static_cast<std::int16_t>(partitions)};
    std::int64_t rest = elements, extent = 1;
    while (rest > 1 && access.rank < 4) {
      std::int64_t count = access.rank == 3 ? rest : divisor(rest);
      access.dims[access.rank++].count = count;
      rest /= count;
    }
    const bool plain = random.below(3) == 0;  // contiguous: the fast paths
    for (int d = access.rank - 1; d >= 0; --d) {
      access.dims[d].stride = extent + static_cast<std::int64_t>(plain ? 0 : random.below(3));
      extent = access.dims[d].stride * access.dims[d].count;
    }
    access.offset = static_cast<std::int64_t>(random.below(4));
    access.start_partition = static_cast<std::int16_t>(random.below(2) * 32);
    access.tensor =
        tensor(type, access.start_partition + partitions, access.offset + extent + 1, content);
    return {.name = name, .access = access};
  }

  float value(const isa::Operand& operand, int partition, std::int64_t index) const {
    if (operand.kind == isa::OperandKind::kNumber) return static_cast<float>(operand.number);
    return numeric::decode(operand.access.type, word(operand, partition, index));
  }
  // Of an operand that is one number, or one a partition.
  float scalar(const isa::Instruction& instruction, OperandName name, int partition,
               float fallback = 0) const {
    const isa::Operand* operand = instruction.find(name);
    return operand ? value(*operand, partition, 0) : fallback;
  }
  std::uint32_t word(const isa::Operand& operand, int partition, std::int64_t index) const {
    std::uint32_t code = 0;
    const std::vector<std::uint8_t>& image = images_.at(operand.access.tensor);
    std::memcpy(&code, image.data() + place(operand, partition, index), size(operand));
    return code;
  }
  void put_word(const isa::Operand& operand, int partition, std::int64_t index,
                std::uint32_t code) {
    std::vector<std::uint8_t>& image = images_.at(operand.access.tensor);
    std::memcpy(image.data() + place(operand, partition, index), &code, size(operand));
  }
  void put(const isa::Operand& operand, int partition, std::int64_t index, float value) {
    const ElementType type = operand.access.type;
    put_word(operand, partition, index,
             type == ElementType::kFloat32 ? std::bit_cast<std::uint32_t>(value)
                                           : numeric::encode(type, value));
  }

  // Executes, lets `model` change the copies, and compares. `near` bytes may differ by one: for
  // functions that are right to a part of an ulp only.
  void run(const isa::Instruction& instruction, const std::function<void()>& model,
           int codes_apart = 0) {
    model();
    ASSERT_TRUE(core.execute(instruction)) << to_text(*core.machine.fault());
    ASSERT_TRUE(core.machine.reports().empty()) << to_text(core.machine.reports()[0]);
    for (const auto& [id, image] : images_) compare(id, image, codes_apart, instruction);
  }

  Random random;
  TestCore core;

 private:
  std::int64_t divisor(std::int64_t n) {
    std::int64_t found = 1;
    for (std::int64_t d = 2; d <= n; ++d) {
      if (n % d == 0 && random.below(3) == 0) found = d;
    }
    return found;
  }

  std::uint32_t random_code(ElementType type, Content content) {
    const auto any = static_cast<std::uint32_t>(random.next());
    const numeric::ElementTraits& traits = numeric::traits(type);
    if (content == Content::kAnyBits) {
      if (type == ElementType::kBool) return any & 1;
      return traits.storage_bytes == 4 ? any : any & ((1u << traits.bits) - 1);
    }
    if (content == Content::kSmallIntegers)
      return numeric::encode(type, static_cast<float>(random.below(3)));
    return numeric::encode(type, static_cast<float>(random.normal() * 3));
  }

  static std::size_t size(const isa::Operand& operand) {
    return static_cast<std::size_t>(numeric::traits(operand.access.type).storage_bytes);
  }
  std::size_t place(const isa::Operand& operand, int partition, std::int64_t index) const {
    const Access& access = operand.access;
    const int row = access.start_partition + (access.partitions == 1 ? 0 : partition);
    return static_cast<std::size_t>(row * core.program.tensor(access.tensor).partition_bytes() +
                                    byte_of(access, index));
  }

  void compare(isa::TensorId id, const std::vector<std::uint8_t>& wanted, int codes_apart,
               const isa::Instruction& instruction) const {
    const isa::Tensor& tensor = core.program.tensor(id);
    const std::vector<std::uint8_t> found = core.memory.read(id, tensor);
    const auto bytes = static_cast<std::size_t>(numeric::traits(tensor.type).storage_bytes);
    for (std::size_t at = 0; at < wanted.size(); at += bytes) {
      std::uint32_t a = 0, b = 0;
      std::memcpy(&a, found.data() + at, bytes);
      std::memcpy(&b, wanted.data() + at, bytes);
      const auto apart = static_cast<std::int32_t>(a - b);
      ASSERT_LE(std::abs(apart), codes_apart)
          << isa::name(instruction.opcode) << ", tensor " << id << " of "
          << numeric::name(tensor.type) << ", element " << at / bytes << ": "
          << numeric::decode(tensor.type, a) << ", wanted " << numeric::decode(tensor.type, b);
    }
  }

  std::map<isa::TensorId, std::vector<std::uint8_t>> images_;
};

// Shapes: rows within one block, several rows in one, longer than a block.
struct Shape {
  int partitions;
  std::int64_t elements;
};
inline constexpr Shape kShapes[] = {{1, 1}, {3, 5}, {40, 24}, {9, 300}, {2, 2500}};

inline constexpr ElementType kArithmeticTypes[] = {
    ElementType::kFloat32,    ElementType::kBfloat16,   ElementType::kFloat16,
    ElementType::kFloat8E4m3, ElementType::kFloat8E5m2, ElementType::kInt32,
    ElementType::kUint8,      ElementType::kInt16,      ElementType::kUint32,
    ElementType::kTfloat32};
inline constexpr ElementType kIntegerTypes[] = {ElementType::kInt32, ElementType::kUint32,
                                                ElementType::kInt16, ElementType::kUint16,
                                                ElementType::kInt8,  ElementType::kUint8};

template <class T, std::size_t kCount>
T pick(Random& random, const T (&choices)[kCount]) {
  return choices[random.below(kCount)];
}

// Calls work(partition, element) for all of an operand.
template <class Work>
void each(const isa::Operand& operand, Work work) {
  for (int p = 0; p < operand.access.partitions; ++p) {
    for (std::int64_t i = 0; i < operand.access.elements_per_partition(); ++i) work(p, i);
  }
}

}  // namespace switchyard::neuroncore::reference
