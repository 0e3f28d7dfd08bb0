// What `switchyard fit` found: terminal, JSON, Markdown and a page with plots.
#pragma once

#include <string>

#include "base/document.h"
#include "fitting/fit.h"

namespace switchyard::report {

std::string fit_text(const fitting::FitReport& report);
Json fit_json(const fitting::FitReport& report);
// The tables of docs/fitting-results.md.
std::string fit_markdown(const fitting::FitReport& report);
// Self-contained: predicted against measured of each fit as inline SVG.
std::string fit_page(const fitting::FitReport& report);

}  // namespace switchyard::report
