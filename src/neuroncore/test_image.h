// For tests: tensors as plain bytes, and the elements of an access by its definition alone.
//
// A reference starts from the images of all tensors before an instruction, changes its own copy and
// compares all bytes after it, so a byte that should not have changed counts too.
#pragma once

#include <cstring>
#include <limits>
#include <vector>

#include "base/random.h"
#include "neuroncore/test_core.h"
#include "numeric/convert.h"

namespace switchyard::neuroncore {

class Image {
 public:
  Image(const isa::Tensor& tensor, std::vector<std::uint8_t> contents)
      : bytes(std::move(contents)),
        row_bytes_(static_cast<std::size_t>(tensor.partition_bytes())) {}

  std::uint8_t* at(const isa::Access& access, int partition, std::int64_t element) {
    std::int64_t place = access.offset;
    for (int d = access.rank - 1; d >= 0; --d) {
      const isa::Dim& dim = access.dims[static_cast<std::size_t>(d)];
      place += element % dim.count * dim.stride;
      element /= dim.count;
    }
    const auto row = static_cast<std::size_t>(access.start_partition + partition);
    return &bytes[row * row_bytes_ + static_cast<std::size_t>(place) * size(access)];
  }
  std::uint32_t code(const isa::Access& access, int partition, std::int64_t element) {
    std::uint32_t code = 0;
    std::memcpy(&code, at(access, partition, element), size(access));
    return code;
  }
  void set_code(const isa::Access& access, int partition, std::int64_t element,
                std::uint32_t code) {
    std::memcpy(at(access, partition, element), &code, size(access));
  }
  float value(const isa::Access& access, int partition, std::int64_t element) {
    return numeric::decode(access.type, code(access, partition, element));
  }
  void set_value(const isa::Access& access, int partition, std::int64_t element, float value) {
    set_code(access, partition, element, numeric::encode(access.type, value));
  }

  std::vector<std::uint8_t> bytes;

 private:
  static std::size_t size(const isa::Access& access) {
    return static_cast<std::size_t>(numeric::traits(access.type).storage_bytes);
  }

  std::size_t row_bytes_;
};

inline Image image(const TestCore& core, const isa::Operand& operand) {
  const isa::TensorId id = operand.access.tensor;
  return Image(core.program.tensor(id), core.memory.read(id, core.program.tensor(id)));
}

inline void store(TestCore& core, const isa::Operand& operand, const Image& image) {
  const isa::TensorId id = operand.access.tensor;
  core.memory.write(id, core.program.tensor(id), image.bytes);
}

// Values in which ties, zeros of both signs, infinities and NaN are frequent.
inline float awkward_value(Random& random) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kSpecial[] = {
      0.0f, -0.0f, 1.0f, -1.0f, kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN()};
  switch (random.below(4)) {
    case 0:
      return kSpecial[random.below(std::size(kSpecial))];
    case 1:
      return static_cast<float>(random.below(9)) - 4.0f;
    default:
      return static_cast<float>(random.normal() * 50);
  }
}

// A tensor in SBUF with every byte written, and an access to `count` elements in each of
// `partitions` partitions: now and then from partition 32, in up to three strided dims.
inline isa::Operand strided(TestCore& core, Random& random, isa::OperandName name,
                            numeric::ElementType type, int partitions, std::int64_t count) {
  isa::Operand operand{.name = name};
  isa::Access& access = operand.access;
  access.type = type;
  access.partitions = static_cast<std::int16_t>(partitions);
  access.start_partition = partitions <= 96 && random.below(3) == 0 ? 32 : 0;
  access.offset = static_cast<std::int64_t>(random.below(5));
  std::vector<std::int64_t> counts = {count};
  for (const std::int64_t factor : {2, 3, 5}) {
    if (counts.size() < 3 && counts[0] % factor == 0 && random.below(2) == 0) {
      counts[0] /= factor;
      counts.push_back(factor);
    }
  }
  std::int64_t extent = 1;
  for (std::size_t d = counts.size(); d-- > 0;) {
    access.dims[d] = {extent + static_cast<std::int64_t>(random.below(3)), counts[d]};
    extent = access.dims[d].stride * counts[d];
  }
  access.rank = static_cast<std::uint8_t>(counts.size());
  access.tensor = core.sbuf(type, {access.start_partition + partitions, access.offset + extent});
  Image all = image(core, operand);
  for (std::uint8_t& byte : all.bytes) byte = static_cast<std::uint8_t>(random.below(256));
  for (int p = 0; p < partitions; ++p) {
    for (std::int64_t i = 0; i < count; ++i) {  // one in eight keeps its random bits
      if (random.below(8) != 0) all.set_value(access, p, i, awkward_value(random));
    }
  }
  store(core, operand, all);
  return operand;
}

}  // namespace switchyard::neuroncore
