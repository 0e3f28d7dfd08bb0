// switchyard catalog, switchyard model, switchyard claims
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "costing/roofline.h"
#include "model/import.h"
#include "model/parameters.h"
#include "planner/claims.h"
#include "report/catalog_report.h"
#include "report/claims_report.h"
#include "report/model_report.h"
#include "report/table.h"
#include "workload/workload.h"

namespace switchyard::cli {

Result<catalog::Catalog> load_catalog(const CommonOptions& common) {
  std::optional<std::filesystem::path> overlay;
  if (!common.catalog_overlay.empty()) overlay = common.catalog_overlay;
  return catalog::load(catalog::default_directory(), overlay);
}

Status run_catalog(const CatalogOptions& options) {
  SWITCHYARD_TRY(catalog, load_catalog(options.common));
  if (options.platform.empty()) {
    return emit(report::catalog_text(catalog), report::catalog_json(catalog),
                options.common.json_file);
  }
  SWITCHYARD_TRY(platform, catalog.platform(options.platform));
  return emit(report::platform_text(catalog, *platform), report::platform_json(catalog, *platform),
              options.common.json_file);
}

namespace {

Status list_models(const std::string& directory, const std::string& json_file) {
  SWITCHYARD_TRY(known, model::load_known_models(directory));
  std::vector<std::vector<std::string>> rows;
  Json list = Json::array();
  for (const model::KnownModel& k : known) {
    const model::Parameters p = model::parameters(k.model);
    rows.push_back({k.model.id, format_significant(static_cast<double>(p.total) / 1e9),
                    format_significant(static_cast<double>(p.active) / 1e9), k.model.family});
    list.push_back(report::model_json(k.model));
  }
  const std::string text = report::table({{"model", report::Align::kLeft},
                                          {"total B"},
                                          {"active B"},
                                          {"family", report::Align::kLeft}},
                                         rows);
  return emit(text, {{"models", list}}, json_file);
}

}  // namespace

Status run_model(const ModelOptions& options) {
  const std::string directory = (catalog::default_directory() / "models").string();
  if (options.model.empty()) return list_models(directory, options.common.json_file);
  SWITCHYARD_TRY(model, model::find_model(options.model, directory));
  return emit(report::model_text(model), report::model_json(model), options.common.json_file);
}

Status run_claims(const ClaimsOptions& options) {
  const std::string directory = catalog::default_directory().string();
  SWITCHYARD_TRY(catalog, load_catalog(options.common));
  planner::Question question;
  SWITCHYARD_TRY(model, model::find_model("gpt-oss-120b", directory + "/models"));
  SWITCHYARD_TRY(load, workload::named_workload("chat", directory + "/workloads"));
  SWITCHYARD_TRY(engine, serving::load_engine(directory + "/engine.toml"));
  question.model = std::move(model);
  question.workload = std::move(load);
  question.engine = engine;
  question.samples = options.samples;
  question.seed = options.seed;
  const costing::RooflineCosts costs;
  SWITCHYARD_TRY(claims, planner::check_claims(question, catalog, costs,
                                               directory + "/claims/trainium3.toml"));
  return emit(report::claims_text(claims), report::claims_json(claims), options.common.json_file);
}

}  // namespace switchyard::cli
