// Energy of generated text: the chips' active power for as long as it took, and what bytes and
// products draw on top.
//
// Chips are charged whole, however few of their cores work. Links are not counted. [assumption]
#pragma once

#include "catalog/sample.h"
#include "runtime/generate.h"

namespace switchyard::runtime {

// Contract: the chip has cores.
Joules energy_of(const Generated& generated, const catalog::Chip& chip,
                 const catalog::PlatformNumbers& numbers, int ranks);

}  // namespace switchyard::runtime
