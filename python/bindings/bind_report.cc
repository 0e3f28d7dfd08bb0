// Time: the schedules of a kernel, its profile, trace and JSON.
#include <pybind11/stl.h>

#include <exception>
#include <nlohmann/json.hpp>

#include "base/document.h"
#include "bindings/common.h"
#include "neuroncore/allocate.h"
#include "neuroncore/profile.h"
#include "neuroncore/schedule.h"
#include "neuroncore/summary.h"
#include "report/kernel_report.h"
#include "report/timeline_trace.h"

namespace switchyard::python {

namespace {

using neuroncore::Policy;

double in_nanoseconds(SimTime time) { return time.ns(); }

// A kernel's schedules and what they mean. Keeps the kernel.
struct Timed {
  KernelPtr kernel;
  report::KernelRun run;
};

Policy policy_from(const std::string& name) {
  for (const Policy policy : {Policy::kProgram, Policy::kList, Policy::kIdeal}) {
    if (neuroncore::name(policy) == name) return policy;
  }
  throw py::value_error("policy '" + name + "': program, list or ideal");
}

using TimedPtr = std::shared_ptr<Timed>;

TimedPtr open_kernel(const KernelPtr& kernel, const std::string& file) {
  const neuroncore::Session& session = kernel->session;
  auto timed = std::make_shared<Timed>();
  timed->kernel = kernel;
  report::KernelRun& run = timed->run;
  run.file = file;
  run.program = &session.program();
  run.limits = session.core().limits;
  run.executed = true;
  run.instructions_executed = run.program->size();
  run.reports.assign(session.machine().reports().begin(), session.machine().reports().end());
  run.allocation = neuroncore::allocate(*run.program, run.limits);
  return timed;
}

// HBM tensors that both have. What the kernel returns is marked in core 0's program only; the
// other's learns it here.
neuroncore::SharedTensors share_tensors(const Kernel& one, Kernel& two) {
  neuroncore::SharedTensors shared(one.shared);
  for (const auto& [own, other] : two.shared) shared.emplace_back(other, own);
  for (const auto& [first, second] : shared) {
    isa::TensorKind& kind = two.session.program().tensor(second).kind;
    if (kind == isa::TensorKind::kInternal) kind = one.session.program().tensor(first).kind;
  }
  return shared;
}

// One core, or the two of an LNC.
std::vector<neuroncore::Timeline> schedule_cores(const std::vector<TimedPtr>& cores,
                                                 neuroncore::ScheduleOptions options,
                                                 const neuroncore::SharedTensors& shared) {
  const neuroncore::Core& core = cores[0]->kernel->session.core();
  std::vector<neuroncore::ScheduleOptions> each;
  for (const TimedPtr& one : cores) {
    options.allocation = &*one->run.allocation;
    options.trips = &one->kernel->session.trips();
    each.push_back(options);
  }
  std::vector<neuroncore::Timeline> timelines;
  if (cores.size() == 1) {
    timelines.push_back(neuroncore::schedule(*cores[0]->run.program, core, each[0]));
  } else {
    for (neuroncore::Timeline& timeline : neuroncore::schedule_pair(
             {cores[0]->run.program, cores[1]->run.program}, core, {each[0], each[1]}, shared)) {
      timelines.push_back(std::move(timeline));
    }
  }
  return timelines;
}

// `progress`: called with the share of the work that is done, or None.
std::vector<TimedPtr> time_kernels(const std::vector<KernelPtr>& kernels, const std::string& file,
                                   const std::string& policy_name, const py::object& progress) {
  const Policy chosen = policy_from(policy_name);
  if (kernels.empty() || kernels.size() > neuroncore::kLncCores) {
    throw py::value_error("the kernels of one core, or of the two of an LNC");
  }
  std::exception_ptr failed;  // of the callback: it ends the call, but not amid other threads
  const auto tell = [&](double share) {
    const py::gil_scoped_acquire acquire;
    if (failed) return;
    try {
      progress(share);
    } catch (const py::error_already_set&) {
      failed = std::current_exception();
    }
  };
  std::vector<TimedPtr> cores;
  const py::gil_scoped_release release;
  for (const KernelPtr& kernel : kernels) cores.push_back(open_kernel(kernel, file));
  for (const TimedPtr& core : cores) {
    if (core->run.allocation->fault) return cores;
  }
  neuroncore::SharedTensors shared;
  if (cores.size() > 1) shared = share_tensors(*kernels[0], *kernels[1]);
  constexpr Policy kPolicies[] = {Policy::kProgram, Policy::kList, Policy::kIdeal};
  for (const Policy policy : kPolicies) {
    neuroncore::ScheduleOptions options{.policy = policy};
    if (policy != chosen) options.records_max = 0;
    if (!progress.is_none()) {
      options.progress = [&](double share) {
        tell((static_cast<double>(policy) + share) / std::size(kPolicies));
      };
    }
    std::vector<neuroncore::Timeline> timelines = schedule_cores(cores, options, shared);
    if (failed) std::rethrow_exception(failed);
    for (std::size_t i = 0; i < cores.size(); ++i) {
      report::KernelRun& run = cores[i]->run;
      run.bracket.push_back({policy, timelines[i].duration});
      if (policy == chosen) run.timeline = std::move(timelines[i]);
    }
  }
  for (const TimedPtr& core : cores) {
    core->run.profile =
        neuroncore::make_profile(*core->run.program, *core->run.timeline,
                                 neuroncore::peaks_of(core->kernel->session.core()));
  }
  return cores;
}

py::dict durations(const Timed& timed) {
  py::dict out;
  for (const report::PolicyTime& one : timed.run.bracket) {
    out[py::str(std::string(neuroncore::name(one.policy)))] = in_nanoseconds(one.duration);
  }
  return out;
}

py::dict summary_of(const Timed& timed) {
  py::dict out;
  if (!timed.run.profile) return out;
  for (const neuroncore::SummaryValue& value : neuroncore::summary(*timed.run.profile)) {
    std::visit([&](auto number) { out[py::str(value.key)] = number; }, value.value);
  }
  return out;
}

py::list recommendations_of(const Timed& timed) {
  py::list out;
  if (!timed.run.profile) return out;
  for (const neuroncore::Recommendation& one : timed.run.profile->verdict.recommendations) {
    py::dict row;
    row["key"] = one.key;
    row["gain"] = one.gain;
    row["text"] = one.text;
    out.append(row);
  }
  return out;
}

py::dict engines_of(const Timed& timed) {
  py::dict out;
  if (!timed.run.profile) return out;
  for (const neuroncore::EngineProfile& one : timed.run.profile->engines) {
    py::dict row;
    row["instructions"] = one.instructions;
    row["busy_ns"] = in_nanoseconds(one.busy);
    row["stalled_ns"] = in_nanoseconds(one.stalled);
    row["idle_ns"] = in_nanoseconds(one.idle);
    out[py::str(std::string(neuroncore::title(one.engine)))] = row;
  }
  return out;
}

std::vector<const report::KernelRun*> runs_of(const std::vector<TimedPtr>& cores) {
  std::vector<const report::KernelRun*> runs;
  for (const TimedPtr& core : cores) runs.push_back(&core->run);
  return runs;
}

void write_trace(const std::vector<TimedPtr>& cores, const std::string& path) {
  std::vector<report::CoreTrace> traces;
  for (const TimedPtr& core : cores) {
    if (!core->run.timeline) throw py::value_error("the kernel was not scheduled: " + path);
    traces.push_back({core->run.program, &*core->run.timeline});
  }
  take_status(report::write_trace_file(path, traces));
}

}  // namespace

void bind_report(py::module_& m) {
  py::class_<Timed, std::shared_ptr<Timed>>(m, "Timed", "A kernel's schedules and profile.")
      .def_property_readonly("fault",
                             [](const Timed& timed) -> py::object {
                               if (!report::faulted(timed.run)) return py::none();
                               if (timed.run.allocation && timed.run.allocation->fault) {
                                 return py::str(neuroncore::to_text(*timed.run.allocation->fault));
                               }
                               const bool executing = timed.run.fault.has_value();
                               return py::str(neuroncore::to_text(
                                   executing ? *timed.run.fault : timed.run.timeline->faults[0]));
                             })
      .def_property_readonly("duration_ns", &durations)
      .def("summary", &summary_of)
      .def_property_readonly("bound_by",
                             [](const Timed& timed) {
                               return timed.run.profile ? timed.run.profile->verdict.bound_by
                                                        : std::string();
                             })
      .def_property_readonly("verdict",
                             [](const Timed& timed) {
                               return timed.run.profile ? timed.run.profile->verdict.text
                                                        : std::string();
                             })
      .def_property_readonly("recommendations", &recommendations_of)
      .def_property_readonly("engines", &engines_of);
  m.def("time_kernels", &time_kernels, py::arg("kernels"), py::arg("file") = "kernel",
        py::arg("policy") = "list", py::arg("progress") = py::none(),
        "Schedules the kernel of one core, or those of an LNC's two together; one Timed a core.");
  m.def("timed_text", [](const std::vector<TimedPtr>& cores, bool colour) {
    return report::kernels_text(runs_of(cores), colour);
  });
  m.def("timed_json", [](const std::vector<TimedPtr>& cores) {
    return report::kernels_json(runs_of(cores)).dump(2);
  });
  m.def("write_trace", &write_trace);
}

}  // namespace switchyard::python
