// A schedule as a trace: rows for engines and DMA queues, arrows for what waited for what, curves
// of the bytes held and moved.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "isa/program.h"
#include "neuroncore/timeline.h"
#include "report/trace_encoder.h"

namespace switchyard::report {

struct CoreTrace {
  const isa::Program* program = nullptr;
  const neuroncore::Timeline* timeline = nullptr;
};

// Writes everything but the end: finish() is the caller's. Things of one row that overlap in time
// (pipelined instructions, PE tiles) get rows of their own beside it, named "TensorE (2)". With
// several cores, those of an LNC, rows say which: "core 1 TensorE".
void write_timelines(std::span<const CoreTrace> cores, TraceEncoder& encoder,
                     const std::function<void(double share)>& progress = nullptr);

// The same into a file; Chrome's format if its name ends in .json, else Perfetto's.
Status write_trace_file(const std::string& path, std::span<const CoreTrace> cores,
                        const std::function<void(double share)>& progress = nullptr);

// "NeuronCore-v3, policy list".
std::string trace_title(const isa::Program& program, const neuroncore::Timeline& timeline);

}  // namespace switchyard::report
