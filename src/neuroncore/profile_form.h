// What an execution of a form moves and computes: everything of a profile that does not depend on
// time. Internal to profiling.
#pragma once

#include <cstdint>
#include <vector>

#include "isa/program.h"
#include "neuroncore/profile.h"

namespace switchyard::neuroncore {

// An access of a form; its tensor stands in the instruction's bindings.
struct FormAccess {
  std::uint8_t binding = 0;
  bool reads = false, writes = false;
  bool indirect = false;
  std::int64_t bytes = 0;
};

struct FormFacts {
  std::vector<FormAccess> accesses;
  bool dma = false;
  DmaKind dma_kind = DmaKind::kStatic;
  std::int64_t flops = 0;  // if on TensorE
  bool transpose = false;  // of data on TensorE: not useful work
  bool float32 = false;    // multiplies in float32
  double flop_cost = 1;    // in those of bfloat16
  int partitions = 0;      // of compute: the most that an operand spans
};

FormFacts facts_of(const isa::Instruction& form, const Peaks& peaks);
std::vector<FormFacts> facts_of_forms(const isa::Program& program, const Peaks& peaks);

// Dense numbers for the sites of a program.
class SiteTable {
 public:
  explicit SiteTable(const isa::Program& program);

  SiteId site(isa::InstructionId id);
  std::vector<Site>& sites() { return sites_; }

 private:
  SiteId add(isa::InstructionId id);

  const isa::Program& program_;
  std::vector<Site> sites_;
  std::vector<SiteId> by_form_;  // of instructions without a line
  std::vector<std::vector<std::pair<isa::Opcode, SiteId>>> by_source_;
};

}  // namespace switchyard::neuroncore
