// What was fitted on served rows, as files of a catalog directory that lies over the shipped one.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "validation/calibrate.h"
#include "validation/fit_engines.h"
#include "validation/fit_power.h"

namespace switchyard::validation {

struct Fitted {
  std::string origin, date, evidence;
  std::vector<EngineFit> engines;
  std::vector<PowerFit> power;
  std::map<std::string, PlatformErrors> errors;  // by platform
};

// Engines first, then power with them, then the errors of both. `as` gives origin and date.
Fitted fit_all(const std::vector<Case>& cases, const Predictor& with, Fitted as,
               const std::function<void(double)>& progress = {});

// engines/ID.toml, without the [scheduler] of the shipped one.
std::string engine_toml(const EngineFit& fit, const Fitted& all);
// chips/ID.toml: power and energy only.
std::string chip_toml(const PowerFit& fit, const catalog::Chip& chip, const Fitted& all);
// platforms/ID.toml: errors only.
std::string platform_toml(const std::string& platform, const PlatformErrors& errors,
                          const Fitted& all);

// All of them under `directory`, each file whole or not at all.
Status write_fitted(const std::filesystem::path& directory, const Fitted& fitted,
                    const catalog::Catalog& catalog);

}  // namespace switchyard::validation
