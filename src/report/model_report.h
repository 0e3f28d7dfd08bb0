// A model's size, and what a token costs in operations and bytes as context grows.
#pragma once

#include <string>

#include "base/document.h"
#include "model/model.h"

namespace switchyard::report {

std::string model_text(const model::Model& model);
Json model_json(const model::Model& model);

}  // namespace switchyard::report
