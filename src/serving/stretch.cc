#include "serving/stretch.h"

#include <algorithm>
#include <cmath>

#include "serving/step_model.h"

namespace switchyard::serving {

Wide Stretch::fine_after(std::int64_t steps) const {
  return carry_ + progression(first_, growth_, steps);
}

SimTime Stretch::end_after(std::int64_t steps) const {
  return start_ + SimTime(static_cast<std::int64_t>(fine_after(steps) >> kFineBits));
}

std::int64_t Stretch::carry_after(std::int64_t steps) const {
  return static_cast<std::int64_t>(fine_after(steps) & ((Wide{1} << kFineBits) - 1));
}

std::int64_t Stretch::steps_until(SimTime time, std::int64_t most) const {
  const Wide wanted = static_cast<Wide>((time - start_).ps()) << kFineBits;
  // growth/2 k^2 + (first - growth/2) k = wanted, by the form that is exact for growth 0.
  const double half = 0.5 * static_cast<double>(growth_);
  const double linear = static_cast<double>(first_) - half;
  const double rest = static_cast<double>(wanted - carry_);
  const double root = linear + std::sqrt(std::max(0.0, linear * linear + 4 * half * rest));
  const double guess = std::clamp(2 * rest / root, 1.0, static_cast<double>(most));
  auto steps = static_cast<std::int64_t>(guess);
  while (steps < most && fine_after(steps) < wanted) ++steps;
  while (steps > 1 && fine_after(steps - 1) >= wanted) --steps;
  return steps;
}

}  // namespace switchyard::serving
