// What a program asks of the machine, whatever its time: for energy and for rooflines.
#pragma once

#include "base/units.h"
#include "isa/program.h"

namespace switchyard::kernels {

struct Work {
  Bytes hbm;    // read and written by DMA
  Flops flops;  // of matrix products, in passes of TensorE at the bf16 rate: float32 counts
                // `float32_passes` times
};

// Contract: no hardware loops.
Work work_of(const isa::Program& program, double float32_passes);

}  // namespace switchyard::kernels
