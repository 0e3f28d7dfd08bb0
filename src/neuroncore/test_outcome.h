// For tests: a whole program run in a memory of its own, inputs filled from a seed.
#pragma once

#include <cstring>

#include "base/random.h"
#include "isa/random_program.h"
#include "neuroncore/allocate.h"
#include "neuroncore/test_core.h"
#include "numeric/convert.h"

namespace switchyard::neuroncore {

struct Outcome {
  std::optional<Fault> fault;
  std::vector<Fault> reports;
  TripCounts trips;
  std::vector<std::vector<std::uint8_t>> outputs;  // of output tensors, in order
};

// Numbers of a normal distribution in half of the tensors, any bits in the others.
inline std::vector<std::uint8_t> input_bytes(const isa::Tensor& tensor, Random& random) {
  std::vector<std::uint8_t> bytes(
      static_cast<std::size_t>(tensor.partitions() * tensor.partition_bytes()));
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.below(256));
  const auto size = static_cast<std::size_t>(numeric::traits(tensor.type).storage_bytes);
  if (numeric::is_packed(tensor.type) || random.below(2) == 0) return bytes;
  for (std::size_t at = 0; at + size <= bytes.size(); at += size) {
    const std::uint32_t code =
        numeric::encode(tensor.type, static_cast<float>(random.normal() * 3));
    std::memcpy(&bytes[at], &code, size);
  }
  return bytes;
}

inline bool is_given(const isa::Tensor& tensor) {
  return tensor.kind == isa::TensorKind::kInput || tensor.kind == isa::TensorKind::kInputOutput;
}

inline Outcome run_program(const isa::Program& program, const isa::Limits& limits,
                           const ExecuteOptions& options = {},
                           std::uint64_t executed_max = 1 << 20) {
  Memory memory(limits);
  Random random(options.seed);
  for (isa::TensorId id = 0; id < program.tensors().size(); ++id) {
    const isa::Tensor& tensor = program.tensor(id);
    const Status bound = memory.bind(id, tensor);
    SWITCHYARD_CHECK(bound, "{}", to_text(bound.error()));
    if (is_given(tensor)) memory.write(id, tensor, input_bytes(tensor, random));
  }
  Machine machine(program, memory, limits, options);
  RunResult result = run(machine, executed_max);
  Outcome outcome{.fault = std::move(result.fault), .trips = std::move(result.trips)};
  outcome.reports.assign(machine.reports().begin(), machine.reports().end());
  for (isa::TensorId id = 0; id < program.tensors().size(); ++id) {
    const isa::TensorKind kind = program.tensor(id).kind;
    if (kind == isa::TensorKind::kOutput || kind == isa::TensorKind::kInputOutput)
      outcome.outputs.push_back(memory.read(id, program.tensor(id)));
  }
  return outcome;
}

// The program with the addresses that the allocator gives it; nothing when it does not fit.
inline std::optional<isa::Program> allocated(const isa::Program& program,
                                             const isa::Limits& limits) {
  const Allocation allocation = allocate(program, limits);
  if (allocation.fault) return std::nullopt;
  isa::Program placed = program;
  for (isa::TensorId id = 0; id < program.tensors().size(); ++id)
    placed.tensor(id).address = allocation.addresses[id];
  return placed;
}

}  // namespace switchyard::neuroncore
