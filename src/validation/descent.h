// Coordinate descent over a few positive numbers, each searched in its logarithm.
#pragma once

#include <functional>
#include <vector>

namespace switchyard::validation {

struct Knob {
  double start = 1, low = 0, high = 0;  // 0 < low <= start <= high
};

// Where `loss` is least as far as `sweeps` sweeps of golden sections find it: each knob in turn
// between its limits, no further than a factor of eight at once. Never worse than `from`.
std::vector<double> descend(const std::vector<Knob>& knobs, std::vector<double> from, int sweeps,
                            const std::function<double(const std::vector<double>&)>& loss);

// Squared logarithms away from the starts, summed: a weak pull that settles what data leave open.
double pull(const std::vector<Knob>& knobs, const std::vector<double>& at);

}  // namespace switchyard::validation
