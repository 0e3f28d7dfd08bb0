// A simulated service with everything a report says of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "planner/service.h"
#include "serving/metrics.h"
#include "serving/step_table.h"
#include "workload/traffic_plan.h"

namespace switchyard::planner {

struct ServiceRun {
  Question question;  // model, workload with its SLO, objective
  ServiceDeployment service;
  serving::ServiceOptions options;
  std::string engine;              // preset
  std::string traffic;             // for people
  std::vector<std::string> notes;  // what a reader must know of this run
  serving::SimulationResult result;
  serving::Metrics metrics;
  ServiceBill bill;
  double wall_seconds = 0;  // of the simulation alone; not part of any deterministic output

  double requests_per_second() const;
  double output_tokens_per_second() const;
  double goodput() const;          // requests a second within the SLO
  double busy_share() const;       // of the replicas' time
  double slo_attainment() const;   // share of all requests, unserved ones included
  double prefix_hit_rate() const;  // cached over all input tokens of completed requests
};

// A deployment ready to be simulated: its step times, which take some milliseconds to work out, and
// what a run needs beside them. `question`, `service` and `costs` are copied or only read.
class SimulatedService {
 public:
  // `expert_imbalance`: tokens of the busiest expert rank over what even routing gives it.
  SimulatedService(const Question& question, const ServiceDeployment& service,
                   const serving::EngineOptions& engine, const costing::CostModel& costs,
                   double expert_imbalance = 1);

  // Options of as many replicas; with prefill replicas they are disaggregated.
  serving::ServiceOptions options(int replicas, int prefill_replicas = 0) const;
  const ServiceDeployment& deployment() const { return service_; }
  double idle_watts() const { return steps_.idle_watts(); }  // of all chips of a replica
  // Plays the traffic. `sinks` get everything the simulation tells, too.
  Result<ServiceRun> run(const serving::ServiceOptions& options,
                         const workload::TrafficPlan& traffic,
                         const std::vector<serving::RecordSink*>& sinks = {}) const;

 private:
  Question question_;
  ServiceDeployment service_;
  serving::EngineOptions engine_;
  serving::StepTable steps_;
};

}  // namespace switchyard::planner
