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

constexpr float kInf = std::numeric_limits<float>::infinity();

struct Groups {
  int partitions;
  std::int64_t groups, length;
};
constexpr Groups kGroups[] = {{1, 1, 1},   {3, 4, 2},    {40, 7, 12}, {17, 1, 255},
                              {2, 3, 256}, {11, 2, 257}, {9, 2, 900}, {5, 1, 5000}};

TEST(TensorReduce, FoldsTheLastAxesInOrder) {
  for (const Groups& g : kGroups) {
    for (const Op op :
         {Op::kAdd, Op::kSubtract, Op::kMultiply, Op::kMaximum, Op::kMinimum, Op::kLogicalXor}) {
      VectorCase test(static_cast<std::uint64_t>(op));
      const bool negate = op == Op::kAdd || op == Op::kMinimum;
      const Operand data = test.operand(OperandName::kData, pick(test.random, kArithmeticTypes),
                                        g.partitions, g.groups * g.length);
      const Operand dst = test.operand(OperandName::kDst, pick(test.random, kArithmeticTypes),
                                       g.partitions, g.groups);
      test.run({.opcode = Opcode::kTensorReduce,
                .operands = {dst, data},
                .attributes = {{AttributeName::kOp, op},
                               {AttributeName::kAxis, std::vector<std::int64_t>{1}},
                               {AttributeName::kNegate, negate}}},
               [&] {
                 each(dst, [&](int p, std::int64_t i) {
                   float sum = test.value(data, p, i * g.length);
                   for (std::int64_t k = 1; k < g.length; ++k)
                     sum = arithmetic(op, false, sum, test.value(data, p, i * g.length + k));
                   test.put(dst, p, i, negate ? as_quiet(-sum) : sum);
                 });
               });
    }
  }
}

TEST(TensorReduce, FoldsBitPatterns) {
  for (const Groups& g : kGroups) {
    for (const Op op : {Op::kBitwiseAnd, Op::kBitwiseOr, Op::kBitwiseXor}) {
      VectorCase test(static_cast<std::uint64_t>(op));
      const ElementType type = pick(test.random, kIntegerTypes);
      const Operand data = test.operand(OperandName::kData, type, g.partitions, g.groups * g.length,
                                        Content::kAnyBits);
      const Operand dst = test.operand(OperandName::kDst, type, g.partitions, g.groups);
      test.run({.opcode = Opcode::kTensorReduce,
                .operands = {dst, data},
                .attributes = {{AttributeName::kOp, op},
                               {AttributeName::kAxis, std::vector<std::int64_t>{1}}}},
               [&] {
                 each(dst, [&](int p, std::int64_t i) {
                   std::uint32_t sum = test.word(data, p, i * g.length);
                   for (std::int64_t k = 1; k < g.length; ++k) {
                     const std::uint32_t next = test.word(data, p, i * g.length + k);
                     sum = op == Op::kBitwiseAnd  ? sum & next
                           : op == Op::kBitwiseOr ? sum | next
                                                  : sum ^ next;
                   }
                   test.put_word(dst, p, i, sum);
                 });
               });
    }
  }
}

TEST(TensorPartitionReduce, FoldsPartitionsFromTheFirstOn) {
  for (const Shape shape : kShapes) {
    for (const Op op : {Op::kAdd, Op::kMaximum, Op::kAverage}) {
      VectorCase test(static_cast<std::uint64_t>(op));
      const Operand data = test.operand(OperandName::kData, pick(test.random, kArithmeticTypes),
                                        shape.partitions, shape.elements);
      const Operand dst = test.operand(OperandName::kDst, ElementType::kFloat32, 1, shape.elements);
      test.run({.opcode = Opcode::kTensorPartitionReduce,
                .operands = {dst, data},
                .attributes = {{AttributeName::kOp, op}}},
               [&] {
                 each(dst, [&](int, std::int64_t i) {
                   float sum = test.value(data, 0, i);
                   for (int p = 1; p < shape.partitions; ++p)
                     sum = arithmetic(op == Op::kAverage ? Op::kAdd : op, false, sum,
                                      test.value(data, p, i));
                   if (op == Op::kAverage) sum = sum / static_cast<float>(shape.partitions);
                   test.put(dst, 0, i, sum);
                 });
               });
    }
  }
}

TEST(TensorPartitionReduce, IsExactForIntegersAndBits) {
  for (const Op op : {Op::kAdd, Op::kBitwiseOr}) {
    VectorCase test(1);
    const Operand data =
        test.operand(OperandName::kData, ElementType::kUint32, 30, 20, Content::kAnyBits);
    const Operand dst = test.operand(OperandName::kDst, ElementType::kUint32, 1, 20);
    test.run({.opcode = Opcode::kTensorPartitionReduce,
              .operands = {dst, data},
              .attributes = {{AttributeName::kOp, op}}},
             [&] {
               each(dst, [&](int, std::int64_t i) {
                 std::uint32_t sum = 0;
                 for (int p = 0; p < 30; ++p)
                   sum = op == Op::kAdd ? sum + test.word(data, p, i) : sum | test.word(data, p, i);
                 test.put_word(dst, 0, i, sum);
               });
             });
  }
}

float identity(Op op) {
  return op == Op::kMultiply ? 1.0f : op == Op::kMaximum ? -kInf : op == Op::kMinimum ? kInf : 0.0f;
}

TEST(TensorScalarReduce, ReducesIntoRegisters) {
  for (const Shape shape : kShapes) {
    for (const Op op : {Op::kAdd, Op::kMultiply, Op::kMaximum, Op::kMinimum}) {
      VectorCase test(static_cast<std::uint64_t>(op));
      std::vector<float> registers(static_cast<std::size_t>(shape.partitions));
      for (const ReduceCommand command :
           {ReduceCommand::kResetReduce, ReduceCommand::kReduce, ReduceCommand::kLoadReduce}) {
        const Operand data = test.operand(OperandName::kData, ElementType::kBfloat16,
                                          shape.partitions, shape.elements);
        const Operand dst = test.operand(OperandName::kDst, ElementType::kBfloat16,
                                         shape.partitions, shape.elements);
        const Operand result =
            test.operand(OperandName::kReduceRes, ElementType::kFloat32, shape.partitions, 1);
        const Operand init =
            test.operand(OperandName::kReduceInit, ElementType::kFloat32, shape.partitions, 1);
        const bool negate = command == ReduceCommand::kReduce;
        Instruction instruction = {
            .opcode = Opcode::kTensorScalarReduce,
            .operands = {dst, data, TestCore::number(OperandName::kOperand0, 1.25), result},
            .attributes = {{AttributeName::kOp0, Op::kMultiply},
                           {AttributeName::kReduceOp, op},
                           {AttributeName::kReduceCmd, command},
                           {AttributeName::kReduceResNegate, negate}}};
        if (command == ReduceCommand::kLoadReduce) instruction.operands.push_back(init);
        test.run(instruction, [&] {
          for (int p = 0; p < shape.partitions; ++p) {
            float& held = registers[static_cast<std::size_t>(p)];
            if (command == ReduceCommand::kResetReduce) held = identity(op);
            if (command == ReduceCommand::kLoadReduce) held = test.value(init, p, 0);
          }
          each(dst, [&](int p, std::int64_t i) {
            float& held = registers[static_cast<std::size_t>(p)];
            const float v = test.value(data, p, i) * 1.25f;
            held = arithmetic(op, false, held, v);
            test.put(dst, p, i, v);
          });
          each(result, [&](int p, std::int64_t i) {
            const float held = registers[static_cast<std::size_t>(p)];
            test.put(result, p, i, negate ? -held : held);
          });
        });
      }
    }
  }
}

// As the pseudocode of the page: register = op1(op0(element, imm0), register).
TEST(TensorScalarCumulative, WritesEveryStep) {
  for (const Shape shape : kShapes) {
    for (const Op op1 : {Op::kAdd, Op::kSubtract, Op::kMultiply, Op::kMaximum, Op::kMinimum}) {
      VectorCase test(static_cast<std::uint64_t>(op1));
      std::vector<float> registers(static_cast<std::size_t>(shape.partitions));
      for (const ReduceCommand command :
           {ReduceCommand::kResetReduce, ReduceCommand::kReduce, ReduceCommand::kLoadReduce}) {
        const Operand src = test.operand(OperandName::kSrc, ElementType::kBfloat16,
                                         shape.partitions, shape.elements);
        const Operand dst = test.operand(OperandName::kDst, ElementType::kFloat16, shape.partitions,
                                         shape.elements);
        Instruction instruction = {
            .opcode = Opcode::kTensorScalarCumulative,
            .operands = {dst, src, TestCore::number(OperandName::kImm0, 0.5)},
            .attributes = {{AttributeName::kOp0, Op::kMultiply},
                           {AttributeName::kOp1, op1},
                           {AttributeName::kReduceCmd, command}}};
        if (command == ReduceCommand::kLoadReduce)
          instruction.operands.push_back(TestCore::number(OperandName::kImm1, -2.5));
        test.run(instruction, [&] {
          for (float& held : registers) {
            if (command == ReduceCommand::kResetReduce) held = identity(op1);
            if (command == ReduceCommand::kLoadReduce) held = -2.5f;
          }
          each(dst, [&](int p, std::int64_t i) {
            float& held = registers[static_cast<std::size_t>(p)];
            held = arithmetic(op1, false, test.value(src, p, i) * 0.5f, held);
            test.put(dst, p, i, held);
          });
        });
      }
    }
  }
}

TEST(TensorTensorScan, CarriesFloat32FromElementToElement) {
  constexpr Op kOps[] = {Op::kMultiply, Op::kAdd, Op::kSubtract, Op::kMaximum, Op::kMinimum};
  for (const Shape shape : kShapes) {
    for (int round = 0; round < 24; ++round) {
      VectorCase test(static_cast<std::uint64_t>(round));
      const auto make = [&](OperandName name) {
        return test.operand(name, pick(test.random, kArithmeticTypes), shape.partitions,
                            shape.elements);
      };
      const Operand a = make(OperandName::kData0), b = make(OperandName::kData1);
      const Operand dst = make(OperandName::kDst);
      const Operand initial =
          round % 2 == 0
              ? TestCore::number(OperandName::kInitial, 0.25)
              : test.operand(OperandName::kInitial, ElementType::kFloat32, shape.partitions, 1);
      const Op op0 = round < 8 ? Op::kMultiply : pick(test.random, kOps);
      const Op op1 = round < 8 ? Op::kAdd : pick(test.random, kOps);
      const bool reverse0 = test.random.below(2) == 1, reverse1 = test.random.below(2) == 1;
      test.run({.opcode = Opcode::kTensorTensorScan,
                .operands = {dst, a, b, initial},
                .attributes = {{AttributeName::kOp0, op0},
                               {AttributeName::kOp1, op1},
                               {AttributeName::kReverse0, reverse0},
                               {AttributeName::kReverse1, reverse1}}},
               [&] {
                 float state = 0;
                 each(dst, [&](int p, std::int64_t i) {
                   if (i == 0) state = test.value(initial, p, 0);
                   const float step = arithmetic(op0, reverse0, test.value(a, p, i), state);
                   state = arithmetic(op1, reverse1, step, test.value(b, p, i));
                   test.put(dst, p, i, state);
                 });
               });
    }
  }
}

TEST(BnStats, GivesCountMeanAndSquaresOfEvenAndOddElements) {
  for (const std::int64_t elements : {1, 2, 7, 300, 512}) {
    VectorCase test(static_cast<std::uint64_t>(elements));
    const Operand data = test.operand(OperandName::kData, ElementType::kBfloat16, 20, elements);
    const Operand dst = test.operand(OperandName::kDst, ElementType::kFloat32, 20, 6);
    test.run({.opcode = Opcode::kBnStats, .operands = {dst, data}}, [&] {
      for (int p = 0; p < 20; ++p) {
        for (int half = 0; half < 2; ++half) {
          float count = 0, sum = 0, squares = 0;
          for (std::int64_t i = half; i < elements; i += 2) {
            count += 1;
            sum += test.value(data, p, i);
          }
          const float mean = count > 0 ? sum / count : 0;
          for (std::int64_t i = half; i < elements; i += 2) {
            const float distance = test.value(data, p, i) - mean;
            squares += distance * distance;
          }
          test.put(dst, p, 3 * half, count);
          test.put(dst, p, 3 * half + 1, mean);
          test.put(dst, p, 3 * half + 2, squares);
        }
      }
    });
  }
}

// Against the plain mean and variance of all elements, in double.
TEST(BnAggr, GivesMeanAndVarianceOfAllPieces) {
  VectorCase test(3);
  constexpr int kPieces = 3;
  const auto data = test.tensor(ElementType::kFloat32, 8, kPieces * 500, Content::kValues);
  const auto stats = test.core.sbuf(ElementType::kFloat32, {8, kPieces * 6});
  const auto result = test.core.sbuf(ElementType::kFloat32, {8, 2});
  for (int piece = 0; piece < kPieces; ++piece) {
    Operand from = test.core.whole(OperandName::kData, data);
    Operand to = test.core.whole(OperandName::kDst, stats);
    from.access.offset = piece * 500;
    from.access.dims[0].count = 500;
    to.access.offset = piece * 6;
    to.access.dims[0].count = 6;
    ASSERT_TRUE(test.core.execute({.opcode = Opcode::kBnStats, .operands = {to, from}}));
  }
  ASSERT_TRUE(test.core.execute({.opcode = Opcode::kBnAggr,
                                 .operands = {test.core.whole(OperandName::kDst, result),
                                              test.core.whole(OperandName::kData, stats)}}));
  const auto bytes = test.core.memory.read(result, test.core.program.tensor(result));
  std::vector<float> found(16);
  std::memcpy(found.data(), bytes.data(), bytes.size());
  const Operand all = test.core.whole(OperandName::kData, data);
  for (int p = 0; p < 8; ++p) {
    double sum = 0, squares = 0;
    for (int i = 0; i < kPieces * 500; ++i) sum += static_cast<double>(test.value(all, p, i));
    const double mean = sum / (kPieces * 500);
    for (int i = 0; i < kPieces * 500; ++i) {
      const double distance = static_cast<double>(test.value(all, p, i)) - mean;
      squares += distance * distance;
    }
    EXPECT_NEAR(found[static_cast<std::size_t>(2 * p)], mean, 1e-5);
    EXPECT_NEAR(found[static_cast<std::size_t>(2 * p + 1)], squares / (kPieces * 500), 1e-4);
  }
}

}  // namespace
}  // namespace switchyard::neuroncore
