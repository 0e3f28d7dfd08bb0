// Simulated closed loops against measured ones as Markdown and JSON: docs/validation-serving.md.
#pragma once

#include <string>

#include "base/document.h"
#include "validation/simulated.h"

namespace switchyard::report {

std::string serving_validation_markdown(const validation::SimulatedValidation& result);
Json serving_validation_json(const validation::SimulatedValidation& result);

}  // namespace switchyard::report
