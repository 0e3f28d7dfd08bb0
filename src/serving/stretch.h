// Equal steps in a row whose time grows evenly: an arithmetic progression, summed in whole numbers.
#pragma once

#include <cstdint>

#include "base/sim_time.h"

namespace switchyard::serving {

__extension__ typedef __int128 Wide;  // sums of whole numbers of 64 bits

// first + (first + growth) + ... of `steps` terms.
inline Wide progression(std::int64_t first, std::int64_t growth, std::int64_t steps) {
  return static_cast<Wide>(first) * steps + static_cast<Wide>(growth) * (steps * (steps - 1) / 2);
}

class Stretch {
 public:
  Stretch() = default;
  // Times in 2^-16 ps; `carry` < 1 ps is left from the step before.
  Stretch(SimTime start, std::int64_t carry, std::int64_t first, std::int64_t growth)
      : start_(start), carry_(carry), first_(first), growth_(growth) {}

  SimTime start() const { return start_; }
  SimTime end_after(std::int64_t steps) const;
  std::int64_t carry_after(std::int64_t steps) const;
  // The least number of steps, from 1 to `most`, that ends at `time` or later; `most` if none does.
  std::int64_t steps_until(SimTime time, std::int64_t most) const;

 private:
  Wide fine_after(std::int64_t steps) const;

  SimTime start_;
  std::int64_t carry_ = 0, first_ = 0, growth_ = 0;
};

}  // namespace switchyard::serving
