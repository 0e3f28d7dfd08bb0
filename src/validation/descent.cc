#include "validation/descent.h"

#include <algorithm>

#include "base/check.h"
#include "base/portable_math.h"

namespace switchyard::validation {

namespace {

constexpr double kGolden = 0.6180339887498949;
constexpr int kProbes = 12;  // narrow the bracket to 0.3 %
constexpr double kReach = 8;

using Loss = std::function<double(const std::vector<double>&)>;

void improve(const Knob& knob, std::size_t index, std::vector<double>& at, const Loss& loss) {
  const double now = at[index];
  double low = portable_log(std::max(knob.low, now / kReach));
  double high = portable_log(std::min(knob.high, now * kReach));
  std::vector<double> probe = at;
  const auto value = [&](double x) {
    probe[index] = portable_exp(x);
    return loss(probe);
  };
  double a = high - kGolden * (high - low), b = low + kGolden * (high - low);
  double at_a = value(a), at_b = value(b);
  for (int i = 0; i < kProbes; ++i) {
    if (at_a <= at_b) {
      high = b, b = a, at_b = at_a;
      a = high - kGolden * (high - low);
      at_a = value(a);
    } else {
      low = a, a = b, at_a = at_b;
      b = low + kGolden * (high - low);
      at_b = value(b);
    }
  }
  const double best = at_a <= at_b ? a : b;
  if (std::min(at_a, at_b) < loss(at)) at[index] = portable_exp(best);
}

}  // namespace

std::vector<double> descend(const std::vector<Knob>& knobs, std::vector<double> from, int sweeps,
                            const Loss& loss) {
  SWITCHYARD_CHECK(knobs.size() == from.size());
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    for (std::size_t k = 0; k < knobs.size(); ++k) improve(knobs[k], k, from, loss);
  }
  return from;
}

double pull(const std::vector<Knob>& knobs, const std::vector<double>& at) {
  double sum = 0;
  for (std::size_t k = 0; k < knobs.size(); ++k) {
    const double away = portable_log(at[k] / knobs[k].start);
    sum += away * away;
  }
  return sum;
}

}  // namespace switchyard::validation
