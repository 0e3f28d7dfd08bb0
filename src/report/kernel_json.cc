// The JSON of `switchyard run`: everything that the text says, and the vendor's key figures.
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "neuroncore/summary.h"
#include "neuroncore/verdict.h"
#include "report/kernel_report.h"

namespace switchyard::report {

namespace {

using neuroncore::kNoSite;
using neuroncore::Profile;
using neuroncore::StallReason;

double seconds(SimTime time) { return static_cast<double>(time.ps()) * 1e-12; }

Json fault_json(const neuroncore::Fault& fault) {
  return {{"kind", neuroncore::name(fault.kind)},
          {"instruction", fault.instruction},
          {"where", fault.where},
          {"what", fault.what},
          {"details", fault.details}};
}

Json site_json(neuroncore::SiteId site) { return site == kNoSite ? Json() : Json(site); }

Json engine_json(const Profile& p, const neuroncore::EngineProfile& engine) {
  Json stalls = Json::array();
  for (std::size_t r = 0; r < engine.stalls.size(); ++r) {
    const neuroncore::Stall& stall = engine.stalls[r];
    if (stall.time == SimTime()) continue;
    stalls.push_back({{"reason", neuroncore::name(static_cast<StallReason>(r))},
                      {"seconds", seconds(stall.time)},
                      {"longest_on_site", site_json(stall.worst)},
                      {"longest_seconds", seconds(stall.worst_time)}});
  }
  return {{"engine", isa::name(engine.engine)},
          {"instructions", engine.instructions},
          {"busy_seconds", seconds(engine.busy)},
          {"stalled_seconds", seconds(engine.stalled)},
          {"idle_seconds", seconds(engine.idle)},
          {"busy_share", p.share(engine.busy)},
          {"instruction_seconds", seconds(engine.work)},
          {"partitions_share", engine.partitions_used},
          {"stalls", stalls}};
}

Json dma_json(const neuroncore::DmaProfile& dma) {
  Json queues = Json::array();
  for (const neuroncore::QueueProfile& queue : dma.queues) {
    queues.push_back({{"queue", queue.queue},
                      {"transfers", queue.transfers},
                      {"descriptors", queue.descriptors},
                      {"bytes", queue.bytes},
                      {"busy_seconds", seconds(queue.busy)}});
  }
  return {{"transfers", dma.transfers},
          {"descriptors", dma.descriptors},
          {"bytes", dma.bytes},
          {"busy_seconds", seconds(dma.busy)},
          {"transfer_seconds", seconds(dma.work)},
          {"queues", queues}};
}

Json sites_json(const Profile& p, const isa::Program& program) {
  Json sites = Json::array();
  for (const neuroncore::Site& site : p.sites) {
    sites.push_back({{"opcode", isa::name(site.opcode)},
                     {"source", program.sources()[site.source]},
                     {"text", neuroncore::describe(site, program)},
                     {"example", site.example},
                     {"executions", site.executions},
                     {"work_seconds", seconds(site.work)},
                     {"stalled_seconds", seconds(site.stalled)},
                     {"critical_seconds", seconds(site.critical)},
                     {"dma_bytes", site.dma_bytes}});
  }
  return sites;
}

Json path_json(const Profile& p) {
  Json parts = Json::array();
  for (const neuroncore::PathPart& part : p.path.parts) {
    Json row = {{"kind", neuroncore::name(part.kind)}};
    if (part.reason != StallReason::kNone) row["reason"] = neuroncore::name(part.reason);
    if (part.engine != isa::Engine::kUnknown) row["engine"] = isa::name(part.engine);
    if (part.site != kNoSite) row["site"] = part.site;
    row["seconds"] = seconds(part.time);
    row["segments"] = part.segments;
    parts.push_back(std::move(row));
  }
  return parts;
}

Json verdict_json(const neuroncore::Verdict& verdict) {
  Json recommendations = Json::array();
  for (const neuroncore::Recommendation& r : verdict.recommendations) {
    recommendations.push_back({{"key", r.key}, {"share_saved_at_most", r.gain}, {"text", r.text}});
  }
  return {{"bound_by", verdict.bound_by},
          {"share", verdict.share},
          {"text", verdict.text},
          {"recommendations", recommendations}};
}

Json summary_json(const Profile& p) {
  Json out = Json::object();
  for (const neuroncore::SummaryValue& value : neuroncore::summary(p)) {
    std::visit([&](auto number) { out[value.key] = number; }, value.value);
  }
  return out;
}

void add_values(const KernelRun& run, Json& out) {
  out["instructions_executed"] = run.instructions_executed;
  out["uninitialised_reads"] = Json::array();
  for (const neuroncore::Fault& report : run.reports) {
    out["uninitialised_reads"].push_back(fault_json(report));
  }
  out["outputs"] = Json::array();
  for (const KernelOutput& output : run.outputs) {
    out["outputs"].push_back({{"name", output.name},
                              {"type", output.type},
                              {"shape", output.shape},
                              {"digest", output.digest},
                              {"values", output.values}});
  }
}

Json bracket_json(const std::vector<PolicyTime>& times) {
  Json bracket = Json::object();
  for (const PolicyTime& time : times) {
    bracket[std::string(neuroncore::name(time.policy)) + "_ps"] = time.duration.ps();
  }
  return bracket;
}

void add_time(const KernelRun& run, Json& out) {
  const Profile& p = *run.profile;
  out["policy"] = neuroncore::name(p.policy);
  out["duration_ps"] = p.duration.ps();
  out["profile_is_partial"] = run.partial;
  out["bracket"] = bracket_json(run.bracket);
  out["summary"] = summary_json(p);
  out["engines"] = Json::array();
  for (const neuroncore::EngineProfile& engine : p.engines) {
    out["engines"].push_back(engine_json(p, engine));
  }
  out["dma"] = dma_json(p.dma);
  out["hbm_reread_bytes"] = p.traffic.hbm_reread;
  out["sites"] = sites_json(p, *run.program);
  out["critical_path"] = path_json(p);
  out["verdict"] = verdict_json(p.verdict);
}

}  // namespace

Json kernel_json(const KernelRun& run) {
  Json out = {{"program", run.file},
              {"target", fmt::format("NeuronCore-{}", isa::name(run.program->generation()))},
              {"instructions", run.program->size()},
              {"faults", Json::array()}};
  if (run.allocation && run.allocation->fault) {
    out["faults"].push_back(fault_json(*run.allocation->fault));
  }
  if (run.fault) out["faults"].push_back(fault_json(*run.fault));
  if (run.timeline) {
    for (const neuroncore::Fault& fault : run.timeline->faults) {
      out["faults"].push_back(fault_json(fault));
    }
  }
  if (run.allocation) {
    out["memory"] = {{"sbuf_peak_partition_bytes", run.allocation->sbuf_peak_bytes},
                     {"sbuf_partition_bytes", run.limits.sbuf_partition_bytes},
                     {"psum_peak_partition_bytes", run.allocation->psum_peak_bytes},
                     {"psum_partition_bytes", run.limits.psum_partition_bytes}};
  }
  if (run.executed) add_values(run, out);
  if (run.profile) add_time(run, out);
  return out;
}

Json kernels_json(std::span<const KernelRun* const> cores) {
  if (cores.size() == 1) return kernel_json(*cores[0]);
  Json out = {{"cores", Json::array()}};
  for (const KernelRun* core : cores) out["cores"].push_back(kernel_json(*core));
  const std::vector<PolicyTime> times = pair_times(cores);
  if (!times.empty()) out["bracket"] = bracket_json(times);
  return out;
}

}  // namespace switchyard::report
