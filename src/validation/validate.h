// A directory of measurements against the model: read, predict, score.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "validation/operators.h"
#include "validation/score.h"

namespace switchyard::validation {

struct Validation {
  std::string evidence;
  std::int64_t rows = 0;                        // in all tables read, malformed ones included
  std::map<std::string, std::int64_t> skipped;  // by reason
  std::vector<std::string> malformed;           // "file:line: what"
  std::vector<SkippedFile> skipped_files;
  std::vector<std::unique_ptr<Measurements>> sources;  // what the cases point into
  std::vector<Case> cases;
  std::vector<Point> points;  // of the cases that could be predicted
  Scores scores;
  OperatorScores operators;
};

// `fits`, if given, are scored on the directory's operator tables. `progress` is called from one
// thread at a time with the share done, [0, 1].
Result<Validation> validate(const std::filesystem::path& directory,
                            const std::filesystem::path& models, const Predictor& with,
                            const costing::FitSet* fits = nullptr,
                            const std::function<void(double)>& progress = {});

}  // namespace switchyard::validation
