// Programs for the tests and benchmarks of schedule, built with little ceremony.
#pragma once

#include <string>
#include <vector>

#include "base/check.h"
#include "neuroncore/schedule.h"

namespace switchyard::neuroncore {

inline const Core& core_of(isa::Generation generation) {
  static const auto load = [](isa::Generation g) {
    auto core = load_core(g);
    SWITCHYARD_CHECK(core, "{}", to_text(core.error()));
    return *core;
  };
  static const Core v2 = load(isa::Generation::kV2), v3 = load(isa::Generation::kV3),
                    v4 = load(isa::Generation::kV4);
  return generation == isa::Generation::kV2 ? v2 : generation == isa::Generation::kV3 ? v3 : v4;
}

class ProgramBuilder {
 public:
  using Type = numeric::ElementType;
  using Shape = std::vector<std::int64_t>;

  explicit ProgramBuilder(isa::Generation generation) : program(generation) {}

  isa::TensorId tensor(isa::Buffer buffer, Type type, Shape shape,
                       isa::TensorKind kind = isa::TensorKind::kInternal,
                       std::optional<isa::FixedAddress> address = {}) {
    return program.add_tensor({.name = "t" + std::to_string(program.tensors().size()),
                               .buffer = buffer,
                               .type = type,
                               .shape = std::move(shape),
                               .kind = kind,
                               .address = address});
  }
  isa::TensorId sbuf(Type type, Shape shape, std::optional<isa::FixedAddress> address = {}) {
    return tensor(isa::Buffer::kSbuf, type, std::move(shape), isa::TensorKind::kInternal, address);
  }
  isa::TensorId psum(Type type, Shape shape, std::optional<isa::FixedAddress> address = {}) {
    return tensor(isa::Buffer::kPsum, type, std::move(shape), isa::TensorKind::kInternal, address);
  }
  isa::TensorId input(Type type, Shape shape) {
    return tensor(isa::Buffer::kHbm, type, std::move(shape), isa::TensorKind::kInput);
  }
  isa::TensorId output(Type type, Shape shape) {
    return tensor(isa::Buffer::kHbm, type, std::move(shape), isa::TensorKind::kOutput);
  }

  isa::Access all(isa::TensorId id) const { return program.tensor(id).all(id); }
  // Free elements [begin, begin + count) of every partition.
  isa::Access columns(isa::TensorId id, std::int64_t begin, std::int64_t count) const {
    isa::Access access = all(id);
    access.rank = 1;
    access.dims = {isa::Dim{1, count}};
    access.offset = begin;
    return access;
  }
  // Rows and columns of a matrix in HBM.
  isa::Access block(isa::TensorId id, std::int64_t row, std::int64_t rows, std::int64_t column,
                    std::int64_t count) const {
    const std::int64_t pitch = program.tensor(id).shape.back();
    isa::Access access{.tensor = id, .type = program.tensor(id).type, .rank = 2};
    access.offset = row * pitch + column;
    access.dims = {isa::Dim{pitch, rows}, isa::Dim{1, count}};
    return access;
  }

  static isa::Operand operand(isa::OperandName name, const isa::Access& access) {
    return {.name = name, .access = access};
  }
  static isa::Operand number(isa::OperandName name, double value) {
    return {.name = name, .kind = isa::OperandKind::kNumber, .number = value};
  }
  static isa::Operand reg(isa::OperandName name, isa::RegisterId id) {
    return {.name = name, .kind = isa::OperandKind::kRegister, .reg = id};
  }

  isa::InstructionId add(isa::Instruction instruction) { return program.append(instruction); }

  isa::InstructionId dma(const isa::Access& dst, const isa::Access& src,
                         isa::Engine engine = isa::Engine::kUnknown,
                         isa::DgeMode mode = isa::DgeMode::kUnknown) {
    isa::Instruction i{
        .opcode = isa::Opcode::kDmaCopy,
        .engine = engine,
        .operands = {operand(isa::OperandName::kDst, dst), operand(isa::OperandName::kSrc, src)}};
    if (mode != isa::DgeMode::kUnknown) i.attributes = {{isa::AttributeName::kDgeMode, mode}};
    return add(i);
  }
  isa::InstructionId copy(isa::Engine engine, const isa::Access& dst, const isa::Access& src) {
    return add(
        {.opcode = isa::Opcode::kTensorCopy,
         .engine = engine,
         .operands = {operand(isa::OperandName::kDst, dst), operand(isa::OperandName::kSrc, src)}});
  }
  isa::InstructionId activate(const isa::Access& dst, const isa::Access& src) {
    return add(
        {.opcode = isa::Opcode::kActivation,
         .engine = isa::Engine::kScalar,
         .operands = {operand(isa::OperandName::kDst, dst), operand(isa::OperandName::kData, src)},
         .attributes = {{isa::AttributeName::kOp, isa::Op::kExp}}});
  }
  isa::InstructionId tensor_tensor(const isa::Access& dst, const isa::Access& a,
                                   const isa::Access& b,
                                   isa::Engine engine = isa::Engine::kVector) {
    return add(
        {.opcode = isa::Opcode::kTensorTensor,
         .engine = engine,
         .operands = {operand(isa::OperandName::kDst, dst), operand(isa::OperandName::kData1, a),
                      operand(isa::OperandName::kData2, b)},
         .attributes = {{isa::AttributeName::kOp, isa::Op::kAdd}}});
  }
  isa::InstructionId memset(isa::Engine engine, const isa::Access& dst, double value = 1) {
    return add({.opcode = isa::Opcode::kMemset,
                .engine = engine,
                .operands = {operand(isa::OperandName::kDst, dst)},
                .attributes = {{isa::AttributeName::kValue, value}}});
  }
  isa::InstructionId matmul(const isa::Access& dst, const isa::Access& stationary,
                            const isa::Access& moving, bool accumulate,
                            std::vector<isa::Attribute> more = {}) {
    more.push_back({isa::AttributeName::kAccumulate, accumulate});
    return add({.opcode = isa::Opcode::kNcMatmul,
                .engine = isa::Engine::kTensor,
                .operands = {operand(isa::OperandName::kDst, dst),
                             operand(isa::OperandName::kStationary, stationary),
                             operand(isa::OperandName::kMoving, moving)},
                .attributes = std::move(more)});
  }
  void loop(double count) {
    const isa::RegisterId i = program.add_register("i");
    add({.opcode = isa::Opcode::kForBegin,
         .operands = {reg(isa::OperandName::kDst, i), number(isa::OperandName::kLower, 0),
                      number(isa::OperandName::kUpper, count)}});
  }
  void end() { add({.opcode = isa::Opcode::kLoopEnd}); }

  Timeline timeline(Policy policy = Policy::kProgram,
                    const Allocation* allocation = nullptr) const {
    return schedule(program, core_of(program.generation()),
                    {.policy = policy, .allocation = allocation});
  }
  // Of instructions alone, in ns.
  double work(Policy policy = Policy::kProgram) const {
    const Timeline t = timeline(policy);
    return (t.duration - t.prologue - t.epilogue).ns();
  }

  isa::Program program;
};

}  // namespace switchyard::neuroncore
