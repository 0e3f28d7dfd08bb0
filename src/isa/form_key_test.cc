#include "isa/form_key.h"

#include <gtest/gtest.h>

#include "isa/program.h"

namespace switchyard::isa {
namespace {

Instruction sample() {
  Access access{.tensor = 1, .rank = 2, .partitions = 32, .offset = 7};
  access.dims = {Dim{16, 4}, Dim{1, 8}};
  Access index{.tensor = 2, .type = numeric::ElementType::kInt32};
  access.indirection = {.kind = IndirectKind::kRegister, .reg = 0, .step = 3, .limit = 5};
  return {.opcode = Opcode::kTensorScalar,
          .engine = Engine::kVector,
          .operands = {{.name = OperandName::kDst, .access = access},
                       {.name = OperandName::kData, .access = index},
                       {.name = OperandName::kOperand0, .kind = OperandKind::kNumber, .number = 2}},
          .attributes = {{AttributeName::kOp0, Op::kAdd}, {AttributeName::kReverse0, true}},
          .name = "x",
          .source = 3,
          .no_reorder_scope = 1};
}

std::string key(const Instruction& instruction) {
  std::string out;
  write_form_key(instruction, out);
  return out;
}

TEST(FormKey, IgnoresTensorsOffsetsRegistersAndTheRareParts) {
  Instruction other = sample();
  other.operands[0].access.tensor = 9;
  other.operands[0].access.offset = 100;
  other.operands[0].access.indirection.reg = 4;
  other.operands[1].access.tensor = 0;
  other.name = "y";
  other.source = 0;
  other.depends_on = {1, 2};
  other.waits = {{0, 1}};
  other.updates = {{1, 1}};
  EXPECT_EQ(key(sample()), key(other));
}

TEST(FormKey, IgnoresWhichRegister) {
  Instruction move{.opcode = Opcode::kRegisterMove,
                   .operands = {{.kind = OperandKind::kRegister, .reg = 1}}};
  Instruction other = move;
  other.operands[0].reg = 2;
  EXPECT_EQ(key(move), key(other));
}

TEST(FormKey, TellsEverythingElseApart) {
  using Change = void (*)(Instruction&);
  constexpr Change kChanges[] = {
      [](Instruction& i) { i.opcode = Opcode::kTensorReduce; },
      [](Instruction& i) { i.engine = Engine::kGpSimd; },
      [](Instruction& i) { i.no_reorder_scope = 2; },
      [](Instruction& i) { i.operands.pop_back(); },
      [](Instruction& i) { i.operands[0].name = OperandName::kSrc; },
      [](Instruction& i) { i.operands[0].access.type = numeric::ElementType::kInt32; },
      [](Instruction& i) { i.operands[0].access.start_partition = 32; },
      [](Instruction& i) { i.operands[0].access.partitions = 16; },
      [](Instruction& i) { i.operands[0].access.rank = 1; },
      [](Instruction& i) { i.operands[0].access.dims[0].stride = 8; },
      [](Instruction& i) { i.operands[0].access.dims[1].count = 9; },
      [](Instruction& i) { i.operands[0].access.indirection.kind = IndirectKind::kNone; },
      [](Instruction& i) { i.operands[0].access.indirection.step = 4; },
      [](Instruction& i) { i.operands[0].access.indirection.limit = 6; },
      [](Instruction& i) { i.operands[2].number = -2; },
      [](Instruction& i) { i.operands[2].kind = OperandKind::kRegister; },
      [](Instruction& i) { i.attributes.pop_back(); },
      [](Instruction& i) { i.attributes[0].name = AttributeName::kOp1; },
      [](Instruction& i) { i.attributes[0].value = Op::kSubtract; },
      [](Instruction& i) { i.attributes[1].value = false; },
      [](Instruction& i) { i.attributes[1].value = std::int64_t{1}; },
      [](Instruction& i) { i.attributes[1].value = std::vector<std::int64_t>{1}; },
  };
  for (const Change change : kChanges) {
    Instruction other = sample();
    change(other);
    EXPECT_NE(key(sample()), key(other)) << "change " << &change - kChanges;
  }
  Instruction zero = sample(), minus_zero = sample();
  zero.operands[2].number = 0.0;
  minus_zero.operands[2].number = -0.0;
  EXPECT_NE(key(zero), key(minus_zero));
}

TEST(FormKey, SharesOneFormInAProgram) {
  Program program(Generation::kV3);
  Instruction one = sample();
  program.append(one);
  one.operands[0].access.offset = 50;
  program.append(one);
  EXPECT_EQ(program.forms(), 1u);
  EXPECT_EQ(program.at(0).operands[0].access.offset, 7);
  EXPECT_EQ(program.at(1).operands[0].access.offset, 50);
  one.attributes[0].value = Op::kMultiply;
  program.append(one);
  EXPECT_EQ(program.forms(), 2u);
}

}  // namespace
}  // namespace switchyard::isa
