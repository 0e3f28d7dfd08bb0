// How wide the errors must be that predictions with the engines' constants carry, so that P10 to
// P90 hold four measured values in five.
//
// Residuals are of predictions made without the row's model (or, for platforms nobody measured,
// without its chip): what a user asks is rarely a deployment that was in the fit. Each error is a
// factor with its low and high end at the tenth and ninetieth percentile of the residuals, scaled
// until the intervals that the sampled worlds give hold 80 % (split conformal, with the planner's
// own spread as the score).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "validation/predict.h"
#include "validation/score.h"

namespace switchyard::validation {

struct PlatformErrors {
  ErrorRange step, ttft, power;  // catalog::ServingNumbers model_error, ttft_error, power_error
};

// By platform id, of platforms with at least thirty rows; falling curves are left out, as of the
// fit. `constants` are those of each case.
std::map<std::string, PlatformErrors> calibrate(const std::vector<Case>& cases,
                                                const std::vector<EngineConstants>& constants,
                                                const Predictor& with);

}  // namespace switchyard::validation
