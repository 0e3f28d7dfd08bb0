#include "cli/kernel_core.h"

#include <algorithm>

#include "base/files.h"
#include "base/text.h"
#include "cli/output.h"
#include "isa/text.h"
#include "neuroncore/arguments.h"
#include "neuroncore/lnc.h"
#include "neuroncore/npy.h"

namespace switchyard::cli {

namespace {

using isa::TensorId;

constexpr std::uint64_t kProgramBytesMax = 1ULL << 30;
// Values of a kernel's tensors stay in memory; beyond this, time alone can be simulated.
constexpr std::int64_t kTensorBytesMax = std::int64_t{16} << 30;
constexpr std::size_t kValuesWhole = 64;  // outputs of up to as many values are printed

bool is_argument(const isa::Tensor& tensor, bool input) {
  if (tensor.kind == isa::TensorKind::kInputOutput) return true;
  return tensor.kind == (input ? isa::TensorKind::kInput : isa::TensorKind::kOutput);
}

// The HBM tensor of that name, if any.
std::optional<TensorId> find_hbm(const isa::Program& program, const std::string& name) {
  for (TensorId id = 0; id < program.tensors().size(); ++id) {
    const isa::Tensor& tensor = program.tensor(id);
    if (tensor.buffer == isa::Buffer::kHbm && tensor.name == name) return id;
  }
  return std::nullopt;
}

Result<isa::Program> read_program(const std::string& file, const std::string& target) {
  const Waiting waiting("reading " + quote(file));
  SWITCHYARD_TRY(text, read_file(file, kProgramBytesMax));
  SWITCHYARD_TRY(program, isa::parse_program(text, file));
  if (!target.empty()) {
    SWITCHYARD_TRY(generation, isa::find_generation(target, "--target"));
    program.set_generation(generation);
  }
  return program;
}

// What two cores share must look the same to both.
Status check_shared(const RunOptions& o, const isa::Program& one, const isa::Program& two) {
  if (one.generation() != two.generation()) {
    return fail({.where = o.second_program,
                 .found = fmt::format("a program for {}", isa::name(two.generation())),
                 .wanted = fmt::format("{}, as {} is", isa::name(one.generation()), o.program)});
  }
  for (const isa::Tensor& tensor : two.tensors()) {
    if (tensor.buffer != isa::Buffer::kHbm) continue;
    const std::optional<TensorId> id = find_hbm(one, tensor.name);
    if (!id) continue;
    const isa::Tensor& other = one.tensor(*id);
    if (other.type == tensor.type && other.shape == tensor.shape) continue;
    return fail({.where = fmt::format("{}, tensor {}", o.second_program, quote(tensor.name)),
                 .found = "another shape or type than in " + o.program,
                 .wanted = "the same: the cores of an LNC share HBM tensors by name"});
  }
  return {};
}

Status parse_files(const std::vector<std::string>& texts, const std::string& flag, bool inputs,
                   KernelCores& cores) {
  std::vector<std::string> names;
  for (const auto& core : cores) {
    for (const isa::Tensor& tensor : core->program.tensors()) {
      if (is_argument(tensor, inputs)) names.push_back(tensor.name);
    }
  }
  for (const std::string& text : texts) {
    const std::size_t split = text.find('=');
    if (split == std::string::npos || split == 0 || split + 1 == text.size()) {
      return fail(
          {.kind = ErrorKind::kUsage, .where = flag, .found = quote(text), .wanted = "NAME=FILE"});
    }
    const std::string name = text.substr(0, split);
    bool found = false, twice = false;
    for (const auto& core : cores) {
      const std::optional<TensorId> id = find_hbm(core->program, name);
      if (!id || !is_argument(core->program.tensor(*id), inputs)) continue;
      if (found && !inputs) break;  // shared: written once
      found = true;
      twice |= !(inputs ? core->inputs : core->outputs).emplace(*id, text.substr(split + 1)).second;
    }
    if (twice) {
      return fail({.kind = ErrorKind::kUsage,
                   .where = flag,
                   .found = fmt::format("{} twice", quote(name)),
                   .wanted = "each name once"});
    }
    if (!found) {
      return fail({.kind = ErrorKind::kUnknown,
                   .where = flag,
                   .found = fmt::format("{} is no {} of the program", quote(name),
                                        inputs ? "input" : "output"),
                   .hint = did_you_mean(name, names)});
    }
  }
  return {};
}

bool is_npy(const std::string& file) { return file.ends_with(".npy"); }

std::int64_t bytes_of(const isa::Tensor& tensor) {
  return tensor.partition_bytes() * tensor.partitions();
}

Result<std::vector<std::uint8_t>> read_input(const isa::Tensor& tensor, const std::string& file) {
  constexpr std::uint64_t kHeader = 1 << 17;
  const auto size = static_cast<std::uint64_t>(bytes_of(tensor));
  // float32 stands in for narrower types.
  SWITCHYARD_TRY(content, read_file(file, 4 * size + kHeader));
  if (is_npy(file)) return neuroncore::from_npy(content, tensor, file);
  if (content.size() != size) {
    return fail({.where = file,
                 .found = fmt::format("has {} bytes", content.size()),
                 .wanted = fmt::format("{}, the size of tensor {}", size, quote(tensor.name))});
  }
  return std::vector<std::uint8_t>(content.begin(), content.end());
}

Status check_size(const KernelCores& cores) {
  std::int64_t total = 0;
  for (const auto& core : cores) {
    for (const isa::Tensor& tensor : core->program.tensors()) {
      if (__builtin_add_overflow(total, bytes_of(tensor), &total)) total = kTensorBytesMax + 1;
      if (total <= kTensorBytesMax) continue;
      return fail({.kind = ErrorKind::kImpossible,
                   .where = "tensor " + quote(tensor.name),
                   .found = "makes the program's tensors too large to hold",
                   .wanted = fmt::format("at most {} in all",
                                         format_si(static_cast<double>(kTensorBytesMax), "B")),
                   .hint = "--no-values simulates its time without them"});
    }
  }
  return {};
}

// `first`: the core whose HBM tensors this one shares, or itself.
Status bind_memory(const RunOptions& o, const isa::Limits& limits, KernelCore& first,
                   KernelCore& core) {
  neuroncore::Memory& memory = core.memory.emplace(limits);
  for (TensorId id = 0; id < core.program.tensors().size(); ++id) {
    const isa::Tensor& tensor = core.program.tensor(id);
    const bool shares = &first != &core && tensor.buffer == isa::Buffer::kHbm;
    const std::optional<TensorId> other =
        shares ? find_hbm(first.program, tensor.name) : std::nullopt;
    if (other) {
      memory.bind_shared(id, *first.memory->place(*other).storage);
      if (is_argument(first.program.tensor(*other), true)) continue;
    } else {
      SWITCHYARD_TRY_STATUS(memory.bind(id, tensor));
    }
    const auto given = core.inputs.find(id);
    if (given != core.inputs.end()) {
      SWITCHYARD_TRY(bytes, read_input(tensor, given->second));
      memory.write(id, tensor, bytes);
    } else if (is_argument(tensor, true)) {
      memory.write(id, tensor, neuroncore::random_argument(tensor, o.seed));
    }
  }
  return {};
}

void take_outputs(const KernelCore* before, KernelCore& core) {
  for (TensorId id = 0; id < core.program.tensors().size(); ++id) {
    const isa::Tensor& tensor = core.program.tensor(id);
    if (!is_argument(tensor, false)) continue;
    const std::optional<TensorId> shared =
        before ? find_hbm(before->program, tensor.name) : std::nullopt;
    if (shared && is_argument(before->program.tensor(*shared), false)) continue;
    std::vector<std::uint8_t> bytes = core.memory->read(id, tensor);
    const bool small = tensor.partition_elements() <= static_cast<std::int64_t>(kValuesWhole);
    core.run.outputs.push_back({.name = tensor.name,
                                .type = std::string(numeric::name(tensor.type)),
                                .shape = tensor.shape,
                                .digest = neuroncore::digest(bytes),
                                .values = small
                                              ? neuroncore::values_text(tensor, bytes, kValuesWhole)
                                              : std::vector<std::string>()});
    core.values.emplace(id, std::move(bytes));
  }
}

void note(neuroncore::RunResult result, const neuroncore::Machine& machine, KernelCore& core) {
  core.run.executed = true;
  core.run.instructions_executed = result.executed;
  core.run.fault = std::move(result.fault);
  core.run.reports.assign(machine.reports().begin(), machine.reports().end());
  core.trips = std::move(result.trips);
}

}  // namespace

Result<KernelCores> read_cores(const RunOptions& o) {
  KernelCores cores;
  for (const std::string& file : {o.program, o.second_program}) {
    if (file.empty()) continue;
    SWITCHYARD_TRY(program, read_program(file, o.target));
    cores.push_back(std::make_unique<KernelCore>(KernelCore{.program = std::move(program)}));
    cores.back()->run.file = file;
    cores.back()->run.program = &cores.back()->program;
  }
  if (cores.size() > 1) {
    SWITCHYARD_TRY_STATUS(check_shared(o, cores[0]->program, cores[1]->program));
  }
  return cores;
}

neuroncore::SharedTensors shared_tensors(const KernelCores& cores) {
  neuroncore::SharedTensors shared;
  if (cores.size() < 2) return shared;
  const isa::Program& one = cores[0]->program;
  for (TensorId id = 0; id < one.tensors().size(); ++id) {
    if (one.tensor(id).buffer != isa::Buffer::kHbm) continue;
    const std::optional<TensorId> other = find_hbm(cores[1]->program, one.tensor(id).name);
    if (other) shared.emplace_back(id, *other);
  }
  return shared;
}

Status read_arguments(const RunOptions& o, KernelCores& cores) {
  SWITCHYARD_TRY_STATUS(parse_files(o.inputs, "--input", true, cores));
  return parse_files(o.outputs, "--output", false, cores);
}

Status execute(const RunOptions& o, const isa::Limits& limits, KernelCores& cores) {
  SWITCHYARD_TRY_STATUS(check_size(cores));
  std::vector<std::unique_ptr<neuroncore::Machine>> machines;
  for (const auto& core : cores) {
    SWITCHYARD_TRY_STATUS(bind_memory(o, limits, *cores[0], *core));
    machines.push_back(std::make_unique<neuroncore::Machine>(
        core->program, *core->memory, limits, neuroncore::ExecuteOptions{.seed = o.seed}));
  }
  if (cores.size() == 1) {
    Progress progress("executing");
    const auto hook = [&](double share) { progress.update(share); };
    note(neuroncore::run(*machines[0], neuroncore::kExecutedMax, hook), *machines[0], *cores[0]);
  } else {
    const Waiting waiting("executing");
    auto results = neuroncore::run_pair(*machines[0], *machines[1]);
    for (std::size_t i = 0; i < cores.size(); ++i) note(results[i], *machines[i], *cores[i]);
  }
  const bool fault =
      std::any_of(cores.begin(), cores.end(), [](const auto& core) { return core->run.fault; });
  const KernelCore* before = nullptr;
  for (const auto& core : cores) {
    if (!fault) take_outputs(before, *core);
    before = core.get();
  }
  return {};
}

Status write_outputs(const KernelCores& cores) {
  for (const auto& core : cores) {
    for (const auto& [id, file] : core->outputs) {
      const std::vector<std::uint8_t>& bytes = core->values.at(id);
      const std::string content =
          is_npy(file) ? neuroncore::to_npy(core->program.tensor(id), bytes)
                       : std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      SWITCHYARD_TRY_STATUS(write_file_atomically(file, content));
    }
  }
  return {};
}

}  // namespace switchyard::cli
