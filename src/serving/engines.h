// Serving engines by name: the scheduler's settings in the table [scheduler] of
// catalog/engines/NAME.toml, each with its source.
#pragma once

#include <string>

#include "base/result.h"
#include "serving/options.h"

namespace switchyard::serving {

// Unknown names get a suggestion. `engines_directory`: catalog/engines.
Result<EngineOptions> load_engine_options(const std::string& name,
                                          const std::string& engines_directory);

}  // namespace switchyard::serving
