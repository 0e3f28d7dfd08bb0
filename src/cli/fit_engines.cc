// switchyard fit-engines
#include "validation/fit_engines.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/costs.h"
#include "cli/output.h"
#include "report/validation_report.h"
#include "validation/fit_files.h"

namespace switchyard::cli {

Status run_fit_engines(const FitEnginesOptions& options) {
  const std::filesystem::path directory = catalog::default_directory();
  SWITCHYARD_TRY(catalog, load_catalog(options.common));
  SWITCHYARD_TRY(engine, serving::load_engine((directory / "engine.toml").string()));
  SWITCHYARD_TRY(costs, make_costs(options.evidence, catalog, options.common.catalog_overlay));
  constexpr int kSamples = 64;
  const validation::Predictor with{
      .catalog = &catalog, .costs = costs.get(), .engine = engine, .samples = kSamples};
  SWITCHYARD_TRY(names, validation::ModelNames::load(directory / "models"));
  SWITCHYARD_TRY(measured, validation::read_measurements(options.endtoend));
  std::vector<validation::Case> cases;
  for (const auto& row : measured.rows) {
    auto made = validation::make_case(row, catalog, names);
    if (auto* c = std::get_if<validation::Case>(&made)) cases.push_back(std::move(*c));
  }
  Progress progress("fitting engines");
  const validation::Fitted fitted =
      validation::fit_all(cases, with, {.origin = options.origin, .date = options.date},
                          [&](double share) { progress.update(share); });
  if (!options.output.empty()) {
    SWITCHYARD_TRY_STATUS(validation::write_fitted(options.output, fitted, catalog));
  }
  return emit(report::fitted_table(fitted), report::to_json(fitted), options.common.json_file);
}

}  // namespace switchyard::cli
