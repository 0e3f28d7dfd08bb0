// What the model says of a measured row's own deployment.
#pragma once

#include <string>

#include "validation/prepared_case.h"

namespace switchyard::validation {

struct Prediction {
  double base = 0, p10 = 0, p90 = 0;
};

struct Point {
  const Case* subject = nullptr;
  Prediction tpot_s, ttft_s, output_tokens_per_second, chip_watts;
};

// What an engine adds to its kernels (catalog::ServingNumbers), as plain numbers.
struct EngineConstants {
  double step_overhead_s = 1e-3, sequence_overhead_s = 10e-6, request_overhead_s = 20e-3;
  double poll_steps = 2, wave_share = 0.1, launch_share = 0.8, step_factor = 1, prefill_factor = 1;
};

// `constants` in place of what `world` says of the engine.
catalog::PlatformNumbers with_constants(catalog::PlatformNumbers world,
                                        const EngineConstants& constants);

// False: the deployment has no steady state (a case the reader could not exclude), `why_not` says.
// `constants`, if given, replace the catalog's.
bool predict(const Case& subject, const Predictor& with, Point& out, std::string& why_not,
             const EngineConstants* constants = nullptr);

}  // namespace switchyard::validation
