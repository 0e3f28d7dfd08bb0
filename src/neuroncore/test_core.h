// What tests of neuroncore/ share: limits by hand, and programs that run with little ceremony.
#pragma once

#include <string>
#include <vector>

#include "base/check.h"
#include "neuroncore/execute.h"

namespace switchyard::neuroncore {

// Test values; the product's come from the catalog.
inline isa::Limits test_limits(isa::Generation generation) {
  isa::Limits limits{.generation = generation,
                     .sbuf_partition_bytes = 224 << 10,
                     .psum_partition_bytes = 16 << 10,
                     .stationary_free_max = 128,
                     .moving_free_max_float32 = 512,
                     .moving_free_max_bfloat16 = 0,
                     .bn_stats_free_max = 512};
  if (generation == isa::Generation::kV2) limits.sbuf_partition_bytes = 192 << 10;
  if (generation == isa::Generation::kV4) {
    limits.sbuf_partition_bytes = 256 << 10;
    limits.moving_free_max_float32 = 4096;
    limits.moving_free_max_bfloat16 = 8192;
  }
  return limits;
}

// A program under construction with its memory and machine: tensors are bound as they are added.
class TestCore {
 public:
  explicit TestCore(isa::Generation generation = isa::Generation::kV3, ExecuteOptions options = {})
      : program(generation),
        memory(test_limits(generation)),
        machine(program, memory, test_limits(generation), options) {}

  isa::TensorId tensor(isa::Tensor tensor) {
    const isa::TensorId id = program.add_tensor(std::move(tensor));
    const Status bound = memory.bind(id, program.tensor(id));
    SWITCHYARD_CHECK(bound, "{}", to_text(bound.error()));
    return id;
  }
  isa::TensorId sbuf(numeric::ElementType type, std::vector<std::int64_t> shape) {
    return tensor({.name = "t" + std::to_string(program.tensors().size()),
                   .buffer = isa::Buffer::kSbuf,
                   .type = type,
                   .shape = std::move(shape)});
  }
  // The whole tensor as an operand.
  isa::Operand whole(isa::OperandName name, isa::TensorId id) const {
    return {.name = name, .access = program.tensor(id).all(id)};
  }
  static isa::Operand number(isa::OperandName name, double value) {
    return {.name = name, .kind = isa::OperandKind::kNumber, .number = value};
  }
  // Appends and executes.
  bool execute(const isa::Instruction& instruction) {
    return neuroncore::execute(machine, program.append(instruction), instruction);
  }

  isa::Program program;
  Memory memory;
  Machine machine;
};

}  // namespace switchyard::neuroncore
