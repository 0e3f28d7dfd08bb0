// The cores of `switchyard run`: one, or the two of an LNC. Programs, arguments and their values.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "neuroncore/execute.h"
#include "neuroncore/schedule.h"
#include "report/kernel_report.h"

namespace switchyard::cli {

struct KernelCore {
  isa::Program program;
  std::map<isa::TensorId, std::string> inputs, outputs;  // files of arguments
  std::optional<neuroncore::Memory> memory;
  std::map<isa::TensorId, std::vector<std::uint8_t>> values;  // of outputs
  neuroncore::TripCounts trips;
  report::KernelRun run = {};
};
using KernelCores = std::vector<std::unique_ptr<KernelCore>>;

// The program of `o`, and of its second core if it has one. HBM tensors of the same name are one.
Result<KernelCores> read_cores(const RunOptions& o);

// The files that --input and --output name.
Status read_arguments(const RunOptions& o, KernelCores& cores);

// HBM tensors that both cores of a pair have.
neuroncore::SharedTensors shared_tensors(const KernelCores& cores);

// Executes all cores; what they say goes into their runs.
Status execute(const RunOptions& o, const isa::Limits& limits, KernelCores& cores);

Status write_outputs(const KernelCores& cores);

}  // namespace switchyard::cli
