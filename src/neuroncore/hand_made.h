// Programs and timelines written by hand, for the tests of profiles, traces and reports.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "isa/program.h"
#include "neuroncore/profile.h"
#include "neuroncore/timeline.h"

namespace switchyard::neuroncore {

inline SimTime ns(std::int64_t count) { return SimTime(count * 1000); }

struct HandMade {
  isa::Program program{isa::Generation::kV3};
  Timeline timeline;

  isa::TensorId tensor(const std::string& name, isa::Buffer buffer, std::vector<std::int64_t> shape,
                       isa::TensorKind kind = isa::TensorKind::kInternal,
                       numeric::ElementType type = numeric::ElementType::kBfloat16) {
    return program.add_tensor(
        {.name = name, .buffer = buffer, .type = type, .shape = std::move(shape), .kind = kind});
  }

  // Whole tensors as operands.
  isa::InstructionId add(isa::Opcode opcode,
                         std::vector<std::pair<isa::OperandName, isa::TensorId>> operands,
                         const std::string& source = "",
                         std::vector<isa::Attribute> attributes = {}) {
    isa::Instruction instruction{.opcode = opcode, .attributes = std::move(attributes)};
    for (const auto& [name, id] : operands) {
      instruction.operands.push_back({.name = name, .access = program.tensor(id).all(id)});
    }
    instruction.source = program.add_source(source);
    return program.append(instruction);
  }

  // In nanoseconds. Returns the index in the timeline.
  std::uint32_t run(isa::InstructionId id, isa::Engine engine, std::int64_t reached,
                    std::int64_t start, std::int64_t end, StallReason stall = StallReason::kNone,
                    std::uint32_t on = 0) {
    timeline.instructions.push_back({.instruction = id,
                                     .engine = engine,
                                     .stall = stall,
                                     .stalled_on = on,
                                     .reached = ns(reached),
                                     .start = ns(start),
                                     .end = ns(end)});
    return static_cast<std::uint32_t>(timeline.instructions.size() - 1);
  }

  void move(std::uint32_t timed, std::uint16_t queue, isa::Buffer source, isa::Buffer destination,
            std::int64_t bytes, std::int64_t descriptors, std::int64_t start, std::int64_t end) {
    timeline.transfers.push_back({.timed = timed,
                                  .queue = queue,
                                  .source = source,
                                  .destination = destination,
                                  .bytes = bytes,
                                  .descriptors = descriptors,
                                  .start = ns(start),
                                  .end = ns(end)});
  }
};

// 1 GHz, 1 TFLOP/s, 100 GB/s: figures that make shares easy to follow.
inline Peaks round_peaks() {
  return {.clock_hz = 1e9, .matmul_flops_per_s = 1e12, .hbm_bytes_per_s = 1e11, .float32_cost = 4};
}

// Two loads, a multiply that waits for the second, a copy out of PSUM, a store: 10 us.
//
//   sync    |load a 1000-1100|load b 1100-1200|    ... |store 7000-7100|
//   queue 0 |a 2000-3000|            queue 1 |b 2100-4100|   queue 0 |store 8000-9000|
//   tensor  reached 1000, starts 4200 for b, ends 6200
//   vector  reached 1000, starts 6300 for the multiply, ends 6800
inline HandMade small_matmul() {
  using isa::Buffer, isa::Engine, isa::Opcode, isa::OperandName, isa::TensorKind;
  HandMade m;
  const auto a = m.tensor("a", Buffer::kHbm, {128, 128}, TensorKind::kInput);
  const auto b = m.tensor("b", Buffer::kHbm, {128, 512}, TensorKind::kInput);
  const auto c = m.tensor("c", Buffer::kHbm, {128, 512}, TensorKind::kOutput);
  const auto a_tile = m.tensor("a_tile", Buffer::kSbuf, {128, 128});
  const auto b_tile = m.tensor("b_tile", Buffer::kSbuf, {128, 512});
  const auto c_tile = m.tensor("c_tile", Buffer::kSbuf, {128, 512});
  const auto sum = m.tensor("sum", Buffer::kPsum, {128, 512}, TensorKind::kInternal,
                            numeric::ElementType::kFloat32);
  const auto load_a = m.add(Opcode::kDmaCopy, {{OperandName::kDst, a_tile}, {OperandName::kSrc, a}},
                            "kernel.py:10");
  const auto load_b = m.add(Opcode::kDmaCopy, {{OperandName::kDst, b_tile}, {OperandName::kSrc, b}},
                            "kernel.py:11");
  const auto multiply = m.add(Opcode::kNcMatmul,
                              {{OperandName::kDst, sum},
                               {OperandName::kStationary, a_tile},
                               {OperandName::kMoving, b_tile}},
                              "kernel.py:12");
  const auto copy = m.add(Opcode::kTensorCopy,
                          {{OperandName::kDst, c_tile}, {OperandName::kSrc, sum}}, "kernel.py:13");
  const auto store = m.add(Opcode::kDmaCopy, {{OperandName::kDst, c}, {OperandName::kSrc, c_tile}},
                           "kernel.py:14");
  m.timeline.prologue = ns(1000);
  m.timeline.epilogue = ns(1000);
  m.timeline.duration = ns(10000);
  const auto t0 = m.run(load_a, Engine::kSync, 1000, 1000, 1100);
  const auto t1 = m.run(load_b, Engine::kSync, 1100, 1100, 1200);
  const auto t2 =
      m.run(multiply, Engine::kTensor, 1000, 4200, 6200, StallReason::kOperandReady, t1);
  const auto t3 = m.run(copy, Engine::kVector, 1000, 6300, 6800, StallReason::kOperandReady, t2);
  const auto t4 = m.run(store, Engine::kSync, 1200, 7000, 7100, StallReason::kOperandReady, t3);
  m.move(t0, 0, Buffer::kHbm, Buffer::kSbuf, 32768, 128, 2000, 3000);
  m.move(t1, 1, Buffer::kHbm, Buffer::kSbuf, 131072, 128, 2100, 4100);
  m.move(t4, 0, Buffer::kSbuf, Buffer::kHbm, 131072, 128, 8000, 9000);
  return m;
}

}  // namespace switchyard::neuroncore
