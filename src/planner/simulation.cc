#include "planner/simulation.h"

#include <chrono>

namespace switchyard::planner {

namespace {

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

double seconds(SimTime time) { return static_cast<double>(time.ps()) * 1e-12; }

}  // namespace

double ServiceRun::requests_per_second() const {
  return ratio(static_cast<double>(result.completed), seconds(result.end));
}

double ServiceRun::output_tokens_per_second() const {
  return ratio(static_cast<double>(result.output_tokens), seconds(result.end));
}

double ServiceRun::goodput() const {
  return ratio(static_cast<double>(metrics.met_slo()), seconds(result.end));
}

double ServiceRun::busy_share() const {
  return ratio(result.busy_seconds, result.replica_seconds + result.prefill_replica_seconds);
}

double ServiceRun::slo_attainment() const {
  return ratio(static_cast<double>(metrics.met_slo()), static_cast<double>(result.requests));
}

double ServiceRun::prefix_hit_rate() const {
  return ratio(static_cast<double>(result.cached_tokens), static_cast<double>(result.input_tokens));
}

SimulatedService::SimulatedService(const Question& question, const ServiceDeployment& service,
                                   const serving::EngineOptions& engine,
                                   const costing::CostModel& costs, double expert_imbalance)
    : question_(question),
      service_(service),
      engine_(engine),
      steps_({.model = question.model,
              .sharding = service.deployment.sharding,
              .precision = service.precision,
              .costs = costs,
              .world = service.numbers,
              .speculation = question.speculation,
              .expert_imbalance = expert_imbalance},
             engine.step_tokens_max * service.deployment.sharding.dp) {}

serving::ServiceOptions SimulatedService::options(int replicas, int prefill_replicas) const {
  serving::ServiceOptions options = service_options(question_, service_, engine_, replicas);
  if (prefill_replicas > 0) {
    options.disaggregation = {.prefill_replicas = prefill_replicas,
                              .prefill_blocks = options.blocks,
                              .link = handover_link(service_)};
  }
  return options;
}

Result<ServiceRun> SimulatedService::run(const serving::ServiceOptions& options,
                                         const workload::TrafficPlan& traffic,
                                         const std::vector<serving::RecordSink*>& sinks) const {
  ServiceRun run{
      .question = question_,
      .service = service_,
      .options = options,
      .traffic = describe(traffic),
      .metrics = serving::Metrics(question_.workload.slo, question_.speculation.accepted)};
  serving::SinkGroup group;
  group.add(run.metrics);
  for (serving::RecordSink* sink : sinks) group.add(*sink);
  const std::unique_ptr<workload::RequestSource> source = make_source(traffic);
  const auto start = std::chrono::steady_clock::now();
  SWITCHYARD_TRY(result, serving::simulate(steps_, *source, options, group));
  run.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  run.result = result;
  run.bill = bill(service_, question_.view, result);
  return run;
}

}  // namespace switchyard::planner
