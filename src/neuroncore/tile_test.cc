#include "neuroncore/tile.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "neuroncore/test_core.h"

namespace switchyard::neuroncore {
namespace {

using isa::Access;
using numeric::ElementType;

// Every element's place by the definition of an access: one loop a dim.
std::vector<std::int64_t> places(const Access& access) {
  std::vector<std::int64_t> found = {access.offset};
  for (int d = 0; d < access.rank; ++d) {
    std::vector<std::int64_t> next;
    for (const std::int64_t base : found) {
      for (std::int64_t i = 0; i < access.dims[d].count; ++i) {
        next.push_back(base + i * access.dims[d].stride);
      }
    }
    found = next;
  }
  return found;
}

Access random_access(Random& random, isa::TensorId id) {
  Access access{.tensor = id, .type = ElementType::kUint16, .partitions = 2};
  access.rank = static_cast<std::uint8_t>(random.below(4));
  std::int64_t room = 1000;
  for (int d = 0; d < access.rank; ++d) {
    const auto count = static_cast<std::int64_t>(1 + random.below(5));
    const auto stride = static_cast<std::int64_t>(random.below(30)) - 10;
    access.dims[d] = {stride, count};
    room -= std::abs(stride) * (count - 1);
    if (stride < 0) access.offset -= stride * (count - 1);
  }
  access.offset += static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(room)));
  if (access.extent().high >= 1000) access.offset -= access.extent().high - 999;
  return access;
}

TEST(Tile, ReadsElementsInTheOrderOfTheAccess) {
  TestCore core;
  const auto id = core.sbuf(ElementType::kUint16, {3, 1000});
  std::vector<std::uint8_t> bytes(6000);
  for (int i = 0; i < 3000; ++i) {
    bytes[static_cast<std::size_t>(2 * i)] = static_cast<std::uint8_t>(i);
    bytes[static_cast<std::size_t>(2 * i + 1)] = static_cast<std::uint8_t>(i >> 8);
  }
  core.memory.write(id, core.program.tensor(id), bytes);
  Random random(1);
  const isa::Instruction nothing{.opcode = isa::Opcode::kLoopEnd};
  for (int round = 0; round < 500; ++round) {
    Access access = random_access(random, id);
    access.start_partition = 1;
    core.machine.begin(0, nothing);
    const Tile tile = core.machine.input({.name = isa::OperandName::kSrc, .access = access});
    ASSERT_FALSE(core.machine.faulted()) << to_text(*core.machine.fault());
    const std::vector<std::int64_t> wanted = places(access);
    ASSERT_EQ(tile.elements, static_cast<std::int64_t>(wanted.size()));
    std::vector<float> values(wanted.size());
    std::vector<std::uint32_t> words(wanted.size());
    for (int p = 0; p < 2; ++p) {
      const auto first = static_cast<std::int64_t>(random.below(wanted.size()));
      read_values(tile, p, first, tile.elements - first, values.data());
      read_words(tile, p, first, tile.elements - first, words.data());
      for (std::int64_t i = first; i < tile.elements; ++i) {
        const std::int64_t expected = wanted[static_cast<std::size_t>(i)] + 1000 * (p + 1);
        ASSERT_EQ(values[static_cast<std::size_t>(i - first)], static_cast<float>(expected));
        ASSERT_EQ(words[static_cast<std::size_t>(i - first)], expected);
      }
    }
  }
}

TEST(Tile, ReportsReadsOfBytesThatNothingWrote) {
  TestCore core;
  const auto id = core.sbuf(ElementType::kFloat32, {2, 10});
  Access part{.tensor = id, .rank = 1, .partitions = 2};
  part.dims[0] = {2, 5};
  const isa::Instruction copy{.opcode = isa::Opcode::kTensorCopy,
                              .operands = {{.name = isa::OperandName::kSrc, .access = part}}};
  core.machine.begin(7, copy);
  mark_written(core.machine.output(copy.operands[0]));
  core.machine.input(copy.operands[0]);
  EXPECT_TRUE(core.machine.reports().empty());
  core.machine.input(core.whole(isa::OperandName::kSrc, id));
  ASSERT_EQ(core.machine.reports().size(), 1u);
  EXPECT_EQ(to_text(core.machine.reports()[0]),
            "uninitialised read at instruction 7 (tensor_copy src=\"t0\"): partition 0, element 1 "
            "was never written");
}

// What is remembered of written blocks never hides a byte that nothing wrote.
TEST(Tile, FindsUnwrittenBytesAsAnElementByElementRecordDoes) {
  Random random(2);
  const isa::Instruction nothing{.opcode = isa::Opcode::kLoopEnd};
  for (int round = 0; round < 60; ++round) {
    TestCore core;
    const auto id = core.sbuf(ElementType::kUint16, {8, 1000});
    std::vector<std::uint8_t> written(8000);
    core.machine.begin(0, nothing);
    for (int step = 0; step < 60; ++step) {
      Access access = random_access(random, id);
      if (random.below(2) == 0) {  // a plain block
        access.rank = 1;
        access.offset = static_cast<std::int64_t>(random.below(8)) * 100;
        access.dims[0] = {1, static_cast<std::int64_t>(100 * (1 + random.below(2)))};
      }
      access.start_partition = static_cast<std::int16_t>(random.below(7));
      access.partitions = static_cast<std::int16_t>(
          1 + random.below(static_cast<std::uint64_t>(8 - access.start_partition)));
      const Tile tile = core.machine.place({.access = access});
      const bool write = random.below(2) == 0;
      if (write) mark_written(tile);
      int first = -1;
      for (int p = 0; p < tile.partitions; ++p) {
        for (const std::int64_t at : places(access)) {
          std::uint8_t& bit =
              written[static_cast<std::size_t>((access.start_partition + p) * 1000 + at)];
          if (write) bit = 1;
          if (!write && bit == 0 && first < 0) first = p;
        }
      }
      if (!write) {
        ASSERT_EQ(find_unwritten(tile).partition, first);
      }
    }
  }
}

TEST(Tile, MovesRowsOfEveryLengthAsElementByElement) {
  Random random(3);
  const isa::Instruction nothing{.opcode = isa::Opcode::kLoopEnd};
  for (std::int64_t length = 1; length <= 140; ++length) {
    TestCore core;
    const auto id = core.sbuf(ElementType::kUint8, {5, 150});
    std::vector<std::uint8_t> bytes(750);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.below(256));
    core.memory.write(id, core.program.tensor(id), bytes);
    core.machine.begin(0, nothing);
    Access access{
        .tensor = id, .type = ElementType::kUint8, .rank = 1, .partitions = 4, .offset = 3};
    access.dims[0] = {1, length};
    const Tile tile = core.machine.place({.access = access});
    std::vector<std::uint8_t> rows(static_cast<std::size_t>(3 * length));
    read_rows(tile, 1, 3, rows.data());
    for (std::int64_t i = 0; i < 3 * length; ++i) {
      ASSERT_EQ(rows[static_cast<std::size_t>(i)],
                bytes[static_cast<std::size_t>((1 + i / length) * 150 + 3 + i % length)]);
    }
    std::vector<std::uint8_t> expected = bytes;
    for (std::int64_t i = 0; i < 3 * length; ++i) {
      rows[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(random.below(256));
      expected[static_cast<std::size_t>((1 + i / length) * 150 + 3 + i % length)] =
          rows[static_cast<std::size_t>(i)];
    }
    write_rows(tile, 1, 3, rows.data());
    ASSERT_EQ(core.memory.read(id, core.program.tensor(id)), expected);
  }
}

TEST(Tile, FaultsOneElementBeyondTheTensor) {
  TestCore core;
  const auto id = core.sbuf(ElementType::kFloat32, {4, 10});
  const isa::Instruction copy{.opcode = isa::Opcode::kTensorCopy};
  Access access{.tensor = id, .rank = 1, .start_partition = 2, .partitions = 2, .offset = 1};
  access.dims[0] = {3, 3};
  core.machine.begin(0, copy);
  core.machine.output({.access = access});
  access.offset = 4;
  core.machine.output({.access = access});
  access.offset = 3;
  core.machine.output({.access = access});
  ASSERT_TRUE(core.machine.faulted());
  EXPECT_NE(core.machine.fault()->what.find("bytes 16 to 43"), std::string::npos)
      << core.machine.fault()->what;
}

}  // namespace
}  // namespace switchyard::neuroncore
