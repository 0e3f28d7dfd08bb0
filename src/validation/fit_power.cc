#include "validation/fit_power.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/portable_math.h"
#include "base/random.h"
#include "validation/descent.h"

namespace switchyard::validation {

namespace {

constexpr int kRowsMin = 30;
constexpr int kFolds = 5;
constexpr int kSweeps = 8;
constexpr double kPull = 0.002;

struct PowerRow {
  const Case* subject = nullptr;
  catalog::PlatformNumbers world;
  RunCase run;
  double watts = 0;
  int fold = 0;
};

catalog::PlatformNumbers with_power(catalog::PlatformNumbers world, const PowerConstants& c) {
  world.active_power = Watts(std::min(c.active_w, 0.8 * world.tdp.value()));
  world.memory_energy = JoulesPerByte(c.memory_j_per_byte);
  for (auto& format : world.formats) format.energy = format.energy * c.product_factor;
  return world;
}

double predicted(const PowerRow& row, const PowerConstants& constants) {
  return row.run(with_power(row.world, constants)).chip_power.value();
}

// Without the rows of `left_out`; -1: of all.
PowerConstants fit(const std::vector<PowerRow>& rows, int left_out) {
  const catalog::PlatformNumbers& first = rows.front().world;
  const double active = first.active_power.value(), memory = first.memory_energy.value();
  const std::vector<Knob> knobs = {{active, first.idle_power.value(), first.tdp.value() * 0.8},
                                   {memory, memory / 10, memory * 10},
                                   {1, 0.1, 5}};
  const auto constants = [](const std::vector<double>& at) {
    return PowerConstants{at[0], at[1], at[2]};
  };
  const auto loss = [&](const std::vector<double>& at) {
    double sum = 0;
    int count = 0;
    for (const PowerRow& row : rows) {
      if (row.fold == left_out) continue;
      sum += std::abs(portable_log(predicted(row, constants(at)) / row.watts));
      ++count;
    }
    return sum / std::max(1, count) + kPull * pull(knobs, at);
  };
  return constants(descend(knobs, {active, memory, 1}, kSweeps, loss));
}

Score score_with(const std::vector<PowerRow>& rows,
                 const std::function<PowerConstants(const PowerRow&)>& constants) {
  std::vector<Point> points;
  for (const PowerRow& row : rows) {
    const double watts = predicted(row, constants(row));
    points.push_back({.subject = row.subject, .chip_watts = {watts, watts, watts}});
  }
  std::vector<const Point*> pointers;
  for (const Point& p : points) pointers.push_back(&p);
  return score(pointers, Quantity::kPower);
}

}  // namespace

void apply(const PowerFit& fit, catalog::Chip& chip) {
  const auto set = [](catalog::Estimate& estimate, double si) {
    estimate.base = estimate.low = estimate.high = si / estimate.scale;
  };
  set(chip.active_power, fit.constants.active_w);
  set(chip.memory_energy, fit.constants.memory_j_per_byte);
  for (auto& [element, energy] : chip.compute_energy) {
    set(energy, energy.si() * fit.constants.product_factor);
  }
}

std::vector<PowerFit> fit_power(const std::vector<Case>& cases,
                                const std::vector<EngineConstants>& constants,
                                const Predictor& with) {
  std::map<std::string, std::vector<PowerRow>> chips;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case& c = cases[i];
    const double watts = measured_value(c, Quantity::kPower);
    if (watts <= 0) continue;
    PowerRow row{.subject = &c, .watts = watts};
    const catalog::Platform platform = with.catalog->with_engine(*c.platform, c.engine);
    row.world = catalog::sample(with.catalog->chip_of(platform), platform, {});
    row.world.model_error = row.world.power_error = 1;
    row.world = with_constants(row.world, constants[i]);
    row.run = prepare_case(c, with, row.world);
    row.fold = static_cast<int>(hash_text(c.configuration()) % kFolds);
    if (row.run) chips[platform.chip].push_back(std::move(row));
  }
  std::vector<PowerFit> out;
  for (const auto& [chip, rows] : chips) {
    if (rows.size() < kRowsMin) continue;
    PowerFit one{.chip = chip, .constants = fit(rows, -1), .rows = static_cast<int>(rows.size())};
    std::set<std::string> configurations;
    for (const PowerRow& row : rows) configurations.insert(row.subject->configuration());
    one.configurations = static_cast<int>(configurations.size());
    std::vector<PowerConstants> folds;
    for (int fold = 0; fold < kFolds; ++fold) folds.push_back(fit(rows, fold));
    one.in_sample = score_with(rows, [&](const PowerRow&) { return one.constants; });
    one.held_out = score_with(
        rows, [&](const PowerRow& row) { return folds[static_cast<std::size_t>(row.fold)]; });
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace switchyard::validation
