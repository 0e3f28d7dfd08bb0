// Fits what serving engines add to their kernels: a handful of constants an engine, on served rows,
// with the cost model of the kernels frozen.
//
// Minimises the mean absolute logarithm of predicted over measured TPOT and, at half weight, TTFT
// below saturation; rows of one configuration share the weight of the square root of their number.
// A weak pull towards the starting values settles what the rows leave open. Coordinate descent, the
// batch of each closed loop settled anew between rounds. Not used: rows of benchmarks, of
// disaggregated deployments, and of curves whose time a token falls by more than a fifth as
// concurrency rises (not of one deployment, whatever they say).
//
// Held-out errors come from fits without the rows scored: whole configurations in five folds, or a
// whole model, or a whole chip left out.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "validation/score.h"

namespace switchyard::validation {

enum class HoldOut { kNothing, kConfigurations, kModel, kChip };
std::string to_text(HoldOut held_out);

struct EngineFit {
  std::string engine;
  EngineConstants constants;  // of all rows
  int rows = 0, configurations = 0;
  struct Errors {
    HoldOut held_out;
    Score tpot, ttft;
  };
  std::vector<Errors> errors;  // in sample first
  ErrorRange step, ttft;       // on chips that nobody measured: of chips held out, else of
                               // configurations held out
};

// Curves (Case::curve) whose time a token falls by more than a fifth as concurrency rises.
std::set<std::string> falling_curves(const std::vector<const Case*>& cases);

// One fit an engine with at least `rows_min` rows among `cases`. `fold_constants`, if given,
// receives for each case the constants fitted without its configuration.
std::vector<EngineFit> fit_engines(const std::vector<Case>& cases, const Predictor& with,
                                   std::vector<EngineConstants>* fold_constants = nullptr,
                                   const std::function<void(double)>& progress = {});

}  // namespace switchyard::validation
