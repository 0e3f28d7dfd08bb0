#include <gmock/gmock.h>

#include <cmath>

#include "neuroncore/test_image.h"

namespace switchyard::neuroncore {
namespace {

using isa::Engine;
using isa::Generation;
using isa::Opcode;
using isa::OperandName;
using numeric::ElementType;

std::vector<std::uint32_t> draw(RandomEngine& engine, int lane, std::int64_t count) {
  std::vector<std::uint32_t> words(static_cast<std::size_t>(count));
  engine.fill(lane, words);
  return words;
}

// Two instructions after each other continue the lane's stream.
TEST(Rng, TruncatesTheWordsOfEachLane) {
  Random random(1);
  struct Case {
    Generation generation;
    Engine engine, drawn_from;
  };
  for (const Case& c : {Case{Generation::kV2, Engine::kVector, Engine::kVector},
                        Case{Generation::kV3, Engine::kUnknown, Engine::kVector},
                        Case{Generation::kV3, Engine::kGpSimd, Engine::kGpSimd},
                        Case{Generation::kV4, Engine::kVector, Engine::kVector},
                        Case{Generation::kV4, Engine::kGpSimd, Engine::kGpSimd}}) {
    TestCore core(c.generation, {.seed = 99});
    RandomEngine reference(c.generation, c.drawn_from, 99);
    for (const ElementType type :
         {ElementType::kInt8, ElementType::kUint8, ElementType::kInt16, ElementType::kUint16,
          ElementType::kInt32, ElementType::kUint32}) {
      const int partitions = static_cast<int>(1 + random.below(128));
      const auto count = static_cast<std::int64_t>(1 + random.below(70));
      const auto dst = strided(core, random, OperandName::kDst, type, partitions, count);
      Image expected = image(core, dst);
      for (int p = 0; p < partitions; ++p) {
        const auto words = draw(reference, dst.access.start_partition + p, count);
        for (std::int64_t i = 0; i < count; ++i)
          expected.set_code(dst.access, p, i, words[static_cast<std::size_t>(i)]);
      }
      ASSERT_TRUE(core.execute({.opcode = Opcode::kRng, .engine = c.engine, .operands = {dst}}));
      ASSERT_EQ(image(core, dst).bytes, expected.bytes);
    }
  }
}

// A [partitions, 1] tensor of float32.
isa::Operand column(TestCore& core, OperandName name, const std::vector<float>& values) {
  const auto id = core.sbuf(ElementType::kFloat32, {static_cast<std::int64_t>(values.size()), 1});
  const isa::Operand operand = core.whole(name, id);
  Image all = image(core, operand);
  for (std::size_t p = 0; p < values.size(); ++p)
    all.set_value(operand.access, static_cast<int>(p), 0, values[p]);
  store(core, operand, all);
  return operand;
}

TEST(Rand2, SpreadsEachPartitionBetweenItsBounds) {
  Random random(2);
  for (const ElementType type :
       {ElementType::kFloat32, ElementType::kBfloat16, ElementType::kFloat16,
        ElementType::kFloat8E4m3, ElementType::kInt32, ElementType::kUint8}) {
    for (const bool bounds_are_tensors : {false, true}) {
      TestCore core(Generation::kV4, {.seed = 7});
      RandomEngine reference(Generation::kV4, Engine::kVector, 7);
      constexpr int kRows = 9;
      const auto dst = strided(core, random, OperandName::kDst, type, kRows, 31);
      std::vector<float> low, high;
      for (int p = 0; p < kRows; ++p) {
        low.push_back(bounds_are_tensors ? static_cast<float>(random.normal() * 20) : -2.5f);
        high.push_back(bounds_are_tensors ? low.back() + static_cast<float>(p) : 13.0f);
      }
      const isa::Operand min = bounds_are_tensors ? column(core, OperandName::kMin, low)
                                                  : TestCore::number(OperandName::kMin, -2.5);
      const isa::Operand max = bounds_are_tensors ? column(core, OperandName::kMax, high)
                                                  : TestCore::number(OperandName::kMax, 13.0);
      Image expected = image(core, dst);
      for (int p = 0; p < kRows; ++p) {
        const auto words = draw(reference, dst.access.start_partition + p, 31);
        const float from = low[static_cast<std::size_t>(p)], to = high[static_cast<std::size_t>(p)];
        for (std::int64_t i = 0; i < 31; ++i) {
          const float unit =
              std::ldexp(static_cast<float>(words[static_cast<std::size_t>(i)] / 256), -24);
          const float value = from + unit * (to - from);
          EXPECT_TRUE(from <= value && value <= to);
          expected.set_value(dst.access, p, i, value);
        }
      }
      ASSERT_TRUE(core.execute({.opcode = Opcode::kRand2, .operands = {dst, min, max}}));
      ASSERT_EQ(image(core, dst).bytes, expected.bytes);
    }
  }
}

TEST(Dropout, DropsWithTheProbabilityOfThePartitionAndKeepsBits) {
  Random random(3);
  for (const Generation generation : {Generation::kV2, Generation::kV4}) {
    for (const ElementType type : {ElementType::kFloat32, ElementType::kBfloat16,
                                   ElementType::kInt32, ElementType::kUint8}) {
      TestCore core(generation, {.seed = 11});
      RandomEngine reference(generation, Engine::kVector, 11);
      const std::vector<float> prob = {0.0f, 1.0f, 0.5f, 0.25f, 0.999f};
      const auto count = static_cast<std::int64_t>(1 + random.below(90));
      const auto data = strided(core, random, OperandName::kData, type, 5, count);
      const auto dst = strided(core, random, OperandName::kDst, type, 5, count);
      Image from = image(core, data), expected = image(core, dst);
      for (int p = 0; p < 5; ++p) {
        const auto words = draw(reference, dst.access.start_partition + p, count);
        for (std::int64_t i = 0; i < count; ++i) {
          const double unit = std::ldexp(words[static_cast<std::size_t>(i)] / 256, -24);
          const bool drop = unit < static_cast<double>(prob[static_cast<std::size_t>(p)]);
          expected.set_code(dst.access, p, i, drop ? 0 : from.code(data.access, p, i));
        }
      }
      ASSERT_TRUE(core.execute({.opcode = Opcode::kDropout,
                                .operands = {dst, data, column(core, OperandName::kProb, prob)}}));
      ASSERT_EQ(image(core, dst).bytes, expected.bytes);
    }
  }
}

TEST(Dropout, OneDropsAllZeroDropsNoneAndAHalfAboutHalf) {
  for (const double prob : {0.0, 0.5, 1.0}) {
    TestCore core(Generation::kV3);
    const auto data = core.whole(OperandName::kData, core.sbuf(ElementType::kUint8, {128, 128}));
    const auto dst = core.whole(OperandName::kDst, core.sbuf(ElementType::kUint8, {128, 128}));
    Image ones = image(core, data);
    ones.bytes.assign(ones.bytes.size(), 1);
    store(core, data, ones);
    ASSERT_TRUE(
        core.execute({.opcode = Opcode::kDropout,
                      .operands = {dst, data, TestCore::number(OperandName::kProb, prob)}}));
    const auto kept = std::ranges::count(image(core, dst).bytes, 1);
    EXPECT_NEAR(static_cast<double>(kept), (1 - prob) * 16384, prob == 0.5 ? 6 * 64 : 0);
  }
}

// The word 0 is the fraction 0, which is not below the probability 0.
TEST(Dropout, ZeroProbabilityKeepsEvenAtTheSmallestFraction) {
  TestCore core(Generation::kV4);
  RandomEngine& engine = core.machine.random(Engine::kVector);
  for (int i = 0; i < 24; ++i) engine.set_state(0, i, i % 6 == 5 ? 0u - 362437u : 0u);
  const auto data = column(core, OperandName::kData, {3.5f});
  const auto dst = core.whole(OperandName::kDst, core.sbuf(ElementType::kFloat32, {1, 1}));
  ASSERT_TRUE(core.execute({.opcode = Opcode::kDropout,
                            .operands = {dst, data, TestCore::number(OperandName::kProb, 0)}}));
  EXPECT_EQ(image(core, dst).value(dst.access, 0, 0), 3.5f);
}

std::vector<std::uint8_t> numbers_after(TestCore& core, const isa::Instruction& first,
                                        Engine engine) {
  const auto dst = core.whole(OperandName::kDst, core.sbuf(ElementType::kUint32, {128, 10}));
  EXPECT_TRUE(core.execute(first));
  EXPECT_TRUE(core.execute({.opcode = Opcode::kRng, .engine = engine, .operands = {dst}}));
  return image(core, dst).bytes;
}

TEST(SetRngSeed, RepeatsTheNumbersOfVectorEAndLeavesGpSimdAlone) {
  for (const Generation generation : {Generation::kV2, Generation::kV3, Generation::kV4}) {
    TestCore core(generation, {.seed = 1});
    const auto seeds = core.whole(OperandName::kSrcSeeds, core.sbuf(ElementType::kInt32, {1, 1}));
    Image value = image(core, seeds);
    value.set_code(seeds.access, 0, 0, 42);
    store(core, seeds, value);
    const isa::Instruction seed = {.opcode = Opcode::kSetRngSeed, .operands = {seeds}};
    const auto first = numbers_after(core, seed, Engine::kVector);
    EXPECT_EQ(numbers_after(core, seed, Engine::kVector), first);
    value.set_code(seeds.access, 0, 0, 43);
    store(core, seeds, value);
    EXPECT_NE(numbers_after(core, seed, Engine::kVector), first);
    if (generation == Generation::kV2) continue;
    const auto gpsimd = numbers_after(core, seed, Engine::kGpSimd);
    EXPECT_NE(numbers_after(core, seed, Engine::kGpSimd), gpsimd);
  }
}

// Save, draw, restore, draw: the same numbers.
TEST(RandState, SavedAndRestoredRepeatsTheNumbers) {
  struct Case {
    Generation generation;
    Engine engine;
    std::int64_t words;
  };
  for (const Case& c :
       {Case{Generation::kV3, Engine::kGpSimd, 6}, Case{Generation::kV3, Engine::kUnknown, 6},
        Case{Generation::kV4, Engine::kGpSimd, 6}, Case{Generation::kV4, Engine::kVector, 24}}) {
    TestCore core(c.generation, {.seed = 5});
    const Engine draws_from = c.engine == Engine::kUnknown ? Engine::kGpSimd : c.engine;
    const auto state = core.sbuf(ElementType::kUint32, {128, c.words});
    const isa::Instruction save = {.opcode = Opcode::kRandGetState,
                                   .engine = c.engine,
                                   .operands = {core.whole(OperandName::kDst, state)}};
    const isa::Instruction restore = {.opcode = Opcode::kRandSetState,
                                      .engine = c.engine,
                                      .operands = {core.whole(OperandName::kSrcSeeds, state)}};
    const auto first = numbers_after(core, save, draws_from);
    EXPECT_EQ(numbers_after(core, restore, draws_from), first);
    EXPECT_NE(numbers_after(core, save, draws_from), first);
  }
}

TEST(RandGetState, GivesTheWordsOfEachLane) {
  TestCore core(Generation::kV4, {.seed = 5});
  const RandomEngine reference(Generation::kV4, Engine::kVector, 5);
  isa::Operand dst = core.whole(OperandName::kDst, core.sbuf(ElementType::kUint32, {64, 24}));
  dst.access.start_partition = 32;
  dst.access.partitions = 32;
  ASSERT_TRUE(core.execute(
      {.opcode = Opcode::kRandGetState, .engine = Engine::kVector, .operands = {dst}}));
  Image all = image(core, dst);
  for (int p = 0; p < 32; ++p) {
    for (int i = 0; i < 24; ++i) EXPECT_EQ(all.code(dst.access, p, i), reference.state(32 + p, i));
  }
}

}  // namespace
}  // namespace switchyard::neuroncore
