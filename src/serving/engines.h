#pragma once
#include "serving/options.h"
namespace switchyard::serving {
inline Result<EngineOptions> load_engine_options(const std::string& name, const std::string&) { EngineOptions o; o.name = name; return o; }
}
