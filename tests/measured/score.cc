#include "measured/score.h"

#include <cmath>

#include "costing/precision.h"
#include "costing/roofline.h"
#include "planner/search.h"
#include "planner/statistics.h"
#include "workload/workload.h"

namespace switchyard::measured {

namespace {

Prediction prediction(const std::vector<double>& values) {
  const std::vector<double> sampled(values.begin() + 1, values.end());
  return {values[0], planner::quantile(sampled, 0.1), planner::quantile(sampled, 0.9)};
}

}  // namespace

Point predict(const Row& row, const catalog::Catalog& catalog, const serving::Engine& engine,
              int samples) {
  const catalog::Platform& platform = **catalog.platform(row.platform);
  const catalog::Chip& chip = catalog.chip_of(platform);
  const auto worlds = planner::make_worlds(chip, platform, catalog.economy, samples, 1);
  const auto precision =
      costing::precisions(row.model, chip, costing::PrecisionChoice::kNative, row.cache_bits)[0];
  const auto load = workload::fixed_workload(row.input, row.output, 0, {Seconds(1), Seconds(1)});
  const costing::RooflineCosts costs;
  const auto service = [&](double batch, double concurrency) {
    return serving::PreparedService(row.model, row.sharding, precision, costs, load, engine, {},
                                    batch, concurrency);
  };
  const double batch =
      row.batch > 0 ? std::max(1.0, row.batch)
                    : serving::closed_loop_batch(row.concurrency, row.concurrency, [&](double b) {
                        return service(b, 0).run(worlds.platforms[0]);
                      });
  const auto prepared = service(batch, row.concurrency);
  std::vector<double> tpot, rate, watts;
  for (const auto& world : worlds.platforms) {
    const serving::SteadyState s = prepared.run(world);
    tpot.push_back(s.tpot.value());
    rate.push_back(s.output_tokens_per_second);
    watts.push_back(s.chip_power.value());
  }
  return {&row, prediction(tpot), prediction(rate), prediction(watts)};
}

Score score(const std::vector<Point>& points, Prediction Point::* predicted,
            double Row::* measured) {
  Score s;
  std::vector<double> errors, absolute;
  int below = 0, above = 0;
  for (const Point& point : points) {
    const double truth = point.row->*measured;
    if (truth <= 0) continue;
    const Prediction& p = point.*predicted;
    errors.push_back(p.base / truth - 1);
    absolute.push_back(std::abs(errors.back()));
    below += truth < p.p10;
    above += truth > p.p90;
  }
  s.count = static_cast<int>(errors.size());
  if (s.count == 0) return s;
  s.median_error = planner::quantile(errors, 0.5);
  s.median_absolute = planner::quantile(absolute, 0.5);
  s.p90_absolute = planner::quantile(absolute, 0.9);
  s.below = static_cast<double>(below) / s.count;
  s.above = static_cast<double>(above) / s.count;
  s.covered = 1 - s.below - s.above;
  return s;
}

Prediction best_rate(const std::string& platform, const catalog::Catalog& catalog,
                     const serving::Engine& engine, const model::Model& llama_2_70b, int samples) {
  planner::Question q;
  q.model = llama_2_70b;
  q.workload = workload::fixed_workload(294, 294, 0, {Seconds(1e6), Seconds(1e3)});
  q.engine = engine;
  q.platforms = {platform};
  q.objective = planner::Objective::kChip;
  const catalog::Chip& chip = catalog.chip_of(**catalog.platform(platform));
  q.precision =
      chip.peak.contains("fp4") ? costing::PrecisionChoice::k4 : costing::PrecisionChoice::k8;
  q.cache_bits = 8;
  q.chips_max = 8;
  q.samples = samples;
  const auto comparison = planner::compare(q, catalog, costing::RooflineCosts());
  const auto& rate = comparison->results.front().output_tokens_per_second_per_chip;
  return {rate.base, rate.p10, rate.p90};
}

}  // namespace switchyard::measured
