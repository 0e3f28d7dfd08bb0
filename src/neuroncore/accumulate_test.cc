// What nc_matmul's accumulate means: which locations overwrite, which go on, what is undefined.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuroncore/operand_reference.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::Buffer;
using isa::Generation;
using isa::Opcode;
using isa::OperandName;
using numeric::ElementType;
using testing::HasSubstr;

// Products of ones: every result of [32, 4] by [32, n] is 32.
class Accumulate : public testing::Test {
 protected:
  explicit Accumulate(Generation generation = Generation::kV3) : core(generation) {
    stationary = ones({32, 4});
    moving = ones({32, 8});
    psum = tensor("psum");
  }

  isa::Access ones(std::vector<std::int64_t> shape) {
    const isa::TensorId id = core.sbuf(ElementType::kBfloat16, std::move(shape));
    const isa::Tensor& tensor = core.program.tensor(id);
    const auto count = static_cast<std::size_t>(tensor.partitions() * tensor.partition_elements());
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i < count; ++i) bytes.insert(bytes.end(), {0x80, 0x3f});
    core.memory.write(id, tensor, bytes);
    return tensor.all(id);
  }

  isa::TensorId tensor(const char* name, std::optional<isa::FixedAddress> address = {}) {
    return core.tensor({.name = name,
                        .buffer = Buffer::kPsum,
                        .type = ElementType::kFloat32,
                        .shape = {4, 16},
                        .address = address});
  }

  // Into columns [first, first + 8) of the tensor.
  isa::Instruction matmul(isa::TensorId id, std::int64_t first,
                          std::optional<bool> accumulate = {}) {
    isa::Access dst = core.program.tensor(id).all(id);
    dst.dims[0] = {1, 8};
    dst.offset = first;
    isa::Instruction instruction = {
        .opcode = Opcode::kNcMatmul,
        .engine = isa::Engine::kTensor,
        .operands = {operand(OperandName::kDst, dst), operand(OperandName::kStationary, stationary),
                     operand(OperandName::kMoving, moving)}};
    if (accumulate) {
      instruction.attributes = {{AttributeName::kAccumulate, *accumulate}};
    }
    return instruction;
  }

  // The tensor as another engine would: all of it.
  void write(isa::TensorId id, float value) {
    const std::vector<float> values(64, value);
    core.memory.write(id, core.program.tensor(id),
                      std::span(reinterpret_cast<const std::uint8_t*>(values.data()), 256));
  }

  std::vector<float> row(isa::TensorId id, int partition = 3) {
    std::vector<float> values;
    const isa::Access all = core.program.tensor(id).all(id);
    for (int i = 0; i < 16; ++i) values.push_back(element_value(core, all, partition, i));
    return values;
  }

  TestCore core;
  isa::Access stationary, moving;
  isa::TensorId psum;
};

TEST_F(Accumulate, NoneOverwritesFirstAndThenGoesOn) {
  for (const float wanted : {32.0f, 64.0f, 96.0f}) {
    ASSERT_TRUE(core.execute(matmul(psum, 8)));
    EXPECT_EQ(row(psum)[8], wanted);
  }
}

TEST_F(Accumulate, NoneDecidesForEachElementWhereRegionsOverlap) {
  // As a convolution writes shifted windows.
  ASSERT_TRUE(core.execute(matmul(psum, 0)));
  ASSERT_TRUE(core.execute(matmul(psum, 3)));
  ASSERT_TRUE(core.execute(matmul(psum, 8)));
  const auto sums = row(psum);
  for (int i = 0; i < 16; ++i) {
    const int windows = (i < 8) + (i >= 3 && i < 11) + (i >= 8);
    EXPECT_EQ(sums[static_cast<std::size_t>(i)], 32.0f * static_cast<float>(windows)) << i;
  }
}

TEST_F(Accumulate, FalseStartsAgain) {
  ASSERT_TRUE(core.execute(matmul(psum, 0)));
  ASSERT_TRUE(core.execute(matmul(psum, 0, false)));
  EXPECT_EQ(row(psum)[0], 32);
  ASSERT_TRUE(core.execute(matmul(psum, 0, true)));
  EXPECT_EQ(row(psum)[0], 64);
}

TEST_F(Accumulate, NoneStartsAgainAfterAnotherInstructionWrote) {
  ASSERT_TRUE(core.execute(matmul(psum, 0)));
  write(psum, 0);
  ASSERT_TRUE(core.execute(matmul(psum, 0)));
  EXPECT_EQ(row(psum)[0], 32);
  ASSERT_TRUE(core.execute(matmul(psum, 0)));
  EXPECT_EQ(row(psum)[0], 64);
}

TEST_F(Accumulate, TensorsThatShareBytesDoNotShareSums) {
  const isa::TensorId a = tensor("a", isa::FixedAddress{0, 2048});
  const isa::TensorId b = tensor("b", isa::FixedAddress{0, 2048});
  ASSERT_TRUE(core.execute(matmul(a, 0)));
  ASSERT_TRUE(core.execute(matmul(b, 0)));
  EXPECT_EQ(row(a)[0], 32);
  ASSERT_TRUE(core.execute(matmul(b, 0)));
  EXPECT_EQ(row(a)[0], 64);
  // The bytes are a matmul's, so that an explicit accumulate is defined.
  ASSERT_TRUE(core.execute(matmul(a, 0, true)));
  EXPECT_EQ(row(b)[0], 96);
}

TEST_F(Accumulate, TrueOntoWhatNothingWroteIsUndefined) {
  ASSERT_TRUE(core.execute(matmul(psum, 0)));
  EXPECT_FALSE(core.execute(matmul(psum, 1, true)));
  const Fault& fault = *core.machine.fault();
  EXPECT_EQ(fault.kind, FaultKind::kUndefined);
  EXPECT_THAT(fault.where, HasSubstr("dst"));
  EXPECT_THAT(fault.what, HasSubstr("partition 0, element 7, which nothing wrote"));
}

TEST_F(Accumulate, TrueOntoOtherDataIsUndefinedBeforeV4) {
  write(psum, 5);
  EXPECT_FALSE(core.execute(matmul(psum, 0, true)));
  EXPECT_EQ(core.machine.fault()->kind, FaultKind::kUndefined);
  EXPECT_THAT(core.machine.fault()->what, HasSubstr("other than a matmul"));
  EXPECT_EQ(row(psum)[0], 5);
}

class AccumulateV4 : public Accumulate {
 protected:
  AccumulateV4() : Accumulate(Generation::kV4) {}
};

TEST_F(AccumulateV4, TrueOntoOtherDataAdds) {
  write(psum, 5);
  ASSERT_TRUE(core.execute(matmul(psum, 0, true)));
  EXPECT_EQ(row(psum)[0], 37);
  EXPECT_EQ(row(psum)[8], 5);
}

TEST_F(AccumulateV4, TrueOntoWhatNothingWroteIsUndefined) {
  EXPECT_FALSE(core.execute(matmul(psum, 0, true)));
  EXPECT_EQ(core.machine.fault()->kind, FaultKind::kUndefined);
}

// for i in 0..3 { two matmuls with accumulate=None; what the body adds }
class AccumulateInLoop : public Accumulate {
 protected:
  void begin_loop() {
    const isa::RegisterId i = core.program.add_register("i");
    core.program.append(
        {.opcode = Opcode::kForBegin,
         .operands = {{.name = OperandName::kDst, .kind = isa::OperandKind::kRegister, .reg = i},
                      TestCore::number(OperandName::kLower, 0),
                      TestCore::number(OperandName::kUpper, 3)}});
    core.program.append(matmul(psum, 0));
    core.program.append(matmul(psum, 0));
  }
  void end_loop() { core.program.append({.opcode = Opcode::kLoopEnd}); }
  void run() {
    const RunResult result = neuroncore::run(core.machine);
    EXPECT_FALSE(result.fault) << to_text(*result.fault);
  }
};

TEST_F(AccumulateInLoop, ATensorOfTheBodyIsNewInEachIteration) {
  begin_loop();
  end_loop();
  run();
  EXPECT_EQ(row(psum)[0], 64);
}

TEST_F(AccumulateInLoop, ATensorUsedAfterTheLoopGoesOnThroughIt) {
  begin_loop();
  end_loop();
  core.program.append(matmul(psum, 0));
  run();
  EXPECT_EQ(row(psum)[0], 7 * 32);
}

TEST_F(AccumulateInLoop, ATensorUsedBeforeTheLoopGoesOnThroughIt) {
  core.program.append(matmul(psum, 0));
  begin_loop();
  end_loop();
  run();
  EXPECT_EQ(row(psum)[0], 7 * 32);
}

}  // namespace
}  // namespace switchyard::neuroncore
