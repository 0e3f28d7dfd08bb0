// switchyard validate, switchyard validate-serving
#include "validation/validate.h"

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "cli/commands.h"
#include "cli/costs.h"
#include "cli/output.h"
#include "costing/fits.h"
#include "costing/roofline.h"
#include "report/serving_validation.h"
#include "report/validation_page.h"
#include "report/validation_report.h"

namespace switchyard::cli {

namespace {

// The pages set the plain roofline beside the evidence asked for.
Status write_pages(const ValidateOptions& options, const validation::Validation& result,
                   const std::filesystem::path& models, validation::Predictor with) {
  if (options.markdown_file.empty() && options.html_file.empty()) return {};
  const costing::RooflineCosts roofline;
  with.costs = &roofline;
  Progress progress("predicting rows by the roofline");
  SWITCHYARD_TRY(plain, validation::validate(options.directory, models, with, nullptr,
                                             [&](double share) { progress.update(share); }));
  if (!options.markdown_file.empty()) {
    SWITCHYARD_TRY_STATUS(write_file_atomically(
        options.markdown_file, report::validation_markdown(result, plain, *with.catalog)));
  }
  if (options.html_file.empty()) return {};
  return write_file_atomically(options.html_file,
                               report::validation_html(result, plain, *with.catalog));
}

}  // namespace

Status run_validate(const ValidateOptions& options) {
  const std::filesystem::path directory = catalog::default_directory();
  SWITCHYARD_TRY(catalog, load_catalog(options.common));
  SWITCHYARD_TRY(engine, serving::load_engine((directory / "engine.toml").string()));
  SWITCHYARD_TRY(costs, make_costs(options.evidence, catalog, options.common.catalog_overlay));
  const validation::Predictor with{
      .catalog = &catalog, .costs = costs.get(), .engine = engine, .samples = options.samples};
  SWITCHYARD_TRY(fits, costing::load_fits(directory / "fits"));
  Progress progress("predicting rows");
  SWITCHYARD_TRY(result, validation::validate(options.directory, directory / "models", with, &fits,
                                              [&](double share) { progress.update(share); }));
  if (!options.rows_file.empty()) {
    SWITCHYARD_TRY_STATUS(
        write_file_atomically(options.rows_file, report::validation_rows(result)));
  }
  SWITCHYARD_TRY_STATUS(write_pages(options, result, directory / "models", with));
  return emit(report::validation_table(result), report::to_json(result), options.common.json_file);
}

Status run_validate_serving(const ValidateOptions& options) {
  const std::filesystem::path directory = catalog::default_directory();
  SWITCHYARD_TRY(catalog, load_catalog(options.common));
  SWITCHYARD_TRY(engine, serving::load_engine((directory / "engine.toml").string()));
  SWITCHYARD_TRY(costs, make_costs(options.evidence, catalog, options.common.catalog_overlay));
  const validation::Predictor with{
      .catalog = &catalog, .costs = costs.get(), .engine = engine, .samples = 0};
  SWITCHYARD_TRY(steady, validation::validate(options.directory, directory / "models", with));
  Progress progress("simulating measured rows");
  SWITCHYARD_TRY(result,
                 validation::simulate_closed_loops(steady, with, directory / "engines",
                                                   [&](double share) { progress.update(share); }));
  const std::string text = report::serving_validation_markdown(result);
  if (!options.markdown_file.empty()) {
    SWITCHYARD_TRY_STATUS(write_file_atomically(options.markdown_file, text));
  }
  return emit(text, report::serving_validation_json(result), options.common.json_file);
}

}  // namespace switchyard::cli
