// The identity of an instruction's form (program.h) as bytes, for hashing. Internal to isa/.
#pragma once

#include <string>

#include "isa/instruction.h"

namespace switchyard::isa {

// Two instructions get the same key exactly when they differ at most in tensors, offsets,
// registers, name, source and edges. `key` is overwritten.
void write_form_key(const Instruction& instruction, std::string& key);

}  // namespace switchyard::isa
