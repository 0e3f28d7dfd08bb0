#include <gmock/gmock.h>

#include "neuroncore/test_image.h"

namespace switchyard::neuroncore {
namespace {

using isa::Opcode;
using isa::OperandKind;
using isa::OperandName;
using numeric::ElementType;

isa::Operand reg(OperandName name, isa::RegisterId id) {
  return {.name = name, .kind = OperandKind::kRegister, .reg = id};
}

TEST(RegisterMove, TakesConstantsOf32BitsAndOtherRegisters) {
  TestCore core;
  struct Case {
    double number;
    std::int32_t held;
  };
  for (const Case& c : {Case{0, 0}, Case{10, 10}, Case{-1, -1}, Case{2147483647.0, 2147483647},
                        Case{-2147483648.0, std::numeric_limits<std::int32_t>::min()}}) {
    for (const Opcode opcode : {Opcode::kRegisterMove, Opcode::kRegisterAlloc}) {
      ASSERT_TRUE(core.execute({.opcode = opcode,
                                .operands = {reg(OperandName::kDst, 3),
                                             TestCore::number(OperandName::kSrc, c.number)}}));
      EXPECT_EQ(core.machine.reg(3), c.held);
      ASSERT_TRUE(
          core.execute({.opcode = Opcode::kRegisterMove,
                        .operands = {reg(OperandName::kDst, 0), reg(OperandName::kSrc, 3)}}));
      EXPECT_EQ(core.machine.reg(0), c.held);
    }
  }
}

TEST(RegisterAlloc, WithoutAValueLeavesTheRegister) {
  TestCore core;
  core.machine.set_reg(1, 77);
  ASSERT_TRUE(
      core.execute({.opcode = Opcode::kRegisterAlloc, .operands = {reg(OperandName::kDst, 1)}}));
  EXPECT_EQ(core.machine.reg(1), 77);
}

TEST(RegisterLoad, TakesBitsExtendedByTheSignOfTheType) {
  struct Case {
    ElementType type;
    std::uint32_t code;
    std::int32_t held;
  };
  for (const Case& c :
       {Case{ElementType::kInt32, 0xfffffffe, -2}, Case{ElementType::kUint32, 0xfffffffe, -2},
        Case{ElementType::kInt16, 0xfffe, -2}, Case{ElementType::kUint16, 0xfffe, 0xfffe},
        Case{ElementType::kInt8, 0x80, -128}, Case{ElementType::kUint8, 0x80, 0x80},
        Case{ElementType::kFloat32, 0x3f800000, 0x3f800000},
        Case{ElementType::kBfloat16, 0xbf80, 0xbf80}}) {
    for (const isa::Buffer buffer : {isa::Buffer::kSbuf, isa::Buffer::kHbm}) {
      TestCore core;
      const auto id = core.tensor({.name = "x", .buffer = buffer, .type = c.type, .shape = {1, 3}});
      isa::Operand src = core.whole(OperandName::kSrc, id);
      src.access.offset = 2;
      src.access.rank = 0;
      Image all = image(core, src);
      all.set_code(src.access, 0, 0, c.code);
      store(core, src, all);
      ASSERT_TRUE(core.execute(
          {.opcode = Opcode::kRegisterLoad, .operands = {reg(OperandName::kDst, 5), src}}));
      EXPECT_EQ(core.machine.reg(5), c.held) << numeric::name(c.type);
    }
  }
}

TEST(RegisterStore, WritesTheLowBitsAndNothingElse) {
  struct Case {
    ElementType type;
    std::int32_t held;
    std::uint32_t code;
  };
  for (const Case& c :
       {Case{ElementType::kInt32, -2, 0xfffffffe}, Case{ElementType::kUint16, 0x12345678, 0x5678},
        Case{ElementType::kInt8, 0x181, 0x81},
        Case{ElementType::kFloat32, 0x3f800000, 0x3f800000}}) {
    for (const bool constant : {false, true}) {
      TestCore core;
      const auto id =
          core.tensor({.name = "x", .buffer = isa::Buffer::kHbm, .type = c.type, .shape = {4}});
      isa::Operand dst = core.whole(OperandName::kDst, id);
      dst.access.offset = 1;
      dst.access.rank = 0;
      Image expected = image(core, dst);
      expected.set_code(dst.access, 0, 0, c.code);
      core.machine.set_reg(9, c.held);
      const isa::Operand src =
          constant ? TestCore::number(OperandName::kSrc, c.held) : reg(OperandName::kSrc, 9);
      ASSERT_TRUE(core.execute({.opcode = Opcode::kRegisterStore, .operands = {dst, src}}));
      EXPECT_EQ(image(core, dst).bytes, expected.bytes) << numeric::name(c.type);
    }
  }
}

}  // namespace
}  // namespace switchyard::neuroncore
