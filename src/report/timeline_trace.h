// A schedule as a trace: rows for engines and DMA queues, arrows for what waited for what, curves
// of the bytes held and moved.
#pragma once

#include "isa/program.h"
#include "neuroncore/timeline.h"
#include "report/trace_encoder.h"

namespace switchyard::report {

// Writes everything but the end: finish() is the caller's. Things of one row that overlap in time
// (pipelined instructions, PE tiles) get rows of their own beside it, named "TensorE (2)".
void write_timeline(const isa::Program& program, const neuroncore::Timeline& timeline,
                    TraceEncoder& encoder,
                    const std::function<void(double share)>& progress = nullptr);

// "NeuronCore-v3, policy list".
std::string trace_title(const isa::Program& program, const neuroncore::Timeline& timeline);

}  // namespace switchyard::report
