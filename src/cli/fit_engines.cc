// switchyard fit --endtoend
#include "validation/fit_engines.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "costing/roofline.h"
#include "validation/validate.h"

namespace switchyard::cli {

Status run_fit_engines(const FitEnginesOptions& options) {
  const std::filesystem::path directory = catalog::default_directory();
  SWITCHYARD_TRY(catalog, load_catalog(options.common));
  SWITCHYARD_TRY(engine, serving::load_engine((directory / "engine.toml").string()));
  const costing::RooflineCosts costs;
  const validation::Predictor with{.catalog = &catalog, .costs = &costs, .engine = engine};
  Progress progress("fitting engines");
  SWITCHYARD_TRY(names, validation::ModelNames::load(directory / "models"));
  SWITCHYARD_TRY(measured, validation::read_measurements(options.endtoend));
  std::vector<validation::Case> cases;
  for (const auto& row : measured.rows) {
    auto made = validation::make_case(row, catalog, names);
    if (auto* c = std::get_if<validation::Case>(&made)) cases.push_back(std::move(*c));
  }
  const auto fits =
      validation::fit_engines(cases, with, nullptr, [&](double share) { progress.update(share); });
  std::string text;
  for (const auto& fit : fits) {
    const auto& c = fit.constants;
    text += fmt::format(
        "{}: {} rows of {} configurations\n  step {:.3f} ms, sequence {:.2f} us, request {:.1f} "
        "ms, poll {:.2f} steps, waves {:.2f}, step factor {:.3f}, prefill factor {:.3f}\n",
        fit.engine, fit.rows, fit.configurations, c.step_overhead_s * 1e3,
        c.sequence_overhead_s * 1e6, c.request_overhead_s * 1e3, c.poll_steps, c.wave_share,
        c.step_factor, c.prefill_factor);
    for (const auto& e : fit.errors) {
      text += fmt::format(
          "  {:<24} tpot {:>5.1f} % p90 {:>5.1f} % bias {:>+5.1f} %   ttft {:>5.1f} % p90 {:>6.1f} "
          "%\n",
          to_text(e.held_out), e.tpot.median_ape * 100, e.tpot.p90_ape * 100, e.tpot.bias * 100,
          e.ttft.median_ape * 100, e.ttft.p90_ape * 100);
    }
  }
  return emit(text, Json(), options.common.json_file);
}

}  // namespace switchyard::cli
