#include "serving/simulate.h"

#include "base/document.h"
#include "base/text.h"
#include "serving/cluster.h"

namespace switchyard::serving {

namespace {

// Collects what contradicts itself.
class Checker {
 public:
  void need(bool holds, const char* where, std::string found, const char* wanted) {
    if (holds) return;
    faults_.add({.kind = ErrorKind::kImpossible,
                 .where = where,
                 .found = std::move(found),
                 .wanted = wanted});
  }
  Status status() const { return faults_.status(); }

 private:
  FaultList faults_;
};

void check_engine(const EngineOptions& e, const Speculation& s, Checker& c) {
  c.need(e.step_tokens_max > 0, "engine.step_tokens_max", format_integer(e.step_tokens_max),
         "at least 1");
  c.need(e.sequences_max > 0, "engine.sequences_max", format_integer(e.sequences_max),
         "at least 1");
  c.need(e.block_tokens > 0, "engine.block_tokens", format_integer(e.block_tokens), "at least 1");
  c.need(s.drafted >= 0 && s.accepted >= 1 && s.accepted <= 1 + s.drafted, "speculation",
         fmt::format("{} drafted, {} gained", s.drafted, s.accepted), "1 <= gained <= 1 + drafted");
  c.need(e.policy != BatchPolicy::kMixed || e.step_tokens_max > s.drafted, "speculation.drafted",
         format_integer(s.drafted), "fewer than the tokens of a step");
}

void check_fleet(const ServiceOptions& o, Checker& c) {
  c.need(o.replicas >= 1, "replicas", format_integer(o.replicas), "at least 1");
  c.need(o.ranks >= 1, "ranks", format_integer(o.ranks), "at least 1");
  c.need(o.blocks >= 1, "blocks", format_integer(o.blocks),
         "room for at least one block of KV cache: fewer weights a chip, or more chips");
  const Disaggregation& d = o.disaggregation;
  if (d.prefill_replicas > 0) {
    c.need(d.prefill_blocks >= 1, "prefill replicas", format_integer(d.prefill_blocks) + " blocks",
           "room for at least one block of KV cache");
    c.need(d.link.bytes_per_second > 0, "prefill link", "no bandwidth", "more than 0");
  }
  c.need(o.host.blocks == 0 || o.host.link.bytes_per_second > 0, "host link", "no bandwidth",
         "more than 0");
  const Autoscaling& a = o.autoscaling;
  if (a.replicas_min > 0) {
    c.need(a.replicas_min <= o.replicas && o.replicas <= a.replicas_max, "autoscaling",
           fmt::format("{} replicas at first", o.replicas), "between its least and most");
    c.need(a.target_load > 0 && a.interval_s > 0 && a.startup_s >= 0, "autoscaling",
           "a target, interval or start-up time of nothing", "more than 0");
  }
  const int count = std::max(o.replicas, a.replicas_max) + d.prefill_replicas;
  for (const Outage& outage : o.failures.outages) {
    c.need(outage.replica >= 0 && outage.replica < count && outage.start_s >= 0 &&
               outage.duration_s >= 0,
           "outage", fmt::format("of replica {}", outage.replica), "a replica there is");
  }
  c.need(o.failures.mean_between_s >= 0 && o.failures.repair_s >= 0, "failures", "a negative time",
         "at least 0");
}

}  // namespace

Result<SimulationResult> simulate(const StepModel& steps, workload::RequestSource& source,
                                  const ServiceOptions& options, RecordSink& sink) {
  Checker checker;
  check_engine(options.engine, options.speculation, checker);
  check_fleet(options, checker);
  SWITCHYARD_TRY_STATUS(checker.status());
  return Cluster(steps, source, options, sink).run();
}

}  // namespace switchyard::serving
