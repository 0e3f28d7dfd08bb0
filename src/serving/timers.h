// Things that happen at a time of their own: in order of time, then as they were set.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/sim_time.h"
#include "serving/live_request.h"

namespace switchyard::serving {

enum class TimerKind : std::uint8_t { kFailure, kReady, kScale, kLoaded };

struct Timer {
  SimTime time;
  TimerKind kind = TimerKind::kScale;
  int replica = -1;
  Slot slot = kNoSlot;
  std::int64_t number = 0;  // what it means depends on the kind
  SimTime duration = {};    // of a failure
  std::int64_t order = 0;
};

inline SimTime from_seconds(double seconds) { return SimTime(std::llround(seconds * 1e12)); }
inline double to_seconds(SimTime time) { return time.ns() * 1e-9; }

class Timers {
 public:
  bool empty() const { return heap_.empty(); }
  SimTime time() const { return heap_.front().time; }  // contract: not empty
  void set(Timer timer) {
    timer.order = order_++;
    heap_.push_back(timer);
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  Timer take() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Timer timer = heap_.back();
    heap_.pop_back();
    return timer;
  }

 private:
  static bool later(const Timer& a, const Timer& b) {
    return a.time != b.time ? a.time > b.time : a.order > b.order;
  }

  std::vector<Timer> heap_;
  std::int64_t order_ = 0;
};

}  // namespace switchyard::serving
