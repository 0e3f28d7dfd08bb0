#include "neuroncore/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuroncore/hand_made.h"

namespace switchyard::neuroncore {
namespace {

using isa::Buffer;
using isa::Engine;
using isa::Opcode;
using isa::OperandName;
using ::testing::HasSubstr;

Verdict verdict_of(const HandMade& m) {
  return make_profile(m.program, m.timeline, round_peaks()).verdict;
}

std::vector<std::string> keys(const Verdict& verdict) {
  std::vector<std::string> out;
  for (const Recommendation& r : verdict.recommendations) out.push_back(r.key);
  return out;
}

// One engine works through `count` instructions of 100 ns without a pause.
HandMade one_busy_engine(Engine engine, Opcode opcode, int partitions) {
  HandMade m;
  const auto x = m.tensor("x", Buffer::kSbuf, {partitions, 64});
  const auto id = m.add(opcode, {{OperandName::kDst, x}, {OperandName::kSrc, x}}, "k.py:3");
  for (int i = 0; i < 10; ++i) m.run(id, engine, 100 * i, 100 * i, 100 * (i + 1));
  m.timeline.duration = ns(1000);
  return m;
}

TEST(Verdict, ABusyEngineBounds) {
  const Verdict v = verdict_of(one_busy_engine(Engine::kScalar, Opcode::kTensorCopy, 128));
  EXPECT_EQ(v.bound_by, "ScalarE");
  EXPECT_EQ(v.share, 1);
  EXPECT_THAT(keys(v), ::testing::ElementsAre("scalar_bound"));
  EXPECT_THAT(v.text, HasSubstr("busy 100 % of the time and 100 % of the critical path"));
}

TEST(Verdict, FewPartitionsAreNamed) {
  const Verdict v = verdict_of(one_busy_engine(Engine::kVector, Opcode::kTensorCopy, 32));
  EXPECT_THAT(keys(v), ::testing::ElementsAre("vector_bound", "partitions"));
  EXPECT_NEAR(v.recommendations[1].gain, 0.75, 1e-9);
}

TEST(Verdict, AChainOfWaitsIsWaiting) {
  const HandMade m = small_matmul();
  const Verdict v = verdict_of(m);
  EXPECT_EQ(v.bound_by, "waiting");
  EXPECT_THAT(v.text, HasSubstr("before dma_copy at kernel.py:11 (DMA start)"));
  EXPECT_THAT(keys(v), ::testing::Contains("idle_tensor"));
}

TEST(Verdict, SmallDescriptorsOnABusyQueue) {
  HandMade m;
  const auto a = m.tensor("a", Buffer::kHbm, {128, 2}, isa::TensorKind::kInput);
  const auto tile = m.tensor("tile", Buffer::kSbuf, {128, 2});
  const auto load = m.add(Opcode::kDmaCopy, {{OperandName::kDst, tile}, {OperandName::kSrc, a}});
  for (int i = 0; i < 10; ++i) {
    m.run(load, Engine::kSync, i, i, i + 1);
    m.move(static_cast<std::uint32_t>(i), 0, Buffer::kHbm, Buffer::kSbuf, 512, 128, 100 * i + 20,
           100 * i + 120);
  }
  m.timeline.duration = ns(1020);
  const Verdict v = verdict_of(m);
  EXPECT_EQ(v.bound_by, "DMA");
  EXPECT_THAT(keys(v), ::testing::IsSupersetOf({"small_dma", "dma_bound", "reload"}));
  EXPECT_THAT(v.recommendations[0].text, HasSubstr("DMA is busy 98 %"));
}

TEST(Verdict, TransposesAboveATenth) {
  HandMade m;
  const auto x = m.tensor("x", Buffer::kSbuf, {128, 128});
  const auto y = m.tensor("y", Buffer::kPsum, {128, 128});
  const auto turn = m.add(Opcode::kNcTranspose, {{OperandName::kDst, y}, {OperandName::kData, x}});
  const auto multiply =
      m.add(Opcode::kNcMatmul,
            {{OperandName::kDst, y}, {OperandName::kStationary, x}, {OperandName::kMoving, x}});
  for (int i = 0; i < 10; ++i) {
    m.run(i % 2 == 0 ? turn : multiply, Engine::kTensor, 10 * i, 10 * i, 10 * i + 10);
  }
  m.timeline.duration = ns(100);
  const Verdict v = verdict_of(m);
  EXPECT_EQ(v.bound_by, "TensorE");
  ASSERT_THAT(keys(v), ::testing::ElementsAre("transpose"));
  EXPECT_NEAR(v.recommendations[0].gain, 0.5, 1e-9);
}

TEST(Verdict, StallsNameTheirCure) {
  for (const auto& [reason, key] : {std::pair{StallReason::kPsumBank, "psum_bank"},
                                    {StallReason::kBufferFree, "buffer_free"},
                                    {StallReason::kSemaphore, "semaphore"},
                                    {StallReason::kDependsOn, "depends_on"},
                                    {StallReason::kSharedPort, "shared_port"},
                                    {StallReason::kLoop, "loop"},
                                    {StallReason::kDescriptors, "descriptors"}}) {
    HandMade m = one_busy_engine(Engine::kGpSimd, Opcode::kTensorCopy, 128);
    m.timeline.duration = ns(2000);
    m.run(0, Engine::kVector, 0, 400, 500, reason, 3);
    EXPECT_THAT(keys(verdict_of(m)), ::testing::Contains(key));
  }
}

TEST(Verdict, AWaitBesideABusyEngineIsNoLoss) {
  HandMade m = one_busy_engine(Engine::kGpSimd, Opcode::kTensorCopy, 128);
  m.run(0, Engine::kVector, 0, 400, 500, StallReason::kBufferFree, 3);
  EXPECT_THAT(keys(verdict_of(m)), ::testing::ElementsAre("gpsimd_bound"));
}

TEST(Verdict, AShortKernelIsItsStartAndEnd) {
  HandMade m = one_busy_engine(Engine::kVector, Opcode::kTensorCopy, 128);
  m.timeline.epilogue = ns(5000);
  m.timeline.duration = ns(6000);
  const Verdict v = verdict_of(m);
  EXPECT_EQ(v.bound_by, "kernel start and end");
  EXPECT_THAT(keys(v), ::testing::Contains("overhead"));
}

TEST(Verdict, NeverMoreThanFourRecommendations) {
  HandMade m = one_busy_engine(Engine::kVector, Opcode::kTensorCopy, 32);
  for (int r = 1; r < kStallReasons; ++r) {
    m.run(0, Engine::kScalar, 100 * (r - 1), 100 * (r - 1) + 60, 100 * r,
          static_cast<StallReason>(r), 0);
  }
  m.timeline.duration = ns(1100);
  const Verdict v = verdict_of(m);
  EXPECT_EQ(v.recommendations.size(), kRecommendationsMax);
  for (std::size_t i = 1; i < v.recommendations.size(); ++i) {
    EXPECT_GE(v.recommendations[i - 1].gain, v.recommendations[i].gain);
  }
}

}  // namespace
}  // namespace switchyard::neuroncore
