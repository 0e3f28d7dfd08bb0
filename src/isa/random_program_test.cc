#include "isa/random_program.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "isa/test_programs.h"
#include "isa/text.h"
#include "isa/validate.h"

namespace switchyard::isa {
namespace {

constexpr int kSeeds = 400;  // a generation

TEST(RandomProgram, IsValid) {
  for (const Generation generation : kGenerations) {
    const Limits limits = limits_of(generation);
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      const Program program = random_program(seed, limits,
                                             {.initialised = seed % 3 != 0,
                                              .fixed_addresses = seed % 5 != 0,
                                              .core_pair = seed % 2 == 0});
      const Status status = validate(program, limits);
      ASSERT_TRUE(status) << name(generation) << " seed " << seed << "\n"
                          << to_text(status.error()) << "\n"
                          << to_text(program);
    }
  }
}

TEST(RandomProgram, RoundTripsThroughText) {
  for (const Generation generation : kGenerations) {
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      const Program program = random_program(seed, limits_of(generation), {.core_pair = true});
      const std::string text = to_text(program);
      const Result<Program> parsed = parse_program(text, "random");
      ASSERT_TRUE(parsed) << to_text(parsed.error()) << "\n" << text;
      EXPECT_EQ(difference(program, *parsed), "") << text;
      EXPECT_EQ(to_text(*parsed), text);
    }
  }
}

TEST(RandomProgram, DependsOnTheSeedAlone) {
  const Limits limits = limits_of(Generation::kV3);
  EXPECT_EQ(to_text(random_program(7, limits)), to_text(random_program(7, limits)));
  EXPECT_NE(to_text(random_program(7, limits)), to_text(random_program(8, limits)));
}

TEST(RandomProgram, HoldsEveryInstructionTypeAndIndirection) {
  for (const Generation generation : kGenerations) {
    std::map<Opcode, int> opcodes;
    std::set<numeric::ElementType> types;
    std::set<IndirectKind> kinds;
    std::size_t aliasing = 0, edges = 0;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      const Program program = random_program(seed, limits_of(generation), {.core_pair = true});
      for (const Tensor& tensor : program.tensors()) aliasing += tensor.address.has_value();
      for (InstructionId id = 0; id < program.size(); ++id) {
        const Instruction instruction = program.at(id);
        ++opcodes[instruction.opcode];
        edges += instruction.depends_on.size() + instruction.waits.size();
        for (const Operand& operand : instruction.operands) {
          if (operand.kind != OperandKind::kAccess) continue;
          types.insert(operand.access.type);
          kinds.insert(operand.access.indirection.kind);
        }
      }
    }
    for (const InstructionInfo& row : instruction_table()) {
      if (row.since <= generation) {
        EXPECT_GT(opcodes[row.opcode], kSeeds / 8) << name(row.opcode) << name(generation);
      } else {
        EXPECT_EQ(opcodes[row.opcode], 0) << name(row.opcode) << name(generation);
      }
    }
    EXPECT_EQ(types.size(), numeric::element_types().size());
    EXPECT_EQ(kinds.contains(IndirectKind::kVector), generation >= Generation::kV3);
    EXPECT_EQ(kinds.contains(IndirectKind::kGather), generation == Generation::kV4);
    EXPECT_TRUE(kinds.contains(IndirectKind::kRegister));
    EXPECT_TRUE(kinds.contains(IndirectKind::kScalar));
    EXPECT_GT(aliasing, std::size_t{kSeeds});
    EXPECT_GT(edges, std::size_t{kSeeds});
  }
}

// Every tensor on chip is written whole before anything else may read it.
TEST(RandomProgram, InitialisesWhatItReads) {
  const Limits limits = limits_of(Generation::kV4);
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Program program = random_program(seed, limits, {.loops = false});
    std::set<TensorId> written;
    for (InstructionId id = 0; id < program.size(); ++id) {
      const Instruction instruction = program.at(id);
      for (const Operand& operand : instruction.operands) {
        if (operand.kind != OperandKind::kAccess) continue;
        const Tensor& tensor = program.tensor(operand.access.tensor);
        const bool given = tensor.kind == TensorKind::kInput || tensor.name.starts_with("index");
        const OperandInfo* row = instruction.info().find(operand.name);
        const bool writes = row && row->role != Role::kRead;
        if (writes && tensor.has_whole_access() &&
            operand.access == tensor.all(operand.access.tensor)) {
          written.insert(operand.access.tensor);
        }
        EXPECT_TRUE(given || written.contains(operand.access.tensor))
            << "seed " << seed << " instruction " << id << " tensor " << tensor.name;
      }
    }
  }
}

TEST(RandomProgram, KeepsToTheOpcodesAskedFor) {
  const Program program = random_program(3, limits_of(Generation::kV3),
                                         {.opcodes = {Opcode::kTensorTensor}, .loops = false});
  int found = 0;
  for (InstructionId id = 0; id < program.size(); ++id) {
    found += program.at(id).opcode == Opcode::kTensorTensor;
    EXPECT_NE(program.at(id).opcode, Opcode::kActivation);
  }
  EXPECT_EQ(found, 40);
}

}  // namespace
}  // namespace switchyard::isa
