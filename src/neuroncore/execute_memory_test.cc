// What execution says of memory: unwritten bytes, bounds, tensors that share bytes.
#include <gmock/gmock.h>

#include "neuroncore/test_image.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::Opcode;
using isa::OperandName;
using numeric::ElementType;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

isa::Operand part(const TestCore& core, OperandName name, isa::TensorId id, int start,
                  int partitions, std::int64_t offset, std::int64_t count,
                  std::int64_t stride = 1) {
  isa::Operand operand{.name = name};
  operand.access = {.tensor = id,
                    .type = core.program.tensor(id).type,
                    .rank = 1,
                    .start_partition = static_cast<std::int16_t>(start),
                    .partitions = static_cast<std::int16_t>(partitions),
                    .offset = offset,
                    .dims = {isa::Dim{stride, count}}};
  return operand;
}

isa::Instruction memset(const isa::Operand& dst, double value) {
  return {
      .opcode = Opcode::kMemset, .operands = {dst}, .attributes = {{AttributeName::kValue, value}}};
}

isa::Instruction copy(const isa::Operand& dst, const isa::Operand& src) {
  return {.opcode = Opcode::kTensorCopy, .operands = {dst, src}};
}

TEST(Uninitialised, NamesTheInstructionTheTensorTheLineAndTheElement) {
  TestCore core;
  const auto x = core.tensor({.name = "scores", .shape = {4, 8}});
  const auto y = core.sbuf(ElementType::kFloat32, {4, 8});
  core.program.append(memset(part(core, OperandName::kDst, x, 0, 4, 0, 8), 1));
  isa::Instruction second =
      copy(core.whole(OperandName::kDst, y), core.whole(OperandName::kSrc, x));
  second.source = core.program.add_source("kernel.py:40");
  core.program.append(second);
  ASSERT_FALSE(run(core.machine).fault);
  EXPECT_THAT(core.machine.reports(), IsEmpty());

  TestCore partly;
  const auto a = partly.tensor({.name = "scores", .shape = {4, 8}});
  const auto b = partly.sbuf(ElementType::kFloat32, {4, 8});
  partly.program.append(memset(part(partly, OperandName::kDst, a, 0, 3, 0, 8), 1));
  partly.program.append(memset(part(partly, OperandName::kDst, a, 3, 1, 0, 6), 1));
  second.operands = {partly.whole(OperandName::kDst, b), partly.whole(OperandName::kSrc, a)};
  second.source = partly.program.add_source("kernel.py:40");
  partly.program.append(second);
  ASSERT_FALSE(run(partly.machine).fault);  // a report, not the end
  ASSERT_THAT(partly.machine.reports(), SizeIs(1));
  EXPECT_EQ(partly.machine.reports()[0].instruction, 2u);
  EXPECT_EQ(partly.machine.reports()[0].kind, FaultKind::kUninitialised);
  EXPECT_THAT(to_text(partly.machine.reports()[0]),
              AllOf(HasSubstr("tensor_copy"), HasSubstr("scores"), HasSubstr("kernel.py:40"),
                    HasSubstr("partition 3"), HasSubstr("element 6")));
}

// What has not been read is not reported, and what was copied counts as written.
TEST(Uninitialised, OnlyTheBytesReadCount) {
  TestCore core;
  const auto x = core.sbuf(ElementType::kFloat32, {2, 8});
  const auto y = core.sbuf(ElementType::kFloat32, {2, 8});
  ASSERT_TRUE(core.execute(memset(part(core, OperandName::kDst, x, 0, 2, 0, 4, 2), 1)));
  ASSERT_TRUE(core.execute(copy(part(core, OperandName::kDst, y, 0, 2, 0, 4),
                                part(core, OperandName::kSrc, x, 0, 2, 0, 4, 2))));
  EXPECT_THAT(core.machine.reports(), IsEmpty());
  ASSERT_TRUE(core.execute(copy(part(core, OperandName::kDst, y, 0, 2, 4, 4),
                                part(core, OperandName::kSrc, x, 0, 2, 1, 4, 2))));
  EXPECT_THAT(core.machine.reports(), SizeIs(1));
}

TEST(Uninitialised, ReportsStopAtTheirLimitAndCanBeOff) {
  for (const std::size_t reports_max : {0, 1, 3, 100}) {
    TestCore core(isa::Generation::kV3, {.reports_max = reports_max});
    const auto x = core.sbuf(ElementType::kFloat32, {1, 1});
    const auto y = core.sbuf(ElementType::kFloat32, {1, 1});
    for (int i = 0; i < 5; ++i)
      core.program.append(copy(core.whole(OperandName::kDst, y), core.whole(OperandName::kSrc, x)));
    ASSERT_FALSE(run(core.machine).fault);
    EXPECT_THAT(core.machine.reports(), SizeIs(std::min<std::size_t>(reports_max, 5)));
  }
  TestCore off(isa::Generation::kV3, {.check_uninitialised = false});
  const auto x = off.sbuf(ElementType::kFloat32, {1, 1});
  ASSERT_TRUE(off.execute(copy(off.whole(OperandName::kDst, x), off.whole(OperandName::kSrc, x))));
  EXPECT_THAT(off.machine.reports(), IsEmpty());
}

// The last element, partition and byte that exist, and the first that do not.
TEST(Bounds, EndAtTheTensorOnEverySide) {
  struct Case {
    int start, partitions;
    std::int64_t offset, count, stride;
    bool inside;
  };
  for (const Case& c :
       {Case{0, 64, 0, 10, 1, true}, Case{0, 65, 0, 10, 1, false}, Case{32, 32, 0, 10, 1, true},
        Case{32, 33, 0, 10, 1, false}, Case{0, 1, 9, 1, 1, true}, Case{0, 1, 10, 1, 1, false},
        Case{0, 1, 0, 5, 2, true}, Case{0, 1, 1, 5, 2, true}, Case{0, 1, 2, 5, 2, false},
        Case{0, 1, 9, 10, -1, true}, Case{0, 1, 8, 10, -1, false}, Case{0, 1, -1, 1, 1, false},
        Case{0, 1, 5, 1000, 0, true}}) {
    for (const bool reads : {false, true}) {
      TestCore core;
      const auto x = core.sbuf(ElementType::kBfloat16, {64, 10});
      const auto y = core.sbuf(ElementType::kBfloat16, {128, 1000});
      const auto there = part(core, reads ? OperandName::kSrc : OperandName::kDst, x, c.start,
                              c.partitions, c.offset, c.count, c.stride);
      const auto here =
          part(core, reads ? OperandName::kDst : OperandName::kSrc, y, 0, c.partitions, 0, c.count);
      const bool fine = core.execute(reads ? copy(here, there) : copy(there, here));
      EXPECT_EQ(fine, c.inside) << c.offset << " " << c.count << " " << c.stride;
      if (fine) continue;
      EXPECT_EQ(core.machine.fault()->kind, FaultKind::kOutOfBounds);
      EXPECT_THAT(to_text(*core.machine.fault()),
                  HasSubstr(reads ? "tensor_copy src=" : "tensor_copy dst="));
    }
  }
}

TEST(Bounds, AFaultEndsTheRunAtItsInstruction) {
  TestCore core;
  const auto x = core.sbuf(ElementType::kInt32, {1, 2});
  core.program.append(memset(part(core, OperandName::kDst, x, 0, 1, 0, 2), 1));
  core.program.append(memset(part(core, OperandName::kDst, x, 0, 1, 1, 2), 2));
  core.program.append(memset(part(core, OperandName::kDst, x, 0, 1, 0, 2), 3));
  const RunResult result = run(core.machine);
  ASSERT_TRUE(result.fault);
  EXPECT_EQ(result.fault->instruction, 1u);
  Image after = image(core, part(core, OperandName::kDst, x, 0, 1, 0, 2));
  EXPECT_THAT(after.bytes, ElementsAre(1, 0, 0, 0, 1, 0, 0, 0));
}

isa::TensorId fixed(TestCore& core, isa::Buffer buffer, ElementType type,
                    std::vector<std::int64_t> shape, isa::FixedAddress address) {
  return core.tensor({.name = "f" + std::to_string(core.program.tensors().size()),
                      .buffer = buffer,
                      .type = type,
                      .shape = std::move(shape),
                      .address = address});
}

TEST(Aliasing, TheSameBytesReadAsAnotherType) {
  for (const isa::Buffer buffer : {isa::Buffer::kSbuf, isa::Buffer::kPsum}) {
    TestCore core;
    const auto floats = fixed(core, buffer, ElementType::kFloat32, {2, 2}, {.byte = 64});
    const auto halves = fixed(core, buffer, ElementType::kBfloat16, {2, 4}, {.byte = 64});
    const auto bytes = fixed(core, buffer, ElementType::kUint8, {2, 8}, {.byte = 64});
    ASSERT_TRUE(core.execute(memset(core.whole(OperandName::kDst, floats), 1)));
    Image as_halves = image(core, core.whole(OperandName::kSrc, halves));
    const isa::Access& access = core.program.tensor(halves).all(halves);
    EXPECT_EQ(as_halves.code(access, 1, 2), 0u);
    EXPECT_EQ(as_halves.code(access, 1, 3), 0x3f80u);
    // Through another view: the upper half of the second float becomes 2.
    ASSERT_TRUE(core.execute(memset(part(core, OperandName::kDst, halves, 1, 1, 3, 1), 2)));
    Image as_floats = image(core, core.whole(OperandName::kSrc, floats));
    EXPECT_EQ(as_floats.value(core.program.tensor(floats).all(floats), 1, 1), 2.0f);
    EXPECT_EQ(as_floats.value(core.program.tensor(floats).all(floats), 0, 1), 1.0f);
    // What one view wrote is written for all.
    const auto out = core.sbuf(ElementType::kUint8, {2, 8});
    ASSERT_TRUE(core.execute(
        copy(core.whole(OperandName::kDst, out), core.whole(OperandName::kSrc, bytes))));
    EXPECT_THAT(core.machine.reports(), IsEmpty());
    EXPECT_THAT(image(core, core.whole(OperandName::kSrc, out)).bytes,
                ElementsAre(0, 0, 0x80, 0x3f, 0, 0, 0x80, 0x3f, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40));
  }
}

// Neighbours that touch share nothing; one byte nearer they share one element.
TEST(Aliasing, BeginsExactlyAtTheFirstSharedByte) {
  for (const std::int64_t second_byte : {30, 32, 34}) {
    TestCore core;
    const auto first = fixed(core, isa::Buffer::kSbuf, ElementType::kInt16, {4, 16}, {.byte = 0});
    const auto second =
        fixed(core, isa::Buffer::kSbuf, ElementType::kInt16, {4, 16}, {.byte = second_byte});
    const auto third =
        fixed(core, isa::Buffer::kSbuf, ElementType::kInt16, {4, 16}, {.byte = second_byte + 32});
    for (const auto& [id, value] : {std::pair{first, 1}, std::pair{third, 3}, std::pair{second, 2}})
      ASSERT_TRUE(core.execute(memset(core.whole(OperandName::kDst, id), value)));
    Image before = image(core, core.whole(OperandName::kSrc, first));
    Image after = image(core, core.whole(OperandName::kSrc, third));
    const isa::Access all = core.program.tensor(first).all(first);
    for (int p = 0; p < 4; ++p) {
      EXPECT_EQ(before.value(all, p, 14), 1);
      EXPECT_EQ(before.value(all, p, 15), second_byte < 32 ? 2 : 1);
      EXPECT_EQ(after.value(all, p, 0), 3);
    }
  }
}

TEST(Aliasing, PartitionsAreApart) {
  TestCore core;
  const auto low = fixed(core, isa::Buffer::kSbuf, ElementType::kInt32, {33, 1}, {.byte = 8});
  const auto high =
      fixed(core, isa::Buffer::kSbuf, ElementType::kInt32, {32, 1}, {.partition = 32, .byte = 8});
  const auto psum = fixed(core, isa::Buffer::kPsum, ElementType::kInt32, {33, 1}, {.byte = 8});
  ASSERT_TRUE(core.execute(memset(core.whole(OperandName::kDst, low), 1)));
  ASSERT_TRUE(core.execute(memset(core.whole(OperandName::kDst, psum), 5)));
  ASSERT_TRUE(core.execute(memset(core.whole(OperandName::kDst, high), 2)));
  Image all = image(core, core.whole(OperandName::kSrc, low));
  const isa::Access access = core.program.tensor(low).all(low);
  EXPECT_EQ(all.value(access, 31, 0), 1);
  EXPECT_EQ(all.value(access, 32, 0), 2);
}

}  // namespace
}  // namespace switchyard::neuroncore
