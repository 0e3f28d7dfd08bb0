// Time: the schedules of a kernel, its profile, trace and JSON.
#include <pybind11/stl.h>

#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/document.h"
#include "bindings/common.h"
#include "neuroncore/allocate.h"
#include "neuroncore/profile.h"
#include "neuroncore/schedule.h"
#include "neuroncore/summary.h"
#include "report/chrome_trace.h"
#include "report/kernel_report.h"
#include "report/perfetto.h"
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

std::shared_ptr<Timed> time_kernel(const KernelPtr& kernel, const std::string& file,
                                   const std::string& policy_name) {
  const Policy chosen = policy_from(policy_name);
  const neuroncore::Session& session = kernel->session;
  const isa::Program& program = session.program();
  auto timed = std::make_shared<Timed>();
  timed->kernel = kernel;
  report::KernelRun& run = timed->run;
  run.file = file;
  run.program = &program;
  run.limits = session.core().limits;
  run.executed = true;
  run.instructions_executed = program.size();
  run.reports.assign(session.machine().reports().begin(), session.machine().reports().end());
  const py::gil_scoped_release release;
  run.allocation = neuroncore::allocate(program, run.limits);
  if (run.allocation->fault) return timed;
  for (const Policy policy : {Policy::kProgram, Policy::kList, Policy::kIdeal}) {
    neuroncore::ScheduleOptions options{
        .policy = policy, .allocation = &*run.allocation, .trips = &session.trips()};
    if (policy != chosen) options.records_max = 0;
    neuroncore::Timeline timeline = neuroncore::schedule(program, session.core(), options);
    run.bracket.push_back({policy, timeline.duration});
    if (policy == chosen) run.timeline = std::move(timeline);
  }
  run.profile =
      neuroncore::make_profile(program, *run.timeline, neuroncore::peaks_of(session.core()));
  return timed;
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

Status write_trace(const Timed& timed, const std::string& path) {
  const isa::Program& program = *timed.run.program;
  SWITCHYARD_TRY(file, AtomicFile::create(path));
  const report::TraceSink sink = [&](std::string_view bytes) { return file.write(bytes); };
  const std::string title = report::trace_title(program, *timed.run.timeline);
  std::unique_ptr<report::TraceEncoder> encoder;
  if (path.ends_with(".json")) {
    encoder = std::make_unique<report::ChromeTraceEncoder>(sink, title);
  } else {
    encoder = std::make_unique<report::PerfettoEncoder>(sink, title);
  }
  report::write_timeline(program, *timed.run.timeline, *encoder, [](double) {});
  SWITCHYARD_TRY_STATUS(encoder->finish());
  return file.commit();
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
                               return py::str(neuroncore::to_text(*timed.run.fault));
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
      .def_property_readonly("engines", &engines_of)
      .def(
          "text",
          [](const Timed& timed, bool colour) { return report::kernel_text(timed.run, colour); },
          py::arg("colour") = false)
      .def("json", [](const Timed& timed) { return report::kernel_json(timed.run).dump(2); })
      .def("write_trace", [](const Timed& timed, const std::string& path) {
        if (!timed.run.timeline) throw py::value_error("the kernel was not scheduled: " + path);
        take_status(write_trace(timed, path));
      });
  m.def("time_kernel", &time_kernel, py::arg("kernel"), py::arg("file") = "kernel",
        py::arg("policy") = "list");
}

}  // namespace switchyard::python
