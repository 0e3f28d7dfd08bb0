// How many replicas should run: enough that each has its target of requests in flight.
//
// More are started at once; fewer run only when a lower number has been enough for some time.
// [Kubernetes HorizontalPodAutoscaler: ceil of load over target, stabilisation on the way down]
#pragma once

#include <algorithm>
#include <cmath>

#include "serving/options.h"

namespace switchyard::serving {

class Autoscaler {
 public:
  explicit Autoscaler(const Autoscaling& options) : o_(options) {}

  // Contract: called every interval. `running`: up or starting.
  int wanted(double now_s, std::int64_t in_flight, int running) {
    const double needed = std::ceil(static_cast<double>(in_flight) / o_.target_load);
    const int enough =
        static_cast<int>(std::clamp<double>(needed, o_.replicas_min, o_.replicas_max));
    if (enough >= running) {
      low_since_s_ = now_s;
      most_needed_ = 0;
      return enough;
    }
    most_needed_ = std::max(most_needed_, enough);
    if (now_s - low_since_s_ < o_.down_after_s) return running;
    const int wanted = most_needed_;
    low_since_s_ = now_s;
    most_needed_ = 0;
    return wanted;
  }

 private:
  Autoscaling o_;
  double low_since_s_ = 0;
  int most_needed_ = 0;  // since then
};

}  // namespace switchyard::serving
