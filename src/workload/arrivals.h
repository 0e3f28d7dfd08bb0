// When requests come: renewal processes, and a rate that follows the hour of the day.
//
// Gaps are gamma distributed with a mean of 1 / rate and a coefficient of variation `burstiness`:
// 1 is a Poisson process, 0 is a metronome, above 1 comes in bursts (public LLM traces: 1 to 4 over
// minutes). A `RateProfile` bends the clock: gaps are drawn in units of expected requests, so the
// same process serves a constant and a varying rate.
#pragma once

#include <span>
#include <vector>

#include "base/random.h"
#include "base/units.h"
#include "workload/trace.h"

namespace switchyard::workload {

// Gamma distributed, mean 1. Contract: variation in [0, kBurstinessMax].
inline constexpr double kBurstinessMax = 100;
double draw_gap(double variation, Random& random);

// Coefficient of variation of the gaps between arrivals; 1 where fewer than two gaps are known.
double burstiness_of(std::span<const Request> requests);
// Requests a second over the span of the trace; 0 where all come at once.
double rate_of(std::span<const Request> requests);

// Requests a second over a day that repeats, linear between evenly spaced points; the first point
// is midnight and follows the last.
class RateProfile {
 public:
  static RateProfile constant(double requests_per_second);
  // Contract: not empty, none negative, not all 0.
  static RateProfile day(std::vector<double> requests_per_second);

  RateProfile scaled(double factor) const;  // contract: factor > 0
  double rate(double second_of_day) const;
  double peak() const;
  double mean() const;
  // The time at which `requests` more are expected after `from_s`.
  double after(double from_s, double requests) const;

 private:
  std::vector<double> rates_;
  double spacing_s_ = 0;  // between points; 0: constant
};

// The arrival times of an open loop.
class OpenArrivals {
 public:
  OpenArrivals(RateProfile profile, double burstiness, Random random)
      : profile_(std::move(profile)), burstiness_(burstiness), random_(random) {}
  double next_s();  // seconds from the start; never decreasing

 private:
  RateProfile profile_;
  double burstiness_;
  Random random_;
  double at_s_ = 0;
};

}  // namespace switchyard::workload
