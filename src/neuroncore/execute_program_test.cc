// Whole programs: hardware loops, registers, positions known only at run time.
#include <gmock/gmock.h>

#include <numeric>

#include "neuroncore/test_image.h"

namespace switchyard::neuroncore {
namespace {

using isa::AttributeName;
using isa::IndirectKind;
using isa::Opcode;
using isa::OperandKind;
using isa::OperandName;
using numeric::ElementType;
using testing::ElementsAre;
using testing::HasSubstr;

isa::Operand reg(OperandName name, isa::RegisterId id) {
  return {.name = name, .kind = OperandKind::kRegister, .reg = id};
}

isa::Operand constant(OperandName name, std::int64_t value) {
  return TestCore::number(name, static_cast<double>(value));
}

void begin_for(TestCore& core, isa::RegisterId induction, const isa::Operand& lower,
               const isa::Operand& upper, std::int64_t step = 1) {
  core.program.append({.opcode = Opcode::kForBegin,
                       .operands = {reg(OperandName::kDst, induction), lower, upper},
                       .attributes = {{AttributeName::kStep, step}}});
}

void begin_while(TestCore& core, isa::RegisterId condition) {
  core.program.append(
      {.opcode = Opcode::kWhileBegin, .operands = {reg(OperandName::kCondition, condition)}});
}

void end_loop(TestCore& core) { core.program.append({.opcode = Opcode::kLoopEnd}); }

isa::TensorId hbm(TestCore& core, ElementType type, std::vector<std::int64_t> shape) {
  return core.tensor({.name = "h" + std::to_string(core.program.tensors().size()),
                      .buffer = isa::Buffer::kHbm,
                      .type = type,
                      .shape = std::move(shape)});
}

// 0, 1, 2, ... in a tensor of int32.
void count_up(TestCore& core, isa::TensorId id) {
  const isa::Tensor& tensor = core.program.tensor(id);
  std::vector<std::int32_t> values(
      static_cast<std::size_t>(tensor.partitions() * tensor.partition_elements()));
  std::iota(values.begin(), values.end(), 0);
  std::vector<std::uint8_t> bytes(values.size() * sizeof(std::int32_t));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  core.memory.write(id, tensor, bytes);
}

std::vector<std::int32_t> read_int32(const TestCore& core, isa::TensorId id) {
  const std::vector<std::uint8_t> bytes = core.memory.read(id, core.program.tensor(id));
  std::vector<std::int32_t> values(bytes.size() / sizeof(std::int32_t));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

void write_int32(TestCore& core, isa::TensorId id, const std::vector<std::int32_t>& values) {
  std::vector<std::uint8_t> bytes(values.size() * sizeof(std::int32_t));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  core.memory.write(id, core.program.tensor(id), bytes);
}

// log[register induction] = value register, an int32 in HBM.
void append_store(TestCore& core, isa::TensorId log, isa::RegisterId place, isa::RegisterId value) {
  isa::Operand dst = core.whole(OperandName::kDst, log);
  dst.access.rank = 0;
  dst.access.indirection = {.kind = IndirectKind::kRegister,
                            .reg = place,
                            .step = 1,
                            .limit = core.program.tensor(log).partition_elements()};
  core.program.append(
      {.opcode = Opcode::kRegisterStore, .operands = {dst, reg(OperandName::kSrc, value)}});
}

TEST(ForLoop, GivesTheRegisterEachValueOfTheRange) {
  struct Case {
    std::int64_t lower, upper, step;
    std::vector<std::int32_t> values;
  };
  for (const Case& c :
       {Case{0, 4, 1, {0, 1, 2, 3}}, Case{3, 11, 4, {3, 7}}, Case{3, 12, 4, {3, 7, 11}},
        Case{5, 5, 1, {}}, Case{6, 5, 1, {}}, Case{0, 1, 100, {0}}}) {
    for (const bool from_registers : {false, true}) {
      TestCore core;
      const auto log = hbm(core, ElementType::kInt32, {16});
      write_int32(core, log, std::vector<std::int32_t>(16, -1));
      core.machine.set_reg(1, static_cast<std::int32_t>(c.lower));
      core.machine.set_reg(2, static_cast<std::int32_t>(c.upper));
      const auto bound = [&](OperandName name, isa::RegisterId id, std::int64_t value) {
        return from_registers ? reg(name, id) : constant(name, value);
      };
      begin_for(core, 0, bound(OperandName::kLower, 1, c.lower),
                bound(OperandName::kUpper, 2, c.upper), c.step);
      append_store(core, log, 0, 0);
      end_loop(core);
      const RunResult result = run(core.machine);
      EXPECT_FALSE(result.fault);
      EXPECT_THAT(result.trips, ElementsAre(static_cast<std::int64_t>(c.values.size())));
      EXPECT_EQ(result.executed, c.values.size());
      std::vector<std::int32_t> expected(16, -1);
      for (const std::int32_t value : c.values) expected[static_cast<std::size_t>(value)] = value;
      EXPECT_EQ(read_int32(core, log), expected);
    }
  }
}

// Bounds are read when the loop is entered, not again at each iteration.
TEST(ForLoop, NestsAndCountsEachEntry) {
  TestCore core;
  const auto log = hbm(core, ElementType::kInt32, {16});
  write_int32(core, log, std::vector<std::int32_t>(16, -1));
  begin_for(core, 0, constant(OperandName::kLower, 0), constant(OperandName::kUpper, 4));
  begin_for(core, 1, constant(OperandName::kLower, 0), reg(OperandName::kUpper, 0));
  append_store(core, log, 1, 0);
  core.program.append({.opcode = Opcode::kRegisterMove,
                       .operands = {reg(OperandName::kDst, 0), constant(OperandName::kSrc, 9)}});
  end_loop(core);
  end_loop(core);
  const RunResult result = run(core.machine);
  EXPECT_THAT(result.trips, ElementsAre(4, 0, 1, 2, 3));
  EXPECT_THAT(read_int32(core, log), testing::Contains(9).Times(2));  // of places 1 and 2
}

TEST(WhileLoop, EndsWhenItsRegisterIsZero) {
  for (const std::int32_t start : {0, 1, 5}) {
    TestCore core;
    const auto counter = core.sbuf(ElementType::kInt32, {1, 1});
    write_int32(core, counter, {start});
    const isa::Instruction load = {
        .opcode = Opcode::kRegisterLoad,
        .operands = {reg(OperandName::kDst, 0), core.whole(OperandName::kSrc, counter)}};
    core.program.append(load);
    begin_while(core, 0);
    core.program.append(
        {.opcode = Opcode::kTensorScalar,
         .operands = {core.whole(OperandName::kDst, counter),
                      core.whole(OperandName::kData, counter), constant(OperandName::kOperand0, 1)},
         .attributes = {{AttributeName::kOp0, isa::Op::kSubtract}}});
    core.program.append(load);
    end_loop(core);
    const RunResult result = run(core.machine);
    EXPECT_FALSE(result.fault);
    EXPECT_THAT(result.trips, ElementsAre(start));
    EXPECT_EQ(result.executed, 1u + 2u * static_cast<unsigned>(start));
    EXPECT_THAT(read_int32(core, counter), ElementsAre(0));
  }
}

TEST(WhileLoop, ThatNeverEndsIsADeadlock) {
  for (const bool empty : {false, true}) {
    TestCore core;
    const isa::Instruction one = {
        .opcode = Opcode::kRegisterMove,
        .operands = {reg(OperandName::kDst, 0), constant(OperandName::kSrc, 1)}};
    core.program.append(one);
    begin_while(core, 0);
    if (!empty) core.program.append(one);
    end_loop(core);
    const RunResult result = run(core.machine, 1000);
    ASSERT_TRUE(result.fault);
    EXPECT_EQ(result.fault->kind, FaultKind::kDeadlock);
    EXPECT_THAT(to_text(*result.fault), HasSubstr("1000 instructions"));
    EXPECT_THAT(result.fault->details, ElementsAre(HasSubstr("loop of instruction 1")));
  }
}

// Rows of a tensor in HBM, four elements each, through a loop register, one by one.
TEST(RegisterIndex, MovesTheAccessByStepsAndFaultsBeyondItsLimit) {
  for (const std::int64_t rows : {7, 8, 9}) {
    TestCore core;
    const auto from = hbm(core, ElementType::kInt32, {8, 4});
    const auto tile = core.sbuf(ElementType::kInt32, {1, 32});
    count_up(core, from);
    begin_for(core, 0, constant(OperandName::kLower, 0), constant(OperandName::kUpper, rows));
    isa::Operand src = core.whole(OperandName::kSrc, from);
    src.access.rank = 1;
    src.access.dims = {isa::Dim{1, 4}};
    src.access.indirection = {.kind = IndirectKind::kRegister, .reg = 0, .step = 4, .limit = 8};
    isa::Operand dst = src;
    dst.name = OperandName::kDst;
    dst.access.tensor = tile;
    core.program.append({.opcode = Opcode::kDmaCopy, .operands = {dst, src}});
    end_loop(core);
    const RunResult result = run(core.machine);
    EXPECT_EQ(result.fault.has_value(), rows > 8);
    if (result.fault) {
      EXPECT_EQ(result.fault->kind, FaultKind::kOutOfBounds);
      EXPECT_THAT(to_text(*result.fault), HasSubstr("dma_copy"));
    }
    std::vector<std::int32_t> copied = read_int32(core, tile);
    copied.resize(static_cast<std::size_t>(std::min<std::int64_t>(rows, 8) * 4));
    std::vector<std::int32_t> expected(copied.size());
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(copied, expected);
  }
}

TEST(ScalarIndex, ReadsTheTensorWhenTheInstructionRuns) {
  TestCore core;
  const auto data = core.sbuf(ElementType::kInt32, {4, 10});
  const auto index = core.sbuf(ElementType::kInt32, {1, 1});
  const auto out = core.sbuf(ElementType::kInt32, {4, 2});
  count_up(core, data);
  isa::Operand src = core.whole(OperandName::kSrc, data);
  src.access.dims = {isa::Dim{1, 2}};
  src.access.indirection = {.kind = IndirectKind::kScalar, .operand = 2, .step = 1, .limit = 9};
  const isa::Instruction copy = {.opcode = Opcode::kTensorCopy,
                                 .operands = {core.whole(OperandName::kDst, out), src,
                                              core.whole(OperandName::kIndirectIndex, index)}};
  for (const std::int32_t at : {0, 3, 8}) {
    write_int32(core, index, {at});
    ASSERT_TRUE(core.execute(copy));
    EXPECT_THAT(read_int32(core, out),
                ElementsAre(at, at + 1, at + 10, at + 11, at + 20, at + 21, at + 30, at + 31));
  }
  write_int32(core, index, {-1});
  EXPECT_FALSE(core.execute(copy));
  EXPECT_EQ(core.machine.fault()->kind, FaultKind::kOutOfBounds);
}

// dma_copy of 4 rows of 3 elements between HBM and SBUF, rows chosen by indices.
struct RowsByIndex {
  explicit RowsByIndex(const std::vector<std::int32_t>& indices)
      : table(hbm(core, ElementType::kInt32, {10, 3})),
        tile(core.sbuf(ElementType::kInt32, {4, 3})),
        index(core.sbuf(ElementType::kInt32, {4, 1})) {
    write_int32(core, index, indices);
  }
  isa::Operand rows(OperandName name) const {
    isa::Operand operand = core.whole(name, table);
    operand.access.dims = {isa::Dim{3, 4}, isa::Dim{1, 3}};
    operand.access.indirection = {
        .kind = IndirectKind::kVector, .operand = 2, .dim = 0, .step = 3, .limit = 10};
    return operand;
  }
  bool copy(const isa::Operand& dst, const isa::Operand& src, isa::OobMode mode) {
    return core.execute({.opcode = Opcode::kDmaCopy,
                         .operands = {dst, src, core.whole(OperandName::kIndirectIndex, index)},
                         .attributes = {{AttributeName::kOobMode, mode}}});
  }

  TestCore core;
  isa::TensorId table, tile, index;
};

TEST(VectorIndex, GathersAndScattersRowsOfHbm) {
  RowsByIndex gather({9, 0, 4, 4});
  count_up(gather.core, gather.table);
  ASSERT_TRUE(gather.copy(gather.core.whole(OperandName::kDst, gather.tile),
                          gather.rows(OperandName::kSrc), isa::OobMode::kError));
  EXPECT_THAT(read_int32(gather.core, gather.tile),
              ElementsAre(27, 28, 29, 0, 1, 2, 12, 13, 14, 12, 13, 14));

  RowsByIndex scatter({9, 0, 4, 5});
  write_int32(scatter.core, scatter.table, std::vector<std::int32_t>(30, -1));
  count_up(scatter.core, scatter.tile);
  ASSERT_TRUE(scatter.copy(scatter.rows(OperandName::kDst),
                           scatter.core.whole(OperandName::kSrc, scatter.tile),
                           isa::OobMode::kError));
  std::vector<std::int32_t> expected(30, -1);
  for (const int row : {9, 0, 4, 5}) {
    static constexpr int kFrom[] = {1, 0, 0, 0, 2, 3, 0, 0, 0, 0};
    for (int i = 0; i < 3; ++i)
      expected[static_cast<std::size_t>(3 * row + i)] = 3 * kFrom[row] + i;
  }
  EXPECT_EQ(read_int32(scatter.core, scatter.table), expected);
}

TEST(VectorIndex, OutOfBoundsFaultsOrIsSkipped) {
  for (const std::int32_t bad : {-1, 10}) {
    RowsByIndex rows({9, bad, 4, 5});
    count_up(rows.core, rows.table);
    write_int32(rows.core, rows.tile, std::vector<std::int32_t>(12, -7));
    const isa::Operand dst = rows.core.whole(OperandName::kDst, rows.tile);
    ASSERT_TRUE(rows.copy(dst, rows.rows(OperandName::kSrc), isa::OobMode::kSkip));
    EXPECT_THAT(read_int32(rows.core, rows.tile),
                ElementsAre(27, 28, 29, -7, -7, -7, 12, 13, 14, 15, 16, 17));
    EXPECT_FALSE(rows.copy(dst, rows.rows(OperandName::kSrc), isa::OobMode::kError));
    EXPECT_EQ(rows.core.machine.fault()->kind, FaultKind::kOutOfBounds);
    EXPECT_THAT(rows.core.machine.fault()->what, HasSubstr(std::to_string(bad)));
  }
}

// Tensor indirection of NeuronCore-v4: offset i of a partition comes from its group of 16.
TEST(Gather, ReadsOrWritesEachElementWhereItsGroupSays) {
  Random random(4);
  for (const bool scatter : {false, true}) {
    for (const std::int64_t count : {1, 15, 16, 17, 40}) {
      TestCore core(isa::Generation::kV4);
      constexpr int kRows = 32;
      constexpr std::int64_t kWide = 64;
      const std::int64_t columns = (count + 15) / 16;
      const auto wide = core.sbuf(ElementType::kInt32, {kRows, kWide});
      const auto narrow = core.sbuf(ElementType::kInt32, {kRows, count});
      const auto index = core.sbuf(ElementType::kInt32, {kRows, columns});
      count_up(core, wide);
      count_up(core, narrow);
      std::vector<std::int32_t> offsets(static_cast<std::size_t>(kRows * columns));
      for (int group = 0; group < kRows / 16; ++group) {  // no offset twice in a group
        std::vector<std::int32_t> order(kWide);
        std::iota(order.begin(), order.end(), 0);
        for (std::size_t i = order.size(); i > 1; --i)
          std::swap(order[i - 1], order[random.below(i)]);
        for (std::size_t i = 0; i < static_cast<std::size_t>(16 * columns); ++i)
          offsets[static_cast<std::size_t>(group * 16 * columns) + i] = order[i];
      }
      write_int32(core, index, offsets);
      const auto offset_of = [&](int partition, std::int64_t i) {
        const std::int64_t row = partition / 16 * 16 + i % 16;
        return static_cast<std::size_t>(partition * kWide +
                                        offsets[static_cast<std::size_t>(row * columns + i / 16)]);
      };
      isa::Operand indirect = core.whole(scatter ? OperandName::kDst : OperandName::kSrc, wide);
      indirect.access.dims = {isa::Dim{1, count}};
      indirect.access.indirection = {
          .kind = IndirectKind::kGather, .operand = 2, .step = 1, .limit = kWide};
      const isa::Operand plain =
          core.whole(scatter ? OperandName::kSrc : OperandName::kDst, narrow);
      std::vector<std::int32_t> expected_wide = read_int32(core, wide);
      std::vector<std::int32_t> expected_narrow = read_int32(core, narrow);
      for (int p = 0; p < kRows; ++p) {
        for (std::int64_t i = 0; i < count; ++i) {
          std::int32_t& there = expected_wide[offset_of(p, i)];
          std::int32_t& here = expected_narrow[static_cast<std::size_t>(p * count + i)];
          (scatter ? there : here) = scatter ? here : there;
        }
      }
      ASSERT_TRUE(core.execute({.opcode = Opcode::kTensorCopy,
                                .operands = {scatter ? indirect : plain, scatter ? plain : indirect,
                                             core.whole(OperandName::kIndirectIndex, index)}}));
      EXPECT_EQ(read_int32(core, wide), expected_wide);
      EXPECT_EQ(read_int32(core, narrow), expected_narrow);
    }
  }
}

}  // namespace
}  // namespace switchyard::neuroncore
