// One run of a kernel on the simulated core, for people and for programs.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/document.h"
#include "neuroncore/allocate.h"
#include "neuroncore/fault.h"
#include "neuroncore/profile.h"

namespace switchyard::report {

// What an argument held afterwards.
struct KernelOutput {
  std::string name, type;
  std::vector<std::int64_t> shape;
  std::string digest;               // of its bytes, 16 hexadecimal digits
  std::vector<std::string> values;  // all of a small one, row by row; else the first few
};

struct PolicyTime {
  neuroncore::Policy policy = neuroncore::Policy::kList;
  SimTime duration;
};

struct KernelRun {
  std::string file;
  const isa::Program* program = nullptr;
  isa::Limits limits;
  std::optional<neuroncore::Allocation> allocation;
  // Values; nothing when not executed.
  bool executed = false;
  std::uint64_t instructions_executed = 0;
  std::optional<neuroncore::Fault> fault;
  std::vector<neuroncore::Fault> reports;
  std::vector<KernelOutput> outputs;
  // Time; nothing when not scheduled.
  std::optional<neuroncore::Timeline> timeline;
  std::optional<neuroncore::Profile> profile;
  bool partial = false;  // the timeline lists only the first executions
  std::vector<PolicyTime> bracket;
};

// True when the simulated machine faulted: then there are no trustworthy results.
bool faulted(const KernelRun& run);

// Readable at 100 columns. `colour`: ANSI codes for faults and the verdict.
std::string kernel_text(const KernelRun& run, bool colour);
Json kernel_json(const KernelRun& run);

// Of one core, or of the two of an LNC: then the pair's time first, and each core after it.
std::string kernels_text(std::span<const KernelRun* const> cores, bool colour);
Json kernels_json(std::span<const KernelRun* const> cores);
// Of the slower core, by policy.
std::vector<PolicyTime> pair_times(std::span<const KernelRun* const> cores);

}  // namespace switchyard::report
