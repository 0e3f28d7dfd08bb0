// What the model says of a measured row, and how far off it is.
#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "measured/rows.h"
#include "serving/steady_state.h"

namespace switchyard::measured {

struct Prediction {
  double base = 0, p10 = 0, p90 = 0;
};

struct Point {
  const Row* row = nullptr;
  Prediction tpot, output_tokens_per_second, chip_watts;
};

// The base world and `samples` sampled ones of the row's own deployment.
Point predict(const Row& row, const catalog::Catalog& catalog, const serving::Engine& engine,
              int samples);

// Errors are predicted over measured - 1: above 0 the model is slow (time) or optimistic (rate).
struct Score {
  int count = 0;
  double median_error = 0, median_absolute = 0, p90_absolute = 0;
  double covered = 0, below = 0, above = 0;  // share of measured values in, under and over the band
};
Score score(const std::vector<Point>& points, Prediction Point::* predicted,
            double Row::* measured);

// The best rate a chip of `platform` reaches with the workload of the MLPerf envelope, in any
// deployment of up to 8 chips and at the narrowest precision it multiplies.
Prediction best_rate(const std::string& platform, const catalog::Catalog& catalog,
                     const serving::Engine& engine, const model::Model& llama_2_70b, int samples);

}  // namespace switchyard::measured
