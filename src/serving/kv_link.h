// A link that carries KV caches one after the other.
#pragma once

#include <algorithm>

#include "base/sim_time.h"
#include "serving/options.h"
#include "serving/timers.h"

namespace switchyard::serving {

class KvLink {
 public:
  explicit KvLink(const TransferLink& link) : link_(link) {}

  // When `bytes` handed over at `now` have arrived.
  SimTime send(SimTime now, double bytes) {
    free_at_ = std::max(free_at_, now) + from_seconds(bytes / link_.bytes_per_second);
    return free_at_ + from_seconds(link_.latency_s);
  }

 private:
  TransferLink link_;
  SimTime free_at_;
};

}  // namespace switchyard::serving
