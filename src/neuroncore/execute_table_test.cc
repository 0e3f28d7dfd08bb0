#include <gtest/gtest.h>

#include "neuroncore/execute.h"

namespace switchyard::neuroncore {
namespace {

TEST(ExecuteTable, HasAHandlerForEveryInstructionButLoopMarkers) {
  for (const isa::InstructionInfo& row : isa::instruction_table()) {
    const bool marker = row.opcode == isa::Opcode::kForBegin ||
                        row.opcode == isa::Opcode::kWhileBegin ||
                        row.opcode == isa::Opcode::kLoopEnd;
    EXPECT_EQ(handler(row.opcode) == nullptr, marker) << isa::name(row.opcode);
  }
}

}  // namespace
}  // namespace switchyard::neuroncore
