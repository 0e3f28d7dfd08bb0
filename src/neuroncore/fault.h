// What goes wrong inside the simulated machine: a result of the run, not an error of ours.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isa/instruction.h"

namespace switchyard::neuroncore {

enum class FaultKind : std::uint8_t {
  kOutOfBounds,    // an access or index beyond its tensor
  kUninitialised,  // bytes read that nothing wrote
  kCapacity,       // more live bytes than SBUF or PSUM has
  kRace,           // two accesses to the same bytes that nothing orders, one of them a write
  kDeadlock,       // instructions that wait for each other
  kUndefined,      // documented as undefined behaviour of the hardware
};
std::string_view name(FaultKind kind);  // "out of bounds"

struct Fault {
  FaultKind kind = FaultKind::kOutOfBounds;
  isa::InstructionId instruction = 0;
  std::string where;                      // opcode, operand, tensor; the kernel's line when known
  std::string what;                       // what was found and what was wanted
  std::vector<std::string> details = {};  // who waits for whom, what is live at the peak
};

// "race at instruction 12 (tensor_copy dst=t3, kernel.py:40): ...", one line and one a detail.
std::string to_text(const Fault& fault);

}  // namespace switchyard::neuroncore
