#include "serving/speculative_steps.h"

#include "base/random.h"

namespace switchyard::serving {

namespace {

double mean_gain(double probability, int drafted) {
  double gain = 1;
  double all_right = 1;
  for (int i = 0; i < drafted; ++i) gain += all_right *= probability;
  return gain;
}

}  // namespace

SpeculativeSteps::SpeculativeSteps(const Speculation& speculation, std::uint64_t seed)
    : drafted_(speculation.drafted), seed_(seed) {
  double low = 0, high = 1;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (mean_gain(middle, drafted_) < speculation.accepted ? low : high) = middle;
  }
  probability_ = high;
}

std::int64_t SpeculativeSteps::draw(std::int64_t id, std::int64_t produced,
                                    std::int64_t tokens) const {
  if (drafted_ == 0) return tokens;
  Random random(mix(seed_ ^ mix(static_cast<std::uint64_t>(id))) +
                static_cast<std::uint64_t>(produced));
  std::int64_t steps = 0;
  while (tokens > 0) {
    --tokens;
    for (int i = 0; i < drafted_ && random.uniform() < probability_; ++i) --tokens;
    ++steps;
  }
  return steps;
}

}  // namespace switchyard::serving
