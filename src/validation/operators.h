// Operator tables against the fits of catalog/fits: each row by the fit of its own chip, kernel,
// element types and engine; where there is none of its engine, by the one asked when nobody names
// one.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "costing/fits.h"
#include "validation/score.h"

namespace switchyard::validation {

struct OperatorScores {
  Score all;
  std::map<std::string, Score> by_chip, by_family;
  std::map<std::string, int> skipped;  // rows, by reason
  std::set<std::string> files;         // names of those read
};

// Files of `directory`, and of operators/ in it, that `switchyard fit` reads; none: n is 0.
OperatorScores score_operators(const std::filesystem::path& directory, const costing::FitSet& fits);

}  // namespace switchyard::validation
