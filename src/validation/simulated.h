// Measured closed loops simulated request by request, beside what the steady state says of them.
//
// A row's clients start together and send ten requests each, as the benchmarks that made these rows
// do; lengths spread as the case says. Of the simulation: TPOT and TTFT are means over requests,
// the rate is over the whole run, its start and its end included. All in the base world.
#pragma once

#include "serving/engines.h"
#include "validation/validate.h"

namespace switchyard::validation {

struct SimulatedValidation {
  std::int64_t rows = 0;      // of the tables
  std::int64_t cases = 0;     // closed loops among them that could be made a deployment
  std::int64_t requests = 0;  // simulated
  std::map<std::string, std::int64_t> skipped;  // cases left out, by reason
  // The same cases in both; points refer to `validation`.
  std::vector<Point> simulated, steady;
  Scores simulated_scores, steady_scores;
  std::string evidence;
};

// `validation` must outlive the result. `engines`: the directory of engine presets; an engine
// without one is taken as vllm.
Result<SimulatedValidation> simulate_closed_loops(const Validation& validation,
                                                  const Predictor& with,
                                                  const std::filesystem::path& engines,
                                                  const std::function<void(double)>& progress = {});

}  // namespace switchyard::validation
