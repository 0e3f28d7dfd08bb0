#include <gtest/gtest.h>

#include "neuroncore/vector_reference.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::Engine;
using isa::Instruction;
using isa::Op;
using isa::Opcode;
using isa::Operand;
using isa::OperandName;
using namespace reference;
using Content = VectorCase::Content;

constexpr int kRounds = 12;  // for each shape

// An operand that is a number, or a column of float32.
Operand scalar_operand(VectorCase& test, OperandName name, int partitions) {
  if (test.random.below(2) == 0) return TestCore::number(name, test.random.normal());
  return test.operand(name, ElementType::kFloat32, partitions, 1);
}

TEST(TensorCopy, KeepsBitsOfEqualTypesAndConvertsOthers) {
  for (const Shape shape : kShapes) {
    for (int round = 0; round < kRounds; ++round) {
      VectorCase test(static_cast<std::uint64_t>(round));
      const ElementType from = pick(test.random, kArithmeticTypes);
      const ElementType to = round % 3 == 0 ? from : pick(test.random, kArithmeticTypes);
      const Engine engine =
          pick(test.random, {Engine::kUnknown, Engine::kVector, Engine::kScalar, Engine::kGpSimd});
      const Operand src = test.operand(OperandName::kSrc, from, shape.partitions, shape.elements,
                                       Content::kAnyBits);
      const Operand dst = test.operand(OperandName::kDst, to, shape.partitions, shape.elements);
      test.run({.opcode = Opcode::kTensorCopy, .engine = engine, .operands = {dst, src}}, [&] {
        each(dst, [&](int p, std::int64_t i) {
          if (from == to && engine != Engine::kScalar)
            return test.put_word(dst, p, i, test.word(src, p, i));
          test.put(dst, p, i, test.value(src, p, i));
        });
      });
    }
  }
}

TEST(TensorCopy, GoesThroughFloat32OnTheScalarEngine) {
  for (const Engine engine : {Engine::kVector, Engine::kGpSimd, Engine::kScalar}) {
    TestCore core;
    const auto src = core.sbuf(ElementType::kInt32, {1, 1});
    const auto dst = core.sbuf(ElementType::kInt32, {1, 1});
    core.memory.write(src, core.program.tensor(src), std::vector<std::uint8_t>{1, 0, 0, 1});
    ASSERT_TRUE(core.execute(
        {.opcode = Opcode::kTensorCopy,
         .engine = engine,
         .operands = {core.whole(OperandName::kDst, dst), core.whole(OperandName::kSrc, src)}}));
    const std::uint8_t low = engine == Engine::kScalar ? 0 : 1;  // 2^24 + 1 is no float32
    EXPECT_EQ(core.memory.read(dst, core.program.tensor(dst)),
              (std::vector<std::uint8_t>{low, 0, 0, 1}));
  }
}

TEST(TensorCopy, CopiesPackedTypes) {
  VectorCase test(7);
  const ElementType type = ElementType::kFloat8E4m3fnX4;
  const auto src = test.core.sbuf(type, {4, 8}), dst = test.core.sbuf(type, {4, 8});
  std::vector<std::uint8_t> bytes(128);
  for (std::uint8_t& b : bytes) b = static_cast<std::uint8_t>(test.random.next());
  test.core.memory.write(src, test.core.program.tensor(src), bytes);
  ASSERT_TRUE(test.core.execute({.opcode = Opcode::kTensorCopy,
                                 .operands = {test.core.whole(OperandName::kDst, dst),
                                              test.core.whole(OperandName::kSrc, src)}}));
  EXPECT_EQ(test.core.memory.read(dst, test.core.program.tensor(dst)), bytes);
}

// An instruction reads all it reads before it writes: a shifted copy onto itself.
TEST(TensorCopy, ReadsBeforeItWritesWhereOperandsOverlap) {
  for (const bool other_partitions : {false, true}) {
    VectorCase test(3);
    const auto id = test.tensor(ElementType::kFloat32, 64, 3000, Content::kValues);
    Operand src = {.name = OperandName::kSrc, .access = test.core.program.tensor(id).all(id)};
    src.access.partitions = other_partitions ? 32 : 64;
    src.access.dims[0].count = 2990;
    Operand dst = src;
    dst.name = OperandName::kDst;
    dst.access.offset = other_partitions ? 0 : 7;
    dst.access.start_partition = other_partitions ? 16 : 0;
    test.run({.opcode = Opcode::kTensorCopy, .operands = {dst, src}}, [&] {
      std::vector<float> before;
      each(src, [&](int p, std::int64_t i) { before.push_back(test.value(src, p, i)); });
      std::size_t at = 0;
      each(dst, [&](int p, std::int64_t i) { test.put(dst, p, i, before[at++]); });
    });
  }
}

TEST(Memset, FillsWithTheConstantOfTheType) {
  struct Case {
    ElementType type;
    double value;
    std::uint32_t code;
  };
  const Case cases[] = {{ElementType::kFloat32, 1.5, 0x3fc00000},
                        {ElementType::kBfloat16, -2, 0xc000},
                        {ElementType::kInt32, 2147483647, 0x7fffffff},
                        {ElementType::kInt32, -2147483648.0, 0x80000000},
                        {ElementType::kUint32, 4294967295.0, 0xffffffff},
                        {ElementType::kUint32, -1, 0},
                        {ElementType::kInt8, 200, 127},
                        {ElementType::kUint8, 2.5, 2},
                        {ElementType::kBool, 3, 1}};
  for (const Case& c : cases) {
    VectorCase test(1);
    const Operand dst = test.operand(OperandName::kDst, c.type, 5, 700);
    test.run({.opcode = Opcode::kMemset,
              .operands = {dst},
              .attributes = {{AttributeName::kValue, c.value}}},
             [&] { each(dst, [&](int p, std::int64_t i) { test.put_word(dst, p, i, c.code); }); });
  }
}

TEST(Reciprocal, DividesOne) {
  for (const Shape shape : kShapes) {
    VectorCase test(5);
    const Operand data = test.operand(OperandName::kData, pick(test.random, kArithmeticTypes),
                                      shape.partitions, shape.elements, Content::kAnyBits);
    const Operand dst = test.operand(OperandName::kDst, pick(test.random, kArithmeticTypes),
                                     shape.partitions, shape.elements);
    test.run({.opcode = Opcode::kReciprocal, .operands = {dst, data}}, [&] {
      each(dst, [&](int p, std::int64_t i) {
        test.put(dst, p, i, as_quiet(1 / test.value(data, p, i)));
      });
    });
  }
}

TEST(TensorTensor, AppliesArithmeticInFloat32) {
  for (const Shape shape : kShapes) {
    for (const Op op : kBinaryOps) {
      if (op == Op::kPower) continue;  // right to half an ulp only: alu_test
      VectorCase test(static_cast<std::uint64_t>(op));
      const auto make = [&](OperandName name, Content content) {
        return test.operand(name, pick(test.random, kArithmeticTypes), shape.partitions,
                            shape.elements, content);
      };
      const Operand a = make(OperandName::kData1, Content::kAnyBits);
      const Operand b = make(OperandName::kData2, Content::kValues);
      const Operand dst = make(OperandName::kDst, Content::kValues);
      test.run({.opcode = Opcode::kTensorTensor,
                .engine = Engine::kVector,
                .operands = {dst, a, b},
                .attributes = {{AttributeName::kOp, op}}},
               [&] {
                 each(dst, [&](int p, std::int64_t i) {
                   test.put(dst, p, i,
                            arithmetic(op, false, test.value(a, p, i), test.value(b, p, i)));
                 });
               });
    }
  }
}

std::uint32_t plain_bits(Op op, std::uint32_t a, std::uint32_t b) {
  if (op == Op::kBitwiseAnd) return a & b;
  if (op == Op::kBitwiseOr) return a | b;
  if (op == Op::kBitwiseXor) return a ^ b;
  if (op == Op::kInvert) return ~a;
  if (b >= 32) return 0;
  return op == Op::kLeftShift ? a << b : a >> b;
}

constexpr Op kBitOps[] = {Op::kBitwiseAnd, Op::kBitwiseOr,  Op::kBitwiseXor,
                          Op::kLeftShift,  Op::kRightShift, Op::kInvert};

TEST(TensorTensor, WorksOnBitPatternsOfIntegers) {
  for (const Shape shape : kShapes) {
    for (const Op op : kBitOps) {
      VectorCase test(static_cast<std::uint64_t>(op));
      const ElementType type = pick(test.random, kIntegerTypes);
      const Operand a = test.operand(OperandName::kData1, type, shape.partitions, shape.elements,
                                     Content::kAnyBits);
      const Operand b = test.operand(OperandName::kData2, pick(test.random, kIntegerTypes),
                                     shape.partitions, shape.elements, Content::kSmallIntegers);
      const Operand dst = test.operand(OperandName::kDst, type, shape.partitions, shape.elements);
      test.run({.opcode = Opcode::kTensorTensor,
                .operands = {dst, a, b},
                .attributes = {{AttributeName::kOp, op}}},
               [&] {
                 each(dst, [&](int p, std::int64_t i) {
                   test.put_word(dst, p, i, plain_bits(op, test.word(a, p, i), test.word(b, p, i)));
                 });
               });
    }
  }
}

// int32 and uint32 alone: exact on GpSimd, which is the default; float32 on VectorE.
TEST(TensorTensor, ComputesIntegersExactlyOnGpSimd) {
  for (const Engine engine : {Engine::kUnknown, Engine::kGpSimd, Engine::kVector}) {
    for (const Op op : {Op::kAdd, Op::kMultiply, Op::kSubtract, Op::kMaximum, Op::kLess}) {
      VectorCase test(static_cast<std::uint64_t>(op));
      const Operand a =
          test.operand(OperandName::kData1, ElementType::kInt32, 7, 33, Content::kAnyBits);
      const Operand b =
          test.operand(OperandName::kData2, ElementType::kUint32, 7, 33, Content::kAnyBits);
      const Operand dst = test.operand(OperandName::kDst, ElementType::kInt32, 7, 33);
      test.run({.opcode = Opcode::kTensorTensor,
                .engine = engine,
                .operands = {dst, a, b},
                .attributes = {{AttributeName::kOp, op}}},
               [&] {
                 each(dst, [&](int p, std::int64_t i) {
                   if (engine == Engine::kVector)
                     return test.put(
                         dst, p, i,
                         arithmetic(op, false, test.value(a, p, i), test.value(b, p, i)));
                   const auto x = std::int64_t{static_cast<std::int32_t>(test.word(a, p, i))};
                   const auto y = std::int64_t{test.word(b, p, i)};
                   const std::uint64_t exact =
                       op == Op::kAdd        ? static_cast<std::uint64_t>(x + y)
                       : op == Op::kSubtract ? static_cast<std::uint64_t>(x - y)
                       : op == Op::kMultiply
                           ? static_cast<std::uint64_t>(x) * static_cast<std::uint64_t>(y)
                       : op == Op::kMaximum ? static_cast<std::uint64_t>(std::max(x, y))
                                            : static_cast<std::uint64_t>(x < y);
                   test.put_word(dst, p, i, static_cast<std::uint32_t>(exact));
                 });
               });
    }
  }
}

// GpSimd cannot reach PSUM: then the default is VectorE, and 2^24 + 1 is lost.
TEST(TensorTensor, DefaultsToTheVectorEngineForIntegersInPsum) {
  for (const isa::Buffer buffer : {isa::Buffer::kSbuf, isa::Buffer::kPsum}) {
    TestCore core;
    const auto make = [&](isa::Buffer where) {
      return core.tensor(
          {.name = "t", .buffer = where, .type = ElementType::kInt32, .shape = {1, 1}});
    };
    const auto a = make(isa::Buffer::kSbuf), b = make(buffer), dst = make(isa::Buffer::kSbuf);
    core.memory.write(a, core.program.tensor(a), std::vector<std::uint8_t>{1, 0, 0, 1});
    core.memory.write(b, core.program.tensor(b), std::vector<std::uint8_t>{0, 0, 0, 0});
    ASSERT_TRUE(core.execute(
        {.opcode = Opcode::kTensorTensor,
         .operands = {core.whole(OperandName::kDst, dst), core.whole(OperandName::kData1, a),
                      core.whole(OperandName::kData2, b)},
         .attributes = {{AttributeName::kOp, Op::kAdd}}}));
    const std::uint8_t low = buffer == isa::Buffer::kSbuf ? 1 : 0;
    EXPECT_EQ(core.memory.read(dst, core.program.tensor(dst)),
              (std::vector<std::uint8_t>{low, 0, 0, 1}));
  }
}

TEST(TensorScalar, AppliesOneOrTwoOperators) {
  constexpr Op kOps[] = {Op::kAdd,     Op::kSubtract, Op::kMultiply, Op::kDivide,
                         Op::kMaximum, Op::kLess,     Op::kMinimum,  Op::kAbs,
                         Op::kSquare,  Op::kBypass,   Op::kRelu,     Op::kLogicalOr};
  for (const Shape shape : kShapes) {
    for (int round = 0; round < 3 * kRounds; ++round) {
      VectorCase test(static_cast<std::uint64_t>(round));
      const Operand data = test.operand(OperandName::kData, pick(test.random, kArithmeticTypes),
                                        shape.partitions, shape.elements);
      const Operand dst = test.operand(OperandName::kDst, pick(test.random, kArithmeticTypes),
                                       shape.partitions, shape.elements);
      const bool twice = round % 3 != 0;
      const bool reverse0 = test.random.below(2) == 1, reverse1 = test.random.below(2) == 1;
      const Op op0 = round % 4 == 1 ? Op::kMultiply : pick(test.random, kOps);
      const Op op1 = round % 4 == 1 ? Op::kAdd : pick(test.random, kOps);
      Instruction instruction = {
          .opcode = Opcode::kTensorScalar,
          .operands = {dst, data, scalar_operand(test, OperandName::kOperand0, shape.partitions)},
          .attributes = {{AttributeName::kOp0, op0}, {AttributeName::kReverse0, reverse0}}};
      if (twice) {
        instruction.operands.push_back(
            scalar_operand(test, OperandName::kOperand1, shape.partitions));
        instruction.attributes.push_back({AttributeName::kOp1, op1});
        instruction.attributes.push_back({AttributeName::kReverse1, reverse1});
      }
      test.run(instruction, [&] {
        each(dst, [&](int p, std::int64_t i) {
          float v = arithmetic(op0, reverse0, test.value(data, p, i),
                               test.scalar(instruction, OperandName::kOperand0, p));
          if (twice)
            v = arithmetic(op1, reverse1, v, test.scalar(instruction, OperandName::kOperand1, p));
          test.put(dst, p, i, v);
        });
      });
    }
  }
}

TEST(TensorScalar, MasksAndShiftsIntegers) {
  for (const ElementType type : kIntegerTypes) {
    VectorCase test(static_cast<std::uint64_t>(type));
    const Operand data = test.operand(OperandName::kData, type, 20, 60, Content::kAnyBits);
    const Operand shift =
        test.operand(OperandName::kOperand1, type, 20, 1, Content::kSmallIntegers);
    const Operand dst = test.operand(OperandName::kDst, type, 20, 60);
    // A mask that no float32 holds.
    test.run({.opcode = Opcode::kTensorScalar,
              .operands = {dst, data, TestCore::number(OperandName::kOperand0, 0xfffffff5), shift},
              .attributes = {{AttributeName::kOp0, Op::kBitwiseAnd},
                             {AttributeName::kOp1, Op::kRightShift}}},
             [&] {
               each(dst, [&](int p, std::int64_t i) {
                 test.put_word(dst, p, i,
                               (test.word(data, p, i) & 0xfffffff5) >> test.word(shift, p, 0));
               });
             });
  }
}

TEST(ScalarTensorTensor, AppliesAScalarThenATensor) {
  constexpr Op kOps[] = {Op::kAdd, Op::kSubtract, Op::kMultiply, Op::kMinimum, Op::kGreater};
  for (const Shape shape : kShapes) {
    for (int round = 0; round < kRounds; ++round) {
      VectorCase test(static_cast<std::uint64_t>(round));
      const auto make = [&](OperandName name) {
        return test.operand(name, pick(test.random, kArithmeticTypes), shape.partitions,
                            shape.elements);
      };
      const Operand data = make(OperandName::kData), other = make(OperandName::kOperand1);
      const Operand dst = make(OperandName::kDst);
      const bool reverse0 = test.random.below(2) == 1, reverse1 = test.random.below(2) == 1;
      const Op op0 = pick(test.random, kOps), op1 = pick(test.random, kOps);
      const Instruction instruction = {
          .opcode = Opcode::kScalarTensorTensor,
          .operands = {dst, data, scalar_operand(test, OperandName::kOperand0, shape.partitions),
                       other},
          .attributes = {{AttributeName::kOp0, op0},
                         {AttributeName::kOp1, op1},
                         {AttributeName::kReverse0, reverse0},
                         {AttributeName::kReverse1, reverse1}}};
      test.run(instruction, [&] {
        each(dst, [&](int p, std::int64_t i) {
          const float first = arithmetic(op0, reverse0, test.value(data, p, i),
                                         test.scalar(instruction, OperandName::kOperand0, p));
          test.put(dst, p, i, arithmetic(op1, reverse1, first, test.value(other, p, i)));
        });
      });
    }
  }
}

// The same element meets the same random word however the work is cut into blocks.
TEST(StochasticRounding, CountsElementsOfDstPartitionByPartition) {
  const ExecuteOptions options = {.seed = 5, .rounding = numeric::RoundingMode::kStochastic};
  TestCore core(isa::Generation::kV3, options);
  const auto src = core.sbuf(ElementType::kFloat32, {3, 5000});
  const auto dst = core.sbuf(ElementType::kBfloat16, {3, 5000});
  std::vector<float> values(15000);
  Random random(9);
  for (float& v : values) v = static_cast<float>(random.normal());
  std::vector<std::uint8_t> bytes(60000), wanted(30000);
  std::memcpy(bytes.data(), values.data(), bytes.size());
  core.memory.write(src, core.program.tensor(src), bytes);
  ASSERT_TRUE(core.execute(
      {.opcode = Opcode::kTensorCopy,
       .operands = {core.whole(OperandName::kDst, dst), core.whole(OperandName::kSrc, src)}}));
  numeric::convert(ElementType::kFloat32, values.data(), ElementType::kBfloat16, wanted.data(),
                   values.size(), core.machine.rounding(0));
  EXPECT_EQ(core.memory.read(dst, core.program.tensor(dst)), wanted);
}

}  // namespace
}  // namespace switchyard::neuroncore
