// For tests of simulated services: a question and a traffic on the shipped catalog.
#pragma once

#include "costing/roofline.h"
#include "model/import.h"
#include "planner/simulation.h"
#include "serving/engines.h"

namespace switchyard::planner {

inline const catalog::Catalog& shipped_catalog() {
  static const catalog::Catalog kCatalog = *catalog::load("catalog");
  return kCatalog;
}

inline Question service_question(const char* model, const char* workload) {
  Question q;
  q.model = *model::find_model(model, "catalog/models");
  q.workload = *workload::named_workload(workload, "catalog/workloads");
  q.engine = *serving::load_engine("catalog/engine.toml");
  q.samples = 0;
  return q;
}

inline serving::EngineOptions vllm() {
  return *serving::load_engine_options("vllm", "catalog/engines");
}

inline workload::TrafficPlan synthetic(const Question& q, std::int64_t requests, double rate) {
  workload::TrafficPlan plan;
  plan.workload = q.workload;
  plan.synthetic = true;
  plan.requests = requests;
  plan.rate = rate;
  plan.context_tokens_max = q.model.context_max;
  return plan;
}

}  // namespace switchyard::planner
