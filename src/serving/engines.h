// Presets of engines: the table [scheduler] of catalog/engines/NAME.toml. A key that is absent
// keeps the default of EngineOptions, which is vLLM's.
#pragma once

#include <filesystem>
#include <string>

#include "serving/options.h"

namespace switchyard::serving {

// Unknown names get a suggestion; the error names every fault of the table.
Result<EngineOptions> load_engine_options(const std::string& name,
                                          const std::filesystem::path& engines_directory);

}  // namespace switchyard::serving
