// For tests only: operands element by element, from the definition of an access alone.
#pragma once

#include <cstring>
#include <vector>

#include "base/random.h"
#include "neuroncore/test_core.h"
#include "numeric/convert.h"

namespace switchyard::neuroncore {

// Where element `i` of partition `p` stands: the last dim runs fastest.
inline std::uint8_t* element_address(TestCore& core, const isa::Access& access, int p,
                                     std::int64_t i) {
  std::int64_t offset = access.offset;
  for (int d = access.rank - 1; d >= 0; --d) {
    offset += i % access.dims[d].count * access.dims[d].stride;
    i /= access.dims[d].count;
  }
  const Place& place = core.memory.place(access.tensor);
  return place.storage->row(place.first_row + access.start_partition + p) + place.first_byte +
         offset * numeric::traits(access.type).storage_bytes;
}

inline std::uint32_t element_code(TestCore& core, const isa::Access& access, int p,
                                  std::int64_t i) {
  std::uint32_t code = 0;
  std::memcpy(&code, element_address(core, access, p, i),
              static_cast<std::size_t>(numeric::traits(access.type).storage_bytes));
  return code;
}

inline float element_value(TestCore& core, const isa::Access& access, int p, std::int64_t i) {
  return numeric::decode(access.type, element_code(core, access, p, i));
}

// Random bytes everywhere in the tensor; with `tame`, floats of magnitude about 1.
inline void fill(TestCore& core, isa::TensorId id, Random& random, bool tame) {
  const isa::Tensor& tensor = core.program.tensor(id);
  std::vector<std::uint8_t> bytes(
      static_cast<std::size_t>(tensor.partitions() * tensor.partition_bytes()));
  if (!tame) {
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
  } else {
    const auto size = static_cast<std::size_t>(numeric::traits(tensor.type).storage_bytes);
    const auto lanes = static_cast<std::size_t>(numeric::traits(tensor.type).lanes);
    std::vector<float> values(bytes.size() / size * lanes);
    for (float& value : values) value = static_cast<float>(random.normal());
    numeric::convert(numeric::ElementType::kFloat32, values.data(), tensor.type, bytes.data(),
                     values.size());
  }
  core.memory.write(id, tensor, bytes);
}

// A tensor of [partitions, free dims], in HBM of the free dims alone, and an access to all of it
// or, when `strided`, a larger tensor and an access with gaps, a turned order and a later first
// partition.
inline isa::Access make_access(TestCore& core, isa::Buffer buffer, numeric::ElementType type,
                               int partitions, std::vector<std::int64_t> free, bool strided) {
  isa::Tensor tensor = {.name = "t" + std::to_string(core.program.tensors().size()),
                        .buffer = buffer,
                        .type = type,
                        .shape = {}};
  if (isa::is_on_chip(buffer)) tensor.shape = {partitions};
  isa::Access access = {.type = type,
                        .rank = static_cast<std::uint8_t>(free.size()),
                        .partitions = static_cast<std::int16_t>(partitions)};
  std::int64_t size = 1;
  for (int d = static_cast<int>(free.size()) - 1; d >= 0; --d) {
    const std::int64_t count = free[static_cast<std::size_t>(d)];
    access.dims[d] = {strided ? 2 * size : size, count};
    size *= strided ? 2 * count : count;
  }
  if (strided) {
    access.offset = access.dims[0].stride * (access.dims[0].count - 1) + 1;
    access.dims[0].stride = -access.dims[0].stride;
    if (isa::is_on_chip(buffer) && partitions <= 96) {
      access.start_partition = 32;
      tensor.shape[0] += 32;
    }
    size += 1;
  }
  tensor.shape.push_back(size);
  access.tensor = core.tensor(std::move(tensor));
  return access;
}

inline isa::Operand operand(isa::OperandName name, const isa::Access& access) {
  return {.name = name, .access = access};
}

}  // namespace switchyard::neuroncore
