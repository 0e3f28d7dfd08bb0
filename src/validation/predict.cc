#include "validation/predict.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "planner/search.h"
#include "planner/statistics.h"

namespace switchyard::validation {

namespace {

Prediction prediction(const std::vector<double>& values) {
  if (values.size() == 1) return {values[0], values[0], values[0]};
  const std::vector<double> sampled(values.begin() + 1, values.end());
  return {values[0], planner::quantile(sampled, 0.1), planner::quantile(sampled, 0.9)};
}

}  // namespace

catalog::PlatformNumbers with_constants(catalog::PlatformNumbers world, const EngineConstants& c) {
  world.step_overhead = Seconds(c.step_overhead_s);
  world.sequence_overhead = Seconds(c.sequence_overhead_s);
  world.request_overhead = Seconds(c.request_overhead_s);
  world.poll_steps = c.poll_steps;
  world.wave_share = c.wave_share;
  world.launch_share = c.launch_share;
  world.step_factor = c.step_factor;
  world.prefill_factor = c.prefill_factor;
  return world;
}

bool predict(const Case& subject, const Predictor& with, Point& out, std::string& why_not,
             const EngineConstants* constants) {
  const catalog::Platform platform = with.catalog->with_engine(*subject.platform, subject.engine);
  auto worlds = planner::make_worlds(with.catalog->chip_of(platform), platform,
                                     with.catalog->economy, with.samples, 1);
  if (constants) {
    for (auto& world : worlds.platforms) world = with_constants(world, *constants);
  }
  if (!with.errors) {
    for (auto& world : worlds.platforms) {
      world.model_error = world.ttft_error = world.power_error = 1;
    }
  }
  const RunCase run = prepare_case(subject, with, worlds.platforms[0]);
  if (!run) {
    why_not = "no deployment of ours meets the measured latency";
    return false;
  }
  std::vector<double> tpot, ttft, rate, watts;
  for (const auto& world : worlds.platforms) {
    const serving::SteadyState s = run(world);
    tpot.push_back(s.tpot.value());
    ttft.push_back(s.ttft.value());
    rate.push_back(s.output_tokens_per_second);
    watts.push_back(s.chip_power.value());
  }
  if (!(tpot[0] > 0) || !std::isfinite(tpot[0] + ttft[0] + rate[0] + watts[0])) {
    why_not = "no steady state";
    return false;
  }
  out = {&subject, prediction(tpot), prediction(ttft), prediction(rate), prediction(watts)};
  return true;
}

}  // namespace switchyard::validation
