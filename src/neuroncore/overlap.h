// Whether two instructions touch the same bytes, one of them to write: exactly, strides and all.
// Internal to schedule.
#pragma once

#include "neuroncore/prepared.h"

namespace switchyard::neuroncore {

// True, too, where it cannot be known: indirect accesses, and patterns of a million pieces.
bool share_bytes(const Prepared& prepared, isa::InstructionId a, isa::InstructionId b);
// The same of instructions of two programs, in an HBM tensor that both have.
bool share_bytes(const Prepared& one, isa::InstructionId a, isa::TensorId in_one,
                 const Prepared& two, isa::InstructionId b, isa::TensorId in_two);

}  // namespace switchyard::neuroncore
