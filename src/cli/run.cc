// switchyard run
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/kernel_core.h"
#include "cli/output.h"
#include "isa/validate.h"
#include "neuroncore/schedule.h"
#include "report/timeline_trace.h"

namespace switchyard::cli {

namespace {

using neuroncore::Policy;

constexpr int kFaultCode = 3;

Error usage(std::string where, std::string found, std::string wanted, std::string hint = "") {
  return {.kind = ErrorKind::kUsage,
          .where = std::move(where),
          .found = std::move(found),
          .wanted = std::move(wanted),
          .hint = std::move(hint)};
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

bool any_fault(const KernelCores& cores) {
  return std::any_of(cores.begin(), cores.end(),
                     [](const auto& core) { return report::faulted(core->run); });
}

std::vector<neuroncore::Timeline> schedule_with(Policy policy, bool record, bool executed,
                                                const neuroncore::Core& core,
                                                const KernelCores& cores) {
  Progress progress("scheduling (" + std::string(neuroncore::name(policy)) + ")");
  std::vector<neuroncore::ScheduleOptions> options;
  for (const auto& one : cores) {
    options.push_back({.policy = policy,
                       .allocation = &*one->run.allocation,
                       .trips = executed ? &one->trips : nullptr,
                       .progress = [&](double share) { progress.update(share); }});
    if (!record) options.back().records_max = 0;
  }
  std::vector<neuroncore::Timeline> timelines;
  if (cores.size() == 1) {
    timelines.push_back(neuroncore::schedule(cores[0]->program, core, options[0]));
  } else {
    for (neuroncore::Timeline& timeline :
         neuroncore::schedule_pair({&cores[0]->program, &cores[1]->program}, core,
                                   {options[0], options[1]}, shared_tensors(cores))) {
      timelines.push_back(std::move(timeline));
    }
  }
  return timelines;
}

void schedule_all(Policy chosen, bool executed, const neuroncore::Core& core, KernelCores& cores) {
  for (const Policy policy : {Policy::kProgram, Policy::kList, Policy::kIdeal}) {
    auto timelines = schedule_with(policy, policy == chosen, executed, core, cores);
    for (std::size_t i = 0; i < cores.size(); ++i) {
      report::KernelRun& run = cores[i]->run;
      run.bracket.push_back({policy, timelines[i].duration});
      if (policy != chosen) continue;
      run.partial = timelines[i].instructions.size() >= neuroncore::ScheduleOptions().records_max;
      run.timeline = std::move(timelines[i]);
    }
  }
  const Waiting waiting("making the profile");
  for (const auto& one : cores) {
    one->run.profile =
        neuroncore::make_profile(one->program, *one->run.timeline, neuroncore::peaks_of(core));
  }
}

Status write_trace(const std::string& file, const KernelCores& cores) {
  std::vector<report::CoreTrace> traces;
  for (const auto& core : cores) traces.push_back({&core->program, &*core->run.timeline});
  Progress progress("writing the trace");
  return report::write_trace_file(file, traces, [&](double share) { progress.update(share); });
}

Status emit_reports(const RunOptions& o, const KernelCores& cores) {
  std::vector<const report::KernelRun*> runs;
  for (const auto& core : cores) runs.push_back(&core->run);
  return emit(report::kernels_text(runs, colour_wanted()), report::kernels_json(runs),
              o.common.json_file);
}

}  // namespace

Result<int> run_kernel(const RunOptions& o) {
  SWITCHYARD_TRY_STATUS(check_options(o));
  SWITCHYARD_TRY(policy, parse_policy(o.policy));
  SWITCHYARD_TRY(cores, read_cores(o));
  SWITCHYARD_TRY_STATUS(read_arguments(o, cores));
  std::optional<std::filesystem::path> overlay;
  if (!o.common.catalog_overlay.empty()) overlay = o.common.catalog_overlay;
  SWITCHYARD_TRY(core, neuroncore::load_core(cores[0]->program.generation(), overlay));
  for (const auto& one : cores) {
    SWITCHYARD_TRY_STATUS(isa::validate(one->program, core.limits));
    one->run.limits = core.limits;
    one->run.allocation = neuroncore::allocate(one->program, core.limits);
  }
  if (o.values && !any_fault(cores)) SWITCHYARD_TRY_STATUS(execute(o, core.limits, cores));
  if (o.time && !any_fault(cores)) schedule_all(policy, o.values, core, cores);
  // Nothing of a run that faulted is written but its report: the values would mislead.
  if (!any_fault(cores)) SWITCHYARD_TRY_STATUS(write_outputs(cores));
  if (cores[0]->run.timeline && !o.trace_file.empty()) {
    SWITCHYARD_TRY_STATUS(write_trace(o.trace_file, cores));
  }
  SWITCHYARD_TRY_STATUS(emit_reports(o, cores));
  return any_fault(cores) ? kFaultCode : 0;
}

}  // namespace switchyard::cli
