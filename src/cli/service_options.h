// From the options of `simulate` to those of the simulated service.
#pragma once

#include "cli/commands.h"
#include "serving/options.h"

namespace switchyard::cli {

// The preset with the user's changes.
Result<serving::EngineOptions> engine_options(const SimulateOptions& options);
// Adds to `service` what stands around the engine.
Status set_service_options(const SimulateOptions& options, serving::ServiceOptions& service);

}  // namespace switchyard::cli
