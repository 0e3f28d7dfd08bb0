// switchyard run
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/atomic_file.h"
#include "base/files.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "isa/text.h"
#include "isa/validate.h"
#include "neuroncore/arguments.h"
#include "neuroncore/npy.h"
#include "neuroncore/schedule.h"
#include "report/chrome_trace.h"
#include "report/kernel_report.h"
#include "report/perfetto.h"
#include "report/timeline_trace.h"

namespace switchyard::cli {

namespace {

using isa::TensorId;
using neuroncore::Policy;

constexpr int kFaultCode = 3;
constexpr std::uint64_t kProgramBytesMax = 1ULL << 30;
// Values of a kernel's tensors stay in memory; beyond this, time alone can be simulated.
constexpr std::int64_t kTensorBytesMax = std::int64_t{16} << 30;
constexpr std::size_t kValuesWhole = 64;  // outputs of up to as many values are printed

Error usage(std::string where, std::string found, std::string wanted, std::string hint = "") {
  return {.kind = ErrorKind::kUsage,
          .where = std::move(where),
          .found = std::move(found),
          .wanted = std::move(wanted),
          .hint = std::move(hint)};
}

// Files by argument, from NAME=FILE texts.
using FileMap = std::map<TensorId, std::string>;
Result<FileMap> parse_files(const std::vector<std::string>& texts, const isa::Program& program,
                            const std::string& flag, bool inputs) {
  std::map<std::string, TensorId, std::less<>> arguments;
  std::vector<std::string> names;
  for (TensorId id = 0; id < program.tensors().size(); ++id) {
    const isa::Tensor& tensor = program.tensor(id);
    const isa::TensorKind other = inputs ? isa::TensorKind::kOutput : isa::TensorKind::kInput;
    if (tensor.kind == isa::TensorKind::kInternal || tensor.kind == other) continue;
    arguments.emplace(tensor.name, id);
    names.push_back(tensor.name);
  }
  FileMap files;
  for (const std::string& text : texts) {
    const std::size_t split = text.find('=');
    if (split == std::string::npos || split == 0 || split + 1 == text.size()) {
      return fail(usage(flag, quote(text), "NAME=FILE"));
    }
    const auto found = arguments.find(text.substr(0, split));
    if (found == arguments.end()) {
      return fail({.kind = ErrorKind::kUnknown,
                   .where = flag,
                   .found = fmt::format("{} is no {} of the program", quote(text.substr(0, split)),
                                        inputs ? "input" : "output"),
                   .hint = did_you_mean(text.substr(0, split), names)});
    }
    if (!files.emplace(found->second, text.substr(split + 1)).second) {
      return fail(usage(flag, fmt::format("{} twice", quote(found->first)), "each name once"));
    }
  }
  return files;
}

Result<Policy> parse_policy(const std::string& text) {
  std::vector<std::string> names;
  for (const Policy policy : {Policy::kProgram, Policy::kList, Policy::kIdeal}) {
    if (text == neuroncore::name(policy)) return policy;
    names.emplace_back(neuroncore::name(policy));
  }
  return fail({.kind = ErrorKind::kUnknown,
               .where = "--policy",
               .found = quote(text),
               .wanted = "program, list or ideal",
               .hint = did_you_mean(text, names)});
}

Status check_options(const RunOptions& o) {
  if (!o.values && !o.time) {
    return fail(
        usage("--no-values", "with --no-time", "one of them", "nothing would be left to do"));
  }
  if (!o.time && !o.trace_file.empty()) {
    return fail(usage("--trace", "with --no-time", "a schedule to write"));
  }
  if (!o.values && !(o.inputs.empty() && o.outputs.empty())) {
    return fail(usage("--no-values", "with --input or --output", "one of them"));
  }
  return {};
}

Result<isa::Program> read_program(const RunOptions& o) {
  const Waiting waiting("reading " + quote(o.program));
  SWITCHYARD_TRY(text, read_file(o.program, kProgramBytesMax));
  SWITCHYARD_TRY(program, isa::parse_program(text, o.program));
  if (!o.target.empty()) {
    SWITCHYARD_TRY(generation, isa::find_generation(o.target, "--target"));
    program.set_generation(generation);
  }
  return program;
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

Status check_size(const isa::Program& program) {
  std::int64_t total = 0;
  for (const isa::Tensor& tensor : program.tensors()) {
    if (__builtin_add_overflow(total, bytes_of(tensor), &total)) total = kTensorBytesMax + 1;
    if (total <= kTensorBytesMax) continue;
    return fail({.kind = ErrorKind::kImpossible,
                 .where = "tensor " + quote(tensor.name),
                 .found = "makes the program's tensors too large to hold",
                 .wanted = fmt::format("at most {} in all",
                                       format_si(static_cast<double>(kTensorBytesMax), "B")),
                 .hint = "--no-values simulates its time without them"});
  }
  return {};
}

Result<neuroncore::Memory> make_memory(const RunOptions& o, const isa::Program& program,
                                       const isa::Limits& limits, const FileMap& inputs) {
  SWITCHYARD_TRY_STATUS(check_size(program));
  neuroncore::Memory memory(limits);
  for (TensorId id = 0; id < program.tensors().size(); ++id) {
    const isa::Tensor& tensor = program.tensor(id);
    SWITCHYARD_TRY_STATUS(memory.bind(id, tensor));
    const auto given = inputs.find(id);
    if (given != inputs.end()) {
      SWITCHYARD_TRY(bytes, read_input(tensor, given->second));
      memory.write(id, tensor, bytes);
    } else if (tensor.kind == isa::TensorKind::kInput ||
               tensor.kind == isa::TensorKind::kInputOutput) {
      memory.write(id, tensor, neuroncore::random_argument(tensor, o.seed));
    }
  }
  return memory;
}

// The bytes of all outputs, by tensor.
using Values = std::map<TensorId, std::vector<std::uint8_t>>;

Values take_outputs(const isa::Program& program, const neuroncore::Memory& memory,
                    report::KernelRun& run) {
  Values values;
  for (TensorId id = 0; id < program.tensors().size(); ++id) {
    const isa::Tensor& tensor = program.tensor(id);
    if (tensor.kind != isa::TensorKind::kOutput && tensor.kind != isa::TensorKind::kInputOutput) {
      continue;
    }
    std::vector<std::uint8_t> bytes = memory.read(id, tensor);
    const bool small = tensor.partition_elements() <= static_cast<std::int64_t>(kValuesWhole);
    run.outputs.push_back({.name = tensor.name,
                           .type = std::string(numeric::name(tensor.type)),
                           .shape = tensor.shape,
                           .digest = neuroncore::digest(bytes),
                           .values = small ? neuroncore::values_text(tensor, bytes, kValuesWhole)
                                           : std::vector<std::string>()});
    values.emplace(id, std::move(bytes));
  }
  return values;
}

struct Executed {
  Values outputs;
  neuroncore::TripCounts trips;
};

Result<Executed> execute(const RunOptions& o, const isa::Program& program,
                         const isa::Limits& limits, const FileMap& inputs, report::KernelRun& run) {
  const Waiting waiting("executing");
  SWITCHYARD_TRY(memory, make_memory(o, program, limits, inputs));
  neuroncore::Machine machine(program, memory, limits, {.seed = o.seed});
  neuroncore::RunResult result = neuroncore::run(machine);
  run.executed = true;
  run.instructions_executed = result.executed;
  run.fault = std::move(result.fault);
  run.reports.assign(machine.reports().begin(), machine.reports().end());
  Executed out{.outputs = {}, .trips = std::move(result.trips)};
  if (!run.fault) out.outputs = take_outputs(program, memory, run);
  return out;
}

void schedule_all(const isa::Program& program, const neuroncore::Core& core, Policy chosen,
                  const neuroncore::TripCounts* trips, report::KernelRun& run) {
  const Waiting waiting("scheduling");
  for (const Policy policy : {Policy::kProgram, Policy::kList, Policy::kIdeal}) {
    neuroncore::ScheduleOptions options{
        .policy = policy, .allocation = &*run.allocation, .trips = trips};
    if (policy != chosen) options.records_max = 0;
    neuroncore::Timeline timeline = neuroncore::schedule(program, core, options);
    run.bracket.push_back({policy, timeline.duration});
    if (policy != chosen) continue;
    run.partial = timeline.instructions.size() >= options.records_max;
    run.timeline = std::move(timeline);
  }
  run.profile = neuroncore::make_profile(program, *run.timeline, neuroncore::peaks_of(core));
}

Status write_trace(const std::string& path, const isa::Program& program,
                   const neuroncore::Timeline& timeline) {
  SWITCHYARD_TRY(file, AtomicFile::create(path));
  const report::TraceSink sink = [&](std::string_view bytes) { return file.write(bytes); };
  const std::string title = report::trace_title(program, timeline);
  std::unique_ptr<report::TraceEncoder> encoder;
  if (path.ends_with(".json")) {
    encoder = std::make_unique<report::ChromeTraceEncoder>(sink, title);
  } else {
    encoder = std::make_unique<report::PerfettoEncoder>(sink, title);
  }
  Progress progress("writing the trace");
  report::write_timeline(program, timeline, *encoder,
                         [&](double share) { progress.update(share); });
  SWITCHYARD_TRY_STATUS(encoder->finish());
  return file.commit();
}

Status write_outputs(const isa::Program& program, const FileMap& files, const Values& values) {
  for (const auto& [id, file] : files) {
    const std::vector<std::uint8_t>& bytes = values.at(id);
    const std::string content =
        is_npy(file) ? neuroncore::to_npy(program.tensor(id), bytes)
                     : std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    SWITCHYARD_TRY_STATUS(write_file_atomically(file, content));
  }
  return {};
}

}  // namespace

Result<int> run_kernel(const RunOptions& o) {
  SWITCHYARD_TRY_STATUS(check_options(o));
  SWITCHYARD_TRY(policy, parse_policy(o.policy));
  SWITCHYARD_TRY(program, read_program(o));
  SWITCHYARD_TRY(input_files, parse_files(o.inputs, program, "--input", true));
  SWITCHYARD_TRY(output_files, parse_files(o.outputs, program, "--output", false));
  std::optional<std::filesystem::path> overlay;
  if (!o.common.catalog_overlay.empty()) overlay = o.common.catalog_overlay;
  SWITCHYARD_TRY(core, neuroncore::load_core(program.generation(), overlay));
  SWITCHYARD_TRY_STATUS(isa::validate(program, core.limits));

  report::KernelRun run{.file = o.program, .program = &program, .limits = core.limits};
  run.allocation = neuroncore::allocate(program, core.limits);
  Executed executed;
  if (o.values && !run.allocation->fault) {
    SWITCHYARD_TRY(result, execute(o, program, core.limits, input_files, run));
    executed = std::move(result);
  }
  if (o.time && !report::faulted(run)) {
    schedule_all(program, core, policy, o.values ? &executed.trips : nullptr, run);
  }
  // Nothing of a run that faulted is written but its report: the values would mislead.
  if (!report::faulted(run)) {
    SWITCHYARD_TRY_STATUS(write_outputs(program, output_files, executed.outputs));
  }
  if (run.timeline && !o.trace_file.empty()) {
    SWITCHYARD_TRY_STATUS(write_trace(o.trace_file, program, *run.timeline));
  }
  SWITCHYARD_TRY_STATUS(emit(report::kernel_text(run, colour_wanted()), report::kernel_json(run),
                             o.common.json_file));
  return report::faulted(run) ? kFaultCode : 0;
}

}  // namespace switchyard::cli
