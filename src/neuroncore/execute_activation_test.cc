#include <gtest/gtest.h>

#include "neuroncore/vector_reference.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::Instruction;
using isa::Op;
using isa::Opcode;
using isa::Operand;
using isa::OperandName;
using isa::ReduceCommand;
using namespace reference;
using Content = VectorCase::Content;

constexpr ElementType kFloatTypes[] = {ElementType::kFloat32, ElementType::kBfloat16,
                                       ElementType::kFloat16};

// Functions that are not exact may be one code away from the rounded exact value.
float function(Op op, float x, float slope = 0) {
  if (op == Op::kPrelu) return x < 0 ? x * slope : x;
  return as_quiet(static_cast<float>(unary(op, static_cast<long double>(x))));
}

TEST(Activation, ScalesAddsAndAppliesEveryFunction) {
  for (const Shape shape : kShapes) {
    for (int i = 0; i < isa::kOps; ++i) {
      const Op op = static_cast<Op>(i);
      if (!isa::is_activation(op)) continue;
      VectorCase test(static_cast<std::uint64_t>(i));
      const Operand data = test.operand(OperandName::kData, pick(test.random, kFloatTypes),
                                        shape.partitions, shape.elements);
      const Operand dst = test.operand(OperandName::kDst, pick(test.random, kFloatTypes),
                                       shape.partitions, shape.elements);
      Instruction instruction = {.opcode = Opcode::kActivation,
                                 .operands = {dst, data},
                                 .attributes = {{AttributeName::kOp, op}}};
      if (i % 3 != 0)
        instruction.operands.push_back(
            test.operand(OperandName::kBias, pick(test.random, kFloatTypes), shape.partitions, 1));
      if (i % 2 == 0)
        instruction.operands.push_back(
            i % 4 == 0
                ? TestCore::number(OperandName::kScale, 0.75)
                : test.operand(OperandName::kScale, ElementType::kFloat32, shape.partitions, 1));
      test.run(
          instruction,
          [&] {
            each(dst, [&](int p, std::int64_t e) {
              float x = test.value(data, p, e);
              if (instruction.find(OperandName::kScale))
                x = x * test.scalar(instruction, OperandName::kScale, p);
              if (instruction.find(OperandName::kBias))
                x = x + test.scalar(instruction, OperandName::kBias, p);
              test.put(dst, p, e, function(op, x));
            });
          },
          1);
    }
  }
}

// The registers hold exactly: squares of small integers, so that sums are the same in any order.
struct Sums {
  explicit Sums(VectorCase& test, Shape shape)
      : data(test.operand(OperandName::kData, ElementType::kBfloat16, shape.partitions,
                          shape.elements, Content::kSmallIntegers)),
        dst(test.operand(OperandName::kDst, ElementType::kFloat32, shape.partitions,
                         shape.elements)),
        result(test.operand(OperandName::kReduceRes, ElementType::kFloat32, shape.partitions, 1)) {}
  Operand data, dst, result;
};

TEST(Activation, KeepsSumsInRegistersAcrossInstructions) {
  for (const Shape shape : kShapes) {
    VectorCase test(11);
    std::vector<float> registers(static_cast<std::size_t>(shape.partitions), 0);
    for (const ReduceCommand command :
         {ReduceCommand::kResetReduce, ReduceCommand::kReduce, ReduceCommand::kIdle,
          ReduceCommand::kReduce, ReduceCommand::kReset, ReduceCommand::kReduce}) {
      const Sums sums(test, shape);
      const bool clears =
          command == ReduceCommand::kReset || command == ReduceCommand::kResetReduce;
      const bool adds = command == ReduceCommand::kReduce || command == ReduceCommand::kResetReduce;
      if (clears) std::fill(registers.begin(), registers.end(), 0.0f);
      test.run({.opcode = Opcode::kActivation,
                .operands = {sums.dst, sums.data, sums.result},
                .attributes = {{AttributeName::kOp, Op::kSquare},
                               {AttributeName::kReduceOp, Op::kAdd},
                               {AttributeName::kReduceCmd, command}}},
               [&] {
                 each(sums.dst, [&](int p, std::int64_t i) {
                   const float x = test.value(sums.data, p, i);
                   test.put(sums.dst, p, i, x * x);
                   if (adds) registers[static_cast<std::size_t>(p)] += x * x;
                 });
                 each(sums.result, [&](int p, std::int64_t i) {
                   test.put(sums.result, p, i, registers[static_cast<std::size_t>(p)]);
                 });
               });
    }
  }
}

// Before the conversion to dst, from left to right.
TEST(ActivationReduce, SumsFloat32ResultsInOrder) {
  for (const Shape shape : kShapes) {
    VectorCase test(12);
    const Operand data =
        test.operand(OperandName::kData, ElementType::kFloat32, shape.partitions, shape.elements);
    const Operand dst =
        test.operand(OperandName::kDst, ElementType::kFloat8E4m3, shape.partitions, shape.elements);
    const Operand result =
        test.operand(OperandName::kReduceRes, ElementType::kFloat32, shape.partitions, 1);
    test.run({.opcode = Opcode::kActivationReduce,
              .operands = {dst, data, result},
              .attributes = {{AttributeName::kOp, Op::kAbs}, {AttributeName::kReduceOp, Op::kAdd}}},
             [&] {
               std::vector<float> sums(static_cast<std::size_t>(shape.partitions), 0);
               each(dst, [&](int p, std::int64_t i) {
                 const float x = std::fabs(test.value(data, p, i));
                 sums[static_cast<std::size_t>(p)] += x;
                 test.put(dst, p, i, x);
               });
               each(result, [&](int p, std::int64_t i) {
                 test.put(result, p, i, sums[static_cast<std::size_t>(p)]);
               });
             });
  }
}

TEST(Activate2, AppliesBothOperatorsAndPrelu) {
  struct Ops {
    Op op0, op1;
  };
  const Ops kPairs[] = {{Op::kMultiply, Op::kAdd},    {Op::kMultiply, Op::kSubtract},
                        {Op::kMultiply, Op::kBypass}, {Op::kAdd, Op::kBypass},
                        {Op::kSubtract, Op::kBypass}, {Op::kBypass, Op::kBypass}};
  std::uint64_t seed = 0;
  for (const Ops ops : kPairs) {
    for (int flags = 0; flags < 4; ++flags) {
      VectorCase test(++seed);
      const Shape shape = pick(test.random, kShapes);
      const Operand data = test.operand(OperandName::kData, ElementType::kBfloat16,
                                        shape.partitions, shape.elements);
      const Operand dst =
          test.operand(OperandName::kDst, ElementType::kFloat16, shape.partitions, shape.elements);
      const bool reverse0 = (flags & 1) != 0, reverse1 = (flags & 2) != 0;
      const Instruction instruction = {
          .opcode = Opcode::kActivate2,
          .operands = {dst, data,
                       test.operand(OperandName::kImm0, ElementType::kFloat32, shape.partitions, 1),
                       TestCore::number(OperandName::kImm1, 0.3),
                       test.operand(OperandName::kReluParam, ElementType::kFloat32,
                                    shape.partitions, 1)},
          .attributes = {{AttributeName::kOp, Op::kPrelu},
                         {AttributeName::kOp0, ops.op0},
                         {AttributeName::kOp1, ops.op1},
                         {AttributeName::kReverse0, reverse0},
                         {AttributeName::kReverse1, reverse1}}};
      test.run(instruction, [&] {
        each(dst, [&](int p, std::int64_t i) {
          const float first = arithmetic(ops.op0, reverse0, test.value(data, p, i),
                                         test.scalar(instruction, OperandName::kImm0, p));
          const float second = arithmetic(ops.op1, reverse1, first, 0.3f);
          test.put(
              dst, p, i,
              function(Op::kPrelu, second, test.scalar(instruction, OperandName::kReluParam, p)));
        });
      });
    }
  }
}

TEST(Activate2, ReducesByEveryOperatorItAllows) {
  for (const Op op : {Op::kAdd, Op::kMaximum, Op::kMinimum, Op::kAbsMax, Op::kAbsMin}) {
    VectorCase test(static_cast<std::uint64_t>(op));
    const Operand data = test.operand(OperandName::kData, ElementType::kBfloat16, 19, 500);
    const Operand dst = test.operand(OperandName::kDst, ElementType::kBfloat16, 19, 500);
    const Operand result = test.operand(OperandName::kReduceRes, ElementType::kFloat32, 19, 1);
    test.run({.opcode = Opcode::kActivate2,
              .operands = {dst, data, TestCore::number(OperandName::kImm0, 0),
                           TestCore::number(OperandName::kImm1, 0), result},
              .attributes = {{AttributeName::kOp, Op::kCopy},
                             {AttributeName::kOp0, Op::kBypass},
                             {AttributeName::kOp1, Op::kBypass},
                             {AttributeName::kReduceOp, op},
                             {AttributeName::kReduceCmd, ReduceCommand::kResetReduce}}},
             [&] {
               std::vector<float> sums;
               each(dst, [&](int p, std::int64_t i) {
                 const float x = test.value(data, p, i);
                 if (i == 0)
                   sums.push_back(x);
                 else
                   sums.back() = arithmetic(op, false, sums.back(), x);
                 test.put(dst, p, i, x);
               });
               each(result, [&](int p, std::int64_t i) {
                 test.put(result, p, i, sums[static_cast<std::size_t>(p)]);
               });
             });
  }
}

TEST(Exponential, SubtractsTheMaximum) {
  for (const Shape shape : kShapes) {
    VectorCase test(14);
    const Operand src =
        test.operand(OperandName::kSrc, ElementType::kBfloat16, shape.partitions, shape.elements);
    const Operand dst =
        test.operand(OperandName::kDst, ElementType::kBfloat16, shape.partitions, shape.elements);
    const Instruction instruction = {
        .opcode = Opcode::kExponential,
        .operands = {
            dst, src,
            test.operand(OperandName::kMaxValue, ElementType::kFloat32, shape.partitions, 1)}};
    test.run(
        instruction,
        [&] {
          each(dst, [&](int p, std::int64_t i) {
            const float x =
                test.value(src, p, i) - test.scalar(instruction, OperandName::kMaxValue, p);
            test.put(dst, p, i, static_cast<float>(std::exp(static_cast<double>(x))));
          });
        },
        1);
  }
}

// exp(0) = 1 exactly: sums count elements, on top of what is loaded or was there.
TEST(Exponential, LoadsAndKeepsRegistersOfTheVectorEngine) {
  VectorCase test(15);
  float held = 0;
  for (const ReduceCommand command : {ReduceCommand::kLoadReduce, ReduceCommand::kReduce,
                                      ReduceCommand::kIdle, ReduceCommand::kResetReduce}) {
    const Operand src = test.operand(OperandName::kSrc, ElementType::kBfloat16, 11, 300);
    const Operand dst = test.operand(OperandName::kDst, ElementType::kBfloat16, 11, 300);
    const Operand result = test.operand(OperandName::kReduceRes, ElementType::kFloat32, 11, 1);
    ASSERT_TRUE(test.core.execute({.opcode = Opcode::kMemset,
                                   .operands = {[&] {
                                     Operand all = src;
                                     all.name = OperandName::kDst;
                                     return all;
                                   }()},
                                   .attributes = {{AttributeName::kValue, 2.0}}}));
    held = command == ReduceCommand::kLoadReduce    ? 0.5f + 300
           : command == ReduceCommand::kReduce      ? held + 300
           : command == ReduceCommand::kResetReduce ? 300
                                                    : held;
    Instruction instruction = {
        .opcode = Opcode::kExponential,
        .operands = {dst, src, TestCore::number(OperandName::kMaxValue, 2), result},
        .attributes = {{AttributeName::kReduceCmd, command}}};
    if (command == ReduceCommand::kLoadReduce)
      instruction.operands.push_back(TestCore::number(OperandName::kReduceInit, 0.5));
    test.run(instruction, [&] {
      each(src, [&](int p, std::int64_t i) { test.put(src, p, i, 2); });
      each(dst, [&](int p, std::int64_t i) { test.put(dst, p, i, 1); });
      each(result, [&](int p, std::int64_t i) { test.put(result, p, i, held); });
    });
  }
}

// The registers of ScalarE and VectorE are two sets.
TEST(ReduceRegisters, BelongToTheirEngine) {
  VectorCase test(16);
  const Sums sums(test, {4, 10});
  ASSERT_TRUE(test.core.execute(
      {.opcode = Opcode::kActivation,
       .operands = {sums.dst, sums.data},
       .attributes = {{AttributeName::kOp, Op::kExp},
                      {AttributeName::kReduceCmd, ReduceCommand::kResetReduce}}}));
  EXPECT_GT(test.core.machine.accumulators(isa::Engine::kScalar).value[3], 0.0f);
  EXPECT_EQ(test.core.machine.accumulators(isa::Engine::kVector).value[3], 0.0f);
}

}  // namespace
}  // namespace switchyard::neuroncore
