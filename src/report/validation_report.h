// How the model did against measurements, for people and programs.
#pragma once

#include <string>

#include "base/document.h"
#include "validation/fit_files.h"
#include "validation/validate.h"

namespace switchyard::report {

// {"rows", "scored", "skipped" by reason, "tpot", "ttft", "throughput", "power" (each n,
// median_ape, p90_ape, bias, coverage80), "operators", "by_platform", "by_model", "by_engine",
// "rank_correlation", "frontier", ...}; shares, not percent.
Json to_json(const validation::Validation& validation);

// The tables on a terminal.
std::string validation_table(const validation::Validation& validation);

// What was fitted on served rows, with errors in sample and held out.
std::string fitted_table(const validation::Fitted& fitted);
Json to_json(const validation::Fitted& fitted);

// One CSV line a predicted row, with a header.
std::string validation_rows(const validation::Validation& validation);

}  // namespace switchyard::report
