#include <gmock/gmock.h>
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

using Pattern = std::vector<std::int64_t>;  // step, count of each loop

struct Affine {
  Pattern pattern;
  std::int64_t offset, multiplier;

  std::int64_t elements() const {
    std::int64_t product = 1;
    for (std::size_t i = 1; i < pattern.size(); i += 2) product *= pattern[i];
    return product;
  }
  std::int32_t at(int partition, std::int64_t index) const {
    std::int64_t value = offset + partition * multiplier;
    for (std::size_t i = pattern.size(); i > 0; i -= 2) {
      value += index % pattern[i - 1] * pattern[i - 2];
      index /= pattern[i - 1];
    }
    return static_cast<std::int32_t>(static_cast<std::uint64_t>(value));
  }
};

const std::vector<Affine>& affines() {
  static const std::vector<Affine> kAffines = {
      {{1, 1}, 0, 0},
      {{1, 600}, -300, -1},
      {{-7, 5, 3, 4, 100, 3, 1, 50}, 12, 1000},
      {{0, 3, 1, 900}, 5, -20},
      {{1 << 30, 4}, 1 << 30, 1 << 29},  // wraps
  };
  return kAffines;
}

TEST(Iota, CountsInWrapping32BitIntegers) {
  for (const Affine& affine : affines()) {
    for (const ElementType type :
         {ElementType::kInt32, ElementType::kUint32, ElementType::kFloat32, ElementType::kBfloat16,
          ElementType::kInt16, ElementType::kUint8}) {
      VectorCase test(1);
      const Operand dst = test.operand(OperandName::kDst, type, 33, affine.elements());
      test.run({.opcode = Opcode::kIota,
                .operands = {dst},
                .attributes = {{AttributeName::kPattern, affine.pattern},
                               {AttributeName::kOffset, affine.offset},
                               {AttributeName::kChannelMultiplier, affine.multiplier}}},
               [&] {
                 each(dst, [&](int p, std::int64_t i) {
                   const std::int32_t value = affine.at(p, i);
                   if (type == ElementType::kInt32 || type == ElementType::kUint32)
                     test.put_word(dst, p, i, static_cast<std::uint32_t>(value));
                   else
                     test.put(dst, p, i, static_cast<float>(value));
                 });
               });
    }
  }
}

bool compare(Op op, double a, double b) {
  switch (op) {
    case Op::kEqual:
      return a == b;
    case Op::kNotEqual:
      return a != b;
    case Op::kGreater:
      return a > b;
    case Op::kGreaterEqual:
      return a >= b;
    case Op::kLess:
      return a < b;
    default:
      return a <= b;
  }
}

TEST(AffineSelect, ComparesWithZero) {
  for (const Affine& affine : affines()) {
    for (const Op op :
         {Op::kEqual, Op::kNotEqual, Op::kGreater, Op::kGreaterEqual, Op::kLess, Op::kLessEqual}) {
      VectorCase test(static_cast<std::uint64_t>(op));
      const ElementType from = pick(test.random, kArithmeticTypes);
      const ElementType to = test.random.below(2) == 0 ? from : pick(test.random, kArithmeticTypes);
      const Operand on_true = test.operand(OperandName::kOnTrueTile, from, 33, affine.elements(),
                                           from == to ? Content::kAnyBits : Content::kValues);
      const Operand dst = test.operand(OperandName::kDst, to, 33, affine.elements());
      test.run({.opcode = Opcode::kAffineSelect,
                .operands = {dst, on_true},
                .attributes = {{AttributeName::kPattern, affine.pattern},
                               {AttributeName::kOffset, affine.offset},
                               {AttributeName::kChannelMultiplier, affine.multiplier},
                               {AttributeName::kOnFalseValue, -12.0},
                               {AttributeName::kCmpOp, op}}},
               [&] {
                 each(dst, [&](int p, std::int64_t i) {
                   if (!compare(op, affine.at(p, i), 0)) return test.put(dst, p, i, -12);
                   if (from == to) return test.put_word(dst, p, i, test.word(on_true, p, i));
                   test.put(dst, p, i, test.value(on_true, p, i));
                 });
               });
    }
  }
}

TEST(RangeSelect, KeepsElementsBetweenTheBoundsAndTheirMaximum) {
  constexpr double kLowest = -3.4028234663852886e38;
  for (const Shape shape : kShapes) {
    for (const Op op1 : {Op::kLess, Op::kLessEqual, Op::kEqual}) {
      VectorCase test(static_cast<std::uint64_t>(op1));
      const Operand on_true = test.operand(OperandName::kOnTrueTile, ElementType::kBfloat16,
                                           shape.partitions, shape.elements);
      const Operand dst =
          test.operand(OperandName::kDst, ElementType::kBfloat16, shape.partitions, shape.elements);
      const Operand low = test.operand(OperandName::kBound0, ElementType::kFloat32,
                                       shape.partitions, 1, Content::kSmallIntegers);
      const Operand high =
          test.operand(OperandName::kBound1, ElementType::kFloat32, shape.partitions, 1);
      const Operand result =
          test.operand(OperandName::kReduceRes, ElementType::kFloat32, shape.partitions, 1);
      test.run({.opcode = Opcode::kRangeSelect,
                .operands = {dst, on_true, low, high, result},
                .attributes = {{AttributeName::kCompOp0, Op::kGreaterEqual},
                               {AttributeName::kCompOp1, op1},
                               {AttributeName::kRangeStart, -1.0}}},
               [&] {
                 std::vector<float> best(static_cast<std::size_t>(shape.partitions),
                                         -std::numeric_limits<float>::infinity());
                 each(dst, [&](int p, std::int64_t i) {
                   const double index = -1.0 + static_cast<double>(i);
                   const bool kept = compare(Op::kGreaterEqual, index, test.value(low, p, 0)) &&
                                     compare(op1, index, test.value(high, p, 0));
                   const float v = kept ? test.value(on_true, p, i) : static_cast<float>(kLowest);
                   float& held = best[static_cast<std::size_t>(p)];
                   held = std::max(held, v);
                   test.put(dst, p, i, v);  // the lowest float32 is -inf in bfloat16
                 });
                 each(result, [&](int p, std::int64_t i) {
                   test.put(result, p, i, best[static_cast<std::size_t>(p)]);
                 });
               });
    }
  }
}

constexpr ElementType kPredicateTypes[] = {ElementType::kUint8, ElementType::kInt8,
                                           ElementType::kUint16, ElementType::kInt16};

TEST(SelectReduce, ChoosesByThePredicateAndReducesByMaximum) {
  for (const Shape shape : kShapes) {
    for (int round = 0; round < 8; ++round) {
      VectorCase test(static_cast<std::uint64_t>(round));
      const bool reverse = round % 2 == 1, reduce = round % 4 >= 2;
      const Operand predicate =
          test.operand(OperandName::kPredicate, pick(test.random, kPredicateTypes),
                       shape.partitions, shape.elements, Content::kSmallIntegers);
      const Operand on_true = test.operand(OperandName::kOnTrue, ElementType::kBfloat16,
                                           shape.partitions, shape.elements);
      const Operand on_false = round < 4 ? TestCore::number(OperandName::kOnFalse, -1.5)
                                         : test.operand(OperandName::kOnFalse,
                                                        ElementType::kFloat32, shape.partitions, 1);
      const Operand dst =
          test.operand(OperandName::kDst, ElementType::kFloat16, shape.partitions, shape.elements);
      const Operand result =
          test.operand(OperandName::kReduceRes, ElementType::kBfloat16, shape.partitions, 1);
      Instruction instruction = {
          .opcode = Opcode::kSelectReduce,
          .operands = {dst, predicate, on_true, on_false},
          .attributes = {{AttributeName::kReversePred, reverse},
                         {AttributeName::kReduceCmd,
                          reduce ? ReduceCommand::kResetReduce : ReduceCommand::kIdle}}};
      if (reduce) instruction.operands.push_back(result);
      test.run(instruction, [&] {
        std::vector<float> best(static_cast<std::size_t>(shape.partitions),
                                -std::numeric_limits<float>::infinity());
        each(dst, [&](int p, std::int64_t i) {
          const bool chosen = (test.word(predicate, p, i) != 0) != reverse;
          const float v = chosen ? test.value(on_true, p, i) : test.value(on_false, p, 0);
          float& held = best[static_cast<std::size_t>(p)];
          held = std::max(held, v);
          test.put(dst, p, i, v);
        });
        for (int p = 0; reduce && p < shape.partitions; ++p)
          test.put(result, p, 0, best[static_cast<std::size_t>(p)]);
      });
    }
  }
}

TEST(TensorCopyPredicated, LeavesOtherElementsAsTheyAre) {
  for (const Shape shape : kShapes) {
    for (int round = 0; round < 8; ++round) {
      VectorCase test(static_cast<std::uint64_t>(round));
      const bool reverse = round % 2 == 1;
      const ElementType type = pick(test.random, kArithmeticTypes);
      const Operand predicate =
          test.operand(OperandName::kPredicate, pick(test.random, kPredicateTypes),
                       shape.partitions, shape.elements, Content::kSmallIntegers);
      const Operand src = round < 3 ? TestCore::number(OperandName::kSrc, 7)
                                    : test.operand(OperandName::kSrc, type, shape.partitions,
                                                   shape.elements, Content::kAnyBits);
      const Operand dst = test.operand(OperandName::kDst, type, shape.partitions, shape.elements);
      test.run({.opcode = Opcode::kTensorCopyPredicated,
                .operands = {dst, src, predicate},
                .attributes = {{AttributeName::kReversePred, reverse}}},
               [&] {
                 each(dst, [&](int p, std::int64_t i) {
                   if ((test.word(predicate, p, i) != 0) == reverse) return;
                   if (src.kind == isa::OperandKind::kNumber) return test.put(dst, p, i, 7);
                   test.put_word(dst, p, i, test.word(src, p, i));
                 });
               });
    }
  }
}

std::vector<std::int64_t> random_mask(Random& random, std::uint64_t sources) {
  std::vector<std::int64_t> mask(32);
  for (std::int64_t& m : mask)
    m = random.below(5) == 0 ? 255 : static_cast<std::int64_t>(random.below(sources));
  return mask;
}

TEST(NcStreamShuffle, MovesPartitionsInsideEachQuadrant) {
  for (const int partitions : {1, 32, 64}) {
    for (const bool in_place : {false, true}) {
      VectorCase test(static_cast<std::uint64_t>(partitions));
      const Operand src = test.operand(OperandName::kSrc, ElementType::kBfloat16, partitions, 40,
                                       Content::kAnyBits);
      Operand dst = test.operand(OperandName::kDst, ElementType::kBfloat16, partitions, 40);
      if (in_place) dst.access = src.access;
      const auto mask =
          random_mask(test.random, static_cast<std::uint64_t>(std::min(partitions, 32)));
      test.run({.opcode = Opcode::kNcStreamShuffle,
                .operands = {dst, src},
                .attributes = {{AttributeName::kShuffleMask, mask}}},
               [&] {
                 std::vector<std::uint32_t> before;
                 each(src, [&](int p, std::int64_t i) { before.push_back(test.word(src, p, i)); });
                 each(dst, [&](int p, std::int64_t i) {
                   const std::int64_t from = mask[static_cast<std::size_t>(p % 32)];
                   if (from == 255) return;
                   test.put_word(dst, p, i,
                                 before[static_cast<std::size_t>((p / 32 * 32 + from) * 40 + i)]);
                 });
               });
    }
  }
}

TEST(NcStreamShuffle, FaultsOnAPartitionBeyondTheSource) {
  VectorCase test(1);
  const Operand src = test.operand(OperandName::kSrc, ElementType::kBfloat16, 4, 8);
  const Operand dst = test.operand(OperandName::kDst, ElementType::kBfloat16, 4, 8);
  std::vector<std::int64_t> mask(32, 255);
  mask[2] = 4;
  EXPECT_FALSE(test.core.execute({.opcode = Opcode::kNcStreamShuffle,
                                  .operands = {dst, src},
                                  .attributes = {{AttributeName::kShuffleMask, mask}}}));
  EXPECT_EQ(test.core.machine.fault()->kind, FaultKind::kOutOfBounds);
  EXPECT_THAT(to_text(*test.core.machine.fault()),
              testing::HasSubstr("partition 2 of dst wants partition 4 of src; src has 4"));
}

}  // namespace
}  // namespace switchyard::neuroncore
